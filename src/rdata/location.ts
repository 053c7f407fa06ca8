// LOC: where a host is. RFC 1876.
import { MalformedMessageError, PresentationError } from '../wire/errors.ts';
import type { WireReader } from '../wire/reader.ts';
import type { RdataField } from './descriptor.ts';
import { bigEndian, scanUnsigned } from './numbers.ts';
import { concat } from './strings.ts';
import type { Words } from './words.ts';

/** The whole RDATA of LOC. Versions other than 0 are kept as octets. */
export const LOCATION: RdataField = {
  kind: 'location',
  parse: (reader) => {
    const start = reader.offset;
    if (reader.u8() === 0) {
      for (let i = 0; i < 3; i++)
        if (isNotSize(reader.u8())) throw new MalformedMessageError('LOC size', start);
      if (isBeyond(reader.u32(), 90))
        throw new MalformedMessageError('LOC latitude beyond 90 degrees', start);
      if (isBeyond(reader.u32(), 180))
        throw new MalformedMessageError('LOC longitude beyond 180 degrees', start);
      reader.u32();
    } else {
      reader.take(reader.remaining);
    }
    return reader.octets.subarray(start, reader.offset);
  },
  scan: (words) => {
    const latitude = scanAngle(words, 'latitude', 90, 'N', 'S');
    const longitude = scanAngle(words, 'longitude', 180, 'E', 'W');
    const altitude = scanMetres(words, 'altitude', -ALTITUDE_BASE, 0xffff_ffff - ALTITUDE_BASE);
    const sizes = SIZES.map(({ what, default: size }) =>
      words.remaining === 0 ? size : composeSize(scanMetres(words, what, 0, MAX_SIZE)),
    );
    return concat([
      Uint8Array.of(0, ...sizes),
      bigEndian(EQUATOR + latitude, 4),
      bigEndian(EQUATOR + longitude, 4),
      bigEndian(altitude + ALTITUDE_BASE, 4),
    ]);
  },
  show: showLocation,
};

// --- helpers ---

/** Angles are thousandths of a second of arc from here: the equator, the prime meridian (RFC 1876 §2). */
const EQUATOR = 2 ** 31;
/** Altitudes are centimetres from 100 km below the WGS 84 ellipsoid (RFC 1876 §2). */
const ALTITUDE_BASE = 10_000_000;
/** Centimetres; the largest size four bits of mantissa and of exponent can say: 9e9. */
const MAX_SIZE = 9e9;
const DEGREE = 3_600_000;

/** RFC 1876 §3: the defaults when the text leaves them out. */
const SIZES = [
  { what: 'size', default: 0x12 },
  { what: 'horizontal precision', default: 0x16 },
  { what: 'vertical precision', default: 0x13 },
];

function isNotSize(octet: number): boolean {
  return octet >> 4 > 9 || (octet & 15) > 9;
}

function isBeyond(angle: number, degrees: number): boolean {
  return Math.abs(angle - EQUATOR) > degrees * DEGREE;
}

/** `d [m [s]] N|S`, in thousandths of a second. */
function scanAngle(words: Words, what: string, max: number, plus: string, minus: string): number {
  const degrees = scanUnsigned(words.take(what), max) ?? words.fail(`${what} in degrees (0 to ${max})`);
  let angle = degrees * DEGREE;
  let sign = signOf(words.peek(), plus, minus);
  if (sign === undefined) {
    const minutes = scanUnsigned(words.take(`${plus} or ${minus}`), 59);
    angle += (minutes ?? words.fail(`minutes (0 to 59), ${plus} or ${minus}`)) * 60_000;
    sign = signOf(words.peek(), plus, minus);
  }
  if (sign === undefined) {
    const seconds = scanFixed(words.take(`${plus} or ${minus}`), 3);
    angle +=
      seconds !== undefined && seconds < 60_000
        ? seconds
        : words.fail(`seconds (0 to 59.999), ${plus} or ${minus}`);
    sign = signOf(words.peek(), plus, minus);
  }
  words.take(`${plus} or ${minus}`);
  if (sign === undefined) words.fail(`${plus} or ${minus}`);
  if (angle > max * DEGREE) throw new PresentationError(`${what} is beyond ${max} degrees`);
  return sign * angle;
}

function signOf(text: string | undefined, plus: string, minus: string): 1 | -1 | undefined {
  const letter = text?.toUpperCase();
  return letter === plus ? 1 : letter === minus ? -1 : undefined;
}

/** Metres with at most two decimals and perhaps an `m`; in centimetres. */
function scanMetres(words: Words, what: string, min: number, max: number): number {
  const text = words.take(what);
  const [, sign = '', digits = ''] = /^(-?)(.*?)m?$/i.exec(text) ?? [];
  const size = scanFixed(digits, 2);
  const value = size === undefined ? undefined : sign === '' ? size : 0 - size;
  if (value === undefined || value < min || value > max) {
    return words.fail(`${what} in metres (${min / 100} to ${max / 100})`);
  }
  return value;
}

/** A decimal number with at most `places` decimals, as an integer of the last place; or `undefined`. */
function scanFixed(text: string, places: number): number | undefined {
  const [, whole = '', decimals = ''] = /^(\d{1,10})(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '' || decimals.length > places) return undefined;
  return Number(whole + decimals.padEnd(places, '0'));
}

/** One digit and a power of ten of centimetres in one octet; further digits are cut off. */
function composeSize(centimetres: number): number {
  let mantissa = centimetres;
  let exponent = 0;
  for (; mantissa > 9; exponent++) mantissa = Math.floor(mantissa / 10);
  return (mantissa << 4) | exponent;
}

function showLocation(reader: WireReader): string | undefined {
  if (reader.u8() !== 0) return undefined;
  const sizes = [reader.u8(), reader.u8(), reader.u8()];
  if (sizes.some((size) => size !== 0 && size >> 4 === 0)) return undefined; // no text for 0 × 10ⁿ but 0 × 10⁰
  const latitude = showAngle(reader.u32(), 'N', 'S');
  const longitude = showAngle(reader.u32(), 'E', 'W');
  const altitude = reader.u32() - ALTITUDE_BASE;
  const metres = `${altitude < 0 ? '-' : ''}${showFixed(Math.abs(altitude), 2)}m`;
  return [latitude, longitude, metres, ...sizes.map(showSize)].join(' ');
}

function showAngle(value: number, plus: string, minus: string): string {
  const angle = Math.abs(value - EQUATOR);
  const minutes = Math.floor(angle / 60_000);
  const letter = value < EQUATOR ? minus : plus;
  return `${Math.floor(minutes / 60)} ${minutes % 60} ${showFixed(angle % 60_000, 3)} ${letter}`;
}

function showSize(octet: number): string {
  const centimetres = (octet >> 4) * 10 ** (octet & 15);
  return centimetres % 100 === 0 && centimetres > 0
    ? `${centimetres / 100}m`
    : `${showFixed(centimetres, 2)}m`;
}

function showFixed(value: number, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
