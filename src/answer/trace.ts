// How an answer came about, told while it is made: what `waypost explain` listens to.
import type { NameKey } from '../image/name-key.ts';

/**
 * Hears of the decisions of an answer, in their order. While queries are served there is none: every caller holds
 * `trace: AnswerTrace | undefined`, and asks only whether it is there. When the zone changes meanwhile the answer is made
 * again, from {@link begin} on.
 */
export interface AnswerTrace {
  /** An answer begins; whatever was told before does not count. */
  begin(): void;
  /**
   * Where looking up `key`'s name ended: once for QNAME, once for the target of each alias followed. `node` is what is
   * answered from (0: nothing), the suffix of the name from label `label` on; of a `wildcard`, `*` below that suffix.
   */
  walked(end: WalkEnd, key: NameKey, node: number, label: number): void;
  /** A plain RRset is answered, from record `first` on and around; `rrset` as the image places it. */
  plain(type: number, rrset: number, first: number): void;
  /** A steered RRset is answered, or NODATA in its place. */
  steered(type: number, rrset: number, choice: SteeredChoice): void;
  /** The scope of the reply's Client Subnet option; bits. Once, at the end, and only where the query had the option. */
  scope(bits: number): void;
}

/**
 * `found`: the name exists. `wildcard`: made from an asterisk (RFC 4592 §3.3). `cut`: a referral. `dname`: redirected.
 * `nxdomain`: `node` is the closest encloser. `outside`: no zone here holds it. `withheld`: ours, and not answered from.
 */
export type WalkEnd = 'found' | 'wildcard' | 'cut' | 'dname' | 'nxdomain' | 'outside' | 'withheld';

/** What was chosen of a steered RRset (STEERING.md §3). Members are numbers: their places in canonical order, from 0. */
export interface SteeredChoice {
  /** The client's location number in the tables; 0 when nothing is known. */
  readonly location: number;
  /** Step 6: the members that answer in each tier taken. */
  readonly tiers: readonly (readonly number[])[];
  /** Step 7: what was drawn for each of these tiers; `undefined` where nothing is, or the tier gives no record. */
  readonly turns: readonly (number | undefined)[];
  /** Step 8: the members in the answer, in their order. */
  readonly records: readonly number[];
  /** Step 9; seconds. */
  readonly ttl: number;
  /** Step 10: of this RRset alone; bits. */
  readonly scope: number;
}
