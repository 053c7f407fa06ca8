import { type AsnResponse, type CityResponse, Reader } from 'maxmind';
import { scanAddress, showAddress } from '../../src/base/ip.ts';
import { COUNTRY_CENTRES } from '../../src/geo/country-centres.ts';

/** What is known of an address; absent where nothing is. */
export interface PlainFacts {
  /** 1/10,000 degree. */
  readonly position: { readonly latitude: number; readonly longitude: number } | undefined;
  readonly country: string | undefined;
  readonly continent: string | undefined;
  readonly asn: number | undefined;
  readonly isp: string | undefined;
}

/** An address of which nothing is known. */
export const NOTHING_KNOWN: PlainFacts = {
  position: undefined,
  country: undefined,
  continent: undefined,
  asn: undefined,
  isp: undefined,
};

/** From an address on, up to the next segment, the sources say the same. IPv4 by 32 bits, IPv6 by its upper 64. */
export interface Segment {
  readonly start: bigint;
  /** `undefined`: IPv6 addresses that are looked up as the IPv4 address they hold. */
  readonly facts: PlainFacts | undefined;
}

/**
 * Where addresses are, as geo/README.md says it and with nothing compiled: every address is asked for in every source. Slow.
 * A source is the text of a networks.csv or the octets of an MMDB file; the most specific comes first.
 */
export class PlainGeography {
  readonly #sources: readonly PlainSource[];

  constructor(sources: readonly (string | Buffer)[]) {
    this.#sources = sources.map((source) =>
      typeof source === 'string' ? new PlainNetworks(source) : new PlainDatabase(source),
    );
  }

  /** What is known of an address of 4 or 16 octets. */
  factsOf(address: Uint8Array): PlainFacts {
    const held = heldIPv4(address);
    if (held !== undefined) return this.factsOf(held.address);
    if (address.length === 4) return joined(this.#sources.map((source) => source.at(address).said));
    // IPv6 is known by /64 networks, by their first address; these two hold IPv4, and nothing else is known of them.
    const first = address.map((octet, i) => (i < 8 ? octet : 0));
    if (/^(::|64:ff9b::)$/.test(showAddress(first))) return NOTHING_KNOWN;
    return joined(this.#sources.map((source) => source.at(first).said));
  }

  /** All addresses of a family, network by network of the sources, from the first to the last. */
  *segments(family: 4 | 6): Iterable<Segment> {
    const bits = family === 4 ? 32 : 64;
    const end = 1n << BigInt(bits);
    const kept = this.#sources.map(() => ({ until: 0n, said: NOTHING }));
    const known = new Map<Said, PlainFacts>();
    for (let at = 0n; at < end; ) {
      const held = family === 6 ? HELD_NETWORKS.find(({ from, to }) => from <= at && at < to) : undefined;
      if (held !== undefined) {
        yield { start: at, facts: undefined };
        at = held.to;
        continue;
      }
      const address = octetsOfNumber(at, bits);
      let next = end;
      let speakers = 0;
      let speaker = NOTHING;
      for (const [i, source] of this.#sources.entries()) {
        let keep = kept[i] ?? { until: 0n, said: NOTHING };
        if (keep.until <= at) {
          const { said, prefixLength } = source.at(address);
          keep = { until: endOf(at, Math.min(bits, prefixLength), bits), said };
          kept[i] = keep;
        }
        if (keep.until < next) next = keep.until;
        if (keep.said !== NOTHING) {
          speakers++;
          speaker = keep.said;
        }
      }
      if (family === 6) for (const { from } of HELD_NETWORKS) if (from > at && from < next) next = from;
      let facts = speakers === 1 ? known.get(speaker) : undefined;
      if (facts === undefined) {
        facts = speakers === 0 ? NOTHING_KNOWN : joined(kept.map(({ said }) => said));
        if (speakers === 1) known.set(speaker, facts);
        if (known.size > MAX_KEPT) known.clear();
      }
      yield { start: at, facts };
      at = next;
    }
  }
}

const MAX_KEPT = 50_000;

// --- IPv4 within IPv6 ---

/** The IPv4 address that an IPv6 address holds, and after which bit: mapped, NAT64, 6to4, Teredo. */
export function heldIPv4(
  address: Uint8Array,
): { readonly address: Uint8Array; readonly after: number } | undefined {
  if (address.length === 4) return undefined;
  const hex = Buffer.from(address).toString('hex');
  if (/^0{20}ffff/.test(hex) || /^0064ff9b0{16}/.test(hex)) return { address: address.slice(12), after: 96 };
  if (hex.startsWith('2002')) return { address: address.slice(2, 6), after: 16 };
  if (hex.startsWith('20010000'))
    return { address: address.slice(12).map((octet) => octet ^ 0xff), after: 96 };
  return undefined;
}

/** /64 networks with such addresses: `::`, 64:ff9b::, Teredo, 6to4. */
const HELD_NETWORKS = [
  { from: 0n, to: 1n },
  { from: 0x0064_ff9b_0000_0000n, to: 0x0064_ff9b_0000_0001n },
  { from: 0x2001_0000_0000_0000n, to: 0x2001_0001_0000_0000n },
  { from: 0x2002_0000_0000_0000n, to: 0x2003_0000_0000_0000n },
] as const;

// --- what a source says ---

interface Said {
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly country?: string | undefined;
  readonly continent?: string | undefined;
  readonly asn?: number | undefined;
  readonly isp?: string | undefined;
}

interface PlainSource {
  /** What it says of an address, and of how long a network around it. */
  at(address: Uint8Array): { readonly said: Said; readonly prefixLength: number };
}

const NOTHING: Said = {};

/** Code to continent and degrees. */
const CENTRES = new Map(
  COUNTRY_CENTRES.trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([code = '', continent = '', latitude, longitude]) => [
      code,
      { continent, latitude: Number(latitude), longitude: Number(longitude) },
    ]),
);

