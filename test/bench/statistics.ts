/** Median and spread of one figure over the rounds. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The middle value; for an even count the mean of the two middle ones. NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Median, lowest and highest; `undefined` for an empty list. */
export function summarize(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  return {
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    count: values.length,
  };
}

/**
 * Ratios `numerators[round] / denominators[round]`, only for the rounds where both were measured. A ratio is taken within
 * a round because both sides then met the same weather on the machine.
 */
export function ratiosWithinRounds(
  numerators: readonly (number | undefined)[],
  denominators: readonly (number | undefined)[],
): readonly number[] {
  const ratios: number[] = [];
  for (const [round, numerator] of numerators.entries()) {
    const denominator = denominators[round];
    if (numerator === undefined || denominator === undefined || denominator === 0) continue;
    ratios.push(numerator / denominator);
  }
  return ratios;
}
