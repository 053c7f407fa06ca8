import { expect } from 'chai';
import { scanAddress, showAddress } from '../../src/base/ip.ts';
import { showNetwork } from '../../src/base/network.ts';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import { locate } from '../../src/geo/locate.ts';
import { NetSegments } from '../../src/geo/net-segments.ts';
import { rangeOf } from '../../src/geo/range-of.ts';
import { ScopeFinder } from '../../src/geo/scope.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { Chance, embeddedGeo, tablesOf } from '../support/geo.ts';

/** The class that an address has, asked one address at a time. */
function classAt(tables: GeoTables, classOf: (location: number) => number, address: Uint8Array): number {
  return classOf(locate(tables, address, 0, address.length));
}

/** Scopes without networks and with as much effort as it takes. */
function scopesOf(tables: GeoTables, classOf: (location: number) => number): (address: Uint8Array) => number {
  const byLocation = (_: number, location: number) => classOf(location);
  const finder = new ScopeFinder(
    tables,
    new NetSegments([]),
    byLocation,
    new NumberRoom(8e6),
    Number.POSITIVE_INFINITY,
  );
  const place = new ClientPlace();
  return (address) => {
    place.set(tables, address, 0, address.length);
    return finder.scopeOf(place);
  };
}

/** An address with what is after the prefix replaced. */
function within(address: Uint8Array, prefixLength: number, tail: Uint8Array): Uint8Array {
  return address.map((octet, i) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, prefixLength - 8 * i))) & 0xff;
    return (octet & mask) | ((tail[i] ?? 0) & ~mask & 0xff);
  });
}

describe('the scope of an answer', () => {
  it('law: valid and maximal, against every address of a small world (a /16 of IPv4)', () => {
    const chance = new Chance(11);
    for (let round = 0; round < 25; round++) {
      const lines = new Set<string>();
      const count = 1 + chance.below(120);
      for (let i = 0; i < count; i++) {
        const prefixLength = 16 + chance.below(16);
        const bits = (chance.word() & 0xffff & ~(0xffff >> (prefixLength - 16))) >>> 0;
        lines.add(`198.51.${bits >> 8}.${bits & 255}/${prefixLength}`);
      }
      const text = [...lines].map((line, i) => `${line},${1 + i}`).join('\n');
      const tables = tablesOf({ 'n.csv': `prefix,asn\n${text}\n` });
      const classes = Uint16Array.from({ length: tables.locationCount }, () => chance.below(1 + (round % 4)));
      const classOf = (location: number) => classes[location] ?? 0;
      const scopeOf = scopesOf(tables, classOf);
      const world = Uint16Array.from({ length: 65_536 }, (_, i) =>
        classAt(tables, classOf, Uint8Array.from([198, 51, i >> 8, i & 255])),
      );
      const isOne = (host: number, prefixLength: number): boolean => {
        const size = 1 << (32 - prefixLength);
        const first = host & ~(size - 1);
        for (let i = first; i < first + size; i++) if (world[i] !== world[host]) return false;
        return true;
      };
      for (let i = 0; i < 300; i++) {
        const host = chance.word() & 0xffff;
        const scope = scopeOf(Uint8Array.from([198, 51, host >> 8, host & 255]));
        if (scope < 16) {
          expect(isOne(host, 16), `a scope of ${scope}`).to.equal(true);
          expect(world[host]).to.equal(classes[0]);
          continue;
        }
        expect(isOne(host, scope), `198.51.${host >> 8}.${host & 255}/${scope} in\n${text}`).to.equal(true);
        // 198.51/16 lies in a world of which nothing is known.
        if (scope > 16)
          expect(isOne(host, scope - 1), `/${scope - 1} would do for ${host}\n${text}`).to.equal(false);
        else expect(world[host], text).to.not.equal(classes[0]);
      }
    }
  });

  it('law: valid and maximal in the embedded database, by ranges, both families', function () {
    this.timeout(60_000);
    const { tables } = embeddedGeo();
    const chance = new Chance(5);
    for (const kinds of [1, 2, 5, 250]) {
      const classes = Uint16Array.from({ length: tables.locationCount }, (_, i) => (i * 7919) % kinds);
      const classOf = (location: number) => classes[location] ?? 0;
      const scopeOf = scopesOf(tables, classOf);
      for (let i = 0; i < 500; i++) {
        const address = i % 2 === 0 ? chance.ipv4() : chance.ipv6();
        const bits = address.length === 4 ? 32 : 64;
        const wanted = classAt(tables, classOf, address);
        const scope = scopeOf(address);
        if (address.length === 16 && scope > 64) continue; // IPv4 within
        for (let j = 0; j < 20; j++) {
          const other = within(address, scope, chance.octets(address.length));
          expect(
            classAt(tables, classOf, other),
            `${showAddress(other)} of ${showAddress(address)}/${scope}`,
          ).to.equal(wanted);
        }
        if (scope === 0) continue;
        expect(
          hasOther(tables, classOf, address, scope - 1, bits),
          `${showAddress(address)}/${scope - 1}`,
        ).to.equal(true);
      }
    }
  });

  it('law: as a walk from range to range finds it, where runs are long', function () {
    this.timeout(60_000);
    const { tables } = embeddedGeo();
    const chance = new Chance(8);
    for (const country of ['BT', 'MC', 'ZA', 'US']) {
      const classOf = (location: number) => (tables.describe(location).country === country ? 1 : 0);
      const classes = Uint8Array.from({ length: tables.locationCount }, (_, i) => classOf(i));
      const scopeOf = scopesOf(tables, (location) => classes[location] ?? 0);
      const starts = (range: number) => tables.ipv4Rows[2 * range] ?? 0;
      const classAtRange = (range: number) => classes[tables.ipv4Rows[2 * range + 1] ?? 0];
      const edges = [0];
      for (let range = 1; range < tables.ipv4Ranges; range++) {
        if (classAtRange(range) !== classAtRange(range - 1)) edges.push(starts(range));
      }
      edges.push(0x1_0000_0000);
      for (let i = 0; i < 3000; i++) {
        const near = edges[chance.below(edges.length - 1)] ?? 0;
        const address = [near, Math.max(0, near - 1), near + chance.below(4000), chance.word()][i % 4] ?? 0;
        const run = edges.findLastIndex((edge) => edge <= address);
        let expected = 0;
        for (; ; expected++) {
          const size = 2 ** (32 - expected);
          const first = Math.floor(address / size) * size;
          if (first >= (edges[run] ?? 0) && first + size <= (edges[run + 1] ?? 0)) break;
        }
        const octets = Uint8Array.from([24, 16, 8, 0], (shift) => (address >>> shift) & 0xff);
        const scope = scopeOf(octets);
        if (scope !== expected) expect(scope, `${showAddress(octets)}, ${country}`).to.equal(expected);
      }
    }
  });

  it('ends where IPv4 within IPv6 begins, and counts from there', () => {
    const tables = tablesOf({ 'n.csv': 'prefix,asn\n192.0.2.0/24,1\n' });
    const scopeOf = scopesOf(tables, (location) => tables.asn(location));
    const scope = (text: string) => scopeOf(scanAddress(text) ?? new Uint8Array(4));
    expect(scope('192.0.2.1')).to.equal(24);
    expect(scope('192.0.3.1')).to.equal(24);
    expect(scope('10.0.0.1')).to.equal(1);
    expect(scope('::ffff:192.0.2.1')).to.equal(96 + 24);
    expect(scope('64:ff9b::192.0.2.1')).to.equal(96 + 24);
    expect(scope('2002:c000:201::1')).to.equal(16 + 24);
    expect(scope('2001:0:1:2:3:4:3fff:fdfe')).to.equal(96 + 24);
    expect(scope('2002:a00:1::1')).to.equal(16 + 1);
    expect(scope('2003::1')).to.equal(16); // 2002::/16 is its neighbour
    expect(scope('::1')).to.equal(96);
    expect(scope('8000::')).to.equal(1);
  });
});

