// The SvcParamKeys we know. IANA "DNS Service Bindings (SVCB)"; RFC 9460 §7 and §8, RFC 9461, RFC 9540.
import { scanIPv4, scanIPv6, showIPv4, showIPv6 } from '../base/ip.ts';
import { latin1 } from '../base/latin1.ts';
import { PresentationError } from '../wire/errors.ts';
import { WireReader } from '../wire/reader.ts';
import { bigEndian, scanUnsigned } from './numbers.ts';
import { base64Octets, showBase64 } from './octets.ts';
import { concat, scanOctets } from './strings.ts';

/** Keys that are more than their format: they say something about others. */
export const SvcParam = { MANDATORY: 0, ALPN: 1, NO_DEFAULT_ALPN: 2 } as const;

/** How the value of one key is read, shown and checked. */
export interface SvcParamFormat {
  readonly key: number;
  readonly name: string;
  /** The value from its text, character-string escapes resolved. Throws {@link PresentationError}. */
  scan(text: Uint8Array): Uint8Array;
  /** The text of a checked value, before character-string escapes. */
  show(value: Uint8Array): Uint8Array;
  /** What is wrong with a value. */
  faultOf(value: Uint8Array): string | undefined;
}

/** The format of a key; `undefined` for keys whose values are just octets. */
export function paramFormat(key: number): SvcParamFormat | undefined {
  return FORMATS[key];
}

/** The key of a name in the registry, or of `key123` (RFC 9460 §2.1: no leading zeros); or `undefined`. */
export function paramKey(name: string): number | undefined {
  const known = FORMATS.find((format) => format.name === name)?.key;
  if (known !== undefined) return known;
  const digits = /^key(0|[1-9][0-9]{0,4})$/.exec(name)?.[1];
  return digits === undefined ? undefined : scanUnsigned(digits, 0xffff);
}

/** The registered name of a key, or `key123`. */
export function paramName(key: number): string {
  return FORMATS[key]?.name ?? `key${key}`;
}

// --- the formats; a key is its index ---

