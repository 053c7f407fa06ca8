import { MalformedMessageError } from '../wire/errors.ts';
import type { WireReader } from '../wire/reader.ts';
import type { RdataField } from './descriptor.ts';
import { typeNumber, typeText } from './types.ts';

/** A type bitmap to the end of the RDATA (RFC 4034 §4.1.2); text is the list of types. */
export const TYPE_BITMAP: RdataField = {
  kind: 'type bitmap',
  parse: (reader) => {
    const start = reader.offset;
    let last = -1;
    while (reader.remaining > 0) {
      const window = reader.u8();
      const size = reader.u8();
      if (window <= last)
        throw new MalformedMessageError('type bitmap windows out of order', reader.offset - 2);
      if (size === 0 || size > 32) {
        throw new MalformedMessageError(`type bitmap window of ${size} octets`, reader.offset - 1);
      }
      if (reader.take(size)[size - 1] === 0) {
        throw new MalformedMessageError('type bitmap window ends in a zero octet', reader.offset - 1);
      }
      last = window;
    }
    return reader.octets.subarray(start, reader.end);
  },
  scan: (words) => {
    const types: number[] = [];
    while (words.remaining > 0) types.push(typeNumber(words.take('RR type')) ?? words.fail('RR type'));
    return composeBitmap(types);
  },
  show: (reader) => typesInBitmap(reader).map(typeText).join(' '),
};

/** The same for NSEC, which always says something: at least one type. */
export const TYPE_BITMAP_NOT_EMPTY: RdataField = {
  ...TYPE_BITMAP,
  parse: (reader) => {
    if (reader.remaining === 0) throw new MalformedMessageError('empty type bitmap', reader.offset);
    return TYPE_BITMAP.parse(reader);
  },
  scan: (words, origin) => {
    if (words.remaining === 0) words.take('RR type');
    return TYPE_BITMAP.scan(words, origin);
  },
};

// --- helpers ---

function composeBitmap(types: readonly number[]): Uint8Array {
  const octets: number[] = [];
  const sorted = [...types].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    const window = (sorted[i] ?? 0) >> 8;
    const bits: number[] = [];
    for (; i < sorted.length && (sorted[i] ?? 0) >> 8 === window; i++) {
      const bit = (sorted[i] ?? 0) & 0xff;
      while (bits.length <= bit >> 3) bits.push(0);
      bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
    }
    octets.push(window, bits.length, ...bits);
  }
  return Uint8Array.from(octets);
}

function typesInBitmap(reader: WireReader): number[] {
  const types: number[] = [];
  while (reader.remaining > 0) {
    const window = reader.u8();
    for (const [i, octet] of reader.take(reader.u8()).entries()) {
      for (let bit = 0; bit < 8; bit++)
        if ((octet & (0x80 >> bit)) !== 0) types.push((window << 8) | (i * 8 + bit));
    }
  }
  return types;
}
