import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ZoneDatabase } from '../../src/store/database.ts';
import { StoreError, TooManySnapshotsError } from '../../src/store/errors.ts';
import { SnapshotPool, type ZoneSnapshot } from '../../src/store/zone-snapshot.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import type { ZoneStep } from '../../src/zone/history.ts';
import { FakeEffects } from '../support/effects.ts';
import { holds } from '../support/fuzz.ts';
import { MapImage, showView } from '../support/map-image.ts';
import { name, rr, showRecord } from '../support/rr.ts';
import { adoptZone } from '../support/stored-zone.ts';

const APEX = name('example.test');
const BY = { kind: 'key', name: 'deploy.' } as const;
const SOA = '@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300';
const ZONE = [SOA, '@ 3600 NS ns1', 'ns1 3600 A 192.0.2.53', 'www 60 A 192.0.2.1'];

describe('store/zone-snapshot', () => {
  let directory = '';
  let database: ZoneDatabase;
  let writer: ZoneWriter;
  let pool: SnapshotPool;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    database = new ZoneDatabase(directory);
    const image = new MapImage((apex) => database.view(apex));
    writer = new ZoneWriter({ database, image, effects: new FakeEffects() });
    pool = new SnapshotPool(database.path, 3);
    adopt();
  });
  afterEach(() => {
    pool.close();
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows the zone as it was when it was opened, while changes are committed', () => {
    const old = open();
    const before = showView(old.view);
    const walk = old.view.owners()[Symbol.iterator]();
    walk.next();
    change([], ['a 60 A 192.0.2.4']);
    const newer = open();
    change(['a 60 A 192.0.2.4'], []);
    expect(showView(old.view)).to.deep.equal(before);
    expect(walk.next().value?.name).to.deep.equal(name('ns1.example.test'));
    expect([old.serial, newer.serial, open().serial]).to.deep.equal([7, 8, 9]);
    expect(showView(newer.view)).to.include('a.example.test. 60 A 192.0.2.4');
    expect([old.records, newer.records]).to.deep.equal([4, 5]);
  });

  it('the number of records is known by the journal once it was counted', () => {
    expect(once((zone) => zone.records)).to.equal(4);
    change([], ['a 60 A 192.0.2.4', 'b 60 A 192.0.2.4']);
    change(['a 60 A 192.0.2.4'], ['b 90 A 192.0.2.4']);
    expect(once((zone) => zone.records)).to.equal(5);
  });

  it('no zone of that name: undefined, and the connection is free again', () => {
    for (let i = 0; i < 5; i++) expect(pool.open(name('other.test'))).to.equal(undefined);
    expect(pool.opened).to.equal(0);
  });

  it('as many as may be open: the next is refused until one is closed, and closing twice is once', () => {
    const first = open();
    open();
    open();
    expect(() => pool.open(APEX)).to.throw(
      TooManySnapshotsError,
      '3 zones are being read, no more may be: try again later',
    );
    expect(new TooManySnapshotsError(3)).to.be.instanceOf(StoreError);
    first.close();
    first.close();
    expect(pool.opened).to.equal(2);
    expect(open().serial).to.equal(7);
  });

  it('steps: oldest first, SOA first, as far as this serial', () => {
    change(['www 60 A 192.0.2.1'], ['www 60 A 192.0.2.2']);
    change([], ['a 60 A 192.0.2.4', SOA.replace(' 7 ', ' 20 ')]);
    const zone = open();
    change([], ['later 60 A 192.0.2.4']);
    expect(zone.steps(7)?.map(showStep)).to.deep.equal([
      ['7 → 8', '- @ 7', '- www 60 A 192.0.2.1', '+ @ 8', '+ www 60 A 192.0.2.2'],
      ['8 → 20', '- @ 8', '+ @ 20', '+ a 60 A 192.0.2.4'],
    ]);
    expect(zone.steps(8)?.map(showStep)).to.have.length(1);
    expect(zone.steps(20)).to.deep.equal([]);
    expect([7, 8, 20].map((serial) => zone.stepsSize(serial))).to.deep.equal([7, 3, 0]);
    expect([...(zone.walkSteps(7) ?? [])]).to.deep.equal(zone.steps(7));
  });

  it('steps: undefined for serials that never were, are to come, or are of a zone before this one', () => {
    change([], ['a 60 A 192.0.2.4']);
    for (const serial of [6, 9, 0, 0xffff_ffff])
      expect(once((zone) => zone.steps(serial))).to.equal(undefined);
    expect(once((zone) => zone.steps(7))).to.have.length(1);
    writer.remove(APEX, BY);
    adopt([SOA.replace(' 7 ', ' 8 '), ...ZONE.slice(1)]);
    change([], ['a 60 A 192.0.2.4']);
    expect(once((zone) => zone.steps(7))).to.equal(undefined);
    expect(once((zone) => zone.stepsSize(7))).to.equal(undefined);
    expect(once((zone) => zone.steps(8))).to.have.length(1);
  });

  it('steps: undefined beyond the limit on records, which the walk has not', () => {
    change([], ['a 60 A 192.0.2.4', 'b 60 A 192.0.2.4']);
    change([], ['c 60 A 192.0.2.4']);
    const zone = open();
    expect(zone.steps(7, 6)).to.equal(undefined);
    expect(zone.at(7, 6)).to.equal(undefined);
    expect(zone.steps(7, 7)).to.have.length(2);
    expect([...(zone.walkSteps(7) ?? [])]).to.have.length(2);
  });

  it('a record that comes and goes within a change is in no step', () => {
    writer.change({
      apex: APEX,
      removed: [rr('www 60 A 192.0.2.1')],
      added: [rr('www 60 A 192.0.2.1'), rr('b 60 A 192.0.2.4'), rr('b 90 A 192.0.2.4')],
      by: BY,
    });
    expect(once((zone) => zone.steps(7))?.map(showStep)).to.deep.equal([
      ['7 → 8', '- @ 7', '+ @ 8', '+ b 90 A 192.0.2.4'],
    ]);
  });

  it('RFC 2181 §5.2: unequal TTLs become the lowest, and the step says so', () => {
    change([], ['www 30 A 192.0.2.2', 'ns1 7200 A 192.0.2.54']);
    expect(once((zone) => zone.steps(7))?.map(showStep)).to.deep.equal([
      [
        '7 → 8',
        '- @ 7',
        '- www 60 A 192.0.2.1',
        '+ @ 8',
        '+ www 30 A 192.0.2.2',
        '+ ns1 3600 A 192.0.2.54',
        '+ www 30 A 192.0.2.1',
      ],
    ]);
  });

  it('serials that go around zero are followed', () => {
    change([], [SOA.replace(' 7 ', ' 2147483654 ')]);
    change([], [SOA.replace(' 7 ', ' 4294967295 ')]);
    change([], ['a 60 A 192.0.2.4']);
    expect(
      once((zone) => [zone.serial, zone.steps(0xffff_ffff)?.length, zone.steps(2147483654)?.length]),
    ).to.deep.equal([1, 1, 2]);
  });

  it('law: at each serial the zone is what it was, backwards by undoing and forwards by doing', function () {
    this.timeout(60_000);
    const record = fc.constantFrom(
      ...['www', 'a', 'b.c', 'c', '*'].flatMap((owner) =>
        ['A 192.0.2.1', 'A 192.0.2.2', 'TXT x', 'MX 1 Host', 'MX 1 HOST'].flatMap((data) =>
          [60, 90].map((ttl) => `${owner} ${ttl} ${data}`),
        ),
      ),
    );
    const records = fc.array(record, { maxLength: 4 });
    const changes = fc.array(fc.tuple(records, records), { minLength: 1, maxLength: 8 });
    holds(
      fc.property(changes, (list) => {
        const seen: { serial: number; shown: string[] }[] = [];
        const look = (): void => {
          const [serial, shown] = once((zone): [number, string[]] => [zone.serial, showView(zone.view)]);
          if (seen.at(-1)?.serial !== serial) seen.push({ serial, shown });
          else expect(shown).to.deep.equal(seen.at(-1)?.shown);
        };
        look();
        for (const [removed, added] of list) {
          change(removed, added);
          look();
        }
        const zone = open();
        try {
          for (const [i, { serial, shown }] of seen.entries()) {
            const past = zone.at(serial);
            expect(past === undefined ? [] : showView(past)).to.deep.equal(shown);
            for (const owner of past?.owners() ?? []) expect(past?.get(owner.name)).to.deep.equal(owner);
            const later = seen[i + 1];
            const [step] = zone.steps(serial) ?? [];
            if (step !== undefined) expect(forward(shown, step)).to.have.members(later?.shown ?? []);
          }
        } finally {
          zone.close();
        }
        writer.remove(APEX, BY);
        adopt();
      }),
    );
  });

  function adopt(lines = ZONE): void {
    adoptZone(
      database,
      writer,
      APEX,
      lines.map((line) => rr(line)),
    );
  }

  function change(removed: readonly string[], added: readonly string[]): void {
    writer.change({
      apex: APEX,
      removed: removed.map((line) => rr(line)),
      added: added.map((line) => rr(line)),
      by: BY,
    });
  }

  function open(): ZoneSnapshot {
    const zone = pool.open(APEX);
    if (zone === undefined) throw new Error('no zone');
    return zone;
  }

  function once<T>(look: (zone: ZoneSnapshot) => T): T {
    const zone = open();
    try {
      return look(zone);
    } finally {
      zone.close();
    }
  }
});

function showStep({ serialFrom, serialTo, removed, added }: ZoneStep): string[] {
  const show = (one: ZoneStep['added'][number]): string => {
    const line = showRecord(one)
      .replaceAll('.example.test.', '')
      .replace(/^example\.test\./, '@');
    return line.replace(/^(@) \d+ SOA \S+ \S+ (\d+) .*$/, '$1 $2');
  };
  return [
    `${serialFrom} → ${serialTo}`,
    ...removed.map((one) => `- ${show(one)}`),
    ...added.map((one) => `+ ${show(one)}`),
  ];
}

/** What a secondary does with a step: takes records away, puts records in. Throws when they are not as the step says. */
function forward(shown: readonly string[], { removed, added }: ZoneStep): string[] {
  const lines = new Set(shown);
  for (const one of removed)
    if (!lines.delete(showRecord(one))) throw new Error(`not there: ${showRecord(one)}`);
  for (const one of added) {
    if (lines.has(showRecord(one))) throw new Error(`there already: ${showRecord(one)}`);
    lines.add(showRecord(one));
  }
  return [...lines];
}
