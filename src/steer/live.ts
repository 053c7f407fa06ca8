// Who is live: STEERING.md §3 steps 2 and 3, and §7.
import { showName } from '../wire/name.ts';
import type { SteeringLines } from './lines.ts';
import { DEFAULT_ATTRIBUTES, type MemberAttributes } from './member-line.ts';
import { DEFAULT_POLICY, type Least } from './policy-line.ts';
import type { Verdict } from './verdict-line.ts';

/** How a member stands: out by the operator's word, down by verdicts, or live. */
export type MemberState = 'live' | 'down' | 'out';

/** The live set of one RRset. */
export interface LiveSet {
  /** Every member, in the order given. */
  readonly states: ReadonlyMap<string, MemberState>;
  /** The members that answer, in the order given: the live ones, and others where it fails open. */
  readonly answering: readonly string[];
  /** Fewer than `min` are live: the members judged down answer too. */
  readonly failsOpen: boolean;
}

/**
 * The members that at least `quorum` different keys hold an unexpired verdict on.
 *
 * Law: a verdict past its `until` counts for nothing, so that a dead monitor cannot hold a member down for ever.
 */
export function downMembers(
  verdicts: Iterable<Verdict>,
  quorum: number,
  nowSeconds: number,
): ReadonlySet<string> {
  const judges = new Map<string, Set<string>>();
  for (const verdict of verdicts) {
    if (!isInForce(verdict, nowSeconds)) continue;
    const keys = judges.get(verdict.member) ?? new Set<string>();
    judges.set(verdict.member, keys.add(showName(verdict.by)));
  }
  const down = new Set<string>();
  for (const [member, keys] of judges) if (keys.size >= quorum) down.add(member);
  return down;
}

/**
 * Which of `members` (the whole RRset) answer.
 *
 * Law: with `min` above 0 the result is never empty when `members` is not: a wrong check must not turn a degraded
 * service into an absent one.
 */
export function liveSetOf(members: readonly string[], lines: SteeringLines, nowSeconds: number): LiveSet {
  const { quorum, min } = lines.policy ?? DEFAULT_POLICY;
  const down = downMembers(lines.verdicts, quorum, nowSeconds);
  const states = new Map<string, MemberState>();
  for (const member of members) {
    const state = stateOf(lines.members.get(member) ?? DEFAULT_ATTRIBUTES, nowSeconds);
    if (state === 'out') states.set(member, 'out');
    else states.set(member, state !== 'up' && down.has(member) ? 'down' : 'live');
  }
  const withState = (...wanted: MemberState[]) =>
    members.filter((member) => wanted.includes(states.get(member) ?? 'live'));
  const live = withState('live');
  const least = leastLive(min, members.length);
  if (live.length >= least) return { states, answering: live, failsOpen: false };
  const open = withState('live', 'down');
  return { states, answering: open.length > 0 ? open : members, failsOpen: true };
}

/** How many members `min` wants live of an RRset of `size`; a share rounds up. */
export function leastLive(min: Least, size: number): number {
  return 'percent' in min ? Math.floor((size * min.percent + 99) / 100) : min.count;
}

/** Whether a verdict counts at `nowSeconds`. */
export function isInForce({ until }: Verdict, nowSeconds: number): boolean {
  return until === undefined || nowSeconds < until;
}

/** The operator's word on a member, unless it has lapsed. */
export function stateOf({ state, until }: MemberAttributes, nowSeconds: number): 'out' | 'up' | undefined {
  return until === undefined || nowSeconds < until ? state : undefined;
}

/** When the last verdict or operator's word lapsed that has, by `nowSeconds`; `undefined` when none has. Seconds. */
export function lastLapse(lines: SteeringLines, nowSeconds: number): number | undefined {
  let last: number | undefined;
  for (const until of lapsesOf(lines)) {
    if (until <= nowSeconds && (last === undefined || until > last)) last = until;
  }
  return last;
}

/** When, after `nowSeconds`, the next verdict or operator's word lapses; `undefined` when none does. Seconds. */
export function nextLapse(lines: SteeringLines, nowSeconds: number): number | undefined {
  let next: number | undefined;
  for (const until of lapsesOf(lines)) {
    if (until > nowSeconds && (next === undefined || until < next)) next = until;
  }
  return next;
}

function* lapsesOf(lines: SteeringLines): Iterable<number> {
  for (const { until } of lines.verdicts) if (until !== undefined) yield until;
  for (const { until } of lines.members.values()) if (until !== undefined) yield until;
}
