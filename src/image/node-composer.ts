import { SipHash } from '../base/siphash.ts';
import { RRType } from '../wire/iana.ts';
import { isSubdomain, labelCount } from '../wire/name.ts';
import type { AnswerPlan, ServedOwner, ServedRRset, TurnCounters } from '../zone/served.ts';
import type { CounterKind } from './counter-book.ts';
import {
  NEGATIVE_SOA,
  NEVER,
  NO_NAME,
  NOT_IN_ZONE,
  NodeFlag,
  NodeWord,
  PLAN_WORDS,
  PlanWord,
  RECORD_HEAD,
  RRsetWord,
  Shape,
  STEERED,
} from './layout.ts';

/** What a node says beside its records. */
export interface NodeHead {
  /** Of {@link NodeFlag}; those that follow from the RRsets are added. */
  readonly flags: number;
  readonly zone: number;
  readonly apex: Uint8Array;
  /** Labels of the occluding owner; 0 when {@link NodeFlag.OCCLUDED} is not set. */
  readonly occluderLabels: number;
  /** Owners below this one. */
  readonly below: number;
  /** The counter or block of a rotating RRset; not asked for others. */
  counterOf(type: number, kind: CounterKind): number;
}

/** Writes nodes as layout.ts draws them. The result is {@link words} up to {@link length}; valid until the next. */
export class NodeComposer {
  words: Int32Array = new Int32Array(1024);
  /** Words. */
  length = 0;
  #octets: Uint8Array = new Uint8Array(this.words.buffer);
  readonly #hash = new SipHash();

  compose(owner: ServedOwner, head: NodeHead): void {
    const { name } = owner;
    const rrsets = withNegativeSoa(owner.rrsets);
    const directory = NodeWord.NAME + ((name.length + 3) >>> 2);
    this.length = directory + 2 * rrsets.length;
    this.#makeRoom();
    this.words[NodeWord.FLAGS] =
      head.flags | flagsOf(owner, head.flags) | (name.length << 16) | (labelCount(name) << 24);
    this.words[NodeWord.ZONE] = head.zone | (head.occluderLabels << 24);
    this.words[NodeWord.RRSETS] = rrsets.length;
    this.words[NodeWord.BELOW] = head.below;
    this.words[directory - 1] = 0; // the padding of the name
    this.#octets.set(name, NodeWord.NAME * 4);
    for (const [i, rrset] of rrsets.entries()) {
      if (rrset.plan !== undefined) this.#composePlan(rrset.plan);
      this.words[directory + 2 * i] = rrset.type;
      this.words[directory + 2 * i + 1] = this.length;
      this.#composeRRset(rrset, head);
    }
  }

  #composePlan({ choosing, lowTtl, settledAt }: AnswerPlan): void {
    const start = this.length;
    this.length += ((choosing.length + 3) >>> 2) + PLAN_WORDS;
    this.#makeRoom();
    const at = this.length;
    this.words[at - PLAN_WORDS - 1] = 0; // the padding
    this.#octets.set(choosing, start * 4);
    this.#hash.hash(choosing, 0, choosing.length);
    this.words[at + PlanWord.KEY_LOW] = this.#hash.low32;
    this.words[at + PlanWord.KEY_HIGH] = this.#hash.high32;
    this.words[at + PlanWord.CHOOSING_OCTETS] = choosing.length;
    this.words[at + PlanWord.LOW_TTL] = lowTtl;
    this.words[at + PlanWord.SETTLED_AT] = Math.min(Math.max(settledAt, 0), NEVER);
  }

  #composeRRset(rrset: ServedRRset, head: NodeHead): void {
    const at = this.length;
    // Of a steered RRset an answer may hold a few, and every record has its turn.
    const rdatas = sendable(rrset.rdatas, rrset.plan === undefined ? MAX_RECORDS : MAX_COUNT);
    const type = rrset.type === NEGATIVE_SOA ? RRType.SOA : rrset.type;
    const { shape, nameAt } = PREPARATION.get(type) ?? AS_IT_IS;
    const size = rdatas[0]?.length ?? 0;
    const isFixed = nameAt === NO_NAME && rdatas.every((rdata) => rdata.length === size);
    const octets = octetsOf(rdatas);
    const table = at + RRsetWord.TABLE;
    this.length = table + (isFixed ? 0 : rdatas.length + 1);
    const start = this.length * 4;
    this.length += (octets + 3) >>> 2;
    this.#makeRoom();
    const steered = rrset.plan === undefined ? 0 : STEERED;
    this.words[at + RRsetWord.COUNT] = rdatas.length | (shape << 16) | steered | (nameAt << 24);
    const kind = countersFor(rrset);
    this.words[at + RRsetWord.COUNTER] = kind === 'none' ? 0 : head.counterOf(rrset.type, kind);
    this.words[at + RRsetWord.OCTETS] = octets;
    this.words[at + RRsetWord.RECORD_OCTETS] = isFixed ? RECORD_HEAD + size : 0;
    let place = start;
    for (const [i, rdata] of rdatas.entries()) {
      if (!isFixed) {
        const outside = nameAt === NO_NAME ? NOT_IN_ZONE : octetsBeforeApex(rdata, nameAt, head.apex);
        this.words[table + i] = (place - start) | (outside << 24);
      }
      place = this.#composeRecord(place, type, rrset.ttl, rdata);
    }
    if (!isFixed) {
      // An SOA has a second name, RNAME; its place in the table is the end's.
      const first = rdatas[0];
      const outside =
        shape === Shape.SOA && first !== undefined
          ? octetsBeforeApex(first, nameEnd(first, 0), head.apex)
          : NOT_IN_ZONE;
      this.words[table + rdatas.length] = octets | (outside << 24);
    }
  }

  #composeRecord(at: number, type: number, ttl: number, rdata: Uint8Array): number {
    const octets = this.#octets;
    octets[at] = 0xc0;
    octets[at + 1] = 12;
    octets[at + 2] = type >>> 8;
    octets[at + 3] = type;
    octets[at + 4] = 0;
    octets[at + 5] = 1;
    octets[at + 6] = ttl >>> 24;
    octets[at + 7] = ttl >>> 16;
    octets[at + 8] = ttl >>> 8;
    octets[at + 9] = ttl;
    octets[at + 10] = rdata.length >>> 8;
    octets[at + 11] = rdata.length;
    octets.set(rdata, at + RECORD_HEAD);
    return at + RECORD_HEAD + rdata.length;
  }

  #makeRoom(): void {
    if (this.length <= this.words.length) return;
    const grown = new Int32Array(Math.max(this.length, 2 * this.words.length));
    grown.set(this.words);
    this.words = grown;
    this.#octets = new Uint8Array(grown.buffer);
  }
}

