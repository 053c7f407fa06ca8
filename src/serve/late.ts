// Requests that a query thread cannot answer itself: UPDATE, NOTIFY, transfers. The control thread answers them, in
// its own time; the response leaves through the socket that the request came in by.

/** What `Answerer.answer` returns for a request that only the control thread can answer. */
export const LATE = -1;

/** A request on the control thread; its octets are its own. */
export interface LateRequest {
  readonly octets: Uint8Array;
  /** The client: 4 or 16 octets, and its port. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly overTcp: boolean;
}

/** Gives a response to the client. Resolves when another may follow: `false` when the client can no longer be reached. */
export type SendLate = (response: Uint8Array) => Promise<boolean>;

/** Who answers late requests. */
export interface LateAnswerer {
  /** Answers with one response, over TCP with any number, or with none. Resolves when done; never rejects. */
  answerLate(request: LateRequest, send: SendLate): Promise<void>;
}

/** A late request on its way from a query thread, with what the response's way back needs. */
export interface LateDatagram {
  /** Index of the socket among the thread's. */
  readonly socket: number;
  readonly octets: Uint8Array;
  readonly address: Uint8Array;
  readonly port: number;
  /** Batches: the client's sockaddr, and the control data that names the response's source. */
  readonly name: Uint8Array;
  readonly control: Uint8Array;
}

/** Takes a late request over; `false` when too many wait already. */
export type HandOver = (datagram: LateDatagram) => boolean;

/** What {@link LateQueue} counts. */
export interface LateCounts {
  readonly waiting: number;
  readonly refused: number;
}

/**
 * How many late requests wait, shared by all query threads. What is handed over and not yet answered is bounded; beyond
 * the limit a thread refuses at once.
 */
export class LateQueue {
  readonly #words: Int32Array;

  /** Words 0 to 2 of `words`: waiting, limit, refused. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  setLimit(limit: number): void {
    Atomics.store(this.#words, 1, limit);
  }

  /** Takes a place; `false` when there is none. */
  enter(): boolean {
    if (Atomics.add(this.#words, 0, 1) < Atomics.load(this.#words, 1)) return true;
    Atomics.sub(this.#words, 0, 1);
    Atomics.add(this.#words, 2, 1);
    return false;
  }

  leave(): void {
    Atomics.sub(this.#words, 0, 1);
  }

  /** Requests that wait now, and how many found no place; the latter modulo 2^32. */
  get counts(): LateCounts {
    const waiting = Atomics.load(this.#words, 0);
    return { waiting: Math.max(0, waiting), refused: Atomics.load(this.#words, 2) >>> 0 };
  }
}
