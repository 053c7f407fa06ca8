import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { locate } from '../../src/geo/locate.ts';
import { Chance, embeddedGeo, tablesOf } from '../support/geo.ts';

describe('the place of a client', () => {
  it('is where its address is looked up, wherever that stands among the octets', () => {
    const { tables } = embeddedGeo();
    const chance = new Chance(21);
    const place = new ClientPlace();
    for (let i = 0; i < 2000; i++) {
      const address = i % 2 === 0 ? chance.ipv4() : chance.ipv6();
      const octets = Uint8Array.from([7, 7, ...address, 7]);
      place.set(tables, octets, 2, address.length);
      expect(place.location).to.equal(locate(tables, address, 0, address.length));
      expect(place.family).to.equal(address.length === 4 ? 4 : 6);
      expect(place.offset).to.equal(0);
    }
  });

  it('is that of the IPv4 address within IPv6', () => {
    const tables = tablesOf({ 'n.csv': 'prefix,asn\n192.0.2.0/24,1\n2001:db8::/32,2\n' });
    const place = new ClientPlace();
    const shown = (text: string) => {
      const octets = scanAddress(text) ?? new Uint8Array(4);
      place.set(tables, octets, 0, octets.length);
      const { family, offset, location, range } = place;
      expect((family === 4 ? tables.ipv4Rows[2 * range + 1] : tables.ipv6Rows[3 * range + 2]) ?? 0).to.equal(
        location,
      );
      const words = [...place.words.subarray(0, family === 4 ? 1 : 4)].map((word) =>
        (word >>> 0).toString(16),
      );
      return `${family} ${offset} ${words.join(':')} ${tables.asn(location)}`;
    };
    expect(shown('192.0.2.1')).to.equal('4 0 c0000201 1');
    expect(shown('::ffff:192.0.2.1')).to.equal('4 96 c0000201 1');
    expect(shown('64:ff9b::192.0.2.1')).to.equal('4 96 c0000201 1');
    expect(shown('2002:c000:201::1')).to.equal('4 16 c0000201 1');
    expect(shown('2001:0:1:2:3:4:3fff:fdfe')).to.equal('4 96 c0000201 1');
    expect(shown('2001:db8::1:2')).to.equal('6 0 20010db8:0:0:10002 2');
    expect(shown('::1')).to.equal('6 0 0:0:0:1 0');
  });
});
