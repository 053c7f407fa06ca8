import { ipv4In, ipv4Within, word32 } from './locate.ts';
import { IPV4_WITHIN } from './locations.ts';
import { ipv4PrefixWithin, ipv6PrefixWithin } from './prefix.ts';
import type { GeoTables } from './tables.ts';
import { IPV4_ROW, IPV6_ROW } from './tables-layout.ts';

/**
 * The class of a location, 0 to {@link MAX_CLASS}: clients of one class get the same answer (the same tiers). It is asked for
 * when needed, and must always say the same of a location.
 */
export type ClassOf = (location: number) => number;
export const MAX_CLASS = 65_533;

/**
 * Finds how wide a network an answer holds for: the ECS scope of RFC 7871 §7.2.1 and STEERING.md §5.
 *
 * Law: every address in the network has the class of the address asked for, and no shorter prefix has that property. Two
 * exceptions, where shorter ones are not tried: networks of IPv6 are never longer than /64, nor do they leave the prefix
 * by which an IPv4 address is held in IPv6.
 *
 * Neighbours of one class are passed over in blocks of 64, 4096 and 262,144 ranges, each looked through once: so an answer that
 * holds for half the world costs no more than one that holds for a town.
 */
export class ScopeFinder {
  readonly #tables: GeoTables;
  readonly #classOf: ClassOf;
  readonly #ipv4: Runs;
  readonly #ipv6: Runs;

  constructor(tables: GeoTables, classOf: ClassOf) {
    const known: ClassOf = (location) => (location === IPV4_WITHIN ? NO_CLASS : classOf(location));
    this.#tables = tables;
    this.#classOf = known;
    this.#ipv4 = new Runs(tables.ipv4Rows, IPV4_ROW, 1, known);
    this.#ipv6 = new Runs(tables.ipv6Rows, IPV6_ROW, 2, known);
  }

  /** Bits of the widest network around an address of 4 or 16 octets. */
  scopeOf(octets: Uint8Array, at: number, length: number): number {
    if (length === 4) return this.#ipv4Scope(word32(octets, at));
    const held = ipv4Within(octets, at);
    if (held !== 0) return held + this.#ipv4Scope(ipv4In(octets, at));
    return this.#ipv6Scope(word32(octets, at), word32(octets, at + 4));
  }

  #ipv4Scope(address: number): number {
    const { ipv4Rows, ipv4Ranges } = this.#tables;
    const range = this.#tables.ipv4Range(address);
    const wanted = this.#classOf(ipv4Rows[range * IPV4_ROW + 1] ?? 0);
    const { first, last } = this.#ipv4.find(range, wanted);
    const to = last + 1 === ipv4Ranges ? 0xffff_ffff : (ipv4Rows[(last + 1) * IPV4_ROW] ?? 0) - 1;
    return ipv4PrefixWithin(address, ipv4Rows[first * IPV4_ROW] ?? 0, to);
  }

  #ipv6Scope(high: number, low: number): number {
    const { ipv6Rows, ipv6Ranges } = this.#tables;
    const range = this.#tables.ipv6Range(high, low);
    const wanted = this.#classOf(ipv6Rows[range * IPV6_ROW + 2] ?? 0);
    // ::/64 and 64:ff9b::/64 outside of the /96 networks that hold IPv4.
    if (wanted === NO_CLASS) return 96;
    const { first, last } = this.#ipv6.find(range, wanted);
    let toHigh = 0xffff_ffff;
    let toLow = 0xffff_ffff;
    if (last + 1 < ipv6Ranges) {
      toHigh = ipv6Rows[(last + 1) * IPV6_ROW] ?? 0;
      toLow = (ipv6Rows[(last + 1) * IPV6_ROW + 1] ?? 0) - 1;
      if (toLow < 0) {
        toHigh--;
        toLow = 0xffff_ffff;
      }
    }
    const fromHigh = ipv6Rows[first * IPV6_ROW] ?? 0;
    const fromLow = ipv6Rows[first * IPV6_ROW + 1] ?? 0;
    return ipv6PrefixWithin(high, low, fromHigh, fromLow, toHigh, toLow);
  }
}

/** What belongs to no class: addresses that are looked up as others. */
const NO_CLASS = 65_535;

// --- runs ---

