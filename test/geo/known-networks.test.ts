import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import { KnownNetworks } from '../../src/geo/known-networks.ts';
import { embeddedGeo } from '../support/geo.ts';

describe('networks that are known', () => {
  const { tables } = embeddedGeo();
  const room = new NumberRoom(1e6);
  const known = new KnownNetworks(tables, room, room);
  const place = new ClientPlace();
  const at = (address: string): ClientPlace => {
    const octets = scanAddress(address) ?? new Uint8Array(4);
    place.read(octets, 0, octets.length);
    return place;
  };

  it('are known to the ends of what is kept, and not beyond', () => {
    known.keep(at('198.51.100.0'), 22, 7);
    expect(known.get(at('198.51.100.0'))).to.equal(7);
    expect(known.get(at('198.51.103.255'))).to.equal(7);
    expect(known.get(at('198.51.104.0'))).to.equal(0);
    expect(known.get(at('198.51.99.255'))).to.equal(0);
    known.keep(at('203.0.113.9'), 9, 8);
    expect(known.get(at('203.0.255.255'))).to.equal(8);
    expect(known.get(at('203.1.0.0'))).to.equal(0);
  });

  it('of IPv6 are the cells of the tables', () => {
    const high = 0x2a00_1450;
    const length = tables.ipv6CellLength(high);
    expect(length).to.be.within(16, 32);
    known.keep(at('2a00:1450:4009::1'), length + 1, 5);
    expect(known.get(at('2a00:1450:4009::1'))).to.equal(0);
    known.keep(at('2a00:1450:4009::1'), length, 6);
    expect(known.get(at('2a00:1450:ffff::1'))).to.equal(6);
    expect(known.get(at('2600::1'))).to.equal(0);
  });

  it('hold IPv4 within IPv6 as IPv4', () => {
    expect(known.get(at('::ffff:198.51.100.1'))).to.equal(7);
    expect(known.get(at('2002:c633:6401::'))).to.equal(7);
  });

  it('too narrow ones are not kept, and forgotten ones are gone', () => {
    known.keep(at('192.0.2.1'), 25, 9);
    expect(known.get(at('192.0.2.1'))).to.equal(0);
    known.forget();
    expect(known.get(at('198.51.100.0'))).to.equal(0);
    expect(room.usedOctets).to.equal(0);
  });
});
