import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type DomainName, foldName, type WireName } from '../wire/name.ts';
import type { ZoneView } from '../zone/view.ts';
import { NoSuchZoneError, StoreError, storeError } from './errors.ts';
import { DataLock } from './lock.ts';
import { MIGRATIONS } from './schema.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { StoredZoneView } from './zone-view.ts';

/** A zone of the database that is served. */
export interface StoredZone {
  readonly id: number;
  readonly apex: DomainName;
  /** Where it came from: 'file'. */
  readonly source: string;
}

/** File names inside the data directory. */
export const DATABASE_FILE = 'waypost.db';
export const LOCK_FILE = 'waypost.lock';

/**
 * The zone database of one data directory. One process holds it, one connection reads and writes it. All its
 * errors are {@link StoreError}s.
 */
export class ZoneDatabase {
  readonly path: string;
  readonly statements: Statements;
  readonly #sql: Database.Database;
  readonly #lock: DataLock;

  /** Opens the database, makes it where there is none, and brings an older schema up to date. */
  constructor(directory: string) {
    this.path = join(directory, DATABASE_FILE);
    makeDirectory(directory);
    this.#lock = new DataLock(join(directory, LOCK_FILE), directory);
    let sql: Database.Database | undefined;
    try {
      sql = new Database(this.path, { timeout: BUSY_MS });
      setUp(sql);
      migrate(sql, this.path);
      this.statements = prepareStatements(sql, this.path);
    } catch (error) {
      sql?.close();
      this.#lock.release();
      throw storeError(error, this.path);
    }
    this.#sql = sql;
  }

  /** The zones that are served, oldest first. */
  zones(): StoredZone[] {
    return this.statements.zones.all().map(([id, apex, source]) => ({ id, apex: asApex(apex), source }));
  }

  /** The zone at `apex`, when it is served. */
  zone(apex: DomainName): StoredZone | undefined {
    const row = this.statements.liveZone.get(apex);
    return row === undefined ? undefined : { id: row[0], apex, source: row[1] };
  }

  /** The records of the zone at `apex`, always as they are now. Throws {@link NoSuchZoneError}. */
  view(apex: DomainName): ZoneView {
    const zone = this.zone(apex);
    if (zone === undefined) throw new NoSuchZoneError(apex);
    return new StoredZoneView(this.statements, zone.id, apex);
  }

  /** How many records a zone has. */
  recordCount(zone: number): number {
    return this.statements.countRecords.get(zone)?.[0] ?? 0;
  }

  /**
   * Runs `work` in one transaction. When it returns, everything it did is on the disk; when it throws, nothing
   * is. Inside another transaction it is a savepoint of that one.
   */
  transact<T>(work: () => T): T {
    try {
      return this.#sql.transaction(work).immediate();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }

  /**
   * As {@link transact}, without waiting for the disk: for what may be lost in a crash since nothing stands on
   * it yet. A later `transact` makes it durable with itself (the WAL is one file, synced whole).
   */
  transactLazily<T>(work: () => T): T {
    this.#pragma('synchronous = NORMAL');
    try {
      return this.transact(work);
    } finally {
      this.#pragma('synchronous = FULL');
    }
  }

  /** Gives memory back after a load. */
  shrink(): void {
    this.#pragma('shrink_memory');
  }

  /** Bounds the size of the database file, in pages of 4 KiB: what does not fit is refused as on a full disk. */
  limitPages(pages: number): void {
    this.#pragma(`max_page_count = ${pages}`);
  }

  close(): void {
    try {
      this.#sql.close();
    } catch (error) {
      throw storeError(error, this.path);
    } finally {
      this.#lock.release();
    }
  }

  #pragma(text: string): void {
    try {
      this.#sql.pragma(text);
    } catch (error) {
      throw storeError(error, this.path);
    }
  }
}

// --- opening ---

/** How long a write waits for a lock that somebody outside holds. Nothing else runs on this thread meanwhile. */
const BUSY_MS = 250;

/** "Wayp": says to `file` and to us whose database this is. */
const APPLICATION_ID = 0x57617970;

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw storeError(error, directory);
  }
}

function setUp(sql: Database.Database): void {
  sql.pragma('journal_mode = WAL');
  sql.pragma('synchronous = FULL'); // a commit is on the disk before it is acknowledged
  sql.pragma('cache_size = -32768'); // KiB
  sql.pragma('wal_autocheckpoint = 4096'); // pages: 16 MiB, so that a load does not stop for the disk all the time
  sql.pragma('journal_size_limit = 67108864'); // what a load made of the WAL is given back
  sql.pragma('temp_store = MEMORY');
}

function migrate(sql: Database.Database, path: string): void {
  const version = schemaVersion(sql, path);
  if (version > MIGRATIONS.length) {
    const message =
      `${path} has schema ${version}, this waypost knows schemas up to ${MIGRATIONS.length}: ` +
      'start the newer waypost that wrote it, or use another data directory';
    throw new StoreError('newer-schema', message);
  }
  if (version === MIGRATIONS.length) return;
  sql
    .transaction(() => {
      for (const step of MIGRATIONS.slice(version)) sql.exec(step);
      sql.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT');
      sql.exec('DELETE FROM schema_version');
      sql.prepare('INSERT INTO schema_version VALUES (?)').run(MIGRATIONS.length);
      sql.pragma(`application_id = ${APPLICATION_ID}`);
    })
    .immediate();
}

/** 0 for a database with nothing in it. */
function schemaVersion(sql: Database.Database, path: string): number {
  const tables = sql.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  if (tables.length === 0) return 0;
  const version = tables.includes('schema_version')
    ? sql.prepare<[], number>('SELECT version FROM schema_version').pluck().get()
    : undefined;
  if (version !== undefined) return version;
  throw new StoreError('damaged', `${path} is not a waypost database: set data to another directory`);
}

/** Apexes are written by us and are in lower case. */
function asApex(octets: Uint8Array): DomainName {
  return foldName(new Uint8Array(octets) as WireName);
}
