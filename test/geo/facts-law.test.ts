import { expect } from 'chai';
import { showAddress } from '../../src/base/ip.ts';
import { locate } from '../../src/geo/locate.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { LAW_CLIENTS, LawClients, lawWorlds } from '../support/law-world.ts';
import { numberOf } from '../support/plain-address.ts';
import type { PlainFacts } from '../support/plain-geography.ts';

/** The facts of an address as the tables have them. */
function compiledFacts(tables: GeoTables, address: Uint8Array): PlainFacts {
  return factsAt(tables, locate(tables, address, 0, address.length));
}

function isSame(a: PlainFacts, b: PlainFacts): boolean {
  return (
    a.position?.latitude === b.position?.latitude &&
    a.position?.longitude === b.position?.longitude &&
    a.country === b.country &&
    a.continent === b.continent &&
    a.asn === b.asn &&
    a.isp === b.isp
  );
}

for (const { name, tables, geography, world } of lawWorlds()) {
  describe(`law of locating, ${name}`, () => {
    it('the compiled tables say of random addresses what the sources say, asked one by one', function () {
      this.timeout(1_200_000);
      const clients = new LawClients(20_261_123);
      const started = process.cpuUsage().user;
      const check = (address: Uint8Array): void => {
        const [ours, plain] = [compiledFacts(tables, address), geography.factsOf(address)];
        if (!isSame(ours, plain)) expect(ours, showAddress(address)).to.deep.equal(plain);
      };
      for (let i = 0; i < LAW_CLIENTS.ipv4; i++) check(clients.ipv4());
      for (let i = 0; i < LAW_CLIENTS.ipv6; i++) check(clients.ipv6());
      const seconds = (process.cpuUsage().user - started) / 1e6;
      if (process.env['WAYPOST_LAW_IPV4'] !== undefined) {
        console.log(`      ${LAW_CLIENTS.ipv4} IPv4, ${LAW_CLIENTS.ipv6} IPv6: ${seconds.toFixed(1)} s CPU`);
      }
    });

    it('every segment of the walk through the sources begins where the tables say the same', function () {
      this.timeout(1_200_000);
      const { ipv4, ipv6 } = world();
      for (const { bits, starts, numbers, facts } of [ipv4, ipv6]) {
        const step = process.env['WAYPOST_LAW_IPV4'] === undefined ? 37 : 1;
        for (let i = 0; i < starts.length; i += step) {
          const plain = facts[numbers[i] ?? 0];
          const start = starts[i] ?? 0n;
          const location =
            bits === 32
              ? tables.ipv4Location(Number(start))
              : tables.ipv6Location(Number(start >> 32n), Number(start & 0xffff_ffffn));
          if (plain === undefined) expect(location).to.equal(1);
          else if (!isSame(plain, factsAt(tables, location)))
            expect(factsAt(tables, location), start.toString(16)).to.deep.equal(plain);
        }
      }
    });

    it('the walk finds at random addresses what is found by asking for them alone', function () {
      this.timeout(60_000);
      const clients = new LawClients(5);
      const { ipv4 } = world();
      for (let i = 0; i < 2000; i++) {
        const address = clients.ipv4();
        const walked = ipv4.factsAt(numberOf(address));
        const asked = geography.factsOf(address);
        if (walked === undefined || !isSame(walked, asked))
          expect(walked, showAddress(address)).to.deep.equal(asked);
      }
    });
  });
}

function factsAt(tables: GeoTables, location: number): PlainFacts {
  const { country, continent, asn, isp } = tables.describe(location);
  const position = tables.isPlaced(location)
    ? { latitude: tables.latitude(location), longitude: tables.longitude(location) }
    : undefined;
  return { position, country, continent, asn, isp };
}
