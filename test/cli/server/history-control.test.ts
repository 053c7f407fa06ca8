import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import fc from 'fast-check';
import { HistoryControl } from '../../../src/cli/server/history-control.ts';
import { HistoryError } from '../../../src/control/history.ts';
import type { RecordLine } from '../../../src/control/protocol.ts';
import { CommitQueue } from '../../../src/store/commit-queue.ts';
import { ZoneDatabase } from '../../../src/store/database.ts';
import { SnapshotPool } from '../../../src/store/zone-snapshot.ts';
import { ZoneWriter } from '../../../src/store/zone-writer.ts';
import { serialOf } from '../../../src/zone/serial.ts';
import { FakeEffects } from '../../support/effects.ts';
import { FUZZ_MS } from '../../support/fuzz.ts';
import { MapImage, showView } from '../../support/map-image.ts';
import { scanRecords } from '../../support/memory-zone.ts';
import { name, rr } from '../../support/rr.ts';
import { adoptZone } from '../../support/stored-zone.ts';
import { scanLines } from '../../support/zone-files.ts';

const APEX = name('example.test');
const BY = { kind: 'key', name: 'deploy.', address: '192.0.2.7' } as const;
const SOA = '@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300';
const ZONE = [SOA, '@ 3600 NS ns1', 'ns1 3600 A 192.0.2.53', 'www 60 A 192.0.2.1'];

