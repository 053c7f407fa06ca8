/**
 * `order=shuffle`: members in an order by chance (STEERING.md §3 step 7). A generator of its own, xoshiro128++
 * (Blackman and Vigna, 2021), because chance from the system costs more than an answer. Nobody can gain anything by
 * foreseeing it. One per thread.
 */
export class Shuffler {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** `seed` is 16 octets of chance. */
  constructor(seed: Uint8Array) {
    const view = new DataView(seed.buffer, seed.byteOffset, SEED_LENGTH);
    this.#a = view.getInt32(0) | 1; // all zeros would stay so
    this.#b = view.getInt32(4);
    this.#c = view.getInt32(8);
    this.#d = view.getInt32(12);
  }

  /**
   * Moves `front` of the members `into[at, at + count)` by chance to the front, each order of them as likely as any
   * other (Fisher and Yates). Allocates nothing.
   */
  order(into: Uint16Array, at: number, count: number, front = count): void {
    const end = at + count;
    const last = Math.min(at + front, end - 1);
    for (let i = at; i < last; i++) {
      const j = i + this.#below(end - i);
      const member = into[j] ?? 0;
      into[j] = into[i] ?? 0;
      into[i] = member;
    }
  }

  /** A whole number from 0 to `count` - 1; for 65,535 of them, one is likelier than another by 2^-16 of its chance. */
  #below(count: number): number {
    return Math.floor(((this.#next() >>> 0) * count) / 2 ** 32);
  }

  #next(): number {
    const result = (rotated(this.#a + this.#d, 7) + this.#a) | 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return result;
  }
}

/** Octets that {@link Shuffler} is made from. */
export const SEED_LENGTH = 16;

function rotated(number: number, by: number): number {
  return (number << by) | (number >>> (32 - by));
}
