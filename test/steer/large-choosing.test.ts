// Who has thousands of members must not make others wait: a query thread answers one query after the other.
import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { Chooser } from '../../src/steer/chooser.ts';
import { choosingOf } from '../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { Ranking } from '../../src/steer/ranking.ts';
import { tablesOf } from '../support/geo.ts';

function choosing(policy: string, members: readonly string[]) {
  const lines = scanSteeringLines([policy, ...members]);
  expect(lines.faults).to.deep.equal([]);
  const names = members.map((line) => line.split(' ')[0] ?? '');
  return choosingOf(lines.policy ?? expect.fail('no policy'), lines, names, names.length);
}

function addresses(count: number, attributes: (i: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255} ${attributes(i)}`);
}

/** As many networks side by side, each at a place of its own. */
function tablesOfPlaces(count: number): GeoTables {
  const lines = Array.from({ length: count }, (_, i) => {
    return `100.64.${i >> 8}.${i & 255}/32,${(i % 170) - 85},${(i % 359) - 179 + (i % 997) / 1000}`;
  });
  return tablesOf({ 'networks.csv': ['prefix,latitude,longitude', ...lines].join('\n') });
}

function clientAt(tables: GeoTables, address: string): ClientPlace {
  const octets = scanAddress(address) ?? expect.fail(address);
  const place = new ClientPlace();
  place.set(tables, octets, 0, octets.length);
  return place;
}

describe('a choosing of many members', () => {
  it('does not rank all of them a thousand times for one answer, to know how wide it holds', () => {
    const tables = tablesOfPlaces(4000);
    const at = (i: number) => `at=${(i % 140) - 70},${(i % 300) - 150}`;
    const subject = new Chooser(
      choosing('rank=distance within=20000', addresses(500, at)),
      tables,
      new NumberRoom(1e6),
    );
    let ranked = 0;
    const { ranking } = subject;
    const rank = ranking.rank.bind(ranking);
    ranking.rank = (kind, location) => {
      ranked++;
      rank(kind, location);
    };
    const place = clientAt(tables, '100.64.7.1');
    subject.choiceAt(place);
    subject.scopeAt(place);
    expect(ranked).to.be.lessThan(64);
    for (let i = 0; i < 400; i++) subject.scopeAt(place);
    expect(subject.scopeAt(place)).to.equal(0); // all get all of them: it is found out little by little
  });

  it('is ranked as one of few is', () => {
    const tables = tablesOf({ 'networks.csv': 'prefix,latitude,longitude\n192.0.2.0/24,0,0' });
    const at = (i: number) => (i % 7 === 3 ? '' : `at=0,${(i * 37) % 100} bias=${i % 5 === 0 ? -50 : 0}`);
    const said = choosing('rank=distance within=0', addresses(100, at));
    const ranking = new Ranking(said, tables);
    ranking.rank(0, clientAt(tables, '192.0.2.1').location);
    const distances = Array.from(ranking.order, (member) => {
      return ranking.distance(member, clientAt(tables, '192.0.2.1').location)?.biased ?? Infinity;
    });
    expect(distances).to.deep.equal(distances.toSorted((a, b) => (a === b ? 0 : a - b)));
    expect([...ranking.order].sort((a, b) => a - b)).to.deep.equal(said.members.map((_, i) => i));
    const starts = [0, ...ranking.ends.subarray(0, ranking.tierCount - 1)];
    const changes = distances.flatMap((distance, i) => (distance === distances[i - 1] ? [] : [i]));
    expect(starts).to.deep.equal(changes);
  });

  it('keeps choices of many tiers in a few megabytes, however many clients ask', () => {
    const tables = tablesOfPlaces(1500);
    const at = (i: number) => `at=${((i * 31) % 160) - 80},${((i * 17) % 300) - 150}`;
    const members = addresses(2000, at);
    const subject = new Chooser(
      choosing('rank=distance within=0 need=2000', members),
      tables,
      new NumberRoom(1e6),
    );
    for (let i = 0; i < 1500; i++) subject.choiceAt(clientAt(tables, `100.64.${i >> 8}.${i & 255}`));
    expect(subject.words.byteLength).to.be.lessThan(12 * 2 ** 20);
  });

  it('is opened without a table of all its networks times all its members', () => {
    const net = (i: number) => {
      const nets = Array.from({ length: 10 }, (_, j) => `${1 + (i >> 5)}.${8 * (i & 31)}.${j}.0/24`);
      return `net=${nets.join(',')}`;
    };
    const said = choosing('rank=net', addresses(4000, net));
    const before = process.memoryUsage().arrayBuffers;
    const { segments } = new Ranking(said, tablesOf({ 'networks.csv': 'prefix,latitude,longitude' }));
    const after = process.memoryUsage().arrayBuffers;
    expect(segments.kindCount).to.equal(4001);
    expect(segments.match(segments.ipv4Kind(0x0108_0300), 1)).to.equal(24);
    expect(segments.match(segments.ipv4Kind(0x0108_0300), 2)).to.equal(-1);
    expect(after - before).to.be.lessThan(8 * 2 ** 20);
  });
});
