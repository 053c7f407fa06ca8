// From load to weight: `weight=` on a member's line follows the load, without flapping.

/** How a load becomes a weight. */
export interface WeightRules {
  /** The load at which a member gets `most`, and the one at which it gets `least`. */
  readonly idle: number;
  /** It may be the smaller one: then the number says how much is free. Must differ from `idle`. */
  readonly full: number;
  /** Bounds of the weight: 0 to 65535, `least <= most`, `most` at least 1. */
  readonly least: number;
  readonly most: number;
  /** Dead-band: a weight is changed only when it differs by more than this share of `most - least`. 0 to 100. */
  readonly deadPercent: number;
  /** At least so long between two changes. Milliseconds. */
  readonly minIntervalMs: number;
}

/** A weight that is set. */
export interface WeightState {
  /** `undefined` before the first load is known. */
  readonly weight: number | undefined;
  readonly changedMs: number;
}

/** No weight yet. */
export const NO_WEIGHT: WeightState = { weight: undefined, changedMs: Number.NEGATIVE_INFINITY };

/**
 * The weight that a load calls for: a straight line between `idle` and `full`, rounded, within the bounds.
 *
 * Law: more load never means more weight.
 */
export function weightOf(load: number, { idle, full, least, most }: WeightRules): number {
  const share = Math.min(Math.max((load - idle) / (full - idle), 0), 1);
  return Math.round(most - share * (most - least));
}

/**
 * The weight to be set now. The same value comes back when nothing is to be changed: the load calls for nearly the
 * same weight, or the last change is too recent. A load that reaches a bound takes the weight all the way there.
 */
export function followLoad(
  before: WeightState,
  load: number,
  rules: WeightRules,
  nowMs: number,
): WeightState {
  const weight = weightOf(load, rules);
  if (before.weight === undefined) return { weight, changedMs: nowMs };
  if (weight === before.weight || nowMs - before.changedMs < rules.minIntervalMs) return before;
  const isFar =
    Math.abs(weight - before.weight) * 100 > rules.deadPercent * Math.max(rules.most - rules.least, 1);
  const isAtBound = weight === rules.least || weight === rules.most;
  return isFar || isAtBound ? { weight, changedMs: nowMs } : before;
}

/**
 * The weights of all members of a name that are in.
 *
 * Law: never all 0, when there are any: then all are 1, so that they share equally instead of not answering.
 */
export function neverAllZero(weights: readonly number[]): readonly number[] {
  return weights.some((weight) => weight > 0) ? weights : weights.map(() => 1);
}
