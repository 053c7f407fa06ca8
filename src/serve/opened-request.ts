// What the control thread answers in its own time, once it has read a request and verified its signature.

import type { Who } from '../message/key-grant.ts';
import type { Message } from '../message/message.ts';

/** A request that was parsed and whose signature, if it has one, is good. */
export interface OpenedRequest {
  /** As it came. */
  readonly octets: Uint8Array;
  readonly message: Message;
  /** The key that signed it, and the client's address. */
  readonly who: Who;
  readonly port: number;
  readonly overTcp: boolean;
  /** The largest message that may be given to {@link Reply}: what the signature needs is taken off. Octets. */
  readonly room: number;
}

/**
 * Sends one response, signed when the request was; over TCP a stream of them, in order. Resolves when the next may
 * follow: `false` when the client can no longer be reached.
 */
export type Reply = (octets: Uint8Array) => Promise<boolean>;

/** Who answers requests of one kind. */
export interface RequestHandler {
  /** What it throws is logged and answered with SERVFAIL. */
  handle(request: OpenedRequest, reply: Reply): Promise<void>;
}
