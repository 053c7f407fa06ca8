import { type AsnResponse, type CityResponse, Reader } from 'maxmind';
import { scanAddress, showAddress } from '../../src/base/ip.ts';
import { COUNTRY_CENTRES } from '../../src/geo/country-centres.ts';
import { commonBits } from './plain-address.ts';

/** What one source says of an address; absent where nothing. */
export interface Said {
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly country?: string | undefined;
  readonly continent?: string | undefined;
  readonly asn?: number | undefined;
  readonly isp?: string | undefined;
}

/** A file that says where networks are. */
export interface PlainSource {
  /** What it says of an address, and of how long a network around it. */
  at(address: Uint8Array): { readonly said: Said; readonly prefixLength: number };
}

/** What a source says that says nothing. */
export const NOTHING: Said = {};

/** Of countries, by code: continent, and degrees of their centre of population. */
export const CENTRES = new Map(
  COUNTRY_CENTRES.trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([code = '', continent = '', latitude, longitude]) => [
      code,
      { continent, latitude: Number(latitude), longitude: Number(longitude) },
    ]),
);

// --- networks.csv ---

interface PlainNetwork {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly said: Said;
}

/** networks.csv, without quotes: of several networks that hold an address the longest prefix alone counts. */
export class PlainNetworks implements PlainSource {
  readonly #networks: readonly PlainNetwork[];

  constructor(text: string) {
    const [header = [], ...lines] = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replaceAll(/"[^"]*"/g, 'quoted').split(','));
    const networks = lines.map((fields): PlainNetwork => {
      const field = (name: string) => fields[header.indexOf(name)] || undefined;
      const number = (name: string) => (field(name) === undefined ? undefined : Number(field(name)));
      const [host = '', length = ''] = (field('prefix') ?? '').split('/');
      const address = scanAddress(host) ?? new Uint8Array(4);
      const said = {
        latitude: number('latitude'),
        longitude: number('longitude'),
        country: field('country')?.toUpperCase(),
        continent: field('continent')?.toUpperCase(),
        asn: field('asn') === undefined ? undefined : Number(field('asn')?.replace(/^AS/i, '')),
        isp: field('isp'),
      };
      return { address, prefixLength: length === '' ? 8 * address.length : Number(length), said };
    });
    this.#networks = networks.sort((a, b) => b.prefixLength - a.prefixLength);
  }

  at(address: Uint8Array) {
    let prefixLength = 0;
    let said: Said | undefined;
    for (const network of this.#networks) {
      if (network.address.length !== address.length) continue;
      const common = commonBits(network.address, address);
      if (common >= network.prefixLength) said ??= network.said;
      prefixLength = Math.max(prefixLength, Math.min(common + 1, network.prefixLength));
    }
    return { said: said ?? NOTHING, prefixLength };
  }
}

// --- databases ---

type PlainRecord = CityResponse &
  Partial<AsnResponse> & {
    readonly country_code?: string;
    readonly latitude?: number | string;
    readonly longitude?: number | string;
    readonly isp?: string;
    readonly organization?: string;
  };

/** A database, asked by maxmind's own reader. */
export class PlainDatabase implements PlainSource {
  readonly #reader: Reader<PlainRecord>;
  readonly #decoded = new Map<string | number, unknown>();
  readonly #said = new WeakMap<PlainRecord, Said>();

  constructor(octets: Buffer) {
    this.#reader = new Reader<PlainRecord>(octets, {
      cache: {
        get: (key) => this.#decoded.get(key),
        set: (key, value) => {
          if (this.#decoded.size > MAX_KEPT) this.#decoded.clear();
          this.#decoded.set(key, value);
        },
      },
    });
  }

  at(address: Uint8Array) {
    // A tree of IPv4 alone has no answer for IPv6; the reader would take the first 32 bits.
    if (address.length === 16 && this.#reader.metadata.ipVersion === 4)
      return { said: NOTHING, prefixLength: 0 };
    const [record, prefixLength] = this.#reader.getWithPrefixLength(showAddress(address));
    if (record === null) return { said: NOTHING, prefixLength };
    let said = this.#said.get(record);
    if (said === undefined) {
      said = saidBy(record);
      this.#said.set(record, said);
    }
    return { said, prefixLength };
  }
}

function saidBy(record: PlainRecord): Said {
  const { traits } = record;
  const country = codeIn(
    record.country?.iso_code ??
      record.country_code ??
      record.registered_country?.iso_code ??
      record.represented_country?.iso_code,
  );
  const continent = codeIn(record.continent?.code) ?? CENTRES.get(country ?? '')?.continent;
  const latitude = numberIn(record.location?.latitude ?? record.latitude);
  const longitude = numberIn(record.location?.longitude ?? record.longitude);
  const radius = record.location?.accuracy_radius ?? 0;
  const isPlaced =
    latitude !== undefined &&
    longitude !== undefined &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180 &&
    radius < 1000 &&
    !isPointOfCountry(country, latitude, longitude);
  const isp = [
    record.isp,
    traits?.isp,
    record.autonomous_system_organization,
    traits?.autonomous_system_organization,
    record.organization,
    traits?.organization,
  ].find((name) => name !== undefined && name !== '');
  return {
    ...(isPlaced ? { latitude, longitude } : {}),
    country,
    continent,
    asn: record.autonomous_system_number || traits?.autonomous_system_number || undefined,
    isp,
  };
}

function codeIn(code: string | undefined): string | undefined {
  return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** Flat databases write numbers as texts, or leave them empty. */
function numberIn(value: number | string | undefined): number | undefined {
  return value === undefined || value === '' || Number.isNaN(Number(value)) ? undefined : Number(value);
}

/** "The point which the databases give to all of a country": MaxMind's, of now and of older files. */
function isPointOfCountry(country: string | undefined, latitude: number, longitude: number): boolean {
  return COUNTRY_POINTS.some(
    ([code, lat, lon]) =>
      code === country && Math.abs(lat - latitude) < 0.002 && Math.abs(lon - longitude) < 0.002,
  );
}

const COUNTRY_POINTS = [
  ['US', 37.751, -97.822],
  ['US', 38, -97],
  ['CN', 34.7732, 113.722],
  ['CN', 34.7725, 113.7266],
  ['AU', -33.494, 143.2104],
  ['AU', -27, 133],
  ['IN', 21.9974, 79.0011],
  ['DE', 51.2993, 9.491],
] as const;

/** Records and what they say, of the latest. */
const MAX_KEPT = 50_000;
