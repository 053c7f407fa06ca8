import type { Network } from '../base/network.ts';
import type { ClientPlace } from './client-place.ts';

/**
 * All addresses cut where a network of a member begins or ends, so that what matches is the same all over a *segment*. What
 * matches is the segment's *kind*: a number for a length of match per member, shared by all segments where it is the same.
 *
 * IPv4 addresses within IPv6 are IPv4 addresses here: networks are compared with the address that is looked up.
 */
export class NetSegments {
  /** Kinds are 0 (nothing matches) to one less than this. */
  readonly kindCount: number;
  /** First address of each segment; the first one begins at 0. */
  readonly ipv4Starts: Uint32Array;
  readonly ipv4Kinds: Uint32Array;
  /** As {@link ipv4Starts}, {@link IPV6_START} words each, the highest first. */
  readonly ipv6Starts: Uint32Array;
  readonly ipv6Kinds: Uint32Array;
  readonly #kinds: Kinds;
  /** The matches of the kind that was asked for last, by member. */
  readonly #row: Int16Array;
  #rowKind = 0;

  /** The networks of each member. */
  constructor(nets: readonly (readonly Network[])[]) {
    const kinds = new Kinds();
    const all = nets.flatMap((networks, member) => networks.map((network) => netOf(network, member)));
    const ipv4 = cut(all, 32, kinds);
    const ipv6 = cut(all, 128, kinds);
    this.ipv4Starts = Uint32Array.from(ipv4, ({ start }) => Number(start));
    this.ipv4Kinds = Uint32Array.from(ipv4, ({ kind }) => kind);
    this.ipv6Starts = Uint32Array.from(ipv6.flatMap(({ start }) => wordsOf(start)));
    this.ipv6Kinds = Uint32Array.from(ipv6, ({ kind }) => kind);
    this.kindCount = kinds.count;
    this.#kinds = kinds;
    this.#row = new Int16Array(nets.length).fill(-1);
  }

  /** Length in bits of the longest network of a member that holds the addresses of a kind; -1: none does. */
  match(kind: number, member: number): number {
    if (kind !== this.#rowKind) {
      this.#kinds.fill(kind, this.#row);
      this.#rowKind = kind;
    }
    return this.#row[member] ?? -1;
  }

  ipv4Kind(address: number): number {
    return this.ipv4Kinds[this.ipv4Segment(address)] ?? 0;
  }

  /** Of an address of four words. */
  ipv6Kind(words: Int32Array): number {
    return this.ipv6Kinds[this.ipv6Segment(words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0)] ?? 0;
  }

  // --- segments, each in its family by number ---

  /** The segment that holds a client. */
  segmentOf(place: ClientPlace): number {
    const { words } = place;
    if (place.family === 4) return this.ipv4Segment(words[0] ?? 0);
    return this.ipv6Segment(words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0);
  }

  /** The kind of a segment in the family of a client. */
  kindOf(place: ClientPlace, segment: number): number {
    return (place.family === 4 ? this.ipv4Kinds[segment] : this.ipv6Kinds[segment]) ?? 0;
  }

  /** The segment of an address: 32 bits, with or without a sign. */
  ipv4Segment(address32: number): number {
    const starts = this.ipv4Starts;
    const address = address32 >>> 0;
    let from = 0;
    let to = starts.length;
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if ((starts[middle] ?? 0) <= address) from = middle;
      else to = middle;
    }
    return from;
  }

  /** As {@link ipv4Segment}: four words of an address, the highest first. */
  ipv6Segment(first: number, second: number, third: number, fourth: number): number {
    const starts = this.ipv6Starts;
    let from = 0;
    let to = this.ipv6Kinds.length;
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      const at = middle * IPV6_START;
      let order = (starts[at] ?? 0) - (first >>> 0);
      if (order === 0) order = (starts[at + 1] ?? 0) - (second >>> 0);
      if (order === 0) order = (starts[at + 2] ?? 0) - (third >>> 0);
      if (order === 0) order = (starts[at + 3] ?? 0) - (fourth >>> 0);
      if (order <= 0) from = middle;
      else to = middle;
    }
    return from;
  }

  /** Whether a segment of IPv6 begins with the first address of a /64, which is given by its two words. */
  beginsAt(segment: number, high: number, low: number): boolean {
    const starts = this.ipv6Starts;
    const at = segment * IPV6_START;
    return starts[at] === high && starts[at + 1] === low && starts[at + 2] === 0 && starts[at + 3] === 0;
  }
}