/** "For each field (position, country, AS number, operator) the first file that says something wins." */
function joined(all: readonly Said[]): PlainFacts {
  const place = all.find(({ country, continent }) => country !== undefined || continent !== undefined);
  const centre = CENTRES.get(place?.country ?? '');
  const at =
    all.find(({ latitude, longitude }) => latitude !== undefined && longitude !== undefined) ?? centre;
  return {
    position:
      at?.latitude === undefined || at.longitude === undefined
        ? undefined
        : { latitude: units(at.latitude), longitude: units(at.longitude) },
    country: place?.country,
    continent: place?.continent ?? centre?.continent,
    asn: all.find(({ asn }) => asn !== undefined)?.asn,
    isp: all.find(({ isp }) => isp !== undefined)?.isp,
  };
}

/** 1/10,000 degree of degrees. */
export function units(degrees: number): number {
  return Math.round(degrees * 10_000) + 0;
}

// --- networks.csv ---

interface PlainNetwork {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly said: Said;
}

/** networks.csv, without quotes: of several networks that hold an address the longest prefix alone counts. */
class PlainNetworks implements PlainSource {
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

/** How many bits two addresses of a family begin with alike. */
export function commonBits(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((octet, i) => octet !== b[i]);
  return at < 0 ? 8 * a.length : 8 * at + Math.clz32((a[at] ?? 0) ^ (b[at] ?? 0)) - 24;
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
class PlainDatabase implements PlainSource {
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

// --- numbers ---

/** The first `bits` bits of an address as a number. */
export function numberOf(address: Uint8Array, bits = 8 * address.length): bigint {
  return BigInt(`0x${Buffer.from(address).toString('hex')}`) >> BigInt(8 * address.length - bits);
}

/** The address of 4 octets (32 bits) or 16 that begins with a number of so many bits. */
export function octetsOfNumber(value: bigint, bits: number): Uint8Array {
  const length = bits === 32 ? 4 : 16;
  const whole = value << BigInt(8 * length - bits);
  return Uint8Array.from(Buffer.from(whole.toString(16).padStart(2 * length, '0'), 'hex'));
}

/** The first number behind the network of a prefix length around `at`. */
export function endOf(at: bigint, prefixLength: number, bits: number): bigint {
  const shift = BigInt(bits - prefixLength);
  return ((at >> shift) + 1n) << shift;
}
