// Why a question is answered as it is, as a value: what `waypost explain --json` prints and docs/explain.md describes.
import type { MemberReport } from '../../steer/members-report.ts';
import type { RankWord } from '../../steer/policy-line.ts';
import type { WalkStep } from '../trace.ts';

/** The shape of {@link Explanation}; another one has another number. New fields may come at any time. */
export const EXPLANATION_VERSION = 1;

/** The answer to one question of one client, and how it came about. Times are RFC 3339; absent fields are unknown. */
export interface Explanation {
  readonly version: typeof EXPLANATION_VERSION;
  /** The time for which it is true. */
  readonly at: string;
  readonly from: ExplanationSource;
  /** Names in presentation format, with their final dot. */
  readonly question: { readonly name: string; readonly type: string };
  readonly client: ExplainedClient;
  /** For QNAME, then for the target of each alias followed. */
  readonly lookups: readonly ExplainedLookup[];
  readonly reply: ExplainedReply;
  /** What is to be shown beside location data, for their licences. */
  readonly attributions: readonly string[];
}

/** Which zones were asked: the running server's, those of its database, or zone files as they are. */
export interface ExplanationSource {
  readonly kind: 'server' | 'database' | 'files';
  /** The data directory, or the directory of the zone files. */
  readonly path: string;
}

// --- the client ---

/** Who asks. */
export interface ExplainedClient {
  /** Where the query comes from. */
  readonly source: ExplainedAddress;
  /** The network of its Client Subnet option, located by its first address. */
  readonly subnet: (ExplainedAddress & { readonly prefix: string }) | undefined;
}

/** An address, and what the tables know of it. */
export interface ExplainedAddress {
  readonly address: string;
  /** The IPv4 address that it holds, and by which it is looked up. */
  readonly ipv4: string | undefined;
  /** The network around it of which the tables say the same; `undefined` without tables. */
  readonly network: string | undefined;
  readonly place: ExplainedPlace | undefined;
  readonly country: ExplainedFact<string> | undefined;
  readonly continent: ExplainedFact<string> | undefined;
  readonly asn: ExplainedFact<number> | undefined;
  readonly isp: ExplainedFact<string> | undefined;
}

/** What a source says. */
export interface ExplainedFact<T> {
  readonly value: T;
  /** The file that says it. */
  readonly source: string | undefined;
}

/** A position; degrees. */
export interface ExplainedPlace {
  readonly latitude: number;
  readonly longitude: number;
  /** The file that says it; `undefined`: a member line. */
  readonly source: string | undefined;
  /** Only the country is known, and this is where its people are. */
  readonly isCountryCentre: boolean;
  /** Why a database's own position did not count. */
  readonly passedOver: string | undefined;
}

// --- look-ups ---

/** One name looked up: RFC 1034 §4.3.2. */
export interface ExplainedLookup {
  readonly name: string;
  readonly end: LookupEnd;
  /** The zone and its serial; `undefined` when the name is in none of ours. */
  readonly zone: { readonly apex: string; readonly serial: number | undefined } | undefined;
  /** What is answered from: the name itself, a wildcard, a zone cut, a DNAME's owner, or of NXDOMAIN the closest encloser. */
  readonly owner: string | undefined;
  /** The RRset that was answered; `undefined` where there was none. */
  readonly rrset: ExplainedRRset | undefined;
}

/** How a look-up ended: as it was told, with wildcards told apart. */
export type LookupEnd = WalkStep | 'wildcard';

export type ExplainedRRset = ExplainedRotation | ExplainedSteering;

/** A plain RRset: STEERING.md §4. */
export interface ExplainedRotation {
  readonly kind: 'plain';
  readonly type: string;
  readonly records: number;
  /** What the counter stands at; `undefined`: the RRset does not rotate. */
  readonly counter: number | undefined;
  /** Which record, in canonical order from 0, is first. */
  readonly first: number;
}

