import { UNDAMPED } from '../../src/monitor/damping.ts';
import type { JudgedMember, Presence } from '../../src/monitor/guards.ts';
import { type MemberState, observe, startMember, type WindowRules } from '../../src/monitor/member-state.ts';

/** The book's values: healthy with 3 of the last 5. */
export const BOOK: WindowRules = { window: 5, threshold: 3 };

/** What a probe says that passed, or failed. */
export function outcome(passed: boolean) {
  return { passed, latencyMs: 1, detail: passed ? 'HTTP 200' : 'connection refused' };
}

/** One result, of a probe that took 10 ms. */
export function see(state: MemberState, passed: boolean, nowMs: number, probe = 0): MemberState {
  return observe(state, probe, outcome(passed), nowMs - 10, nowMs).state;
}

/** A member with one probe after `results`: `+` passed, `-` failed; one each second, the last at `endMs`. */
export function seen(results: string, endMs = 100_000, rules: WindowRules = BOOK): MemberState {
  const startMs = endMs - results.length * 1000;
  let state = startMember([rules], startMs);
  for (const [i, result] of [...results].entries()) {
    state = see(state, result === '+', startMs + (i + 1) * 1000);
  }
  return state;
}

/** A member of a name as the guards see it. */
export function judged(
  member: string,
  results: string,
  more: Partial<Omit<JudgedMember, 'member' | 'state'>> & { readonly presence?: Presence } = {},
): JudgedMember {
  return { member, state: seen(results), damping: UNDAMPED, presence: 'in', mayPull: true, ...more };
}
