// What the image takes: owners as everybody sees them, live sets with the rules that are applied when a query comes.
import type { DomainName } from '../wire/name.ts';
import type { Owner, RRset } from './record.ts';

/**
 * What says which record of a tier is first (STEERING.md §4): nothing, one counter for the RRset, or, where the tiers
 * depend on the client, a counter for each of them.
 */
export type TurnCounters = 'none' | 'one' | 'per tier';

/** How a steered RRset is answered; worked out beforehand, but for what the time of the query decides. */
export interface AnswerPlan {
  /** How to choose among the records, as `steer/choosing.ts` composes it; the same octets choose the same. */
  readonly choosing: Uint8Array;
  readonly counters: TurnCounters;
  /** Seconds; not above {@link highTtl}. Also the most that a negative answer in its place may live. */
  readonly lowTtl: number;
  /** Seconds. */
  readonly highTtl: number;
  /** From when on the high TTL holds; seconds since 1970, `Infinity` for never. */
  readonly settledAt: number;
}

/**
 * An RRset as it is answered. With a plan it may have no records: the type exists and has nothing to answer
 * (STEERING.md §3).
 */
export interface ServedRRset extends RRset {
  readonly plan?: AnswerPlan;
}

/** Everything that is answered of one owner, in the order of types. */
export interface ServedOwner extends Owner {
  readonly rrsets: readonly ServedRRset[];
}

/** A zone as it is served. */
export interface ServedView {
  /** Every owner, in canonical order; one that comes again is meant as it comes the last time. */
  owners(): Iterable<ServedOwner>;
  /** Every owner strictly below `name`, in canonical order, for its name. */
  ownersBelow(name: DomainName): Iterable<Owner>;
}
