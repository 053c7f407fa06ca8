// The weight of each member of a name: its load smoothed and followed, its slow start, and all of them together.
import { nextStepMs, rampWeight, type SlowStartRules } from './slow-start.ts';
import { type Smoothed, smooth } from './smoothing.ts';
import { followLoad, NO_WEIGHT, neverAllZero, type WeightRules, type WeightState } from './weight.ts';

/** What is known of one member's load. */
export interface MemberWeight {
  readonly smoothed: Smoothed | undefined;
  readonly followed: WeightState;
}

/** Nothing has been read. */
export const UNWEIGHED: MemberWeight = { smoothed: undefined, followed: NO_WEIGHT };

/** How loads become weights. */
export interface LoadRules extends WeightRules {
  /** Of the smoothing; milliseconds. */
  readonly halfLifeMs: number;
}

/** Takes one reading. Without one (the reader failed) nothing is taken: the weight stays as it is. */
export function takeLoad(
  before: MemberWeight,
  reading: number,
  rules: LoadRules,
  nowMs: number,
): MemberWeight {
  const smoothed = smooth(before.smoothed, reading, rules.halfLifeMs, nowMs);
  return { smoothed, followed: followLoad(before.followed, smoothed.value, rules, nowMs) };
}

/** A member of a name, as far as its weight is concerned. */
export interface WeighedMember {
  readonly weight: MemberWeight;
  /** Whether it is answered; who is out has no say. */
  readonly isIn: boolean;
  /** When it was put back the last time; `undefined`: it never was away. Milliseconds. */
  readonly backSinceMs: number | undefined;
}

/**
 * The weight each member is to have now, in the order given. `base`: of a member whose load is not known (yet).
 *
 * Law: when any member is in, not all that are in have weight 0.
 */
export function weightsFor(
  members: readonly WeighedMember[],
  base: number,
  slowStart: SlowStartRules,
  nowMs: number,
): readonly number[] {
  const weights = members.map(({ weight, backSinceMs }) => {
    const whole = weight.followed.weight ?? base;
    return rampWeight(whole, backSinceMs === undefined ? undefined : nowMs - backSinceMs, slowStart);
  });
  const inside = neverAllZero(weights.filter((_, i) => members[i]?.isIn === true));
  let at = 0;
  return weights.map((weight, i) => (members[i]?.isIn === true ? (inside[at++] ?? weight) : weight));
}

/** In how many milliseconds a slow start goes on, if one is under way. */
export function nextWeightMs(
  members: readonly WeighedMember[],
  slowStart: SlowStartRules,
  nowMs: number,
): number | undefined {
  let next: number | undefined;
  for (const { isIn, backSinceMs } of members) {
    if (!isIn || backSinceMs === undefined) continue;
    const step = nextStepMs(nowMs - backSinceMs, slowStart);
    if (step !== undefined) next = Math.min(next ?? step, step);
  }
  return next;
}
