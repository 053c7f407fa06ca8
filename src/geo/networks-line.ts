import { type Network, nearestNetwork, scanNetwork, showNetwork } from '../base/network.ts';
import { suggestionFor } from '../base/suggest.ts';
import { CONTINENT_CODES, COUNTRIES } from './countries.ts';
import type { CsvField } from './csv.ts';
import type { Facts } from './facts.ts';

/** The columns of networks.csv. */
export const COLUMNS = [
  'prefix',
  'latitude',
  'longitude',
  'country',
  'continent',
  'asn',
  'isp',
  'note',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Notes what is wrong at a column of the line. */
export type Report = (column: number, what: string) => void;

/** What a line says of a network. */
export interface NetworkLine {
  readonly network: Network;
  /** As {@link showNetwork} shows it. */
  readonly shown: string;
  readonly facts: Facts;
}

/** Reads the line that names the columns, in any order. A column that is not known is reported, and passed over. */
export function scanHeader(fields: readonly CsvField[], report: Report): readonly Column[] {
  const header: Column[] = [];
  for (const { text, column } of fields) {
    const name = COLUMNS.find((known) => known === text.toLowerCase());
    if (name === undefined) {
      const meant = suggestionFor(text, COLUMNS);
      const hint = meant === undefined ? `the columns are ${COLUMNS.join(', ')}` : `did you mean '${meant}'?`;
      report(column, `there is no column '${text}': ${hint}`);
    } else if (header.includes(name)) report(column, `a second column '${name}'`);
    header.push(name ?? 'note');
  }
  const has = (name: Column) => header.includes(name);
  if (!has('prefix') && !fields.some(({ text }) => suggestionFor(text, ['prefix']) !== undefined)) {
    report(1, `there is no column 'prefix': the first line names the columns, such as ${COLUMNS.join(',')}`);
  }
  if (
    has('latitude') !== has('longitude') &&
    fields.every(({ text }) => COLUMNS.some((known) => known === text))
  ) {
    report(1, "'latitude' and 'longitude' come together");
  }
  return header;
}

/** Reads a line. Returns `undefined` when its network cannot be read; all that is wrong is reported. */
export function scanNetworkLine(
  fields: readonly CsvField[],
  header: readonly Column[],
  report: Report,
): NetworkLine | undefined {
  const surplus = fields[header.length];
  if (surplus !== undefined) {
    report(
      surplus.column,
      `'${surplus.text}' is one field more than the first line names (${header.length})`,
    );
  }
  const values = new Map<Column, CsvField>();
  for (const [i, name] of header.entries()) {
    const field = fields[i];
    if (field !== undefined && field.text !== '') values.set(name, field);
  }
  const read = <T>(name: Column, scan: (text: string) => T | Fault): T | undefined => {
    const field = values.get(name);
    if (field === undefined) return undefined;
    const value = scan(field.text);
    if (!(value instanceof Fault)) return value;
    report(field.column, value.what);
    return undefined;
  };
  const latitude = read('latitude', (text) => scanDegrees(text, 90));
  const longitude = read('longitude', (text) => scanDegrees(text, 180));
  if (values.has('latitude') !== values.has('longitude')) {
    const [there, missing] = values.has('latitude') ? ['latitude', 'longitude'] : ['longitude', 'latitude'];
    report(1, `there is a ${there} and no ${missing}`);
  }
  const facts: Facts = {
    latitude,
    longitude,
    accuracyRadius: undefined,
    country: read('country', scanCountry),
    continent: read('continent', scanContinent),
    asn: read('asn', scanAsn),
    isp: read('isp', scanIsp),
  };
  if (!values.has('prefix')) {
    if (header.includes('prefix'))
      report(fields[header.indexOf('prefix')]?.column ?? 1, 'there is no prefix');
    return undefined;
  }
  const network = read('prefix', scanPrefix);
  return network === undefined ? undefined : { network, shown: showNetwork(network), facts };
}

// --- values ---

/** What is wrong with a value. */
class Fault {
  readonly what: string;
  constructor(what: string) {
    this.what = what;
  }
}

function scanPrefix(text: string): Network | Fault {
  const network = scanNetwork(text);
  if (network === undefined) {
    const nearest = nearestNetwork(text);
    return new Fault(
      nearest === undefined
        ? `'${text}' is not a network such as 192.0.2.0/24 or 2001:db8::/32`
        : `'${text}' has bits set after the prefix: did you mean ${showNetwork(nearest)}?`,
    );
  }
  if (network.address.length === 4) return network;
  if (network.prefixLength > 64) {
    return new Fault(`'${text}' is smaller than a /64, and IPv6 is known by /64 networks: make it shorter`);
  }
  const lookedUp = LOOKED_UP_AS_IPV4.find((prefix) => text.toLowerCase().startsWith(prefix));
  if (lookedUp === undefined || network.prefixLength < 16) return network;
  const isWithin = lookedUp === '2002:' || network.prefixLength >= 32;
  return isWithin
    ? new Fault(`addresses in '${text}' are looked up as the IPv4 address they hold: give the IPv4 network`)
    : network;
}

/** 6to4 and Teredo. Mapped addresses and NAT64 are within one /64 each. */
const LOOKED_UP_AS_IPV4 = ['2002:', '2001::', '2001:0:', '2001:0000:'] as const;

function scanDegrees(text: string, most: number): number | Fault {
  const degrees = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(degrees) <= most) return degrees;
  return new Fault(`'${text}' is not a number of degrees from -${most} to ${most}, such as 39.90`);
}

function scanCountry(text: string): string | Fault {
  const code = text.toUpperCase();
  if (COUNTRIES.has(code)) return code;
  const hint = code === 'UK' ? ': did you mean GB?' : '';
  return new Fault(`'${text}' is not the two-letter code of a country (ISO 3166-1)${hint}`);
}

function scanContinent(text: string): string | Fault {
  const code = CONTINENT_CODES.find((known) => known === text.toUpperCase());
  return code ?? new Fault(`'${text}' is not one of ${CONTINENT_CODES.join(' ')}`);
}

function scanAsn(text: string): number | Fault {
  const digits = text.replace(/^AS/i, '');
  const number = /^[0-9]{1,10}$/.test(digits) ? Number(digits) : Number.NaN;
  if (number >= 1 && number <= MAX_ASN) return number;
  return new Fault(`'${text}' is not an AS number from 1 to ${MAX_ASN}`);
}

const MAX_ASN = 0xffff_ffff;

function scanIsp(text: string): string | Fault {
  if (!/[\s,]/.test(text)) return text;
  return new Fault(
    `'${text}' has a space or a comma, so that no member line could name it: write '${text.trim().replace(/[\s,]+/g, '_')}'`,
  );
}
