import { type Damping, isHeld } from '../damping.ts';
import { isHealthy, isHurried, type MemberState, type Outcome, observe } from '../member-state.ts';

/** When the probes of a member run. */
export interface ProbePace {
  readonly intervalMs: number;
  readonly fastMs: number;
}

/**
 * In how many milliseconds, at the earliest, it can come to be decided otherwise of a member: when all results from now on are
 * the opposite of what it is. `undefined` when it has no probe.
 *
 * It is found by trying: the machine itself is run on results that have not come.
 */
export function nextChangeMs(
  state: MemberState,
  probes: readonly ProbePace[],
  damping: Damping,
  nowMs: number,
): number | undefined {
  const healthy = isHealthy(state);
  const failing = soonest(probes.map((pace, i) => untilOther(state, i, pace, false, nowMs)));
  if (healthy === true) return failing;
  const passing = probes.map((pace, i) => untilOther(only(state, i), 0, pace, true, nowMs));
  const known = passing.filter((ms) => ms !== undefined);
  if (known.length === 0) return undefined;
  const allPassing = Math.max(...known);
  if (healthy === undefined) return soonest([allPassing, failing]);
  const { heldUntilMs = nowMs } = damping;
  return Math.max(allPassing, isHeld(damping, nowMs) ? heldUntilMs - nowMs : 0);
}

/** From now until it is `healthy`, when each next result of this probe says so; from the last result on. */
function untilOther(
  state: MemberState,
  probe: number,
  { intervalMs, fastMs }: ProbePace,
  passed: boolean,
  nowMs: number,
): number | undefined {
  const outcome: Outcome = { passed, latencyMs: 0, detail: '' };
  const lastMs = state.lately.findLast((each) => each.probe === probe)?.endedMs ?? nowMs;
  let next = state;
  let atMs = lastMs;
  for (let i = 0; i < MAX_RESULTS && isHealthy(next) !== passed; i++) {
    atMs += isHurried(next) ? fastMs : intervalMs;
    next = observe(next, probe, outcome, atMs, atMs).state;
  }
  return isHealthy(next) === passed ? Math.max(atMs - nowMs, 0) : undefined;
}

/** More than the widest window holds. */
const MAX_RESULTS = 40;

/** As if it had this probe alone. */
function only(state: MemberState, probe: number): MemberState {
  return {
    ...state,
    tallies: state.tallies.slice(probe, probe + 1),
    lately: state.lately.filter((each) => each.probe === probe).map((each) => ({ ...each, probe: 0 })),
  };
}

function soonest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
