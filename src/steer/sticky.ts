// `order=sticky`: weighted rendezvous hashing (STEERING.md §3 step 7). Whole numbers throughout, so that every server
// and every version gives a client the same order.
import { hashOctets, mix } from './hash.ts';

/**
 * Members in an order that depends on who asks: a client's lot for each member, divided by the member's weight; the
 * least is first. So members have shares after their weights, and who comes or goes moves nobody but those whose first
 * it is.
 */
export class StickyTurns {
  readonly #keys: Int32Array;
  readonly #weights: Uint16Array;
  /** Scratch: the lot of each member. */
  readonly #lots: Float64Array;

  /** Of each member its {@link memberKey} and its weight; those of weight 0 come after all others. */
  constructor(keys: readonly number[], weights: readonly number[]) {
    this.#keys = Int32Array.from(keys);
    this.#weights = Uint16Array.from(weights);
    this.#lots = new Float64Array(keys.length);
  }

  /**
   * Puts the members whose indices are `into[at, at + count)` into the order for the client with a {@link clientKey}.
   * The first `front` are right; of the others it is not said how they stand. Allocates nothing.
   */
  order(into: Uint16Array, at: number, count: number, client: number, front = count): void {
    for (let i = at; i < at + count; i++) {
      const member = into[i] ?? 0;
      drawLot(this.#lots, member, mix(client, this.#keys[member] ?? 0));
    }
    if (count <= FEW) this.#insertAll(into, at, count);
    else this.#selectFirst(into, at, count, Math.min(front, count));
  }

  #isBefore(a: number, b: number): boolean {
    let weightA = this.#weights[a] ?? 0;
    let weightB = this.#weights[b] ?? 0;
    if (weightA === 0 || weightB === 0) {
      if (weightA !== weightB) return weightB === 0;
      weightA = 1;
      weightB = 1;
    }
    const crossA = (this.#lots[a] ?? 0) * weightB; // below 2^53
    const crossB = (this.#lots[b] ?? 0) * weightA;
    if (crossA !== crossB) return crossA < crossB;
    const keyA = this.#keys[a] ?? 0;
    const keyB = this.#keys[b] ?? 0;
    return keyA === keyB ? a < b : keyA < keyB;
  }

  #insertAll(into: Uint16Array, at: number, count: number): void {
    for (let i = at + 1; i < at + count; i++) {
      const member = into[i] ?? 0;
      let place = i;
      for (; place > at && this.#isBefore(member, into[place - 1] ?? 0); place--)
        into[place] = into[place - 1] ?? 0;
      into[place] = member;
    }
  }

  /** A heap whose top goes to the end, `front` times; then all is turned about. */
  #selectFirst(into: Uint16Array, at: number, count: number, front: number): void {
    for (let root = (count >>> 1) - 1; root >= 0; root--) this.#sink(into, at, root, count);
    for (let left = count - 1; left >= count - front; left--) {
      swap(into, at, at + left);
      this.#sink(into, at, 0, left);
    }
    for (let i = at, j = at + count - 1; i < j; i++, j--) swap(into, i, j);
  }

  #sink(into: Uint16Array, at: number, from: number, count: number): void {
    let root = from;
    for (let child = 2 * root + 1; child < count; child = 2 * root + 1) {
      const right = child + 1;
      if (right < count && this.#isBefore(into[at + right] ?? 0, into[at + child] ?? 0)) child = right;
      if (!this.#isBefore(into[at + child] ?? 0, into[at + root] ?? 0)) return;
      swap(into, at + root, at + child);
      root = child;
    }
  }
}

/** What tells members apart, whatever their places: 32 bits from a record's data in canonical form. */
export function memberKey(rdata: Uint8Array): number {
  return hashOctets(rdata);
}

/**
 * What tells clients apart: 32 bits from the first `prefixLength` bits of an address, given as words with the first
 * bits highest; `count` is 1 (IPv4) or 4 (IPv6). Allocates nothing.
 */
export function clientKey(words: Int32Array, count: number, prefixLength: number): number {
  let key = mix(count, prefixLength);
  for (let i = 0; 32 * i < prefixLength && i < count; i++) {
    const bits = prefixLength - 32 * i;
    const mask = bits >= 32 ? -1 : ~(0xffff_ffff >>> bits);
    key = mix(key, (words[i] ?? 0) & mask);
  }
  return key;
}

// --- helpers ---

/** Up to here it is quickest to put one after the other into its place. */
const FEW = 16;

/** Bits after the binary point of a lot: with 6 before it and 16 of a weight there are 53. */
const POINT = 31;
const ONE = 2 ** POINT;
const SEGMENT_BITS = 12;
const SEGMENT = 2 ** (32 - SEGMENT_BITS);

/**
 * -log2 of a number between 0 and 1 of which `hash` is as good as the first 32 bits, times 2^31: among all hashes it
 * is distributed as a waiting time is. Straight lines between 4,097 points: never more than 2^-26 wrong, and never
 * greater for a greater hash. It is written to `lots[at]`: returned, so large a number would be an object.
 */
export function drawLot(lots: Float64Array, at: number, hash: number): void {
  // The number is that of 33 bits between this hash and the next, 2 hash + 1, out of 2^33.
  const zeros = Math.clz32(hash);
  const fraction = zeros === 32 ? 0 : ((hash << 1) | 1) << zeros; // what follows its first 1, as 32 bits
  const segment = fraction >>> (32 - SEGMENT_BITS);
  const from = LOGARITHMS[segment] ?? 0;
  const rise = (LOGARITHMS[segment + 1] ?? 0) - from;
  lots[at] = (zeros + 1) * ONE - from - Math.floor((rise * (fraction & (SEGMENT - 1))) / SEGMENT);
}

const LOGARITHMS = Uint32Array.from({ length: 2 ** SEGMENT_BITS + 1 }, (_, i) => log2Between(i));

/**
 * log2 of 1 + i / 4096, times 2^31, bit by bit: squared, a number's logarithm is doubled. Products are the same on every
 * machine (ECMA-262, Number::multiply); Math.log2 need not be.
 */
function log2Between(i: number): number {
  if (i === 2 ** SEGMENT_BITS) return ONE;
  let number = 1 + i / 2 ** SEGMENT_BITS;
  let logarithm = 0;
  for (let bit = 0; bit < POINT; bit++) {
    number *= number;
    logarithm *= 2;
    if (number >= 2) {
      number /= 2;
      logarithm++;
    }
  }
  return logarithm;
}

function swap(into: Uint16Array, i: number, j: number): void {
  const member = into[i] ?? 0;
  into[i] = into[j] ?? 0;
  into[j] = member;
}
