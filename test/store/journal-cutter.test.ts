import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { ZoneDatabase } from '../../src/store/database.ts';
import { type JournalBounds, JournalCutter } from '../../src/store/journal-cutter.ts';
import { SnapshotPool } from '../../src/store/zone-snapshot.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { FakeEffects } from '../support/effects.ts';
import { MapImage } from '../support/map-image.ts';
import { name, rr } from '../support/rr.ts';
import { adoptZone } from '../support/stored-zone.ts';

const APEX = name('example.test');
const BY = { kind: 'key', name: 'deploy.' } as const;
const ZONE = ['@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300', '@ 3600 NS ns1', 'ns1 3600 A 192.0.2.53'];

describe('store/journal-cutter', () => {
  let directory = '';
  let database: ZoneDatabase;
  let effects: FakeEffects;
  let writer: ZoneWriter;
  let cutter: JournalCutter;
  /** What the cutter has scheduled and the test has not run. */
  let later: (() => void)[] = [];
  /** Called at each breath of the cutter. */
  let meanwhile: () => void = () => {};

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    database = new ZoneDatabase(directory);
    effects = new FakeEffects();
    later = [];
    meanwhile = () => {};
    const image = new MapImage((apex) => database.view(apex));
    writer = new ZoneWriter({ database, image, effects, onChanged: (apex) => cutter.note(apex) });
    cutter = makeCutter({ maxEntries: 10, maxRecords: 1000 });
    adoptZone(
      database,
      writer,
      APEX,
      ZONE.map((line) => rr(line)),
    );
  });
  afterEach(async () => {
    await cutter.stop();
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('keeps the newest entries, each with its records, and nothing of the others', async () => {
    for (let i = 0; i < 25; i++) change([`a${i} 60 A 192.0.2.4`]);
    await cut();
    expect(serials()).to.deep.equal([22, 23, 24, 25, 26, 27, 28, 29, 30, 31]);
    expect(orphans()).to.equal(0);
    expect(rows('SELECT count(*) FROM journal_rr')).to.deep.equal([[30]]);
    change(['b 60 A 192.0.2.4']);
    await cut();
    expect(serials()[0]).to.equal(23);
  });

  it('a bound on records: a large entry goes when a newer one is there, in small parts', async () => {
    change(Array.from({ length: 2000 }, (_, i) => `h${i} 60 A 192.0.2.4`));
    await cut();
    expect(serials()).to.deep.equal([7]);
    change(['b 60 A 192.0.2.4']);
    let most = rows('SELECT count(*) FROM journal_rr').flat()[0];
    meanwhile = () => {
      const now = rows('SELECT count(*) FROM journal_rr').flat()[0];
      expect(Number(most) - Number(now)).to.be.at.most(500);
      most = now;
    };
    await cut();
    expect(serials()).to.deep.equal([8]);
    expect([orphans(), rows('SELECT * FROM journal_cut')]).to.deep.equal([0, []]);
  });

  it('what was left half cleared is cleared after the next start', async () => {
    change(Array.from({ length: 2000 }, (_, i) => `h${i} 60 A 192.0.2.4`));
    change(['b 60 A 192.0.2.4']);
    let breaths = 0;
    meanwhile = () => {
      if (++breaths === 4) void cutter.stop();
    };
    await cut();
    expect([serials(), rows('SELECT count(*) FROM journal_cut'), orphans()]).to.deep.equal([
      [8],
      [[1]],
      1502,
    ]);
    cutter = makeCutter({ maxEntries: 10, maxRecords: 1000 });
    cutter.note(APEX);
    await cut();
    expect([rows('SELECT * FROM journal_cut'), orphans()]).to.deep.equal([[], 0]);
  });

  it('a snapshot that is open keeps what is cut, a new one says that it is not there', async () => {
    const pool = new SnapshotPool(database.path, 2);
    change(['a 60 A 192.0.2.4']);
    const old = pool.open(APEX);
    for (let i = 0; i < 12; i++) change([`a${i} 60 A 192.0.2.4`]);
    await cut();
    expect(old?.steps(7)).to.have.length(1);
    const now = pool.open(APEX);
    expect([now?.steps(7), now?.steps(9), now?.steps(10)?.length]).to.deep.equal([undefined, undefined, 10]);
    pool.close();
  });

  it('goes on beside changes, and waits while the image is filled', async () => {
    for (let i = 0; i < 300; i++) change([`a${i} 60 A 192.0.2.4`]);
    let more = 0;
    meanwhile = () => {
      if (more < 3) change([`b${more++} 60 A 192.0.2.4`]);
    };
    await cut();
    await cut();
    expect(serials()).to.have.length(10);
    expect(serials().at(-1)).to.equal(309);
  });

  it('when the database cannot be written it says so, and tries again after the next change', async () => {
    for (let i = 0; i < 12; i++) change([`a${i} 60 A 192.0.2.4`]);
    const other = new Database(database.path);
    other.exec('BEGIN IMMEDIATE');
    await cut();
    expect(effects.lines.at(-1)).to.include('could not cut the journal');
    other.close();
    change(['b 60 A 192.0.2.4']);
    await cut();
    expect(serials()).to.have.length(10);
  });

  function makeCutter(bounds: JournalBounds): JournalCutter {
    return new JournalCutter({
      database,
      writer,
      bounds,
      effects,
      schedule(run) {
        later.push(run);
        return () => {};
      },
      breathe: async () => meanwhile(),
    });
  }

  function change(added: readonly string[]): void {
    writer.change({ apex: APEX, removed: [], added: added.map((line) => rr(line)), by: BY });
  }

  async function cut(): Promise<void> {
    for (const run of later.splice(0)) run();
    for (let i = 0; i < 1000; i++) await Promise.resolve();
  }

  function serials(): unknown[] {
    return rows('SELECT serial_from FROM journal ORDER BY id').flat();
  }

  function orphans(): number {
    return rows('SELECT * FROM journal_rr WHERE journal NOT IN (SELECT id FROM journal)').length;
  }

  function rows(text: string): unknown[][] {
    const sql = new Database(database.path, { readonly: true });
    const found = sql.prepare<[], unknown[]>(text).raw().all();
    sql.close();
    return found;
  }
});
