// Points in time as people write them: RFC 3339. Seconds since 1970-01-01T00:00:00Z inside.

/**
 * Reads `2026-11-22T09:58:41Z`, also with an offset (`+08:00`), lower-case letters, and fractions of a second, which
 * are cut off (RFC 3339 §5.6). Returns seconds, or `undefined`.
 */
export function scanInstant(text: string): number | undefined {
  const match = FORM.exec(text.toUpperCase());
  if (match === null) return undefined;
  const [, date = '', time = '', sign = '+', hours = '0', minutes = '0'] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const milliseconds = Date.parse(`${date}T${time}Z`);
  // A day that the month does not have, and a leap second, come back as another time.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(`${date}T${time}`)) {
    return undefined;
  }
  const offset = (Number(hours) * 60 + Number(minutes)) * 60;
  return milliseconds / 1000 - (sign === '-' ? -offset : offset);
}

/** Shows seconds since 1970 in UTC, as `2026-11-22T09:58:41Z`. Takes the years 0 to 9999. */
export function showInstant(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

const FORM = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/;
