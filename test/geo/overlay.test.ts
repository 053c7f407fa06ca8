import { expect } from 'chai';
import { type CityResponse, Reader } from 'maxmind';
import { showAddress } from '../../src/base/ip.ts';
import { isInNetwork, type Network, nearestNetwork, showNetwork } from '../../src/base/network.ts';
import { COUNTRIES, continentOf } from '../../src/geo/countries.ts';
import { GeoSourceError } from '../../src/geo/errors.ts';
import { Chance, locationOf, tablesOf } from '../support/geo.ts';
import { type MmdbInput, MmdbWriter } from '../support/mmdb-writer.ts';

interface Said {
  readonly latitude?: number;
  readonly longitude?: number;
  readonly country?: string;
  readonly continent?: string;
  readonly asn?: number;
  readonly isp?: string;
}

const CODES = ['DE', 'CN', 'US', 'BR', 'ZA', 'AU'];
const pick = <T>(chance: Chance, items: readonly T[]): T | undefined => items[chance.below(items.length)];

/** Different things, or nothing, of every field. */
function randomFacts(chance: Chance): Said {
  const country = chance.below(2) === 0 ? pick(chance, CODES) : undefined;
  const isp = chance.below(3) === 0 ? pick(chance, ['telecom', 'unicom', 'mobile']) : undefined;
  return {
    ...(chance.below(2) === 0
      ? { latitude: chance.below(180) - 89.5, longitude: chance.below(360) - 179.5 }
      : {}),
    ...(country === undefined ? {} : { country }),
    ...(chance.below(4) === 0 ? { continent: 'EU' } : {}),
    ...(chance.below(2) === 0 ? { asn: 64_496 + chance.below(8) } : {}),
    ...(isp === undefined ? {} : { isp }),
  };
}

function maxmindRecord({ latitude, longitude, country, continent, asn, isp }: Said): MmdbInput {
  return {
    ...(latitude === undefined || longitude === undefined
      ? {}
      : { location: { latitude, longitude, accuracy_radius: 20 } }),
    ...(country === undefined ? {} : { country: { iso_code: country } }),
    ...(continent === undefined ? {} : { continent: { code: continent } }),
    ...(asn === undefined ? {} : { autonomous_system_number: asn }),
    ...(isp === undefined ? {} : { isp }),
  };
}

/** Networks of one corner of the world, so that they lie within each other. */
function randomNetwork(chance: Chance): Network {
  const isIPv4 = chance.below(2) === 0;
  const address = isIPv4
    ? Uint8Array.from([198, 51, chance.word() & 7, chance.word() & 255])
    : Uint8Array.from([
        0x20,
        1,
        0xd,
        0xb8,
        0,
        chance.word() & 3,
        0,
        chance.word() & 255,
        ...new Uint8Array(8),
      ]);
  const prefixLength = isIPv4 ? 20 + chance.below(13) : 40 + chance.below(25);
  return nearestNetwork(`${showAddress(address)}/${prefixLength}`) ?? { address, prefixLength };
}

/** STEERING.md and geo/README.md, word by word: the first source that says something about a field wins. */
function plainly(sources: readonly (Said | undefined)[]) {
  const first = <T>(field: (said: Said) => T | undefined): T | undefined => {
    for (const said of sources) {
      const value = said === undefined ? undefined : field(said);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  // A source that says one of country and continent says both.
  const place = sources.find((said) => said?.country !== undefined || said?.continent !== undefined);
  const position = sources.find((said) => said?.latitude !== undefined);
  const centre = COUNTRIES.get(place?.country ?? '');
  return {
    latitude: position?.latitude ?? centre?.latitude,
    longitude: position?.longitude ?? centre?.longitude,
    isCountryCentre: position === undefined && centre !== undefined,
    country: place?.country,
    continent: place?.continent ?? continentOf(place?.country ?? ''),
    asn: first((said) => said.asn),
    isp: first((said) => said.isp),
  };
}

describe('several sources', () => {
  it('law: of every address, field by field, what the first source says that says something', function () {
    this.timeout(60_000);
    const chance = new Chance(21);
    for (let round = 0; round < 12; round++) {
      const own = new Map<string, { network: Network; said: Said }>();
      for (let i = 0; i < 15; i++) {
        const network = randomNetwork(chance);
        own.set(showNetwork(network), { network, said: randomFacts(chance) });
      }
      const lines = [...own].map(([shown, { said }]) =>
        [shown, said.latitude, said.longitude, said.country, said.continent, said.asn, said.isp].join(','),
      );
      const databases = [0, 1, 2].map(() => {
        const writer = new MmdbWriter();
        const networks = Array.from({ length: 30 }, () => randomNetwork(chance));
        networks.sort((a, b) => a.prefixLength - b.prefixLength);
        // Always something, so that the file is not refused.
        writer.insert('203.0.113.0/24', { country_code: 'DE' });
        for (const network of networks)
          writer.insert(showNetwork(network), maxmindRecord(randomFacts(chance)));
        return writer.build();
      });
      const readers = databases.map((octets) => new Reader<CityResponse>(octets));
      const tables = tablesOf({
        'n.csv': `prefix,latitude,longitude,country,continent,asn,isp\n${lines.join('\n')}\n`,
        ...Object.fromEntries(databases.map((octets, i) => [`${i}.mmdb`, octets])),
      });
      const longestFirst = [...own.values()].sort((a, b) => b.network.prefixLength - a.network.prefixLength);
      for (let i = 0; i < 2000; i++) {
        const address = Uint8Array.from(randomNetwork(chance).address);
        if (address.length === 4) address[3] = chance.word() & 255;
        const said = readers.map((reader): Said | undefined => {
          const record = reader.get(showAddress(address));
          return record === null ? undefined : saidBy(JSON.parse(JSON.stringify(record)));
        });
        const mine = longestFirst.find(({ network }) => isInNetwork(network, address))?.said;
        const { latitude, longitude, isCountryCentre, country, continent, asn, isp } = locationOf(
          tables,
          address,
        );
        const ours = { latitude, longitude, isCountryCentre, country, continent, asn, isp };
        const expected = plainly([mine, ...said]);
        if (JSON.stringify(ours) !== JSON.stringify(expected)) {
          expect(ours, showAddress(address)).to.deep.equal(expected);
        }
      }
    }
  });

  it('none at all: nothing is known of any address', () => {
    const tables = tablesOf({});
    expect(tables.ipv4Range(0)).to.equal(0);
    expect(tables.ipv4Location(0xffff_ffff)).to.equal(0);
    expect(tables.ipv6Location(0x2001_0db8, 0)).to.equal(0);
    expect(tables.isPlaced(0)).to.equal(false);
  });

  it('more than fifteen are refused', () => {
    const files = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`${i}.csv`, 'prefix\n']));
    expect(() => tablesOf(files)).to.throw(GeoSourceError, /more than 15 files/);
  });
});

interface MaxmindRecord {
  readonly location?: { readonly latitude: number; readonly longitude: number };
  readonly country?: { readonly iso_code: string };
  readonly country_code?: string;
  readonly continent?: { readonly code: string };
  readonly autonomous_system_number?: number;
  readonly isp?: string;
}

function saidBy(record: MaxmindRecord): Said {
  const country = record.country?.iso_code ?? record.country_code;
  return {
    ...record.location,
    ...(country === undefined ? {} : { country }),
    ...(record.continent === undefined ? {} : { continent: record.continent.code }),
    ...(record.autonomous_system_number === undefined ? {} : { asn: record.autonomous_system_number }),
    ...(record.isp === undefined ? {} : { isp: record.isp }),
  };
}
