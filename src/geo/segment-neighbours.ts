// Segments of networks side by side: they are joined where the address before a segment and its first one are of one class.
import type { ClientPlace } from './client-place.ts';
import { isSame, Neighbours, type Surroundings } from './neighbours.ts';
import { IPV6_START } from './net-segments.ts';
import { freeBits, freeBits128 } from './prefix.ts';
import { IPV4_ROW, IPV6_ROW } from './tables-layout.ts';

/** Segments of IPv4. */
export class Ipv4Borders extends Neighbours {
  readonly #around: Surroundings;
  readonly #starts: Uint32Array;

  constructor(around: Surroundings) {
    super(around, around.segments.ipv4Kinds.length);
    this.#around = around;
    this.#starts = around.segments.ipv4Starts;
  }

  protected freeBelow({ words }: ClientPlace, item: number): number {
    return freeBits(words[0] ?? 0, (this.#starts[item] ?? 0) | 0);
  }

  protected freeAbove({ words }: ClientPlace, item: number): number {
    const next = item + 1 === this.count ? 0 : (this.#starts[item + 1] ?? 0) | 0;
    return freeBits(~(words[0] ?? 0), -next | 0);
  }

  protected isJoined(item: number): boolean {
    const { classOf, segments, tables } = this.#around;
    const start = this.#starts[item] ?? 0;
    const range = tables.ipv4Range(start);
    const rows = tables.ipv4Rows;
    const location = rows[range * IPV4_ROW + 1] ?? 0;
    const before = rows[range * IPV4_ROW] === start ? (rows[range * IPV4_ROW - 1] ?? 0) : location;
    const kinds = segments.ipv4Kinds;
    return isSame(classOf, kinds[item - 1] ?? 0, before, kinds[item] ?? 0, location);
  }
}

/** Segments of IPv6. */
export class Ipv6Borders extends Neighbours {
  readonly #around: Surroundings;
  readonly #starts: Uint32Array;

  constructor(around: Surroundings) {
    super(around, around.segments.ipv6Kinds.length);
    this.#around = around;
    this.#starts = around.segments.ipv6Starts;
  }

  protected freeBelow({ words }: ClientPlace, item: number): number {
    const at = item * IPV6_START;
    return freeBits128(
      words[0] ?? 0,
      words[1] ?? 0,
      words[2] ?? 0,
      words[3] ?? 0,
      (this.#starts[at] ?? 0) | 0,
      (this.#starts[at + 1] ?? 0) | 0,
      (this.#starts[at + 2] ?? 0) | 0,
      (this.#starts[at + 3] ?? 0) | 0,
    );
  }

  protected freeAbove({ words }: ClientPlace, item: number): number {
    const at = (item + 1) * IPV6_START;
    // The last address inverted: the next start, taken from 0.
    const n3 = this.#starts[at + 3] ?? 0;
    const n2 = this.#starts[at + 2] ?? 0;
    const n1 = this.#starts[at + 1] ?? 0;
    const n0 = this.#starts[at] ?? 0;
    return freeBits128(
      ~(words[0] ?? 0),
      ~(words[1] ?? 0),
      ~(words[2] ?? 0),
      ~(words[3] ?? 0),
      n1 === 0 && n2 === 0 && n3 === 0 ? -n0 | 0 : ~n0,
      n2 === 0 && n3 === 0 ? -n1 | 0 : ~n1,
      n3 === 0 ? -n2 | 0 : ~n2,
      -n3 | 0,
    );
  }

  protected isJoined(item: number): boolean {
    const { classOf, segments, tables } = this.#around;
    const high = this.#starts[item * IPV6_START] ?? 0;
    const low = this.#starts[item * IPV6_START + 1] ?? 0;
    const at = tables.ipv6Range(high, low) * IPV6_ROW;
    const rows = tables.ipv6Rows;
    const location = rows[at + 2] ?? 0;
    const isEdge = rows[at] === high && rows[at + 1] === low && segments.beginsAt(item, high, low);
    const before = isEdge ? (rows[at - 1] ?? 0) : location;
    const kinds = segments.ipv6Kinds;
    return isSame(classOf, kinds[item - 1] ?? 0, before, kinds[item] ?? 0, location);
  }
}
