// The words that make up most of a large zone, read straight from octets. Each function knows the plain form
// only and answers `undefined` to everything else: the caller then takes the way with the good messages.
import { LOWER, MAX_LABEL_LENGTH, MAX_NAME_LENGTH, type WireName } from '../wire/name.ts';
import type { EntryLexer } from './lexer.ts';

/** Reads names without escapes; keeps its own work space. */
export class NameScanner {
  readonly #name = new Uint8Array(2 * MAX_NAME_LENGTH + 2);

  /** A name in lower case when `fold`; `origin` is then to be in lower case too. */
  scan(
    octets: Uint8Array,
    start: number,
    end: number,
    origin: WireName,
    fold: boolean,
  ): WireName | undefined {
    if (end - start > MAX_NAME_LENGTH) return undefined;
    if (end - start === 1 && octets[start] === 64) return origin;
    const name = this.#name;
    let label = 0; // where the length octet of the current label stands
    let length = 1;
    for (let at = start; at < end; at++) {
      const c = octets[at] ?? 0;
      if (c === 46) {
        if (length === label + 1) return undefined;
        name[label] = length - label - 1;
        label = length++;
      } else {
        if (c === 92 || length - label > MAX_LABEL_LENGTH) return undefined;
        name[length++] = fold ? (LOWER[c] ?? 0) : c;
      }
    }
    if (length === label + 1) {
      if (length === 1 || length > MAX_NAME_LENGTH) return undefined;
      name[label] = 0;
    } else {
      name[label] = length - label - 1;
      if (length + origin.length > MAX_NAME_LENGTH) return undefined;
      for (let i = 0; i < origin.length; i++) name[length++] = origin[i] ?? 0;
    }
    return name.slice(0, length) as WireName;
  }
}

/** Reads a dotted quad without leading zeros: 4 octets. */
export function scanIPv4Octets(octets: Uint8Array, start: number, end: number): Uint8Array | undefined {
  let address = 0;
  let value = -1;
  let dots = 0;
  for (let at = start; at < end; at++) {
    const c = octets[at] ?? 0;
    if (c === 46) {
      if (value < 0 || dots++ === 3) return undefined;
      address = (address << 8) | value;
      value = -1;
    } else {
      if (c < 48 || c > 57 || value === 0) return undefined;
      value = value < 0 ? c - 48 : value * 10 + c - 48;
      if (value > 255) return undefined;
    }
  }
  if (dots !== 3 || value < 0) return undefined;
  const quad = new Uint8Array(4);
  quad[0] = address >>> 16;
  quad[1] = address >>> 8;
  quad[2] = address;
  quad[3] = value;
  return quad;
}

/** Reads an IPv6 address of hexadecimal groups with at most one `::`: 16 octets. */
export function scanIPv6Octets(octets: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const address = new Uint8Array(16);
  let length = 0; // octets written
  let gap = -1; // where `::` stands among them
  let value = -1;
  let digits = 0;
  let at = start;
  if (octets[at] === 58) {
    if (octets[at + 1] !== 58 || end - start < 2) return undefined;
    gap = 0;
    at += 2;
  }
  for (; at < end; at++) {
    const c = octets[at] ?? 0;
    if (c === 58) {
      if (value < 0 || at + 1 === end) return undefined;
      if (length > 14) return undefined;
      address[length++] = value >>> 8;
      address[length++] = value;
      value = -1;
      digits = 0;
      if (octets[at + 1] === 58) {
        if (gap !== -1) return undefined;
        gap = length;
        at++;
      }
    } else {
      const digit = hexDigit(c);
      if (digit < 0 || digits++ === 4) return undefined;
      value = (value < 0 ? 0 : value << 4) | digit;
    }
  }
  if (value >= 0) {
    if (length > 14) return undefined;
    address[length++] = value >>> 8;
    address[length++] = value;
  }
  if (gap === -1) return length === 16 ? address : undefined;
  if (length > 14) return undefined; // `::` stands for one group at least
  address.copyWithin(16 - (length - gap), gap, length);
  address.fill(0, gap, 16 - (length - gap));
  return address;
}

/** Reads words without escapes as character-strings, from word `from` of an entry to its end. */
export function scanStringOctets(lexer: EntryLexer, from: number): Uint8Array | undefined {
  const { octets, starts, ends, count } = lexer;
  if (from >= count) return undefined;
  let length = 0;
  for (let i = from; i < count; i++) {
    const size = (ends[i] ?? 0) - (starts[i] ?? 0);
    if (size > MAX_STRING_LENGTH) return undefined;
    length += 1 + size;
  }
  if (length > MAX_RDATA_LENGTH) return undefined;
  const strings = new Uint8Array(length);
  let to = 0;
  for (let i = from; i < count; i++) {
    const end = ends[i] ?? 0;
    strings[to++] = end - (starts[i] ?? 0);
    for (let at = starts[i] ?? 0; at < end; at++) {
      const c = octets[at] ?? 0;
      if (c === 92) return undefined;
      strings[to++] = c;
    }
  }
  return strings;
}

/** RFC 1035 §3.3. */
const MAX_STRING_LENGTH = 255;
const MAX_RDATA_LENGTH = 65_535;

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
