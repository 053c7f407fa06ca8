// Ranges of the tables side by side: they are joined where the address before a range and its first one are of one class.
import type { ClientPlace } from './client-place.ts';
import { isSame, Neighbours, type Surroundings } from './neighbours.ts';
import { freeBits, freeBits128 } from './prefix.ts';
import { IPV4_ROW, IPV6_ROW } from './tables-layout.ts';

/** Ranges of IPv4. */
export class Ipv4Ranges extends Neighbours {
  readonly #around: Surroundings;
  readonly #rows: Uint32Array;

  constructor(around: Surroundings) {
    super(around, around.tables.ipv4Ranges);
    this.#around = around;
    this.#rows = around.tables.ipv4Rows;
  }

  protected freeBelow({ words }: ClientPlace, item: number): number {
    return freeBits(words[0] ?? 0, (this.#rows[item * IPV4_ROW] ?? 0) | 0);
  }

  protected freeAbove({ words }: ClientPlace, item: number): number {
    const next = item + 1 === this.count ? 0 : (this.#rows[(item + 1) * IPV4_ROW] ?? 0) | 0;
    return freeBits(~(words[0] ?? 0), -next | 0);
  }

  protected isJoined(item: number): boolean {
    const { classOf, segments } = this.#around;
    const start = this.#rows[item * IPV4_ROW] ?? 0;
    const locationBefore = this.#rows[item * IPV4_ROW - 1] ?? 0;
    const location = this.#rows[item * IPV4_ROW + 1] ?? 0;
    if (segments.ipv4Kinds.length === 1) return isSame(classOf, 0, locationBefore, 0, location);
    const before = segments.ipv4Segment(start - 1);
    const here = segments.ipv4Starts[before + 1] === start ? before + 1 : before;
    const kinds = segments.ipv4Kinds;
    return isSame(classOf, kinds[before] ?? 0, locationBefore, kinds[here] ?? 0, location);
  }
}

/** Ranges of IPv6; they do not begin within a /64. */
export class Ipv6Ranges extends Neighbours {
  readonly #around: Surroundings;
  readonly #rows: Uint32Array;

  constructor(around: Surroundings) {
    super(around, around.tables.ipv6Ranges);
    this.#around = around;
    this.#rows = around.tables.ipv6Rows;
  }

  protected freeBelow({ words }: ClientPlace, item: number): number {
    const at = item * IPV6_ROW;
    const high = this.#rows[at] ?? 0;
    const low = this.#rows[at + 1] ?? 0;
    return freeBits128(words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0, high, low, 0, 0);
  }

  protected freeAbove({ words }: ClientPlace, item: number): number {
    const at = (item + 1) * IPV6_ROW;
    const isLast = item + 1 === this.count;
    const high = isLast ? 0 : (this.#rows[at] ?? 0) | 0;
    const low = isLast ? 0 : (this.#rows[at + 1] ?? 0) | 0;
    // The last address inverted: the next start, taken from 0.
    return freeBits128(
      ~(words[0] ?? 0),
      ~(words[1] ?? 0),
      ~(words[2] ?? 0),
      ~(words[3] ?? 0),
      low === 0 ? -high | 0 : ~high,
      -low | 0,
      0,
      0,
    );
  }

  protected isJoined(item: number): boolean {
    const { classOf, segments } = this.#around;
    const at = item * IPV6_ROW;
    const locationBefore = this.#rows[at - 1] ?? 0;
    const location = this.#rows[at + 2] ?? 0;
    if (segments.ipv6Kinds.length === 1) return isSame(classOf, 0, locationBefore, 0, location);
    const high = this.#rows[at] ?? 0;
    const low = this.#rows[at + 1] ?? 0;
    const here = segments.ipv6Segment(high, low, 0, 0);
    const before = segments.beginsAt(here, high, low) ? here - 1 : here;
    const kinds = segments.ipv6Kinds;
    return isSame(classOf, kinds[before] ?? 0, locationBefore, kinds[here] ?? 0, location);
  }
}