/** A block is 64 ranges, or 64 of the smaller blocks. */
const BLOCK_BITS = 6;
/** Blocks of 64, 4096 and 262,144 ranges. */
const LEVELS = 3;
/** Ranges; shorter runs are found again as fast as they are looked up. */
const LONG_RUN = 32;
const NOT_SEEN = 0;
const MIXED = 1;
/** What is kept of a block of one class is the class and this. */
const CLASS_BASE = 2;

/** Runs of neighbouring ranges that are of one class. */
class Runs {
  readonly #words: Uint32Array;
  readonly #stride: number;
  readonly #place: number;
  readonly #length: number;
  readonly #classOf: ClassOf;
  /** The run that was found last. */
  first = 0;
  last = 0;
  /** For every block of the second level a long run that was found in it: first and last range. */
  readonly #found: Int32Array;
  /** Of every level, the smallest first: what is known of its blocks. */
  readonly #blocks: readonly Uint16Array[];

  /** Every `stride` words of `words` there is a location, the first at `place`. */
  constructor(words: Uint32Array, stride: number, place: number, classOf: ClassOf) {
    const length = words.length / stride;
    this.#words = words;
    this.#stride = stride;
    this.#place = place;
    this.#length = length;
    this.#classOf = classOf;
    this.#found = new Int32Array(2 * ((length >> bitsOf(1)) + 1)).fill(-1);
    this.#blocks = Array.from(
      { length: LEVELS },
      (_, level) => new Uint16Array((length >> bitsOf(level)) + 1),
    );
  }

  /** Finds the run that holds `range`, which is of the class `wanted`; returns itself, with `first` and `last` set. */
  find(range: number, wanted: number): this {
    const place = 2 * (range >> bitsOf(1));
    this.first = this.#found[place] ?? -1;
    this.last = this.#found[place + 1] ?? -1;
    if (this.first <= range && range <= this.last) return this;
    this.first = this.#first(range, wanted);
    this.last = this.#last(range, wanted);
    if (this.last - this.first > LONG_RUN) {
      this.#found[place] = this.first;
      this.#found[place + 1] = this.last;
    }
    return this;
  }

  #last(range: number, wanted: number): number {
    let next = range + 1;
    while (next < this.#length) {
      const size = this.#blockSize(next, 0, wanted);
      if (size === 0) return next - 1;
      next += size;
    }
    return this.#length - 1;
  }

  #first(range: number, wanted: number): number {
    let start = range;
    while (start > 0) {
      const size = this.#blockSize(start, 1, wanted);
      if (size === 0) return start;
      start -= size;
    }
    return 0;
  }

  /** Ranges of the largest block of the class that begins at `edge`, or (`before` is 1) ends there; 0: not even one range. */
  #blockSize(edge: number, before: 0 | 1, wanted: number): number {
    let size = this.#class(edge - before) === wanted ? 1 : 0;
    if (size === 0) return 0;
    for (let level = 0; level < LEVELS; level++) {
      const bits = bitsOf(level);
      if ((edge & ((1 << bits) - 1)) !== 0) break;
      if (this.#blockClass(level, (edge >> bits) - before) !== wanted) break;
      size = 1 << bits;
    }
    return size;
  }

  #class(range: number): number {
    return this.#classOf(this.#words[range * this.#stride + this.#place] ?? 0);
  }

  /** The class of all ranges of a block; below 0: they have several. */
  #blockClass(level: number, block: number): number {
    const blocks = this.#blocks[level];
    if (blocks === undefined) return this.#class(block);
    const seen = blocks[block] ?? MIXED;
    if (seen !== NOT_SEEN) return seen - CLASS_BASE;
    const smaller = level - 1;
    const count = smaller < 0 ? this.#length : (this.#blocks[smaller]?.length ?? 0);
    const end = Math.min((block + 1) << BLOCK_BITS, count);
    let part = block << BLOCK_BITS;
    const wanted = this.#blockClass(smaller, part);
    while (part < end && this.#blockClass(smaller, part) === wanted) part++;
    const isOne = part === end && wanted >= 0 && wanted <= MAX_CLASS;
    blocks[block] = isOne ? wanted + CLASS_BASE : MIXED;
    return isOne ? wanted : MIXED - CLASS_BASE;
  }
}

function bitsOf(level: number): number {
  return BLOCK_BITS * (level + 1);
}
