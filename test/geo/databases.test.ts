import { expect } from 'chai';
import { type CityResponse, Reader } from 'maxmind';
import { scanAddress, showAddress } from '../../src/base/ip.ts';
import { COUNTRIES } from '../../src/geo/countries.ts';
import { GeoSourceError } from '../../src/geo/errors.ts';
import { ipv4In, ipv4Within, locate } from '../../src/geo/locate.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { Chance, embeddedGeo, locationOf, tablesOf } from '../support/geo.ts';
import { type MmdbOptions, MmdbWriter } from '../support/mmdb-writer.ts';

const IPV4_TRIES = Number(process.env['WAYPOST_GEO_IPV4'] ?? 100_000);
const IPV6_TRIES = Number(process.env['WAYPOST_GEO_IPV6'] ?? 20_000);

/** What maxmind's own reader says of an address; IPv4 within IPv6 is asked as IPv4. */
function asked(reader: Reader<CityResponse>, address: Uint8Array) {
  if (address.length === 16 && ipv4Within(address, 0) !== 0) {
    const inside = ipv4In(address, 0);
    return reader.get([24, 16, 8, 0].map((shift) => (inside >>> shift) & 0xff).join('.'));
  }
  return reader.get(showAddress(address));
}

describe('the embedded country database, compiled', () => {
  it('says of random addresses what maxmind says', function () {
    this.timeout(600_000);
    const { octets, tables } = embeddedGeo();
    const reader = new Reader<CityResponse & { country_code?: string }>(octets);
    const chance = new Chance(20_261_123);
    const check = (address: Uint8Array) => {
      const said = asked(reader, address);
      const code = said !== null && 'country_code' in said ? said['country_code'] : undefined;
      const location = locate(tables, address, 0, address.length);
      const packed = tables.country(location);
      const ours = packed === 0 ? undefined : String.fromCharCode(packed >> 8, packed & 0xff);
      if (ours !== code) expect(ours, showAddress(address)).to.equal(code);
      const centre = COUNTRIES.get(ours ?? '');
      if (centre === undefined) return;
      if (tables.latitude(location) !== Math.round(centre.latitude * 10_000))
        expect.fail(showAddress(address));
      if (tables.longitude(location) !== Math.round(centre.longitude * 10_000))
        expect.fail(showAddress(address));
    };
    for (let i = 0; i < IPV4_TRIES; i++) check(chance.ipv4());
    for (let i = 0; i < IPV6_TRIES; i++) check(chance.ipv6());
  });

  it('knows every boundary: the first and the last address of ranges', function () {
    this.timeout(60_000);
    const { octets, tables } = embeddedGeo();
    const reader = new Reader<CityResponse & { country_code?: string }>(octets);
    for (let range = 1; range < tables.ipv4Ranges; range += 37) {
      for (const address of [tables.ipv4Rows[2 * range] ?? 0, (tables.ipv4Rows[2 * range] ?? 0) - 1]) {
        const text = [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
        const ours = tables.describe(tables.ipv4Location(address)).country;
        if (ours !== reader.get(text)?.country_code)
          expect(ours, text).to.equal(reader.get(text)?.country_code);
      }
    }
  });

  it('says where it comes from, when it was built, and whom to name beside results', () => {
    const [source] = embeddedGeo().tables.sources;
    expect(source?.kind).to.equal('country ipvAll');
    expect(source?.built).to.be.greaterThan(1_780_000_000);
    expect(source?.attribution).to.include('DB-IP');
  });
});

// --- databases made here ---

const LONDON = {
  city: { geoname_id: 2_643_743, names: { en: 'London', de: 'London', ja: 'ロンドン' } },
  continent: { code: 'EU', geoname_id: 6_255_148, names: { en: 'Europe', de: 'Europa' } },
  country: { geoname_id: 2_635_167, iso_code: 'GB', names: { en: 'United Kingdom' } },
  location: { accuracy_radius: 10, latitude: 51.5142, longitude: -0.0931, time_zone: 'Europe/London' },
  registered_country: { geoname_id: 6_252_001, iso_code: 'US', names: { en: 'United States' } },
  subdivisions: [{ geoname_id: 6_269_131, iso_code: 'ENG', names: { en: 'England' } }],
};

const where = (tables: GeoTables, text: string) => locationOf(tables, scanAddress(text) ?? new Uint8Array(4));

describe('MMDB schemas', () => {
  const city = (options: MmdbOptions = {}) => new MmdbWriter({ databaseType: 'GeoLite2-City', ...options });

  it("MaxMind's City: position, country and continent", () => {
    const tables = tablesOf({ 'city.mmdb': city().insert('192.0.2.0/24', LONDON).build() });
    const london = where(tables, '192.0.2.77');
    expect(london).to.include({ latitude: 51.5142, longitude: -0.0931, country: 'GB', continent: 'EU' });
    expect(london.isCountryCentre).to.equal(false);
    expect(london.from.position?.name).to.equal('city.mmdb');
    expect(where(tables, '192.0.3.1').country).to.equal(undefined);
  });

  it("MaxMind's Country: a registered or represented country stands in for one that is missing", () => {
    const gb = { iso_code: 'GB' };
    const tables = tablesOf({
      'country.mmdb': new MmdbWriter()
        .insert('192.0.2.0/26', { country: gb, registered_country: { iso_code: 'US' } })
        .insert('192.0.2.64/26', { registered_country: { iso_code: 'US' } })
        .insert('192.0.2.128/26', { represented_country: { iso_code: 'DE', type: 'military' } })
        .insert('192.0.2.192/26', { continent: { code: 'EU' } })
        .build(),
    });
    const countries = [1, 65, 129, 193].map((last) => where(tables, `192.0.2.${last}`));
    expect(countries.map(({ country }) => country)).to.deep.equal(['GB', 'US', 'DE', undefined]);
    expect(countries.map(({ continent }) => continent)).to.deep.equal(['EU', 'NA', 'EU', 'EU']);
    expect(countries.map(({ isCountryCentre }) => isCountryCentre)).to.deep.equal([true, true, true, false]);
  });

  it("MaxMind's ASN, ISP and Enterprise: AS number and operator", () => {
    const asn = { autonomous_system_number: 4_200_000_001, autonomous_system_organization: 'Example AS' };
    const tables = tablesOf({
      'isp.mmdb': new MmdbWriter()
        .insert('192.0.2.0/26', asn)
        .insert('192.0.2.64/26', { ...asn, isp: 'unicom', organization: 'Some Customer' })
        .insert('192.0.2.128/26', { traits: { ...asn, isp: 'telecom' } })
        .build(),
    });
    expect(where(tables, '192.0.2.1')).to.include({ asn: 4_200_000_001, isp: 'Example AS' });
    expect(where(tables, '192.0.2.65')).to.include({ asn: 4_200_000_001, isp: 'unicom' });
    expect(where(tables, '192.0.2.129')).to.include({ asn: 4_200_000_001, isp: 'telecom' });
  });

  it('@ip-location-db: flat records, numbers as texts too', () => {
    const flat = {
      city: 'Guangzhou',
      country_code: 'CN',
      latitude: 23.127,
      longitude: 113.265,
      postcode: '',
      state1: 'GD',
    };
    const tables = tablesOf({
      'flat.mmdb': new MmdbWriter({ ipVersion: 4, databaseType: 'city ipv4' })
        .insert('192.0.2.0/25', flat)
        .insert('192.0.2.128/25', { ...flat, latitude: '23.1', longitude: '-113.2' })
        .build(),
    });
    expect(where(tables, '192.0.2.1')).to.include({
      latitude: 23.127,
      longitude: 113.265,
      country: 'CN',
      continent: 'AS',
    });
    expect(where(tables, '192.0.2.129')).to.include({ latitude: 23.1, longitude: -113.2 });
    expect(where(tables, '2001:db8::1').country).to.equal(undefined);
  });

  it('a radius of 1000 km and more, and the default point of a country, only say which country', () => {
    const us = { country: { iso_code: 'US' } };
    const kansas = { latitude: 37.751, longitude: -97.822 };
    const tables = tablesOf({
      'city.mmdb': city()
        .insert('192.0.2.0/26', {
          ...us,
          location: { latitude: 40.7, longitude: -74, accuracy_radius: 1000 },
        })
        .insert('192.0.2.64/26', {
          ...us,
          location: { latitude: 40.7, longitude: -74, accuracy_radius: 999 },
        })
        .insert('192.0.2.128/26', { ...us, location: { ...kansas, accuracy_radius: 500 } })
        .insert('192.0.2.192/26', { country_code: 'US', ...kansas })
        .build(),
    });
    const centre = COUNTRIES.get('US');
    for (const [last, why] of [
      [1, 'accuracy radius of 1000 km or more'],
      [129, 'default point of the country'],
      [193, 'default point of the country'],
    ] as const) {
      const found = where(tables, `192.0.2.${last}`);
      expect(found).to.include({
        latitude: centre?.latitude,
        longitude: centre?.longitude,
        isCountryCentre: true,
      });
      expect(found.passedOver).to.equal(why);
    }
    expect(where(tables, '192.0.2.65')).to.include({ latitude: 40.7, passedOver: undefined });
  });

  it('anything else is refused with the fields found', () => {
    const octets = new MmdbWriter({ databaseType: 'GeoIP2-Connection-Type' })
      .insert('192.0.2.0/24', { connection_type: 'Cable/DSL', speed: 3 })
      .build();
    expect(() => tablesOf({ 'geo/c.mmdb': octets }))
      .to.throw(
        GeoSourceError,
        /^geo\/c\.mmdb: .*GeoIP2-Connection-Type.*fields found: connection_type, speed;/,
      )
      .with.property('code', 'WP_GEO_SOURCE');
  });

  it('several databases: the first that says something about a field wins', () => {
    const tables = tablesOf({
      'asn.mmdb': new MmdbWriter().insert('192.0.2.0/25', { autonomous_system_number: 64_500 }).build(),
      'city.mmdb': city().insert('192.0.2.64/26', LONDON).build(),
      'country.mmdb': new MmdbWriter().insert('192.0.0.0/16', { country_code: 'FR' }).build(),
    });
    expect(where(tables, '192.0.2.1')).to.include({ asn: 64_500, country: 'FR', isCountryCentre: true });
    expect(where(tables, '192.0.2.70')).to.include({ asn: 64_500, country: 'GB', latitude: 51.5142 });
    expect(where(tables, '192.0.9.70')).to.include({ asn: undefined, country: 'FR', continent: 'EU' });
    expect(where(tables, '192.0.2.70').from.asn?.name).to.equal('asn.mmdb');
    expect(where(tables, '192.0.2.70').from.country?.name).to.equal('city.mmdb');
    expect(where(tables, '192.0.9.70').from.position?.name).to.equal('country.mmdb');
  });
});

describe('random databases, compiled', () => {
  for (const recordSize of [24, 28, 32] as const) {
    for (const ipVersion of [4, 6] as const) {
      it(`IPv${ipVersion}, records of ${recordSize} bits: as maxmind says, IPv4 within IPv6 included`, () => {
        const chance = new Chance(recordSize + ipVersion);
        const writer = new MmdbWriter({ recordSize, ipVersion, aliases: true });
        const networks = Array.from({ length: 400 }, () => {
          const isIPv4 = ipVersion === 4 || chance.below(2) === 0;
          const address = isIPv4 ? chance.ipv4() : chance.ipv6();
          const prefixLength = 3 + chance.below(isIPv4 ? 30 : 62);
          return { address, prefixLength };
        });
        networks.sort((a, b) => a.prefixLength - b.prefixLength);
        for (const { address, prefixLength } of networks) {
          const record = writer.record({
            country_code: 'DE',
            latitude: chance.below(900) / 10,
            longitude: chance.below(1800) / 10,
          });
          writer.insertOctets(address, prefixLength, record);
        }
        const octets = writer.build();
        const reader = new Reader<CityResponse & { latitude?: number }>(octets);
        const tables = tablesOf({ 'random.mmdb': octets });
        const near = (address: Uint8Array) =>
          address.map((octet, i) => (i >= chance.below(16) ? chance.word() & 0xff : octet));
        for (let i = 0; i < 6000; i++) {
          const base = networks[chance.below(networks.length)]?.address ?? chance.ipv4();
          const address = i % 3 === 0 ? chance.ipv4() : near(base);
          if (ipVersion === 4 && address.length === 16 && ipv4Within(address, 0) === 0) continue;
          const said = asked(reader, address) as { latitude?: number } | null;
          const found = locationOf(tables, address);
          const ours = found.isCountryCentre ? undefined : found.latitude;
          if (ours !== said?.latitude) expect(ours, showAddress(address)).to.equal(said?.latitude);
        }
        const held = ['::ffff:192.0.2.1', '64:ff9b::192.0.2.1', '2002:c000:201::1', '2001::1:3fff:fdfe'];
        const plain = where(tables, '192.0.2.1');
        for (const text of held) expect(where(tables, text), text).to.deep.equal(plain);
      });
    }
  }

  for (const recordSize of [28, 32] as const) {
    it(`records of ${recordSize} bits that point behind 16 MiB, by pointers of every length`, () => {
      const writer = new MmdbWriter({ recordSize, ipVersion: 4, padding: 0x100_0000 });
      for (let i = 0; i < 64; i += 1 + (i % 2))
        writer.insert(`192.0.2.${4 * i}/30`, { country_code: 'DE', latitude: i + 0.5, longitude: 1 });
      const octets = writer.build();
      const reader = new Reader<CityResponse & { latitude?: number }>(octets);
      const tables = tablesOf({ 'far.mmdb': octets });
      for (let i = 0; i < 256; i++) {
        expect(where(tables, `192.0.2.${i}`).latitude).to.equal(reader.get(`192.0.2.${i}`)?.latitude);
      }
    });
  }

  it('networks longer than /64 are known by their first address', () => {
    const tables = tablesOf({
      'long.mmdb': new MmdbWriter()
        .insert('2001:db8::/96', { country_code: 'DE' })
        .insert('2001:db8:0:1:8000::/65', { country_code: 'FR' })
        .build(),
    });
    expect(where(tables, '2001:db8::ffff:0:0:1').country).to.equal('DE');
    expect(where(tables, '2001:db8:0:1:8000::1').country).to.equal(undefined);
  });
});
