// How an answer came about, told while it is made: what `waypost explain` listens to.
import type { NameKey } from '../image/name-key.ts';
import type { Choosing } from '../steer/choosing.ts';
import type { Ranking } from '../steer/ranking.ts';

/**
 * Hears of the decisions of an answer, in their order. While queries are served there is none: whoever tells asks only whether
 * it is there. When the zone changes meanwhile the answer is made again, from {@link begin} on.
 */
export interface AnswerTrace {
  /** An answer begins; whatever was told before does not count. */
  begin(): void;
  /** Where looking up `key`'s name ended: once for QNAME, once for the target of each alias followed. 0: at no node. */
  walked(end: WalkStep, key: NameKey, node: number): void;
  /** A plain RRset is answered, from record `first` on and around; `rrset` is its place in the image. */
  plain(rrset: number, first: number): void;
  /** A steered RRset is answered, or NODATA in its place. */
  steered(rrset: number, choice: SteeredChoice): void;
  /** The scope of the reply's Client Subnet option; bits. Only where the query has the option. */
  scope(bits: number): void;
}

/**
 * `found`: the name exists, or the wildcard at the node speaks for it (RFC 4592 §3.3). `cut`: a referral. `dname`:
 * redirected. `nxdomain`: the node is the closest encloser. `outside`: no zone here holds it. `withheld`, after another:
 * the zone is ours, and not answered from.
 */
export type WalkStep = 'found' | 'cut' | 'dname' | 'nxdomain' | 'outside' | 'withheld';

/** What was chosen of a steered RRset (STEERING.md §3). Members are numbers: their places in `choosing.members`. */
export interface SteeredChoice {
  readonly choosing: Choosing;
  /** Ranks for any client. */
  readonly ranking: Ranking;
  /** What the client was ranked by: which of the ranking's `net=` networks hold it, and its location in the tables. */
  readonly kind: number;
  readonly location: number;
  /** Step 4: the client was located by its Client Subnet option. */
  readonly isBySubnet: boolean;
  /** Step 6: the members that answer in each tier taken. */
  readonly tiers: readonly (readonly number[])[];
  /** Step 7: what the counter of each of these tiers stands at; `undefined` where nothing is drawn. */
  readonly turns: readonly (number | undefined)[];
  /** Step 8: the members in the answer, in their order. */
  readonly records: readonly number[];
  /** Step 9: the low TTL holds. */
  readonly isLow: boolean;
  /** Step 10: of this RRset alone; bits. */
  readonly scope: number;
}
