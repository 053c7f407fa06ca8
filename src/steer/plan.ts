// From the desired set to what is answered: STEERING.md §3, steps 1 to 3, 6, 8 and 9, and §6.
import { canonicalRdata } from '../rdata/table.ts';
import type { Owner, RRset } from '../zone/record.ts';
import type { ServedOwner, ServedRRset } from '../zone/served.ts';
import type { SteeringLines } from './lines.ts';
import { lastLapse, liveSetOf } from './live.ts';
import { isSteeredType, memberOf } from './member.ts';
import type { Policy } from './policy-line.ts';

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
  const tiers = [
    answering.filter((member) => !isBackup(member)),
    answering.filter((member) => isBackup(member)),
  ].filter((tier) => tier.length > 0);
  const [first = [], second = []] = tiers;
  const chosen = first.length >= policy.need ? first : [...first, ...second];
  const areAllLive = [...states.values()].every((state) => state === 'live');
  const { low, high } = policy.ttl ?? { low: ttl, high: ttl };
  return {
    type,
    ttl: high,
    rdatas: chosen.flatMap((member) => byMember.get(member) ?? []),
    plan: {
      firstTier: first.length,
      take: policy.take,
      counters: policy.order !== 'fixed' && rdatas.length > 1 ? 'one' : 'none',
      lowTtl: low,
      highTtl: high,
      settledAt: areAllLive
        ? Math.max(changedAt, lastLapse(lines, now) ?? changedAt) + policy.settle
        : Number.POSITIVE_INFINITY,
    },
  };
}

/** RFC 4034 §6.3. */
function inCanonicalOrder(type: number, rdatas: readonly Uint8Array[]): readonly Uint8Array[] {
  if (rdatas.length < 2) return rdatas;
  return rdatas.toSorted((a, b) => Buffer.compare(canonicalRdata(type, a), canonicalRdata(type, b)));
}
