// The TTL of a steered answer, in words: STEERING.md §6.
import { showInstant } from '../../base/instant.ts';
import type { SteeringLines } from '../../steer/lines.ts';
import { lastLapse } from '../../steer/live.ts';
import type { MemberReport } from '../../steer/members-report.ts';
import { DEFAULT_POLICY } from '../../steer/policy-line.ts';
import type { ExplainedTtl } from './explanation.ts';

/** What the TTL of one RRset follows from; times in seconds since 1970. */
export interface TtlQuestion {
  /** Which of the two the answer has. */
  readonly isLow: boolean;
  /** Of the RRset as it is stored; seconds. */
  readonly stored: number;
  readonly lines: SteeringLines;
  readonly members: readonly MemberReport[];
  /** When members or lines last changed; `undefined` when that is long ago, or not known. */
  readonly changedAt: number | undefined;
  readonly now: number;
}

/** Which of the two TTLs holds, since when and until when. */
export function explainTtl({ isLow, stored, lines, members, changedAt, now }: TtlQuestion): ExplainedTtl {
  const policy = lines.policy ?? DEFAULT_POLICY;
  const { low, high } = policy.ttl ?? { low: stored, high: stored };
  const { settle } = policy;
  const absent = members.filter(({ state }) => state !== 'live');
  const last = latest(changedAt, lastLapse(lines, now));
  const settlesAt = absent.length > 0 || last === undefined ? undefined : last + settle;
  return {
    ttl: isLow ? low : high,
    low,
    high,
    settle,
    changedAt: showTime(last),
    settlesAt: showTime(settlesAt),
    heldLow: low === high || !isLow ? undefined : heldLow(absent, settlesAt, now),
  };
}

function heldLow(absent: readonly MemberReport[], settlesAt: number | undefined, now: number): string {
  const [first, ...more] = absent;
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` and ${more.length} more not live`;
    return `${first.member} is ${first.state}${others}`;
  }
  if (settlesAt === undefined) return 'it changed lately';
  return `it changed lately; the high TTL holds in ${settlesAt - now} s`;
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}

function showTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : showInstant(seconds);
}
