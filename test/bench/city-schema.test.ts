import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { locationOf, tablesOf } from '../support/geo.ts';
import { MmdbWriter } from '../support/mmdb-writer.ts';
import { toCitySchema } from './city-schema.ts';

const flat = (country: string, latitude: number, longitude: number) => ({
  city: 'Somewhere',
  country_code: country,
  latitude,
  longitude,
  state1: 'A state',
});

const IPV4 = new MmdbWriter({ ipVersion: 4, recordSize: 28 })
  .insert('192.0.2.0/24', flat('FR', 48.85, 2.35))
  .insert('192.0.2.128/25', flat('BR', -23.5, -46.625))
  .build();
const IPV6 = new MmdbWriter({ recordSize: 24 }).insert('2001:db8::/32', flat('JP', 35.5, 139.75)).build();

describe('a city database for all servers', () => {
  const added = [
    { network: '198.18.0.1/32', city: 'London', country: 'GB', latitude: 51.5, longitude: -0.125 },
  ];
  const files = [
    { name: 'ipv4.mmdb', octets: IPV4 },
    { name: 'ipv6.mmdb', octets: IPV6 },
  ];
  const tables = tablesOf({ 'city.mmdb': toCitySchema(files, added) });
  const placeOf = (address: string) => {
    const { country, latitude, longitude } = locationOf(tables, scanAddress(address) ?? new Uint8Array(4));
    return [country, latitude, longitude];
  };

  it('has the networks of both files, with country and position', () => {
    expect(placeOf('192.0.2.1')).to.deep.equal(['FR', 48.85, 2.35]);
    expect(placeOf('192.0.2.200')).to.deep.equal(['BR', -23.5, -46.625]);
    expect(placeOf('2001:db8:1::1')).to.deep.equal(['JP', 35.5, 139.75]);
    expect(placeOf('203.0.113.1')).to.deep.equal([undefined, undefined, undefined]);
  });

  it('has the networks that were added', () => {
    expect(placeOf('198.18.0.1')).to.deep.equal(['GB', 51.5, -0.125]);
    expect(placeOf('198.18.0.2')).to.deep.equal([undefined, undefined, undefined]);
  });

  it("keeps MaxMind's schema", () => {
    const given = { name: 'city.mmdb', octets: toCitySchema(files, []) };
    const again = tablesOf({ 'city.mmdb': toCitySchema([given], added) });
    const there = (address: string) => locationOf(again, scanAddress(address) ?? new Uint8Array(4)).country;
    expect(['192.0.2.1', '2001:db8:1::1', '198.18.0.1'].map(there)).to.deep.equal(['FR', 'JP', 'GB']);
  });
});
