// From the desired set to what is answered: STEERING.md §3, steps 1 to 3, and §6. The steps between are taken for each
// client (chooser.ts).
import { canonicalRdata } from '../rdata/table.ts';
import type { Owner, RRset } from '../zone/record.ts';
import type { ServedOwner, ServedRRset, TurnCounters } from '../zone/served.ts';
import { type Choosing, choosingOf, composeChoosing, isPerClient } from './choosing.ts';
import type { SteeringLines } from './lines.ts';
import { lastLapse, liveSetOf } from './live.ts';
import { isSteeredType, memberOf } from './member.ts';
import type { Order, Policy } from './policy-line.ts';

/** What an owner's answers depend on beside its records and lines. */
export interface PlanMoment {
  /** Seconds since 1970. */
  readonly now: number;
  /** When the owner's members or lines last changed, seconds since 1970; -Infinity when that is long ago. */
  readonly changedAt: number;
}

/** The owner as it is answered: live sets with their plans in place of the steered RRsets. */
export function planOwner(owner: Owner, lines: SteeringLines, moment: PlanMoment): ServedOwner {
  const { policy } = lines;
  if (policy === undefined || !owner.rrsets.some(({ type }) => isSteeredType(type))) return owner;
  const rrsets = owner.rrsets.map((rrset) =>
    isSteeredType(rrset.type) ? planRRset(rrset, lines, policy, moment) : rrset,
  );
  return { name: owner.name, rrsets };
}

function planRRset(
  { type, ttl, rdatas }: RRset,
  lines: SteeringLines,
  policy: Policy,
  { now, changedAt }: PlanMoment,
): ServedRRset {
  const byMember = new Map(inCanonicalOrder(type, rdatas).map((rdata) => [memberOf(type, rdata), rdata]));
  const { states, answering } = liveSetOf([...byMember.keys()], lines, now);
  const isBackup = (member: string): boolean => lines.members.get(member)?.backup === true;
  const answers = [...answering.filter((member) => !isBackup(member)), ...answering.filter(isBackup)];
  const answersNow = new Set(answering);
  const others = [...byMember.keys()].filter((member) => !answersNow.has(member));
  const choosing = choosingOf(policy, lines, [...answers, ...others], answers.length);
  const areAllLive = [...states.values()].every((state) => state === 'live');
  const { low, high } = policy.ttl ?? { low: ttl, high: ttl };
  return {
    type,
    ttl: high,
    rdatas: answers.flatMap((member) => byMember.get(member) ?? []),
    plan: {
      choosing: composeChoosing(choosing),
      counters: countersFor(choosing),
      lowTtl: low,
      highTtl: high,
      settledAt: areAllLive
        ? Math.max(changedAt, lastLapse(lines, now) ?? changedAt) + policy.settle
        : Number.POSITIVE_INFINITY,
    },
  };
}

/** Only these orders have turns. */
const TURNING: readonly Order[] = ['rotate', 'weighted'];

function countersFor(choosing: Choosing): TurnCounters {
  if (choosing.members.length < 2 || !TURNING.includes(choosing.order)) return 'none';
  return isPerClient(choosing) ? 'per tier' : 'one';
}

/** RFC 4034 §6.3. */
function inCanonicalOrder(type: number, rdatas: readonly Uint8Array[]): readonly Uint8Array[] {
  if (rdatas.length < 2) return rdatas;
  return rdatas.toSorted((a, b) => Buffer.compare(canonicalRdata(type, a), canonicalRdata(type, b)));
}
