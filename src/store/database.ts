import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { type DomainName, foldName, type WireName } from '../wire/name.ts';
import type { ZoneView } from '../zone/view.ts';
import { Connection, openSql } from './connection.ts';
import { NoSuchZoneError, StoreError, storeError } from './errors.ts';
import { DataLock } from './lock.ts';
import { MIGRATIONS } from './schema.ts';
import type { Statements } from './statements.ts';
import { StoredZoneView } from './zone-view.ts';

/** A zone of the database that is served. */
export interface StoredZone {
  readonly id: number;
  readonly apex: DomainName;
  /** Where it came from: 'file', or 'transfer' when it is a secondary zone. */
  readonly source: string;
}

/** File names inside the data directory. */
export const DATABASE_FILE = 'waypost.db';
export const LOCK_FILE = 'waypost.lock';

/**
 * The zone database of one data directory. One process holds it; this connection reads and writes it, and
 * sometimes that of the store thread. All its errors are {@link StoreError}s.
 */
export class ZoneDatabase {
  readonly path: string;
  readonly #connection: Connection;
  readonly #lock: DataLock;

  /** Opens the database, makes it where there is none, and brings an older schema up to date. */
  constructor(directory: string) {
    this.path = join(directory, DATABASE_FILE);
    makeDirectory(directory);
    this.#lock = new DataLock(join(directory, LOCK_FILE), directory);
    let sql: Database.Database | undefined;
    try {
      sql = openSql(this.path);
      migrate(sql, this.path);
      this.#connection = new Connection(sql, this.path);
    } catch (error) {
      sql?.close();
      this.#lock.release();
      throw storeError(error, this.path);
    }
  }

  get statements(): Statements {
    return this.#connection.statements;
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

  /** See {@link Connection.transact}. */
  transact<T>(work: () => T): T {
    return this.#connection.transact(work);
  }

  /** See {@link Connection.isInTransaction}. */
  get isInTransaction(): boolean {
    return this.#connection.isInTransaction;
  }

  /** See {@link Connection.transactLazily}. */
  transactLazily<T>(work: () => T): T {
    return this.#connection.transactLazily(work);
  }

  /** See {@link Connection.shrink}. */
  shrink(): void {
    this.#connection.shrink();
  }

  /** See {@link Connection.maxPages}. */
  get maxPages(): number {
    return this.#connection.maxPages;
  }

  /** See {@link Connection.limitPages}. */
  limitPages(pages: number): void {
    this.#connection.limitPages(pages);
  }

  close(): void {
    try {
      this.#connection.close();
    } finally {
      this.#lock.release();
    }
  }
}

// --- opening ---

/** "Wayp": says to `file` and to us whose database this is. */
const APPLICATION_ID = 0x57617970;

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw storeError(error, directory);
  }
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
