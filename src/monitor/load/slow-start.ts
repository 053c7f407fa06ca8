/** How a member that has recovered gets its weight back. */
export interface SlowStartRules {
  /** From its recovery to its whole weight. Milliseconds; 0: at once. */
  readonly durationMs: number;
  /** The share of its weight to begin with: 0 to 100. */
  readonly fromPercent: number;
  /** In so many steps, at least 1: each is an update. */
  readonly steps: number;
}

/** From a tenth of the weight up, in ten steps. */
export const DEFAULT_SLOW_START: SlowStartRules = { durationMs: 60_000, fromPercent: 10, steps: 10 };

/**
 * The weight of a member that recovered `sinceMs` ago; `undefined`: it never was away.
 *
 * Laws: it never goes down by itself, is never 0 when `weight` is not, and is `weight` when the time is over.
 */
export function rampWeight(weight: number, sinceMs: number | undefined, rules: SlowStartRules): number {
  const { durationMs, fromPercent, steps } = rules;
  if (sinceMs === undefined || sinceMs >= durationMs || weight === 0) return weight;
  const step = Math.floor((Math.max(sinceMs, 0) * steps) / durationMs);
  const percentSteps = fromPercent * (steps - step) + 100 * step; // percent, times steps
  return Math.max(Math.floor((weight * percentSteps) / (100 * steps)), 1);
}

/** In how many milliseconds the next step is due; `undefined` when there is none. */
export function nextStepMs(sinceMs: number | undefined, rules: SlowStartRules): number | undefined {
  const { durationMs, steps } = rules;
  if (sinceMs === undefined || sinceMs >= durationMs) return undefined;
  const step = Math.floor((Math.max(sinceMs, 0) * steps) / durationMs) + 1;
  return Math.ceil((step * durationMs) / steps) - sinceMs;
}
