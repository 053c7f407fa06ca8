// What compiling and looking up cost: `node dist/test/bench/geo-tables.js [FILE…]`, after `make build`; without files, a
// made-up database of the size of GeoLite2 City. Times are of CPU, of one thread; lookups are the best of some rounds.
import { readFileSync } from 'node:fs';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { type CompileInput, compileTables } from '../../src/geo/compile.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import { locate } from '../../src/geo/locate.ts';
import { NetSegments } from '../../src/geo/net-segments.ts';
import { openTables } from '../../src/geo/open-tables.ts';
import { ScopeFinder } from '../../src/geo/scope.ts';
import { GeoTables } from '../../src/geo/tables.ts';
import { IPV6_ROW } from '../../src/geo/tables-layout.ts';
import { makeCityDatabase } from '../support/city-database.ts';
import { Chance } from '../support/geo.ts';

const LOOKUPS = 200_000;
const ROUNDS = 12;

const paths = process.argv.slice(2);
const inputs: readonly CompileInput[] =
  paths.length > 0
    ? paths.map((name) => ({ name, octets: readFileSync(name) }))
    : [
        {
          name: 'made-up.mmdb',
          octets: makeCityDatabase({ records: 286_000, ipv4Networks: 3_400_000, ipv6Networks: 700_000 }),
        },
      ];

const started = process.cpuUsage();
const memory = compileTables(inputs, 'bench');
const tables = new GeoTables(memory);
report('compile', `${Math.round(cpuMs(started))} ms`);
report('sources', `${megabytes(inputs.reduce((sum, { octets }) => sum + octets.length, 0))} MB`);
report('tables', `${megabytes(memory.byteLength)} MB`);
report('ranges', `${tables.ipv4Ranges} IPv4, ${tables.ipv6Ranges} IPv6, ${tables.locationCount} locations`);
const opened = process.cpuUsage();
openTables(memory);
report('open kept tables', `${Math.round(cpuMs(opened))} ms`);

const chance = new Chance(1);
const ipv4 = chance.octets(4 * LOOKUPS);
const ipv6 = new Uint8Array(16 * LOOKUPS);
const view = new DataView(ipv6.buffer);
for (let i = 0; i < LOOKUPS; i++) {
  const row = chance.below(tables.ipv6Ranges) * IPV6_ROW;
  view.setUint32(16 * i, tables.ipv6Rows[row] ?? 0);
  view.setUint32(16 * i + 4, tables.ipv6Rows[row + 1] ?? 0);
}
lookups('look up IPv4, at random', (i) => locate(tables, ipv4, 4 * i, 4));
lookups('look up IPv6, ranges at random', (i) => locate(tables, ipv6, 16 * i, 16));
const room = new NumberRoom(64 * 2 ** 20);
const place = new ClientPlace();
const dozen = Uint16Array.from({ length: tables.locationCount }, (_, i) =>
  Math.trunc(Math.abs(tables.longitude(i)) / 150_000),
);
const zones = new ScopeFinder(tables, new NetSegments([]), (_, location) => dozen[location] ?? 0, room);
lookups('scope, a dozen classes', (i) => {
  place.set(tables, ipv4, 4 * i, 4);
  return zones.scopeOf(place);
});
const everybody = new ScopeFinder(tables, new NetSegments([]), () => 0, room);
lookups('scope, one class', (i) => {
  place.set(tables, ipv4, 4 * i, 4);
  return everybody.scopeOf(place);
});

function lookups(what: string, once: (i: number) => number): void {
  let best = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.cpuUsage();
    for (let i = 0; i < LOOKUPS; i++) sum += once(i);
    best = Math.min(best, cpuMs(begun));
  }
  report(what, `${((best * 1e6) / LOOKUPS).toFixed(0)} ns${sum < 0 ? '?' : ''}`);
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function megabytes(octets: number): string {
  return (octets / 1e6).toFixed(1);
}

function report(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(32)}${figure}\n`);
}
