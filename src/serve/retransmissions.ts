import { createHash } from 'node:crypto';
import { latin1 } from '../base/latin1.ts';

/** A request that came before: its reply, as soon as there is one; `undefined` when it got none. */
export type FirstReply = Promise<Uint8Array | undefined>;

/**
 * The replies to the last requests, by client and octets: a client that has not seen the reply sends the same octets
 * again and must get the same reply again, since an UPDATE whose prerequisites it has itself made untrue would fail. The
 * same message ID with other octets is another request.
 */
export class Retransmissions {
  readonly #keptMs: number;
  readonly #capacity: number;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();

  /** Replies are kept for `keptMs` after they were made, at most `capacity` of them. */
  constructor(keptMs = KEPT_MS, capacity = CAPACITY) {
    this.#keptMs = keptMs;
    this.#capacity = capacity;
  }

  /** The reply to the same octets from the same address, if they came a moment ago or are being answered. */
  find(address: Uint8Array, octets: Uint8Array, nowMs: number): FirstReply | undefined {
    this.#forget(nowMs);
    return this.#entries.get(keyOf(address, octets))?.reply;
  }

  /** Remembers that a request is being answered. `reply` must not reject. */
  remember(address: Uint8Array, octets: Uint8Array, nowMs: number, reply: FirstReply): void {
    this.#entries.set(keyOf(address, octets), { reply, atMs: nowMs });
    if (this.#entries.size <= this.#capacity) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs }] of this.#entries) {
      if (nowMs - atMs < this.#keptMs && nowMs >= atMs) break;
      this.#entries.delete(key);
    }
  }
}

// --- helpers ---

interface Entry {
  readonly reply: FirstReply;
  readonly atMs: number;
}

const KEPT_MS = 10_000;
/** Some seconds of the heaviest load; about half a kilobyte each. */
const CAPACITY = 65_536;
/** Longer messages are known by their digest. */
const SHORT_MESSAGE = 512;

function keyOf(address: Uint8Array, octets: Uint8Array): string {
  const client = latin1(address);
  if (octets.length <= SHORT_MESSAGE) return `${client}|${latin1(octets)}`;
  return `${client}#${createHash('sha256').update(octets).digest('base64')}`;
}
