import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StoreError, storeError } from './errors.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** One connection to the zone database, with every statement prepared. All its errors are StoreErrors. */
export class Connection {
  readonly statements: Statements;
  readonly #sql: Database.Database;
  readonly #path: string;
  readonly #file: number;

  /** Takes over an open connection whose schema is up to date. */
  constructor(sql: Database.Database, path: string) {
    this.statements = prepareStatements(sql, path);
    this.#sql = sql;
    this.#path = path;
    this.#file = statSync(path).ino;
  }

  /**
   * Runs `work` in one transaction. When it returns, everything it did is on the disk; when it throws, nothing
   * is. Inside another transaction it is a savepoint of that one.
   */
  transact<T>(work: () => T): T {
    if (!this.#sql.inTransaction) this.#expectInPlace();
    try {
      return this.#sql.transaction(work).immediate();
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }

  /**
   * As {@link transact}, without waiting for the disk: for what may be lost in a crash since nothing stands on
   * it yet. A later `transact`, of whatever connection, makes it durable with itself (the WAL is one file,
   * synced whole).
   */
  transactLazily<T>(work: () => T): T {
    this.#pragma('synchronous = NORMAL');
    try {
      return this.transact(work);
    } finally {
      this.#pragma('synchronous = FULL');
    }
  }

  /** Begins a transaction that reads: from its first query on, all of them see the database as it was then. */
  beginReading(): void {
    this.#exec('BEGIN');
  }

  /** Ends what {@link beginReading} began. */
  endReading(): void {
    this.#exec('ROLLBACK');
  }

  /** Writes all that is committed into a new file: a whole database of its own. */
  copyTo(path: string): void {
    this.#exec(`VACUUM INTO '${path.replaceAll("'", "''")}'`);
  }

  /** Whether a transaction is open: an error within it may have ended it. */
  get isInTransaction(): boolean {
    return this.#sql.inTransaction;
  }

  /** Gives memory back after a load. */
  shrink(): void {
    this.#pragma('shrink_memory');
  }

  /** The size that the database file may have, in pages of 4 KiB. */
  get maxPages(): number {
    return Number(this.#pragma('max_page_count'));
  }

  /** Bounds the size of the database file: what does not fit is refused as on a full disk. */
  limitPages(pages: number): void {
    this.#pragma(`max_page_count = ${pages}`);
  }

  close(): void {
    try {
      this.#sql.close();
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }

  /** What is written into a file that nobody can find any more would be gone with this process. */
  #expectInPlace(): void {
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#file) return;
    const message = `${this.#path} has been moved or deleted while it is in use: put it back, or start waypost again`;
    throw new StoreError('not-writable', message);
  }

  #exec(text: string): void {
    try {
      this.#sql.exec(text);
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }

  #pragma(text: string): unknown {
    try {
      return this.#sql.pragma(text, { simple: true });
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }
}

/** Opens the file at `path` with the settings of every connection. */
export function openSql(path: string): Database.Database {
  const sql = new Database(path, { timeout: BUSY_MS });
  try {
    sql.pragma('journal_mode = WAL');
    sql.pragma('synchronous = FULL'); // a commit is on the disk before it is acknowledged
    sql.pragma('cache_size = -32768'); // KiB
    sql.pragma('wal_autocheckpoint = 4096'); // pages: 16 MiB, so that a load does not stop for the disk all the time
    sql.pragma('journal_size_limit = 67108864'); // what a load made of the WAL is given back
    sql.pragma('temp_store = MEMORY');
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
}

/** A further connection to a database that this process has open already. Throws StoreErrors. */
export function openConnection(path: string, maxPages: number): Connection {
  try {
    const connection = new Connection(openSql(path), path);
    connection.limitPages(maxPages);
    return connection;
  } catch (error) {
    throw storeError(error, path);
  }
}

/**
 * A further connection that only reads, with little memory of its own: cheap enough to keep several. Throws
 * StoreErrors.
 */
export function openReader(path: string): Connection {
  try {
    const sql = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
    sql.pragma('cache_size = -2048'); // KiB
    return new Connection(sql, path);
  } catch (error) {
    throw storeError(error, path);
  }
}

/** How long a write waits for a lock that somebody outside holds. Nothing else runs on its thread meanwhile. */
const BUSY_MS = 250;
