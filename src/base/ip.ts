/**
 * Reads a dotted-quad IPv4 address. Returns its 4 octets, or `undefined` when the text is anything else:
 * octal, hexadecimal, short and padded forms are not addresses here.
 */
export function scanIPv4(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(4);
  return scanIPv4Into(text, octets, 0) ? octets : undefined;
}

/** Shows 4 octets as a dotted quad. */
export function showIPv4(octets: Uint8Array): string {
  return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`;
}

/**
 * Reads an IPv6 address in any form of RFC 4291 §2.2, the trailing dotted quad included; no zone index.
 * Returns its 16 octets, or `undefined`.
 */
export function scanIPv6(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(16);
  let length = 0;
  let gap = text.startsWith('::') ? 0 : -1; // where in `octets` the '::' stands
  let i = gap === 0 ? 2 : 0;
  while (i < text.length) {
    const start = i;
    let group = 0;
    for (let digit = hexDigit(text, i); digit >= 0; digit = hexDigit(text, ++i)) group = (group << 4) | digit;
    if (text.charCodeAt(i) === 46) {
      if (length > 12 || !scanIPv4Into(text.slice(start), octets, length)) return undefined;
      length += 4;
      break;
    }
    if (i === start || i - start > 4 || length > 14) return undefined;
    octets[length++] = group >> 8;
    octets[length++] = group;
    if (i === text.length) break;
    if (text.charCodeAt(i++) !== 58 || i === text.length) return undefined;
    if (text.charCodeAt(i) !== 58) continue;
    if (gap !== -1) return undefined;
    gap = length;
    i++;
  }
  if (gap === -1) return length === 16 ? octets : undefined;
  if (length > 14) return undefined; // '::' stands for one group at least
  octets.copyWithin(gap + 16 - length, gap, length);
  return octets.fill(0, gap, gap + 16 - length);
}

/** Shows 16 octets in the canonical form of RFC 5952. */
export function showIPv6(octets: Uint8Array): string {
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push(((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0));
  if (isMapped(words)) return `::ffff:${showIPv4(octets.subarray(12))}`;
  const run = longestZeroRun(words);
  const hex = words.map((word) => word.toString(16));
  if (run === undefined) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

/** Reads an address of either family: 4 or 16 octets, or `undefined`. */
export function scanAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? scanIPv6(text) : scanIPv4(text);
}

/** Shows 4 or 16 octets. */
export function showAddress(octets: Uint8Array): string {
  return octets.length === 4 ? showIPv4(octets) : showIPv6(octets);
}

// --- helpers ---

function scanIPv4Into(text: string, target: Uint8Array, at: number): boolean {
  let part = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 46;
    if (c === 46) {
      if (value < 0 || part > 3) return false;
      target[at + part++] = value;
      value = -1;
    } else {
      if (c < 48 || c > 57 || value === 0) return false;
      value = value < 0 ? c - 48 : value * 10 + c - 48;
      if (value > 255) return false;
    }
  }
  return part === 4;
}

/** The value of the hexadecimal digit at `text[at]`, or -1. */
function hexDigit(text: string, at: number): number {
  const c = text.charCodeAt(at);
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** RFC 5952 §5: mapped addresses keep their dotted quad. */
function isMapped(words: readonly number[]): boolean {
  return words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
}

/** The first of the longest runs of two or more zero words (RFC 5952 §4.2). */
function longestZeroRun(words: readonly number[]): { start: number; length: number } | undefined {
  let best: { start: number; length: number } | undefined;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > 1 && length > (best?.length ?? 1)) best = { start, length };
    start += length;
  }
  return best;
}