/** Words of the start of a segment of IPv6: networks may be longer than 64 bits. */
export const IPV6_START = 4;

// --- cutting ---

interface Net {
  readonly bits: 32 | 128;
  readonly start: bigint;
  readonly prefixLength: number;
  readonly member: number;
}

interface Segment {
  readonly start: bigint;
  readonly kind: number;
}

/**
 * Numbers what matches, without a length for each member: a kind is the one around it, with one more network. So thousands of
 * networks on hundreds of members take no longer than they are many.
 */
class Kinds {
  readonly #outers: number[] = [0];
  readonly #members: number[] = [0];
  readonly #lengths: number[] = [-1];
  readonly #numbers = new Map<string, number>();

  get count(): number {
    return this.#outers.length;
  }

  /** The kind of addresses of the kind `outer` that are also in a network of a member, longer than those it matches there. */
  within(outer: number, { member, prefixLength }: Net): number {
    return this.#add(this.#without(outer, member), member, prefixLength);
  }

  /** A kind less the network of a member, so that the same matches are one kind whatever else they are within. */
  #without(kind: number, member: number): number {
    const inner: number[] = [];
    for (let at = kind; at > 0; at = this.#outers[at] ?? 0) {
      if (this.#members[at] !== member) {
        inner.push(at);
        continue;
      }
      let rest = this.#outers[at] ?? 0;
      for (const one of inner.reverse()) {
        rest = this.#add(rest, this.#members[one] ?? 0, this.#lengths[one] ?? -1);
      }
      return rest;
    }
    return kind;
  }

  #add(outer: number, member: number, prefixLength: number): number {
    const key = `${outer} ${member} ${prefixLength}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const kind = this.#outers.push(outer) - 1;
    this.#members.push(member);
    this.#lengths.push(prefixLength);
    this.#numbers.set(key, kind);
    return kind;
  }

  /** Writes the length of the longest match per member. */
  fill(kind: number, row: Int16Array): void {
    row.fill(-1);
    for (let at = kind; at > 0; at = this.#outers[at] ?? 0) {
      const member = this.#members[at] ?? 0;
      row[member] = this.#lengths[at] ?? -1;
    }
  }
}

/** Networks lie within each other or apart: a stack of those that hold the place reached is enough. */
function cut(all: readonly Net[], bits: 32 | 128, kinds: Kinds): readonly Segment[] {
  const nets = all.filter((net) => net.bits === bits);
  nets.sort((a, b) => compare(a.start, b.start) || a.prefixLength - b.prefixLength);
  const segments: Segment[] = [{ start: 0n, kind: 0 }];
  const begin = (start: bigint, kind: number): void => {
    if (segments.at(-1)?.start === start) segments.pop();
    if (segments.at(-1)?.kind !== kind) segments.push({ start, kind });
  };
  const end = 1n << BigInt(bits);
  const open = [{ end, kind: 0 }];
  const closeUntil = (place: bigint): void => {
    for (let inner = open.at(-1); inner !== undefined && inner.end <= place; inner = open.at(-1)) {
      open.pop();
      const outer = open.at(-1);
      if (outer !== undefined && inner.end < end) begin(inner.end, outer.kind);
    }
  };
  for (const net of nets) {
    closeUntil(net.start);
    const kind = kinds.within(open.at(-1)?.kind ?? 0, net);
    open.push({ end: net.start + (1n << BigInt(bits - net.prefixLength)), kind });
    begin(net.start, kind);
  }
  closeUntil(end);
  return segments;
}

function netOf({ address, prefixLength }: Network, member: number): Net {
  let start = 0n;
  for (const octet of address) start = (start << 8n) | BigInt(octet);
  return { bits: address.length === 4 ? 32 : 128, start, prefixLength, member };
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function wordsOf(address: bigint): readonly number[] {
  return [96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & 0xffff_ffffn));
}