/** Whether a range within the prefix has another class. */
function hasOther(
  tables: GeoTables,
  classOf: (location: number) => number,
  address: Uint8Array,
  prefixLength: number,
  bits: number,
): boolean {
  const wanted = classAt(tables, classOf, address);
  const end = within(address, prefixLength, new Uint8Array(16).fill(255));
  let at = within(address, prefixLength, new Uint8Array(16));
  for (;;) {
    if (at.length === 16 && isHeld(at)) return true;
    const { last, location } = rangeOf(tables, at);
    if (location === 1 || classOf(location) !== wanted) return true;
    if (Buffer.compare(last, end) >= 0) return false;
    at = Uint8Array.from(last);
    for (let i = bits / 8 - 1; i >= 0; i--) {
      at[i] = ((at[i] ?? 0) + 1) & 0xff;
      if (at[i] !== 0) break;
    }
    at.fill(0, bits / 8);
  }
}

/** Begins a network whose addresses are looked up as IPv4. */
function isHeld(address: Uint8Array): boolean {
  const first = Buffer.from(address).readUInt32BE();
  return (
    first === 0x2001_0000 ||
    first >>> 16 === 0x2002 ||
    (first === 0x64_ff9b && address[7] === 0) ||
    Buffer.from(address).readBigUInt64BE() === 0n
  );
}

describe('the range around an address', () => {
  it('is what has the same location', () => {
    const tables = tablesOf({ 'n.csv': 'prefix,asn\n192.0.2.0/24,1\n192.0.2.64/26,2\n2001:db8::/48,3\n' });
    const range = (text: string) => {
      const { first, last, network } = rangeOf(tables, scanAddress(text) ?? new Uint8Array(4));
      return `${showAddress(first)}-${showAddress(last)} ${showNetwork(network)}`;
    };
    expect(range('192.0.2.1')).to.equal('192.0.2.0-192.0.2.63 192.0.2.0/26');
    expect(range('::ffff:192.0.2.200')).to.equal('192.0.2.128-192.0.2.255 192.0.2.128/25');
    expect(range('2001:db8::1')).to.equal('2001:db8::-2001:db8:0:ffff:ffff:ffff:ffff:ffff 2001:db8::/48');
    expect(range('255.255.255.255')).to.equal('192.0.3.0-255.255.255.255 224.0.0.0/3');
    expect(range('ffff::')).to.match(/-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 8000::\/1$/);
  });
});
