// Opaque octets in RDATA: hexadecimal, base64 (RFC 4648 §4) and base32 with extended hex alphabet (§7) in text.
import { MalformedMessageError, PresentationError } from '../wire/errors.ts';
import type { WireReader } from '../wire/reader.ts';
import type { RdataField } from './descriptor.ts';
import { u8 } from './numbers.ts';
import { concat } from './strings.ts';
import type { Words } from './words.ts';

/** Octets to the end of the RDATA, at least `min`; hexadecimal over any number of words. */
export function restHex(what: string, min = 1): RdataField {
  return rest(what, min, scanHex, showHex);
}

/** Octets to the end of the RDATA, at least `min`; base64 over any number of words. */
export function restBase64(what: string, min = 1): RdataField {
  return rest(what, min, scanBase64, showBase64);
}

/**
 * A digest to the end of the RDATA after the 8-bit number of its kind; hexadecimal over any number of words.
 * Its size must be right for the kinds in `sizes`, and is at least `min` for the others.
 */
export function digest(what: string, kind: string, sizes: ReadonlyMap<number, number>, min = 1): RdataField {
  const number = u8(kind);
  const octets = restHex(what, 0);
  const faultOf = (field: Uint8Array) => {
    const size = sizes.get(field[0] ?? 0);
    const length = field.length - 1;
    if (length === size || (size === undefined && length >= min)) return undefined;
    return `${what} of ${length} octets, ${size ?? `at least ${min}`} expected for ${kind} ${field[0]}`;
  };
  return {
    kind: what,
    parse: (reader) => {
      const start = reader.offset;
      const field = reader.take(reader.remaining);
      if (field.length === 0) throw new MalformedMessageError(`${kind} expected`, start);
      const fault = faultOf(field);
      if (fault !== undefined) throw new MalformedMessageError(fault, start);
      return field;
    },
    scan: (words, origin) => {
      const kindOctet = number.scan(words, origin);
      const first = words.at;
      const field = concat([kindOctet, octets.scan(words, origin)]);
      const fault = faultOf(field);
      if (fault === undefined) return field;
      words.at = first;
      throw new PresentationError(fault);
    },
    show: (reader) => `${number.show(reader)} ${octets.show(reader)}`,
  };
}

/** Octets that have no text but RFC 3597's. */
export const OPAQUE: RdataField = {
  kind: 'octets',
  parse: (reader) => reader.take(reader.remaining),
  scan: () => {
    throw new PresentationError("data in the generic form '\\# length hex' expected");
  },
  show: () => undefined,
};

/** Salt (RFC 5155 §3.3): a length octet and octets; one word of hexadecimal, `-` when empty. */
export const SALT: RdataField = {
  kind: 'salt',
  parse: parseCounted,
  scan: (words) => {
    const text = words.take('salt');
    const octets = text === '-' ? new Uint8Array(0) : hexOctets(text);
    const isSalt = octets !== undefined && octets.length <= 255 && text !== '';
    return isSalt ? counted(octets) : words.fail("salt in hexadecimal, or '-',");
  },
  show: (reader) => showHex(reader.take(reader.u8())) || '-',
};

/** Next hashed owner name (RFC 5155 §3.3): a length octet and octets; one word of base32hex, no padding. */
export const HASHED_OWNER: RdataField = {
  kind: 'hashed owner name',
  parse: (reader) => {
    const octets = parseCounted(reader);
    if (octets.length === 1) throw new MalformedMessageError('empty hashed owner name', reader.offset);
    return octets;
  },
  scan: (words) => {
    const octets = base32HexOctets(words.take('hashed owner name'));
    const isHash = octets !== undefined && octets.length > 0 && octets.length <= 255;
    return isHash ? counted(octets) : words.fail('hashed owner name in base32hex');
  },
  show: (reader) => showBase32Hex(reader.take(reader.u8())),
};

/** Takes all words as one hexadecimal text. Throws {@link PresentationError}. */
export function scanHex(words: Words, what: string): Uint8Array {
  return scanAll(words, what, 'hexadecimal', hexOctets);
}

/** Upper-case hexadecimal. */
export function showHex(octets: Uint8Array): string {
  return view(octets).toString('hex').toUpperCase();
}

/** The octets of base64 text with its padding (RFC 4648 §4), nothing else; or `undefined`. */
export function base64Octets(text: string): Uint8Array | undefined {
  const octets = Buffer.from(text, 'base64');
  return octets.toString('base64') === text ? Uint8Array.from(octets) : undefined;
}

/** Base64 with padding. */
export function showBase64(octets: Uint8Array): string {
  return view(octets).toString('base64');
}

// --- helpers ---

function rest(
  what: string,
  min: number,
  scan: (words: Words, what: string) => Uint8Array,
  show: (octets: Uint8Array) => string,
): RdataField {
  return {
    kind: what,
    parse: (reader) => {
      if (reader.remaining < min) {
        throw new MalformedMessageError(
          `${what} of ${reader.remaining} octets, at least ${min} expected`,
          reader.offset,
        );
      }
      return reader.take(reader.remaining);
    },
    scan: (words) => {
      if (words.remaining === 0 && min === 0) return new Uint8Array(0);
      const octets = scan(words, what);
      if (octets.length < min)
        throw new PresentationError(`${what} of ${octets.length} octets, at least ${min} expected`);
      return octets;
    },
    show: (reader) => show(reader.take(reader.remaining)),
  };
}

function scanBase64(words: Words, what: string): Uint8Array {
  return scanAll(words, what, 'base64', base64Octets);
}

/** All words as one text; when it is wrong, `words.at` is at the first. */
function scanAll(
  words: Words,
  what: string,
  encoding: string,
  octetsOf: (text: string) => Uint8Array | undefined,
): Uint8Array {
  const first = words.at;
  let text = words.take(what);
  while (words.remaining > 0) text += words.take(what);
  const octets = octetsOf(text);
  if (octets !== undefined) return octets;
  words.at = first;
  const found = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new PresentationError(`${what} in ${encoding} expected, found '${found}'`);
}

function hexOctets(text: string): Uint8Array | undefined {
  const octets = Buffer.from(text, 'hex');
  return octets.length * 2 === text.length ? Uint8Array.from(octets) : undefined;
}

const BASE32HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

function base32HexOctets(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let length = 0;
  for (const c of text.toUpperCase()) {
    const value = BASE32HEX.indexOf(c);
    if (value === -1) return undefined;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      octets[length++] = held >> bits;
    }
  }
  // left over are less than five bits, all zero, or the text was not made by an encoder
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? octets : undefined;
}

function showBase32Hex(octets: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const octet of octets) {
    held = ((held << 8) | octet) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32HEX[(held >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + BASE32HEX[(held << (5 - bits)) & 31];
}

function parseCounted(reader: WireReader): Uint8Array {
  const start = reader.offset;
  reader.take(reader.u8());
  return reader.octets.subarray(start, reader.offset);
}

function counted(octets: Uint8Array): Uint8Array {
  const whole = new Uint8Array(1 + octets.length);
  whole[0] = octets.length;
  whole.set(octets, 1);
  return whole;
}

function view(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length);
}
