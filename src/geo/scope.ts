import { ipv4In, ipv4Within, word32 } from './locate.ts';
import { IPV4_WITHIN } from './locations.ts';
import { ipv4PrefixWithin, ipv6PrefixWithin } from './prefix.ts';
import type { GeoTables } from './tables.ts';
import { IPV6_ROW } from './tables-layout.ts';

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
 * Neighbours of one class are passed over in blocks of 64 and 4096 ranges, each looked through once: so an answer that
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
    this.#ipv4 = new Runs(tables.ipv4Locations, 1, 0, known);
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
    const { ipv4Starts, ipv4Locations, ipv4Ranges } = this.#tables;
    const range = this.#tables.ipv4Range(address);
    const wanted = this.#classOf(ipv4Locations[range] ?? 0);
    const first = this.#ipv4.first(range, wanted);
    const last = this.#ipv4.last(range, wanted);
    const to = last + 1 === ipv4Ranges ? 0xffff_ffff : (ipv4Starts[last + 1] ?? 0) - 1;
    return ipv4PrefixWithin(address, ipv4Starts[first] ?? 0, to);
  }

  #ipv6Scope(high: number, low: number): number {
    const { ipv6Rows, ipv6Ranges } = this.#tables;
    const range = this.#tables.ipv6Range(high, low);
    const wanted = this.#classOf(ipv6Rows[range * IPV6_ROW + 2] ?? 0);
    // ::/64 and 64:ff9b::/64 outside of the /96 networks that hold IPv4.
    if (wanted === NO_CLASS) return 96;
    const first = this.#ipv6.first(range, wanted);
    const last = this.#ipv6.last(range, wanted);
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

/** Ranges of a small block, and small blocks of a large one. */
const BLOCK_BITS = 6;
const BLOCK = 1 << BLOCK_BITS;
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
  readonly #small: Uint16Array;
  readonly #large: Uint16Array;

  /** Every `stride` words of `words` there is a location, the first at `place`. */
  constructor(words: Uint32Array, stride: number, place: number, classOf: ClassOf) {
    this.#words = words;
    this.#stride = stride;
    this.#place = place;
    this.#length = words.length / stride;
    this.#classOf = classOf;
    this.#small = new Uint16Array((this.#length >> BLOCK_BITS) + 1);
    this.#large = new Uint16Array((this.#length >> (2 * BLOCK_BITS)) + 1);
  }

  /** The last range of the run that holds `range`. */
  last(range: number, wanted: number): number {
    const length = this.#length;
    let next = range + 1;
    while (next < length) {
      if ((next & (BLOCK - 1)) === 0) {
        const small = next >> BLOCK_BITS;
        if ((small & (BLOCK - 1)) === 0 && this.#largeClass(small >> BLOCK_BITS) === wanted) {
          next += BLOCK * BLOCK;
          continue;
        }
        if (this.#smallClass(small) === wanted) {
          next += BLOCK;
          continue;
        }
      }
      if (this.#class(next) !== wanted) return next - 1;
      next++;
    }
    return length - 1;
  }

  /** The first range of the run that holds `range`. */
  first(range: number, wanted: number): number {
    let start = range;
    while (start > 0) {
      if ((start & (BLOCK - 1)) === 0) {
        const small = start >> BLOCK_BITS;
        if ((small & (BLOCK - 1)) === 0 && this.#largeClass((small >> BLOCK_BITS) - 1) === wanted) {
          start -= BLOCK * BLOCK;
          continue;
        }
        if (this.#smallClass(small - 1) === wanted) {
          start -= BLOCK;
          continue;
        }
      }
      if (this.#class(start - 1) !== wanted) return start;
      start--;
    }
    return 0;
  }

  #class(range: number): number {
    return this.#classOf(this.#words[range * this.#stride + this.#place] ?? 0);
  }

  /** The class of all ranges of a small block; -1: they have several. */
  #smallClass(block: number): number {
    if (this.#small[block] === NOT_SEEN) {
      const end = Math.min((block + 1) << BLOCK_BITS, this.#length);
      let range = block << BLOCK_BITS;
      const wanted = this.#class(range);
      while (range < end && this.#class(range) === wanted) range++;
      this.#small[block] = range < end || wanted === NO_CLASS ? MIXED : wanted + CLASS_BASE;
    }
    return (this.#small[block] ?? MIXED) - CLASS_BASE;
  }

  #largeClass(block: number): number {
    if (this.#large[block] === NOT_SEEN) {
      const end = Math.min((block + 1) << BLOCK_BITS, this.#small.length);
      let small = block << BLOCK_BITS;
      const wanted = this.#smallClass(small);
      while (small < end && this.#smallClass(small) === wanted) small++;
      this.#large[block] = small < end || wanted < 0 ? MIXED : wanted + CLASS_BASE;
    }
    return (this.#large[block] ?? MIXED) - CLASS_BASE;
  }
}
