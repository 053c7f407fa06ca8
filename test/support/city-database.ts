import { Chance } from './geo.ts';
import { type MmdbInput, MmdbWriter } from './mmdb-writer.ts';

/** How large a made-up city database is. GeoLite2 City has 2,600,000 networks of IPv4 and 286,000 different records. */
export interface CityDatabaseSize {
  readonly records: number;
  readonly ipv4Networks: number;
  readonly ipv6Networks: number;
}

/**
 * Makes a city database in MaxMind's schema, names in eight languages included, of networks and places at random: worse for
 * caches than a real one, in which neighbours are near each other. `addTo` puts networks of one's own on top. Takes half a minute for the size of GeoLite2 City.
 */
export function makeCityDatabase(
  { records, ipv4Networks, ipv6Networks }: CityDatabaseSize,
  addTo: (writer: MmdbWriter) => void = () => {},
): Buffer {
  const chance = new Chance(77);
  const writer = new MmdbWriter({ recordSize: 28, databaseType: 'GeoLite2-City', aliases: true });
  const places = Array.from({ length: records }, (_, i) => writer.record(cityRecord(i)));
  const place = () => places[chance.below(records)] ?? 0;

  // IPv4 from 1.0.0.0 to 223.255.255.255 without gaps: most networks about the mean size.
  const mean = Math.log2((IPV4_END - IPV4_START) / ipv4Networks);
  for (let at = IPV4_START; at < IPV4_END; ) {
    const bits = Math.max(0, Math.floor(mean) + (SPREAD[chance.below(SPREAD.length)] ?? 0));
    const size = 2 ** bits;
    const start = Math.ceil(at / size) * size;
    writer.insertOctets(octetsOf(start), 32 - bits, place());
    at = start + size;
  }

  const networks = Array.from({ length: ipv6Networks }, () => {
    const prefixLength = IPV6_LENGTHS[chance.below(IPV6_LENGTHS.length)] ?? 48;
    const second = chance.below(chance.below(2) === 0 ? 4000 : 65_536);
    const words = [
      IPV6_FIRSTS[chance.below(IPV6_FIRSTS.length)] ?? 0,
      second,
      chance.below(65_536),
      chance.below(16) << 12,
    ];
    return { address: ipv6Octets(words, prefixLength), prefixLength };
  });
  networks.sort((a, b) => a.prefixLength - b.prefixLength);
  for (const { address, prefixLength } of networks) writer.insertOctets(address, prefixLength, place());
  addTo(writer);
  return writer.build();
}

const IPV4_START = 0x0100_0000;
const IPV4_END = 0xe000_0000;
/** Bits more or fewer than the mean. */
const SPREAD = [2, 1, 1, 0, 0, 0, -1, -2] as const;
const IPV6_FIRSTS = [
  0x2001, 0x2400, 0x2402, 0x2404, 0x2600, 0x2604, 0x2606, 0x2804, 0x2a00, 0x2a01, 0x2a02, 0x2a03, 0x2a04,
  0x2a0e,
] as const;
const IPV6_LENGTHS = [32, 36, 40, 44, 48, 48, 48, 52] as const;
const LANGUAGES = ['de', 'en', 'es', 'fr', 'ja', 'pt-BR', 'ru', 'zh-CN'] as const;
const COUNTRIES = ['US', 'CN', 'DE', 'FR', 'GB', 'BR', 'IN', 'JP', 'RU', 'ZA', 'AU', 'CA'] as const;

function cityRecord(i: number): MmdbInput {
  const names = (text: string) => Object.fromEntries(LANGUAGES.map((language) => [language, text]));
  const of = i % COUNTRIES.length;
  const country = { geoname_id: 6000 + of, iso_code: COUNTRIES[of] ?? 'DE', names: names(`Country ${of}`) };
  return {
    city: { geoname_id: i, names: { en: `City ${i % 80_000}`, de: `Stadt ${i % 80_000}` } },
    continent: { code: 'EU', geoname_id: 1, names: names('Continent') },
    country,
    location: {
      accuracy_radius: 1 + (i % 200),
      latitude: (i % 1700) / 10 - 84.95,
      longitude: (i % 3499) / 10 - 174.93,
      time_zone: `Zone/${i % 400}`,
    },
    postal: { code: `${i % 9000}` },
    registered_country: country,
    subdivisions: [{ geoname_id: i % 4000, iso_code: `S${i % 4000}`, names: names(`Region ${i % 4000}`) }],
  };
}

function octetsOf(address: number): Uint8Array {
  return Uint8Array.from([24, 16, 8, 0], (shift) => (address >>> shift) & 0xff);
}

function ipv6Octets(words: readonly number[], prefixLength: number): Uint8Array {
  const octets = new Uint8Array(16);
  for (const [i, word] of words.entries()) octets.set([word >> 8, word & 0xff], 2 * i);
  return octets.map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, prefixLength - 8 * i))));
}
