import { RRsetWord } from '../image/layout.ts';
import type { ImageReader } from '../image/lookup.ts';

/** An alias chain draws tickets at each step, and at its end: one for each tier that records are taken from. */
const MAX_TICKETS = 128;

/**
 * Whose turn it is in each RRset or tier (STEERING.md §4): one counter for all threads, advanced by one for each
 * answer. An answer that must be composed again because the zone changed meanwhile keeps the tickets it has drawn.
 */
export class Tickets {
  readonly #counters: Int32Array = new Int32Array(MAX_TICKETS);
  readonly #drawn: Int32Array = new Int32Array(MAX_TICKETS);
  readonly #isPeeking: boolean;
  #count = 0;

  /** Who is peeking sees the tickets that the next answer will draw, and leaves them to it. */
  constructor({ isPeeking = false }: { readonly isPeeking?: boolean } = {}) {
    this.#isPeeking = isPeeking;
  }

  /** Forgets the tickets of the last query. */
  reset(): void {
    this.#count = 0;
  }

  /** The record to begin with. */
  first(image: ImageReader, rrset: number): number {
    const counter = image.words[rrset + RRsetWord.COUNTER] ?? 0;
    return counter === 0 ? 0 : this.draw(image, counter) % ((image.words[rrset] ?? 0) & 0xffff);
  }

  /** The ticket for an RRset with a plan; what is left of it by the size of a tier is the record to begin with. */
  turn(image: ImageReader, rrset: number): number {
    return this.draw(image, image.words[rrset + RRsetWord.COUNTER] ?? 0);
  }

  /** The ticket of a counter, an RRset's or one of `tierCounter`; 0 where there is none (`counter` is 0). 31 bits. */
  draw(image: ImageReader, counter: number): number {
    if (counter === 0) return 0;
    for (let i = 0; i < this.#count; i++) {
      if (this.#counters[i] === counter) return this.#drawn[i] ?? 0;
    }
    // 31 bits: a turn is skipped once in two thousand million answers, where the number is no power of two.
    const ticket = this.#next(image.counters, counter) & 0x7fff_ffff;
    if (this.#count < MAX_TICKETS) {
      this.#counters[this.#count] = counter;
      this.#drawn[this.#count++] = ticket;
    }
    return ticket;
  }

  #next(counters: Int32Array, counter: number): number {
    return this.#isPeeking ? Atomics.load(counters, counter) : Atomics.add(counters, counter, 1);
  }
}