/** What an RRset's records are answered in turn by (STEERING.md §4). */
export function countersFor(rrset: ServedRRset): TurnCounters {
  if (rrset.plan !== undefined) return rrset.plan.counters;
  return rrset.rdatas.length > 1 && ROTATING.has(rrset.type) ? 'one' : 'none';
}

/** Whether a node with these flags cuts its descendants off from the zone's authoritative data. */
export function occludes(flags: number): boolean {
  return (flags & (NodeFlag.CUT | NodeFlag.DNAME)) !== 0;
}

// --- helpers ---

/** No response of 65,535 octets holds more records. */
const MAX_RECORDS = 5_500;
/** A count has 16 bits. */
const MAX_COUNT = 0xffff;
/** Nor more octets, even where every name is compressed; a place in the table has 24 bits. */
const MAX_OCTETS = 0xff_ffff;

/** As much of an RRset as tells that it cannot be sent, or all of it. */
function sendable(rdatas: readonly Uint8Array[], most: number): readonly Uint8Array[] {
  const some = rdatas.length > most ? rdatas.slice(0, most) : rdatas;
  if (octetsOf(some) <= MAX_OCTETS) return some;
  let octets = 0;
  return some.filter((rdata) => {
    octets += RECORD_HEAD + rdata.length;
    return octets <= MAX_OCTETS;
  });
}

/** Octets of an RRset's prepared records. */
function octetsOf(rdatas: readonly Uint8Array[]): number {
  let octets = 0;
  for (const rdata of rdatas) octets += RECORD_HEAD + rdata.length;
  return octets;
}

const ROTATING: ReadonlySet<number> = new Set([RRType.A, RRType.AAAA, RRType.CNAME]);

interface Preparation {
  readonly shape: number;
  /** Where in RDATA the name begins whose addresses or whose compression matter. */
  readonly nameAt: number;
}

const AS_IT_IS: Preparation = { shape: Shape.PLAIN, nameAt: NO_NAME };

/** The types whose RDATA is not simply copied. All others are. */
const PREPARATION: ReadonlyMap<number, Preparation> = new Map([
  [RRType.NS, { shape: Shape.NAME_LAST, nameAt: 0 }],
  [RRType.CNAME, { shape: Shape.NAME_LAST, nameAt: 0 }],
  [RRType.PTR, { shape: Shape.NAME_LAST, nameAt: 0 }],
  [RRType.MX, { shape: Shape.NAME_LAST, nameAt: 2 }],
  [RRType.SOA, { shape: Shape.SOA, nameAt: 0 }],
  [RRType.SRV, { shape: Shape.PLAIN, nameAt: 6 }], // RFC 2782: the target is not compressed
]);

function flagsOf(owner: ServedOwner, given: number): number {
  const isAsterisk = owner.name[0] === 1 && owner.name[1] === 0x2a;
  let flags = 0;
  for (const { type } of owner.rrsets) {
    if (type === RRType.CNAME) flags |= NodeFlag.CNAME;
    // RFC 4592 §4.2, §4.4: an asterisk label delegates and redirects nothing.
    if (type === RRType.DNAME && !isAsterisk) flags |= NodeFlag.DNAME;
    if (type === RRType.NS && !isAsterisk && (given & NodeFlag.APEX) === 0) flags |= NodeFlag.CUT;
  }
  return flags;
}

function withNegativeSoa(rrsets: readonly ServedRRset[]): readonly ServedRRset[] {
  if (rrsets.length === 1 && rrsets[0]?.type !== RRType.SOA) return rrsets;
  const sorted = rrsets.toSorted((a, b) => a.type - b.type);
  const soa = sorted.find((rrset) => rrset.type === RRType.SOA);
  const rdata = soa?.rdatas[0];
  if (soa === undefined || rdata === undefined) return sorted;
  const minimum = new DataView(rdata.buffer, rdata.byteOffset, rdata.length).getUint32(rdata.length - 4);
  return [...sorted, { type: NEGATIVE_SOA, ttl: Math.min(soa.ttl, minimum), rdatas: [rdata] }];
}

function octetsBeforeApex(rdata: Uint8Array, nameAt: number, apex: Uint8Array): number {
  const name = rdata.subarray(nameAt, nameEnd(rdata, nameAt));
  return isSubdomain(name, apex) ? name.length - apex.length : NOT_IN_ZONE;
}

function nameEnd(rdata: Uint8Array, nameAt: number): number {
  let at = nameAt;
  while ((rdata[at] ?? 0) !== 0) at += (rdata[at] ?? 0) + 1;
  return at + 1;
}
