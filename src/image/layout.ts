// Where everything stands in the zone image: one SharedArrayBuffer, addressed in 32-bit words.
//
//   header | zone table | index | heap of nodes, appended
//
//   index slot   hash, node        open addressing; node 0 = empty, 1 = removed
//   zone         apex node, apex length | labels << 8
//   node         flags | name length << 16 | labels << 24
//                zone number | occluder labels << 24
//                RRset count
//                owners below (the writer's own count)
//                owner name, lower case, padded to words
//                per RRset: type, place (words from the node)
//   plan         before the RRset, when it is steered: how to choose (steer/choosing.ts), see PlanWord
//   RRset        count | shape << 16 | steered << 23 | name offset << 24
//                rotation counter, or block of counters: see BlockWord (0 = does not rotate)
//                octets of all records
//                octets of one record, when all are alike; otherwise 0 and a table of count + 1 words follows:
//                   start (octets) | octets of the name in RDATA before the zone's apex << 24
//                records in wire form, owner as a pointer to the question (C0 0C), names in RDATA uncompressed
//
// Blocks are never changed once an index slot leads to them, but for the flags word, the occluder word and
// the writer's count of a node, and those only while the sequence word is odd.

/** Words of the header. */
export const Header = {
  MAGIC: 0,
  /** Odd while a change is being applied: what was read meanwhile must be read again. */
  SEQUENCE: 1,
  GENERATION: 2,
  SLOTS: 3,
  INDEX_START: 4,
  ZONE_START: 5,
  ZONE_CAPACITY: 6,
  HEAP_START: 7,
  /** First free word of the heap. */
  HEAP_NEXT: 8,
  /** Labels of the deepest owner: deeper names need not be looked up. */
  MAX_LABELS: 9,
  /** Slots that are not empty, removed ones included. */
  SLOTS_USED: 10,
  /** Words of the heap that no slot leads to any more. */
  GARBAGE: 11,
  NODES: 12,
  WORDS: 16,
} as const;

export const MAGIC = 0x57415931; // "WAY1": a reader of another layout must not guess

export const SLOT_WORDS = 2;
export const SLOT_EMPTY = 0;
export const SLOT_REMOVED = 1;

export const ZONE_WORDS = 2;
export const ZoneWord = { APEX_NODE: 0, APEX: 1 } as const;

export const NodeWord = { FLAGS: 0, ZONE: 1, RRSETS: 2, BELOW: 3, NAME: 4 } as const;

/** Flags of a node. */
export const NodeFlag = {
  APEX: 1,
  /** NS below the apex: names from here down belong to another zone (RFC 9499 §7, "zone cut"). */
  CUT: 2,
  DNAME: 4,
  CNAME: 8,
  /** It has a child `*` (RFC 4592 §2.1.1). */
  WILDCARD_CHILD: 16,
  /** At or below another owner's zone cut or DNAME: its own records are at most glue. */
  OCCLUDED: 32,
  /** The delegating side of a cut whose child zone is here too; found only by DS questions (RFC 4035 §3.1.4.1). */
  PARENT_SIDE: 64,
} as const;

/** What must be asked before a node's records may be answered from. */
export const NODE_SPECIAL = NodeFlag.APEX | NodeFlag.CUT | NodeFlag.CNAME | NodeFlag.OCCLUDED;

export const RRsetWord = { COUNT: 0, COUNTER: 1, OCTETS: 2, RECORD_OCTETS: 3, TABLE: 4 } as const;

/** In an RRset's first word: a plan stands before it, and it may have no records. */
export const STEERED = 1 << 23;

/** Where the words of a plan stand, counted from its RRset. */
export const PlanWord = {
  /** The TTL until {@link SETTLED_AT}; the records are prepared with the TTL after it. */
  LOW_TTL: -1,
  /** Seconds since 1970, without a sign; {@link NEVER}. */
  SETTLED_AT: -2,
  /** A hash of the choosing, 64 bits: RRsets that choose alike have the same. */
  KEY_LOW: -3,
  KEY_HIGH: -4,
  /** Octets of the choosing, which stands right before the plan, padded to words. */
  CHOOSING_OCTETS: -5,
} as const;

/** Words of a plan, without its choosing. */
export const PLAN_WORDS = 5;

/** In {@link PlanWord.SETTLED_AT}: the low TTL holds. */
export const NEVER = 0xffff_ffff;

/** How the records of an RRset are copied into a response. */
export const Shape = {
  /** As they are. */
  PLAIN: 0,
  /** RDATA ends with a name that may be compressed (RFC 3597 §4). */
  NAME_LAST: 1,
  /** Two compressible names, then 20 octets. */
  SOA: 2,
} as const;

/** In an RRset's name offset: RDATA holds no name whose addresses help the client. */
export const NO_NAME = 0xff;
/** In a table word: the name is not in the zone. */
export const NOT_IN_ZONE = 0xff;

/** The SOA as it stands in negative answers, TTL = min(TTL, MINIMUM) (RFC 2308 §3); no type of the wire. */
export const NEGATIVE_SOA = 0x1_0006;

/** Added to the hash of a name for its node of the {@link NodeFlag.PARENT_SIDE}. */
export const PARENT_SIDE_HASH = 0x3c6ef372;

/** Octets before RDATA in a prepared record: owner pointer, TYPE, CLASS, TTL, RDLENGTH. */
export const RECORD_HEAD = 12;

/** What threads share: the image itself, and the rotation counters that outlive its generations. */
export interface ImageMemory {
  readonly image: SharedArrayBuffer;
  /** 32-bit counters, then blocks of them; word 0 is nobody's. */
  readonly counters: SharedArrayBuffer;
}

/** A block of counters, for an RRset whose tiers depend on the client (STEERING.md §4): words from its place on. */
export const BlockWord = {
  /** The counter of the RRset as a whole. */
  COUNTER: 0,
  /** From here on pairs: the tag of a tier (0: nobody's yet), its counter. */
  PAIRS: 1,
  /** So many pairs. */
  TIERS: 128,
  WORDS: 257,
} as const;

/** The slot to begin with for a hash. */
export function spread(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x45d9f3b);
  return h ^ (h >>> 15);
}