const FORMATS: readonly SvcParamFormat[] = [
  {
    key: SvcParam.MANDATORY,
    name: 'mandatory',
    scan: (text) => {
      const keys = latin1(text)
        .split(',')
        .map((name) => paramKey(name) ?? fail('mandatory', 'names of parameters separated by commas', text));
      return concat(keys.sort((a, b) => a - b).map((key) => bigEndian(key, 2)));
    },
    show: (value) => scanOctets(numbersIn(value).map(paramName).join(',')),
    faultOf: (value) => {
      if (value.length === 0 || value.length % 2 !== 0) return `${value.length} octets`;
      const keys = numbersIn(value);
      if (keys.includes(SvcParam.MANDATORY)) return 'lists itself'; // RFC 9460 §8
      return keys.every((key, i) => i === 0 || key > (keys[i - 1] ?? 0))
        ? undefined
        : 'keys twice or out of order';
    },
  },
  {
    key: SvcParam.ALPN,
    name: 'alpn',
    scan: scanAlpn,
    show: showAlpn,
    faultOf: (value) => {
      if (value.length === 0) return 'no protocol';
      for (let at = 0; at < value.length; at += 1 + (value[at] ?? 0)) {
        if (value[at] === 0) return 'empty protocol';
        if (at + 1 + (value[at] ?? 0) > value.length) return 'protocol runs past its end';
      }
      return undefined;
    },
  },
  flag(SvcParam.NO_DEFAULT_ALPN, 'no-default-alpn'),
  {
    key: 3,
    name: 'port',
    scan: (text) =>
      bigEndian(scanUnsigned(latin1(text), 0xffff) ?? fail('port', 'a number (0 to 65535)', text), 2),
    show: (value) => scanOctets(numbersIn(value).join()),
    faultOf: (value) => (value.length === 2 ? undefined : `${value.length} octets, 2 expected`),
  },
  addresses(4, 'ipv4hint', 4, scanIPv4, showIPv4),
  {
    key: 5,
    name: 'ech',
    scan: (text) => base64Octets(latin1(text)) ?? fail('ech', 'base64', text),
    show: (value) => scanOctets(showBase64(value)),
    faultOf: (value) => (value.length === 0 ? 'empty' : undefined),
  },
  addresses(6, 'ipv6hint', 16, scanIPv6, showIPv6),
  {
    key: 7,
    name: 'dohpath',
    scan: (text) => text.slice(),
    show: (value) => value,
    faultOf: (value) => {
      // RFC 9461 §5: a relative URI template (RFC 6570) in UTF-8 with the variable "dns"
      const template = Buffer.from(value).toString('utf8');
      const isUtf8 = Buffer.from(template, 'utf8').equals(value);
      const hasVariable = /\{[?&#./;+]?(?:[^{}]*,)?dns(?:[:*,][^{}]*)?\}/.test(template);
      return isUtf8 && template.startsWith('/') && hasVariable
        ? undefined
        : 'not a path with the variable {?dns}';
    },
  },
  flag(8, 'ohttp'),
];

function flag(key: number, name: string): SvcParamFormat {
  return {
    key,
    name,
    scan: (text) => text.slice(),
    show: (value) => value,
    faultOf: (value) => (value.length === 0 ? undefined : 'has a value, but takes none'),
  };
}

function addresses(
  key: number,
  name: string,
  size: number,
  scan: (text: string) => Uint8Array | undefined,
  show: (octets: Uint8Array) => string,
): SvcParamFormat {
  const family = size === 4 ? 'IPv4' : 'IPv6';
  return {
    key,
    name,
    scan: (text) => {
      const texts = latin1(text).split(',');
      return concat(
        texts.map((one) => scan(one) ?? fail(name, `${family} addresses separated by commas`, text)),
      );
    },
    show: (value) => {
      const texts: string[] = [];
      for (let at = 0; at < value.length; at += size) texts.push(show(value.subarray(at, at + size)));
      return scanOctets(texts.join(','));
    },
    faultOf: (value) =>
      value.length > 0 && value.length % size === 0
        ? undefined
        : `${value.length} octets, not ${family} addresses`,
  };
}

// --- helpers ---

/** RFC 9460 §A.1: items separated by commas; in an item a backslash before a comma or a backslash. */
function scanAlpn(text: Uint8Array): Uint8Array {
  const items: number[][] = [[]];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? 0;
    if (c === COMMA) {
      items.push([]);
    } else {
      if (c === BACKSLASH && ++i === text.length) fail('alpn', 'protocols separated by commas', text);
      items.at(-1)?.push(text[i] ?? 0);
    }
  }
  return concat(
    items.map((item) => {
      if (item.length === 0 || item.length > 255)
        fail('alpn', 'protocols of 1 to 255 octets separated by commas', text);
      return Uint8Array.of(item.length, ...item);
    }),
  );
}

function showAlpn(value: Uint8Array): Uint8Array {
  const text: number[] = [];
  const reader = new WireReader(value);
  while (reader.remaining > 0) {
    if (text.length > 0) text.push(COMMA);
    for (const c of reader.take(reader.u8())) {
      if (c === COMMA || c === BACKSLASH) text.push(BACKSLASH);
      text.push(c);
    }
  }
  return Uint8Array.from(text);
}

const COMMA = 44;
const BACKSLASH = 92;

function numbersIn(value: Uint8Array): number[] {
  const numbers: number[] = [];
  const reader = new WireReader(value);
  while (reader.remaining > 1) numbers.push(reader.u16());
  return numbers;
}

function fail(name: string, expected: string, text: Uint8Array): never {
  throw new PresentationError(`service parameter ${name}: ${expected} expected, found '${latin1(text)}'`);
}
