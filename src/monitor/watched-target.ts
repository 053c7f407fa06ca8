import type { WatchedMember } from './decision.ts';
import type { Presence, Wish } from './guards.ts';
import { isHealthy } from './member-state.ts';
import type { WatchedProbe } from './watch-plan.ts';

/** A member or a reference, and what is known of it by now. */
export interface Target {
  /** Unique among all targets. */
  readonly key: string;
  state: WatchedMember['state'];
  readonly probes: readonly WatchedProbe[];
  /** Of each probe, the last warning that was told. */
  readonly warnings: Map<number, string>;
}

/** A member, with what is wanted of it. */
export interface MemberTarget extends Target {
  readonly name: string;
  readonly member: string;
  damping: WatchedMember['damping'];
  presence: Presence;
  wish: Wish | undefined;
  /** Since the watch began. */
  hasBeenUp: boolean;
}

/** The key of a member. */
export function memberKey(name: string, member: string): string {
  return `member ${name} ${member}`;
}

/** The key of a reference. */
export function referenceKey(label: string): string {
  return `reference ${label}`;
}

/** Whether it is one that may be pulled. */
export function isMember(target: Target | MemberTarget): target is MemberTarget {
  return 'member' in target;
}

/**
 * Whether its failing may mean that the monitor is blind. One that was found pulled and has not been up since has failed
 * before: a monitor that begins during a large outage must not think that everything fails at once.
 */
export function isCounted({ hasBeenUp, presence }: MemberTarget): boolean {
  return hasBeenUp || presence === 'in';
}

/** A member whose probes fail and that is in: the decision waits for witnesses. */
export function isUnsettled(target: Target | MemberTarget): target is MemberTarget {
  return (
    isMember(target) &&
    target.presence === 'in' &&
    isHealthy(target.state) === false &&
    target.wish?.want !== 'out' &&
    target.wish?.reason !== 'kept'
  );
}
