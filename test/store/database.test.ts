import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { DATABASE_FILE, ZoneDatabase } from '../../src/store/database.ts';
import { StoreError } from '../../src/store/errors.ts';
import { MIGRATIONS } from '../../src/store/schema.ts';
import { name } from '../support/rr.ts';

describe('store/database', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
  });
  afterEach(() => {
    chmodSync(directory, 0o700);
    rmSync(directory, { recursive: true, force: true });
  });

  it('makes the data directory and an empty database, and opens it again', () => {
    const inner = join(directory, 'new', 'data');
    new ZoneDatabase(inner).close();
    const database = new ZoneDatabase(inner);
    expect(database.zones()).to.deep.equal([]);
    database.close();
  });

  it('commits to a write-ahead log that is synced for each commit', () => {
    const database = new ZoneDatabase(directory);
    const side = new Database(database.path);
    expect(side.pragma('journal_mode', { simple: true })).to.equal('wal');
    side.close();
    database.close();
  });

  it('refuses a data directory that another one uses, until that is closed', () => {
    const first = new ZoneDatabase(directory);
    const error = troubleOf(() => new ZoneDatabase(directory));
    expect(error.trouble).to.equal('locked');
    expect(error.message).to.include(directory).and.include('used by another waypost process');
    first.close();
    new ZoneDatabase(directory).close();
  });

  it('can be read by others while it is open', () => {
    const database = new ZoneDatabase(directory);
    const reader = new Database(database.path, { readonly: true });
    expect(reader.prepare('SELECT version FROM schema_version').pluck().get()).to.equal(MIGRATIONS.length);
    reader.close();
    database.close();
  });

  it('brings an older schema up to date and keeps what is there', () => {
    const sql = new Database(join(directory, DATABASE_FILE));
    sql.exec(MIGRATIONS[0] ?? '');
    sql.exec(
      'CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT; INSERT INTO schema_version VALUES (1)',
    );
    sql.exec("INSERT INTO zone (apex, state, source) VALUES (x'047465737400', 'live', 'file')");
    sql.exec(
      "INSERT INTO journal VALUES (1, x'047465737400', 'load', NULL, 7, 0, 4, 1, 'file', 'test.zone')",
    );
    sql.close();
    const database = new ZoneDatabase(directory);
    expect(database.zones().map(({ apex }) => apex)).to.deep.equal([name('test')]);
    expect(database.statements.lastLoad.get(name('test'))).to.deep.equal([1]);
    database.close();
  });

  it('refuses the schema of a newer waypost and says so', () => {
    new ZoneDatabase(directory).close();
    const sql = new Database(join(directory, DATABASE_FILE));
    sql.exec('UPDATE schema_version SET version = 99');
    sql.close();
    const error = troubleOf(() => new ZoneDatabase(directory));
    expect(error.trouble).to.equal('newer-schema');
    expect(error.message).to.include('has schema 99').and.include('start the newer waypost');
  });

  it('refuses a file that is no database and says what to do; the lock is let go', () => {
    writeFileSync(join(directory, DATABASE_FILE), 'this is not a database, but long enough to be looked at');
    for (let tries = 0; tries < 2; tries++) {
      const error = troubleOf(() => new ZoneDatabase(directory));
      expect(error.trouble).to.equal('damaged');
      expect(error.message).to.include('move the data directory aside');
    }
  });

  it("refuses somebody else's database", () => {
    const sql = new Database(join(directory, DATABASE_FILE));
    sql.exec('CREATE TABLE song (title TEXT)');
    sql.close();
    expect(troubleOf(() => new ZoneDatabase(directory)).message).to.include('is not a waypost database');
  });

  it('says that a page is damaged when it is read', () => {
    const database = new ZoneDatabase(directory);
    fill(database, 5000);
    database.close();
    const path = join(directory, DATABASE_FILE);
    const octets = readFileSync(path);
    octets.fill(0xa5, octets.length >> 1, octets.length - 8192);
    writeFileSync(path, octets);
    const error = troubleOf(() => {
      const again = new ZoneDatabase(directory);
      try {
        for (const _ of again.view(name('example.test')).owners());
      } finally {
        again.close();
      }
    });
    expect(error.trouble).to.equal('damaged');
  });

  it('says that the data directory cannot be made', () => {
    writeFileSync(join(directory, 'file'), '');
    const error = troubleOf(() => new ZoneDatabase(join(directory, 'file')));
    expect(error.trouble).to.equal('not-writable');
    expect(error.message).to.include('cannot be written');
  });

  it('a full disk leaves everything as it was, and work goes on when there is room again', () => {
    const database = new ZoneDatabase(directory);
    fill(database, 100);
    database.limitPages(60);
    const error = troubleOf(() => fill(database, 100_000));
    expect(error.trouble).to.equal('full');
    expect(error.message).to.include('the disk is full');
    expect(database.zones()).to.have.length(1);
    expect(database.recordCount(1)).to.equal(100);
    database.limitPages(0xffff_fffe);
    database.transact(() =>
      database.statements.insertMissing.run(1, Buffer.from('z'), 1, Buffer.alloc(4), 60, null),
    );
    expect(database.recordCount(1)).to.equal(101);
    database.close();
  });

  it('a transaction that throws leaves nothing behind; one inside another is a savepoint', () => {
    const database = new ZoneDatabase(directory);
    database.transact(() => {
      fill(database, 10);
      expect(() =>
        database.transact(() => {
          database.statements.clearRecords.run(1, 5);
          throw new RangeError('inner');
        }),
      ).to.throw(RangeError, 'inner');
    });
    expect(database.recordCount(1)).to.equal(10);
    expect(() =>
      database.transact(() => {
        database.statements.clearRecords.run(1, 5);
        throw new RangeError('outer');
      }),
    ).to.throw(RangeError, 'outer');
    expect(database.recordCount(1)).to.equal(10);
    database.close();
  });
});

function troubleOf(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('no error');
}

/** A live zone `example.test` with so many records, in one transaction. */
function fill(database: ZoneDatabase, records: number): void {
  const { statements } = database;
  database.transact(() => {
    const zone = statements.insertZone.run(name('example.test'), 'file').id;
    for (let i = 0; i < records; i++) {
      statements.insertMissing.run(
        zone,
        Buffer.from(`host${i}`),
        1,
        Buffer.from([192, 0, 2, i & 255]),
        60,
        null,
      );
    }
    statements.setZoneState.run(zone === 1 ? 'live' : 'dead', zone);
  });
}
