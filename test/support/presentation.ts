// The few types that zone tests are written in, until a test needs more.
import { scanIPv4, scanIPv6 } from '../../src/base/ip.ts';
import { RRType } from '../../src/wire/iana.ts';
import { scanName, type WireName } from '../../src/wire/name.ts';

/** A mnemonic or `TYPE65280`. */
export function scanType(text: string): number | undefined {
  const known = Object.entries(RRType).find(([mnemonic]) => mnemonic === text.toUpperCase());
  if (known !== undefined) return known[1];
  const [, digits] = /^TYPE(\d+)$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** RDATA of the types below; others in the form of RFC 3597. */
export function scanRdata(
  type: number,
  words: readonly string[],
  _quoted: readonly boolean[],
  origin: WireName,
): Uint8Array {
  const [first = '', second = '', third = '', fourth = ''] = words;
  switch (type) {
    case RRType.A:
      return scanIPv4(first) ?? fail(first);
    case RRType.AAAA:
      return scanIPv6(first) ?? fail(first);
    case RRType.NS:
    case RRType.CNAME:
    case RRType.DNAME:
    case RRType.PTR:
      return scanName(first, origin);
    case RRType.MX:
      return concat(u16(first), scanName(second, origin));
    case RRType.SRV:
      return concat(u16(first), u16(second), u16(third), scanName(fourth, origin));
    case RRType.TXT:
      return concat(...words.map((word) => concat(Uint8Array.of(word.length), Buffer.from(word, 'latin1'))));
    case RRType.SOA:
      return concat(scanName(first, origin), scanName(second, origin), ...words.slice(2).map(u32));
    default:
      return first === '\\#' ? Buffer.from(words.slice(2).join(''), 'hex') : fail(words.join(' '));
  }
}

function u16(text: string): Uint8Array {
  return Uint8Array.of(Number(text) >> 8, Number(text));
}

function u32(text: string): Uint8Array {
  return concat(u16(String(Math.floor(Number(text) / 0x10000))), u16(String(Number(text) % 0x10000)));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function fail(text: string): never {
  throw new Error(`not the data of its type: '${text}'`);
}