/** A steered RRset: STEERING.md §3, §5 and §6. */
export interface ExplainedSteering {
  readonly kind: 'steered';
  readonly owner: string;
  readonly type: string;
  /** The policy line as it is written, and the name at which it stands. */
  readonly policy: { readonly line: string; readonly owner: string };
  /** Step 4: which address locates the client, and why. */
  readonly located: { readonly by: 'source' | 'subnet'; readonly why: string };
  /** Steps 2 and 3. */
  readonly live: {
    readonly live: number;
    /** By `min`. */
    readonly least: number;
    /** So many keys must judge a member down. */
    readonly quorum: number;
    readonly failsOpen: boolean;
  };
  /** Step 1, the most wanted first, as step 5 ranks them. */
  readonly members: readonly ExplainedMember[];
  /** What the members are ranked by, the most important first. */
  readonly rank: readonly RankWord[];
  /** Step 5: every tier, whoever is live in it. */
  readonly tiers: readonly ExplainedTier[];
  /** Step 6. */
  readonly need: number;
  /** Step 7. */
  readonly order: ExplainedOrder;
  /** Step 8; `undefined`: all. */
  readonly take: number | undefined;
  /** Step 9. */
  readonly ttl: ExplainedTtl;
  /** Step 10; `undefined` where the query has no Client Subnet option. */
  readonly scope: ExplainedScope | undefined;
  /** The members in the answer, in their order. */
  readonly answer: readonly string[];
}

/** A member, as it stands and as it is ranked for this client. */
export interface ExplainedMember extends MemberReport {
  readonly place: ExplainedPlace | undefined;
  /** To the client, on the ground and after the member's `bias`; metres. Only where `rank` has `distance`. */
  readonly distance: { readonly metres: number; readonly biased: number } | undefined;
  /** Rank words of which the member says that it is for this client; of `net`, with the network. */
  readonly matches: Readonly<Partial<Record<Exclude<RankWord, 'distance'>, string>>>;
  /** Its tier, from 1. */
  readonly tier: number;
  /** Its place in the answer, from 1. */
  readonly position: number | undefined;
  /** Why it is not in the answer. */
  readonly dropped: ExplainedDrop | undefined;
}

/**
 * `out`, `down`: as its state. `tier`: other members come first, see the tier. `weight`: 0, while others of its tier answer.
 * `take`: the answer is full. `turn`: an answer has one CNAME, and it is another's turn.
 */
export interface ExplainedDrop {
  readonly reason: 'out' | 'down' | 'tier' | 'weight' | 'take' | 'turn';
  readonly text: string;
}

/** Members that are of equal rank. */
export interface ExplainedTier {
  /** From 1. */
  readonly number: number;
  readonly members: readonly string[];
  /** Those of them that answer; weight 0 may be left out. */
  readonly answering: readonly string[];
  readonly isTaken: boolean;
  /** What its members have in common. */
  readonly what: string;
  /** Why it does not stand with the tier before. */
  readonly why: string | undefined;
  /** What its counter stands at; `undefined` where nothing is drawn. */
  readonly counter: number | undefined;
}

/** How the members of a tier are put in order. */
export interface ExplainedOrder {
  readonly order: string;
  /** Of the tier that comes first: answers until it begins anew; 1: always the same. `undefined`: by chance. */
  readonly period: number | undefined;
  /** Of `sticky`: the network that stays together. */
  readonly key: string | undefined;
}

/** Seconds, where nothing else is said. */
export interface ExplainedTtl {
  readonly ttl: number;
  readonly low: number;
  readonly high: number;
  readonly settle: number;
  /** When members or lines last changed; `undefined`: long ago, or it is not known. */
  readonly changedAt: string | undefined;
  /** From when on the high TTL holds; `undefined` while a member is not live. */
  readonly settlesAt: string | undefined;
  /** Why the low TTL holds, if it does. */
  readonly heldLow: string | undefined;
}

/** How wide a network the answer holds for. */
export interface ExplainedScope {
  /** Bits. */
  readonly bits: number;
  /** The client's network of so many bits. */
  readonly network: string;
  /** Why it is not shorter. */
  readonly why: string;
  /** The nearest network that would get something else. */
  readonly neighbour: ExplainedNeighbour | undefined;
}

/** Others, beside the client. */
export interface ExplainedNeighbour extends ExplainedAddress {
  /** What it would get: the members of each tier taken. */
  readonly tiers: readonly (readonly string[])[];
}

// --- the reply ---

/** What is sent. */
export interface ExplainedReply {
  readonly rcode: string;
  /** As dig shows them: qr aa tc rd. */
  readonly flags: readonly string[];
  /** In presentation format. */
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** The Client Subnet option: network and scope. */
  readonly subnet: { readonly prefix: string; readonly scope: number } | undefined;
  /** An Extended DNS Error (RFC 8914), in words. */
  readonly error: string | undefined;
}