describe('cli/history-control', () => {
  let directory = '';
  let database: ZoneDatabase;
  let writer: ZoneWriter;
  let pool: SnapshotPool;
  let history: HistoryControl;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    database = new ZoneDatabase(directory);
    const image = new MapImage((apex) => database.view(apex));
    writer = new ZoneWriter({ database, image, effects: new FakeEffects() });
    pool = new SnapshotPool(database.path, 2);
    history = new HistoryControl({
      snapshots: pool,
      queue: new CommitQueue({ writer }),
      apexes: () => database.zones().map(({ apex }) => apex),
      published: async () => {},
    });
    adopt();
  });
  afterEach(() => {
    expect(pool.opened).to.equal(0);
    pool.close();
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('lists the changes, newest first, with their records', () => {
    change(['www 60 A 192.0.2.1'], ['www 60 A 192.0.2.2']);
    const lines = [...history.entries('Example.test', 10, true)];
    expect(lines[0]).to.deep.equal({
      kind: 'entry',
      action: 'change',
      serialFrom: 7,
      serialTo: 8,
      at: '2026-11-22T10:00:00.000Z',
      by: BY,
      removed: 1,
      added: 1,
    });
    expect(lines.slice(2).map((line) => (line.kind === 'record' ? show(line) : line.kind))).to.deep.equal([
      '- example.test. 3600 SOA ns1.example.test. hostmaster.example.test. 7 7200 900 1209600 300',
      '- www.example.test. 60 A 192.0.2.1',
      '+ example.test. 3600 SOA ns1.example.test. hostmaster.example.test. 8 7200 900 1209600 300',
      '+ www.example.test. 60 A 192.0.2.2',
    ]);
    expect(lines.slice(0, 2).map((line) => line.kind === 'entry' && line.action)).to.deep.equal([
      'change',
      'load',
    ]);
    expect([...history.entries('example.test', 1, false)]).to.have.length(1);
  });

  it('shows the difference of two serials both ways, what came and went left out', () => {
    change([], ['a 60 A 192.0.2.4', 'z.b 60 A 192.0.2.5', 'b 60 A 192.0.2.5']);
    change(['a 60 A 192.0.2.4', 'www 60 A 192.0.2.1'], []);
    const isPlain = ({ type }: RecordLine): boolean => type !== 'SOA';
    const lines = [...history.difference('example.test', 7, 9)];
    expect(lines.filter(isPlain).map(show)).to.deep.equal([
      '- www.example.test. 60 A 192.0.2.1',
      '+ b.example.test. 60 A 192.0.2.5',
      '+ z.b.example.test. 60 A 192.0.2.5',
    ]);
    expect([...history.difference('example.test', 9, 7)].filter(isPlain).map(show)).to.deep.equal([
      '- b.example.test. 60 A 192.0.2.5',
      '- z.b.example.test. 60 A 192.0.2.5',
      '+ www.example.test. 60 A 192.0.2.1',
    ]);
    expect([...history.difference('example.test', 8, 9)].filter(isPlain)).to.have.length(2);
    expect([...history.difference('example.test', 8, 8)]).to.deep.equal([]);
  });

  it('what is not there is said with what is', async () => {
    change([], ['a 60 A 192.0.2.4']);
    expectError(
      () => [...history.text('examle.test', undefined)],
      'zone examle.test. is not served here; did you mean example.test.?',
    );
    expectError(
      () => [...history.text('a..b', undefined)],
      "'a..b' is no zone: not a domain name: 'a..b.' (empty label)",
    );
    const range = 'is not in its journal, which goes from 7 to 8 (waypost zone history lists the changes)';
    expectError(() => [...history.text('example.test', 9)], `serial 9 of example.test. ${range}`);
    expectError(() => [...history.records('example.test', 6)], `serial 6 of example.test. ${range}`);
    expectError(() => [...history.difference('example.test', 7, 9)], `serial 9 of example.test. ${range}`);
    expect(await undoError(9)).to.equal(`serial 9 of example.test. ${range}`);
    expect(await undoError(7)).to.equal(
      'serial 7 is the oldest that is known: the journal does not say what led to it',
    );
  });

  it('undo takes back one change, leaves what came after it, and can be undone', async () => {
    change(['www 60 A 192.0.2.1'], ['www 60 A 192.0.2.2']);
    change([], ['a 60 A 192.0.2.4']);
    const before = records();
    const report = await history.undo('example.test', 8);
    expect(report).to.deep.equal({
      zone: 'example.test.',
      undone: 8,
      serial: 10,
      removed: 1,
      added: 1,
      conflicts: [],
      warnings: [],
    });
    expect(records())
      .to.include('www.example.test. 60 A 192.0.2.1')
      .and.include('a.example.test. 60 A 192.0.2.4');
    const [entry] = history.entries('example.test', 1, false);
    expect(entry).to.deep.include({ by: { kind: 'undo', name: '8', address: undefined } });
    await history.undo('example.test', 10);
    expect(records()).to.deep.equal(before);
  });

  it('undo reports conflicts by record and does nothing', async () => {
    change(['www 60 A 192.0.2.1'], ['www 60 A 192.0.2.2']);
    change(['www 60 A 192.0.2.2'], ['www 60 A 192.0.2.3']);
    const before = showView(database.view(APEX));
    const report = await history.undo('example.test', 8);
    expect(report.serial).to.equal(9);
    expect(report.conflicts.map(({ record, why }) => `${show(record)}: ${why}`)).to.deep.equal([
      'www.example.test. 60 A 192.0.2.2: the change added it, and it has been removed since',
    ]);
    expect(showView(database.view(APEX))).to.deep.equal(before);
  });

  it('undo goes through the zone check, and says when there is nothing', async () => {
    change(['www 60 A 192.0.2.1'], []);
    change([], ['www 60 CNAME ns1']);
    expect(await undoError(8)).to.match(
      /^without that change the zone could not be served: www\.example\.test\.: /,
    );
    change([], [SOA.replace(' 7 ', ' 50 ')]);
    expect(await undoError(50)).to.equal('nothing to undo: the change to serial 50 changed only the serial');
  });

  it('undo is not for the copy of a primary’s zone', async () => {
    change([], ['a 60 A 192.0.2.4']);
    const sql = new Database(database.path);
    sql.exec("UPDATE zone SET source = 'transfer'");
    sql.close();
    expect(await undoError(8)).to.equal(
      "example.test. is a copy of its primary's zone: undo the change there",
    );
  });

  it('undo of an SOA gives back its other fields', async () => {
    change([], [SOA.replace(' 7 7200 ', ' 8 3600 ')]);
    expect((await history.undo('example.test', 8)).conflicts).to.deep.equal([]);
    expect(showView(database.view(APEX))[1]).to.match(/ 9 7200 900 /);
  });

  it('law: undoing the newest change gives back the zone before it; undoing all of them, the first', async function () {
    this.timeout(60_000);
    const line = fc.constantFrom(
      ...['www', 'a', 'b.c'].flatMap((owner) =>
        ['A 192.0.2.1', 'A 192.0.2.2', 'MX 1 Host', 'MX 1 HOST'].flatMap((data) =>
          [60, 90].map((ttl) => `${owner} ${ttl} ${data}`),
        ),
      ),
    );
    const lines = fc.array(line, { maxLength: 4 });
    const law = fc.asyncProperty(
      fc.array(fc.tuple(lines, lines), { minLength: 1, maxLength: 5 }),
      async (list) => {
        const states = [{ serial: serialOf(database.view(APEX)), shown: records() }];
        for (const [removed, added] of list) {
          change(removed, added);
          const serial = serialOf(database.view(APEX));
          if (serial !== states.at(-1)?.serial) states.push({ serial, shown: records() });
        }
        for (let i = states.length - 1; i > 0; i--) {
          const [state, before] = [states[i], states[i - 1]];
          if (state?.shown.join() === before?.shown.join()) continue; // what went came back: nothing to undo
          const report = await history.undo('example.test', state?.serial ?? 0);
          expect(report.conflicts).to.deep.equal([]);
          expect(records()).to.deep.equal(states[i - 1]?.shown);
        }
      },
    );
    await fc.assert(law, { interruptAfterTimeLimit: FUZZ_MS, numRuns: Number.MAX_SAFE_INTEGER });
  });

  it('a shown zone reads back to the same records, as it is and as it was', () => {
    const odd = [
      '*.a 1 TXT "a\\"b;\\\\" "\\255"',
      'a 60 TYPE65280 \\# 3 010203',
      'x\\.y.b 2147483647 CNAME WWW.Example.ORG.',
      'b 0 SVCB 1 . alpn=h2',
    ];
    change([], odd);
    change(['www 60 A 192.0.2.1'], ['c 60 AAAA 2001:db8::1']);
    const was = [...history.records('example.test', 8)].map(show);
    expect(scanLines([...history.text('example.test', undefined)].join('')).toSorted()).to.deep.equal(
      showView(database.view(APEX)).toSorted(),
    );
    expect(scanLines([...history.text('example.test', 8)].join('')).toSorted()).to.deep.equal(was.toSorted());
    expect(was).to.include('www.example.test. 60 A 192.0.2.1');
  });

  function adopt(): void {
    adoptZone(database, writer, APEX, scanRecords(ZONE.join('\n'), APEX));
  }

  function change(removed: readonly string[], added: readonly string[]): void {
    writer.change({
      apex: APEX,
      removed: removed.map((one) => rr(one)),
      added: added.map((one) => rr(one)),
      by: BY,
    });
  }

  /** All but the SOA, whose serial is another. */
  function records(): string[] {
    return showView(database.view(APEX)).filter((line) => !line.includes(' SOA '));
  }

  async function undoError(serial: number): Promise<string> {
    const failure = await history.undo('example.test', serial).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(HistoryError);
    return failure instanceof Error ? failure.message : '';
  }
});

function expectError(ask: () => unknown, message: string): void {
  expect(ask).to.throw(HistoryError, message);
}

function show({ sign, owner, ttl, type, data }: RecordLine): string {
  return `${sign === undefined ? '' : `${sign} `}${owner} ${ttl} ${type} ${data}`;
}
