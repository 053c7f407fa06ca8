/** RFC 2181 §8: a TTL is at most 2³¹ − 1 seconds. */
export const MAX_TTL = 0x7fff_ffff;

/**
 * Reads a TTL: seconds, or BIND's numbers with units as in `1w2d3h4m5s` (any case). Returns the seconds,
 * `NaN` when the octets are no TTL, `Infinity` when they are one above {@link MAX_TTL}.
 */
export function scanTtl(octets: Uint8Array, start: number, end: number): number {
  let total = 0;
  let number = -1;
  let hasUnit = false;
  for (let at = start; at < end; at++) {
    const c = octets[at] ?? 0;
    if (c >= 48 && c <= 57) {
      number = (number < 0 ? 0 : number * 10) + c - 48;
      continue;
    }
    const unit = number < 0 ? 0 : secondsIn(c | 0x20);
    if (unit === 0) return Number.NaN;
    total += number * unit;
    number = -1;
    hasUnit = true;
  }
  if (number >= 0) {
    if (hasUnit) return Number.NaN; // BIND: the last number of several needs its unit too
    total = number;
  } else if (!hasUnit) {
    return Number.NaN;
  }
  return total > MAX_TTL ? Number.POSITIVE_INFINITY : total;
}

function secondsIn(unit: number): number {
  switch (unit) {
    case 0x77: // w
      return 604_800;
    case 0x64: // d
      return 86_400;
    case 0x68: // h
      return 3600;
    case 0x6d: // m
      return 60;
    case 0x73: // s
      return 1;
    default:
      return 0;
  }
}
