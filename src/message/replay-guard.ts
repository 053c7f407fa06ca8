import { latin1 } from '../base/latin1.ts';
import type { TsigKey } from './tsig-key.ts';

/** What the guard looks at of a verified request. */
export interface GuardedRequest {
  readonly key: TsigKey;
  /** Seconds since 1970, by the client's clock. */
  readonly timeSigned: number;
  /** Seconds. */
  readonly fudge: number;
  /** The same for the same signature, and for no other. */
  readonly fingerprint: string;
}

/**
 * Recognises signed requests that have come before (RFC 8945 §5.2.3), for as long as their time would be accepted.
 *
 * It remembers each signature and not only the latest time of each key: clients with different clocks share keys, and
 * UDP changes the order of packets. Memory is bounded for each key; beyond the bound the earliest signatures are
 * forgotten, and whatever the key signed at their time or before is no longer admitted. So nothing ever passes twice,
 * and a flood under one key hurts no other.
 *
 * A retransmission by an honest client is a replay too. Look first whether the same octets came from the same client a
 * moment ago, and send the reply to those again.
 */
export class ReplayGuard {
  readonly #capacity: number;
  readonly #memories = new Map<string, KeyMemory>();

  /** `capacity` is how many signatures are remembered for each key. */
  constructor(capacity = 65_536) {
    this.#capacity = capacity;
  }

  /**
   * Whether the request is new; if so, it is no longer. Only for requests whose signature is good: otherwise anybody
   * could fill the memory. `nowS` is seconds since 1970.
   */
  admit(request: GuardedRequest, nowS: number): boolean {
    const name = latin1(request.key.name);
    let memory = this.#memories.get(name);
    if (memory === undefined) {
      memory = new KeyMemory(this.#capacity);
      this.#memories.set(name, memory);
    }
    return memory.admit(request, nowS);
  }

  /** Signatures remembered, of all keys. */
  get size(): number {
    let size = 0;
    for (const memory of this.#memories.values()) size += memory.size;
    return size;
  }
}

/** Signatures of one second. */
interface Second {
  readonly fingerprints: Set<string>;
  /** When all of them are out of time, in seconds since 1970. */
  endS: number;
}

/** Of a full memory so much is forgotten at once, so that finding the earliest is worth its cost. */
const SHARE_FORGOTTEN = 1 / 8;
/** How often signatures out of time are looked for, in seconds. */
const SWEEP_EVERY_S = 30;

/** The signatures of one key. */
class KeyMemory {
  size = 0;
  readonly #capacity: number;
  readonly #seconds = new Map<number, Second>();
  /** What is signed at this time or before is not admitted; seconds since 1970. */
  #floorS = -1;
  #sweptS = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  admit({ timeSigned, fudge, fingerprint }: GuardedRequest, nowS: number): boolean {
    if (timeSigned <= this.#floorS) return false;
    if (Math.abs(nowS - this.#sweptS) >= SWEEP_EVERY_S) this.#sweep(nowS);
    let second = this.#seconds.get(timeSigned);
    if (second?.fingerprints.has(fingerprint) === true) return false;
    if (second === undefined) {
      second = { fingerprints: new Set(), endS: 0 };
      this.#seconds.set(timeSigned, second);
    }
    second.fingerprints.add(fingerprint);
    second.endS = Math.max(second.endS, timeSigned + fudge);
    this.size++;
    if (this.size > this.#capacity) this.#forgetEarliest();
    return true;
  }

  #sweep(nowS: number): void {
    this.#sweptS = nowS;
    for (const [timeSigned, { endS }] of this.#seconds) if (endS < Math.floor(nowS)) this.#forget(timeSigned);
  }

  #forgetEarliest(): void {
    const wanted = this.#capacity * (1 - SHARE_FORGOTTEN);
    for (const timeSigned of [...this.#seconds.keys()].sort((a, b) => a - b)) {
      if (this.size <= wanted) return;
      this.#forget(timeSigned);
      this.#floorS = timeSigned;
    }
  }

  #forget(timeSigned: number): void {
    this.size -= this.#seconds.get(timeSigned)?.fingerprints.size ?? 0;
    this.#seconds.delete(timeSigned);
  }
}
