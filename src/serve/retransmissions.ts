import { createHash } from 'node:crypto';
import { latin1 } from '../base/latin1.ts';

/**
 * The replies to the last requests, by client and octets: a client that has not seen the reply sends the same octets
 * again and must get the same reply again, since an UPDATE whose prerequisites it has itself made untrue would fail. The
 * same message ID with other octets is another request.
 */
export class Retransmissions {
  readonly #keptMs: number;
  readonly #capacity: number;
  /** By {@link requestKey}, oldest first. */
  readonly #entries = new Map<string, Entry>();

  /** Replies are kept for `keptMs` after they were asked for, at most `capacity` of them. */
  constructor(keptMs = KEPT_MS, capacity = CAPACITY) {
    this.#keptMs = keptMs;
    this.#capacity = capacity;
  }

  /**
   * The reply to the same request, if it came a moment ago or is being answered: as soon as there is one, or
   * `undefined` when it got none.
   */
  find(key: string, nowMs: number): Promise<Uint8Array | undefined> | undefined {
    this.#forget(nowMs);
    return this.#entries.get(key)?.whenAnswered();
  }

  /** Remembers that a request is being answered. The returned function is to be called with its reply, if it gets one. */
  begin(key: string, nowMs: number): (reply: Uint8Array | undefined) => void {
    const entry = new Entry(nowMs);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#capacity) this.#forgetOldest();
    return (reply) => entry.end(reply);
  }

  get size(): number {
    return this.#entries.size;
  }

  #forgetOldest(): void {
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs }] of this.#entries) {
      if (nowMs - atMs < this.#keptMs && nowMs >= atMs) break;
      this.#entries.delete(key);
    }
  }
}

/** What a request is known by: its client's address and its octets. */
export function requestKey(address: Uint8Array, octets: Uint8Array): string {
  if (octets.length <= SHORT_MESSAGE) return `${latin1(address)}|${latin1(octets)}`;
  return `${latin1(address)}#${createHash('sha256').update(octets).digest('base64')}`;
}

// --- helpers ---

/** A request. Tens of thousands are kept, so the reply is text: that costs the collector of garbage the least. */
class Entry {
  readonly atMs: number;
  #isAnswered = false;
  /** In Latin-1. */
  #reply: string | undefined;
  #waiting: ((reply: Uint8Array | undefined) => void)[] | undefined;

  constructor(atMs: number) {
    this.atMs = atMs;
  }

  whenAnswered(): Promise<Uint8Array | undefined> {
    if (!this.#isAnswered) {
      return new Promise((resolve) => {
        this.#waiting ??= [];
        this.#waiting.push(resolve);
      });
    }
    return Promise.resolve(this.#reply === undefined ? undefined : Buffer.from(this.#reply, 'latin1'));
  }

  end(reply: Uint8Array | undefined): void {
    this.#isAnswered = true;
    this.#reply = reply === undefined ? undefined : latin1(reply);
    for (const tell of this.#waiting ?? []) tell(reply);
    this.#waiting = undefined;
  }
}

const KEPT_MS = 10_000;
/** Some seconds of the heaviest load; about half a kilobyte each. */
const CAPACITY = 65_536;
/** Longer messages are known by their digest. */
const SHORT_MESSAGE = 512;
