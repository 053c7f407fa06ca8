// From states to decisions: one name at a time, all of it a function of what is known.
import { addPull, type Damping, type DampingRules } from './damping.ts';
import { type Presence, type Wish, wishesFor } from './guards.ts';
import type { Happening } from './happening.ts';
import type { MemberState } from './member-state.ts';
import { type Around, mayPull } from './sight.ts';

/** One member of a name, with what was wanted of it before. */
export interface WatchedMember {
  /** Its data in presentation format. */
  readonly member: string;
  readonly state: MemberState;
  readonly damping: Damping;
  readonly presence: Presence;
  /** The last decision; `undefined` before the first. */
  readonly wish: Wish | undefined;
}

/** What holds for a name. */
export interface NameRules {
  readonly name: string;
  /** So many members at least stay in. */
  readonly keep: number;
  readonly damping: DampingRules;
}

/** A decision on all members of a name: the same members in the same order, with their wishes, and what is new. */
export interface Decision {
  readonly members: readonly DecidedMember[];
  readonly happenings: readonly Happening[];
}

/** A member on which it has been decided. */
export interface DecidedMember extends WatchedMember {
  readonly wish: Wish;
}

/** Decides on a name. A member that is pulled anew, because it is down, pays for it (damping). */
export function decide(
  members: readonly WatchedMember[],
  rules: NameRules,
  around: Around,
  nowMs: number,
): Decision {
  const judged = members.map((each) => ({ ...each, mayPull: mayPull(around, each.state) }));
  const wishes = wishesFor(judged, rules.keep, nowMs);
  const happenings: Happening[] = [];
  const decided = members.flatMap((each, i): DecidedMember[] => {
    const next = wishes[i];
    if (next === undefined) return [];
    const wish = isStillKept(each, next, around)
      ? { ...next, ...KEPT, why: each.wish?.why ?? next.why }
      : next;
    const damping = isPulledAnew(each, wish) ? addPull(each.damping, rules.damping, nowMs) : each.damping;
    if (isNews(each.wish, wish)) {
      const { member, want, reason, why, untilMs } = wish;
      happenings.push({
        kind: 'decision',
        atMs: nowMs,
        name: rules.name,
        member,
        want,
        reason,
        why,
        untilMs,
      });
    }
    return [{ ...each, damping, wish }];
  });
  return { members: decided, happenings };
}

/** When, without any new result, something of a name has to be decided again: a hold ends. Milliseconds since 1970. */
export function nextDecision(members: readonly WatchedMember[], nowMs: number): number | undefined {
  let next: number | undefined;
  for (const { damping } of members) {
    const { heldUntilMs } = damping;
    if (heldUntilMs === undefined || heldUntilMs <= nowMs) continue;
    next = Math.min(next ?? heldUntilMs, heldUntilMs);
  }
  return next;
}

// --- helpers ---

const KEPT = { want: 'in', reason: 'kept' } as const;

/**
 * A member that is kept although it fails is probed on, and its witnesses, too; each of its failures waits for the next
 * witness. That is no news: it stays in either way.
 */
function isStillKept({ presence, wish: before }: WatchedMember, wish: Wish, { sight }: Around): boolean {
  const isTrusted = sight.kind === 'clear' || sight.kind === 'theirs';
  return isTrusted && presence === 'in' && wish.reason === 'unwitnessed' && before?.reason === 'kept';
}

function isPulledAnew({ presence, wish: before }: WatchedMember, wish: Wish): boolean {
  return wish.want === 'out' && wish.reason === 'down' && presence === 'in' && before?.want !== 'out';
}

/** That a server is not known is said once of the server, not of each member. */
function isNews(before: Wish | undefined, after: Wish): boolean {
  if (after.reason === 'server-unknown') return false;
  if (before === undefined || before.reason === 'server-unknown') {
    return after.reason !== 'healthy' && after.reason !== 'undecided';
  }
  return before.want !== after.want || before.reason !== after.reason || before.untilMs !== after.untilMs;
}
