import { MmdbFormatError } from './mmdb-data.ts';
import type { MmdbFile } from './mmdb-file.ts';
import { emptyRanges, RangeList } from './range-list.ts';

/** What a walk makes of a file: for every address the number that `numberOf` gave its record. */
export interface MmdbRanges {
  readonly ipv4: RangeList;
  /** By the upper 64 bits. Without the IPv4 addresses within: those are looked up as IPv4. */
  readonly ipv6: RangeList;
}

/**
 * Walks the search tree once for each family, in the order of addresses. `numberOf` is asked for every leaf with the offset
 * of its record in the data section; addresses without a record get 0. Networks longer than /64 are known by their first
 * address. Throws {@link MmdbFormatError} for a tree with loops, or with branches that are used again and again.
 */
export function walkTree(file: MmdbFile, numberOf: (offset: number) => number): MmdbRanges {
  const walk = new TreeWalk(file, numberOf);
  if (file.ipVersion === 4) return { ipv4: walk.run(0, 32), ipv6: emptyRanges(64) };
  const start = walk.ipv4Start();
  const ipv4 = start === undefined ? emptyRanges(32) : walk.run(start, 32);
  return { ipv4, ipv6: walk.run(0, 64) };
}

class TreeWalk {
  readonly #tree: Uint8Array;
  readonly #nodeCount: number;
  readonly #nodeLength: number;
  readonly #dataLength: number;
  readonly #numberOf: (offset: number) => number;
  /** The node of ::/96, to which aliases such as ::ffff:0:0/96 point. */
  #ipv4Start = -1;
  #list = new RangeList(32);
  #bits = 32;
  #visitsLeft = 0;

  constructor(file: MmdbFile, numberOf: (offset: number) => number) {
    this.#tree = file.tree;
    this.#nodeCount = file.nodeCount;
    this.#nodeLength = file.recordSize / 4;
    this.#dataLength = file.data.length;
    this.#numberOf = numberOf;
  }

  /** Where IPv4 begins in a tree of IPv6: a node, or a record of all of ::/96. */
  ipv4Start(): number | undefined {
    let record = 0;
    for (let depth = 0; depth < 96 && record < this.#nodeCount; depth++) record = this.#left(record);
    if (record === this.#nodeCount) return undefined;
    if (record < this.#nodeCount) this.#ipv4Start = record;
    return record;
  }

  run(root: number, bits: 32 | 64): RangeList {
    this.#list = new RangeList(bits, 1 << 16);
    this.#bits = bits;
    this.#visitsLeft = VISITS_PER_NODE * this.#nodeCount + MAX_SMALL;
    if (bits === 64) this.#visit(root, 0, 0, 0);
    else this.#take(root, 0, 0, 0);
    return this.#list;
  }

  #visit(node: number, depth: number, high: number, low: number): void {
    if (--this.#visitsLeft < 0) {
      throw new MmdbFormatError('its search tree has loops, or branches that are used again and again');
    }
    this.#take(this.#left(node), depth + 1, high, low);
    if (depth < 32) this.#take(this.#right(node), depth + 1, (high | (1 << (31 - depth))) >>> 0, low);
    else this.#take(this.#right(node), depth + 1, high, (low | (1 << (63 - depth))) >>> 0);
  }

  /** The networks under a record. */
  #take(record: number, depth: number, high: number, low: number): void {
    if (record >= this.#nodeCount) this.#list.append(high, low, this.#leaf(record));
    else if (record === this.#ipv4Start && this.#bits === 64) this.#list.append(high, low, 0);
    else if (depth < this.#bits) this.#visit(record, depth, high, low);
    else if (depth < 64) throw new MmdbFormatError('its search tree is deeper than addresses are long');
    else this.#list.append(high, low, this.#first(record, depth));
  }

  /** The record of the first address below a node at /64. */
  #first(node: number, from: number): number {
    let record = node;
    for (let depth = from; record < this.#nodeCount; depth++) {
      if (record === this.#ipv4Start) return 0;
      if (depth === 128) throw new MmdbFormatError('its search tree is deeper than addresses are long');
      record = this.#left(record);
    }
    return this.#leaf(record);
  }

  #leaf(record: number): number {
    if (record === this.#nodeCount) return 0;
    const offset = record - this.#nodeCount - 16;
    if (offset < 0 || offset >= this.#dataLength) {
      throw new MmdbFormatError(`its search tree points to ${offset} of ${this.#dataLength} octets of data`);
    }
    return this.#numberOf(offset);
  }

  #left(node: number): number {
    const at = node * this.#nodeLength;
    const first = this.#uint24(at);
    if (this.#nodeLength === 6) return first;
    const fourth = this.#tree[at + 3] ?? 0;
    return this.#nodeLength === 7 ? (fourth >> 4) * 0x100_0000 + first : first * 256 + fourth;
  }

  #right(node: number): number {
    const at = node * this.#nodeLength;
    if (this.#nodeLength === 6) return this.#uint24(at + 3);
    if (this.#nodeLength === 7) return ((this.#tree[at + 3] ?? 0) & 0x0f) * 0x100_0000 + this.#uint24(at + 4);
    return this.#uint24(at + 4) * 256 + (this.#tree[at + 7] ?? 0);
  }

  #uint24(at: number): number {
    const tree = this.#tree;
    return ((tree[at] ?? 0) << 16) | ((tree[at + 1] ?? 0) << 8) | (tree[at + 2] ?? 0);
  }
}

/** A tree reaches every node once; a writer that joins equal branches, some more often. */
const VISITS_PER_NODE = 8;
const MAX_SMALL = 1 << 16;
