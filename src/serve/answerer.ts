import type { Peer } from '../base/peer.ts';

/** Octets in, octets out: what every transport calls and all that a transport knows of DNS. */
export interface Answerer {
  /**
   * Answers the request `octets[start, start + length)` in place: the response is written from `start` on, at
   * most `room` octets. Returns the response's length; 0 sends nothing; `LATE` leaves the request as it is, for the
   * control thread to answer. Never throws.
   */
  answer(octets: Uint8Array, start: number, length: number, room: number, peer: Peer): number;
  /** Refuses, in place, a late request for which there is no room. Returns the response's length. */
  refuseLate(octets: Uint8Array, start: number): number;
  /** Called once per batch, before its first request: for clocks and new generations. */
  beginBatch(): void;
}

/** The answerer of a query thread, which is handed new shared state while it works. */
export interface ThreadAnswerer extends Answerer {
  /** Goes over to a newly published value; called between batches. */
  take(shared: unknown): void;
}

/** How a thread makes its answerer from what the control thread shares with it. */
export type MakeAnswerer = (shared: unknown) => ThreadAnswerer;
