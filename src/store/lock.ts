import Database from 'better-sqlite3';
import { StoreError, storeError } from './errors.ts';

/**
 * Holds a data directory for this process until {@link DataLock.release}; the end of the process, however it
 * comes, releases it too. It is an exclusive lock on a small SQLite file of its own, so that the database
 * itself can still be read from outside. Throws {@link StoreError} when another process holds it.
 */
export class DataLock {
  readonly #sql: Database.Database;

  constructor(path: string, directory: string) {
    try {
      this.#sql = new Database(path, { timeout: 0 });
    } catch (error) {
      throw storeError(error, path);
    }
    try {
      this.#sql.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#sql.close();
      const trouble = storeError(error, path);
      if (!(trouble instanceof StoreError) || trouble.trouble !== 'locked') throw trouble;
      const message = `data directory ${directory} is used by another waypost process: stop it, or set data to another directory`;
      throw new StoreError('locked', message, error);
    }
  }

  release(): void {
    this.#sql.close();
  }
}
