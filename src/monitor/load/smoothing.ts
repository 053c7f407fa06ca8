/** A smoothed number, and when it was last added to. */
export interface Smoothed {
  readonly value: number;
  /** Milliseconds, of any clock that goes forward. */
  readonly atMs: number;
}

/**
 * Exponentially weighted moving average by time: after one half-life a step of the reading has been followed by half,
 * however often it was read. The first reading is taken as it is; a half-life of 0 follows at once.
 *
 * Law: the result lies between what it was and the reading.
 */
export function smooth(
  before: Smoothed | undefined,
  reading: number,
  halfLifeMs: number,
  nowMs: number,
): Smoothed {
  if (before === undefined || halfLifeMs <= 0) return { value: reading, atMs: nowMs };
  const elapsedMs = Math.max(nowMs - before.atMs, 0);
  const kept = 2 ** (-elapsedMs / halfLifeMs);
  const value = before.value * kept + reading * (1 - kept);
  const [low, high] = [Math.min(before.value, reading), Math.max(before.value, reading)];
  return { value: Math.min(Math.max(value, low), high), atMs: nowMs };
}
