// Numbers in RDATA: unsigned, big-endian on the wire, decimal or a mnemonic in text.
import type { RdataField } from './descriptor.ts';
import { typeNumber, typeText } from './types.ts';

/** An unsigned 8-bit number; `what` names it in errors. */
export function u8(what: string, mnemonics?: ReadonlyMap<string, number>): RdataField {
  return unsigned(what, 1, mnemonics);
}

/** An unsigned 16-bit number. */
export function u16(what: string): RdataField {
  return unsigned(what, 2);
}

/** An unsigned 32-bit number. */
export function u32(what: string): RdataField {
  return unsigned(what, 4);
}

/** A 16-bit number that is shown by its mnemonic where it has one. */
export function mnemonic16(what: string, mnemonics: ReadonlyMap<string, number>): RdataField {
  const texts = new Map([...mnemonics].map(([text, value]) => [value, text]));
  return {
    ...unsigned(what, 2, mnemonics),
    show: (reader) => {
      const value = reader.u16();
      return texts.get(value) ?? String(value);
    },
  };
}

/** An RR type by mnemonic or `TYPE123`. */
export const RR_TYPE: RdataField = {
  kind: 'RR type',
  parse: (reader) => reader.take(2),
  scan: (words) => {
    const type = typeNumber(words.take('RR type'));
    return bigEndian(type ?? words.fail('RR type'), 2);
  },
  show: (reader) => typeText(reader.u16()),
};

/** 32 bits of seconds; text may use BIND's units: `1h30m` (weeks, days, hours, minutes, seconds). */
export function period(what: string): RdataField {
  return {
    kind: 'period',
    parse: (reader) => reader.take(4),
    scan: (words) => {
      const seconds = scanPeriod(words.take(what));
      return bigEndian(seconds ?? words.fail(`${what} in seconds, or as 1w2d3h4m5s,`), 4);
    },
    show: (reader) => String(reader.u32()),
  };
}

/** A decimal number of digits only, at most `max`; or `undefined`. */
export function scanUnsigned(text: string, max: number): number | undefined {
  if (text.length === 0 || text.length > 15) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value <= max ? value : undefined;
}

/** Seconds, as a number or with BIND's units, at most 2³²−1; or `undefined`. */
function scanPeriod(text: string): number | undefined {
  const plain = scanUnsigned(text, 0xffff_ffff);
  if (plain !== undefined) return plain;
  const units = /^(?:(\d{1,10})w)?(?:(\d{1,10})d)?(?:(\d{1,10})h)?(?:(\d{1,10})m)?(?:(\d{1,10})s)?$/i.exec(
    text,
  );
  if (units === null || text === '') return undefined;
  const [, w = 0, d = 0, h = 0, m = 0, s = 0] = units;
  const seconds = (((Number(w) * 7 + Number(d)) * 24 + Number(h)) * 60 + Number(m)) * 60 + Number(s);
  return seconds <= 0xffff_ffff ? seconds : undefined;
}

/** `value` as `size` big-endian octets. */
export function bigEndian(value: number, size: number): Uint8Array {
  const octets = new Uint8Array(size);
  let rest = value;
  for (let i = size - 1; i >= 0; i--) {
    octets[i] = rest;
    rest = Math.floor(rest / 256);
  }
  return octets;
}

/** The numbers a mnemonic may stand for, by mnemonic in upper case. */
export const SECURITY_ALGORITHMS: ReadonlyMap<string, number> = new Map([
  // IANA "DNS Security Algorithm Numbers"; RFC 4034 §2.2 lets text use the mnemonic
  ['DELETE', 0],
  ['RSAMD5', 1],
  ['DH', 2],
  ['DSA', 3],
  ['RSASHA1', 5],
  ['DSA-NSEC3-SHA1', 6],
  ['RSASHA1-NSEC3-SHA1', 7],
  ['NSEC3DSA', 6],
  ['NSEC3RSASHA1', 7],
  ['RSASHA256', 8],
  ['RSASHA512', 10],
  ['ECC-GOST', 12],
  ['ECCGOST', 12],
  ['ECDSAP256SHA256', 13],
  ['ECDSAP384SHA384', 14],
  ['ED25519', 15],
  ['ED448', 16],
  ['INDIRECT', 252],
  ['PRIVATEDNS', 253],
  ['PRIVATEOID', 254],
]);

// --- helpers ---

function unsigned(what: string, size: number, mnemonics?: ReadonlyMap<string, number>): RdataField {
  const max = 256 ** size - 1;
  return {
    kind: what,
    parse: (reader) => reader.take(size),
    scan: (words) => {
      const text = words.take(what);
      const value = scanUnsigned(text, max) ?? mnemonics?.get(text.toUpperCase());
      return bigEndian(value ?? words.fail(`${what} (0 to ${max})`), size);
    },
    show: (reader) => String(size === 1 ? reader.u8() : size === 2 ? reader.u16() : reader.u32()),
  };
}
