// How old databases are. Addresses move: after half a year some percent of them are elsewhere.

/** A database is old when it was built more days ago than this. */
export const OLD_DAYS = 180;

/** Whole days since a database was built (seconds since 1970). */
export function ageInDays(built: number, nowMs: number): number {
  return Math.floor((nowMs / 1000 - built) / DAY_SECONDS);
}

/** Whether a database that was built then (seconds since 1970) is too old to be trusted. */
export function isOld(built: number, nowMs: number): boolean {
  return ageInDays(built, nowMs) > OLD_DAYS;
}

/** The day, in UTC, as `2026-06-01`. */
export function showDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);
}

const DAY_SECONDS = 86_400;
