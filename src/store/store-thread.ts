import { Worker } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import type { DomainName } from '../wire/name.ts';
import type { ZoneDatabase } from './database.ts';
import { StoreError, type StoreTrouble } from './errors.ts';
import type { SortedRecords } from './sorted-records.ts';

/** What the thread is given at its start. */
export interface StoreThreadStart {
  readonly path: string;
  /** Size limit of the database, as the main connection has it. */
  readonly maxPages: number;
}

/** The records of one large zone, to be put in. The arrays lie in shared memory; nobody writes to them any more. */
export interface StageJob {
  readonly zone: number;
  readonly apex: DomainName;
  readonly octets: Uint8Array;
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
}

/** How a job ended. */
export type StoreThreadReport =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly trouble: StoreTrouble; readonly message: string };

/**
 * A thread with a connection of its own, which puts the records of a large zone into the database while this
 * one makes the image of them. It takes one job at a time; meanwhile nobody else may write. {@link end} it in
 * any case: it keeps the process alive.
 *
 * What it commits is not yet synced, as in `ZoneDatabase.transactLazily`: the transaction that makes the zone
 * live syncs the whole write-ahead log, whoever wrote it.
 */
export class StoreThread {
  readonly #worker: Worker;
  readonly #path: string;
  /** Rejects when the thread ends; never resolves. */
  readonly #ended: Promise<never>;

  /** Starts it; that takes a while in which this thread can do other things. */
  constructor(database: ZoneDatabase) {
    this.#path = database.path;
    const workerData: StoreThreadStart = { path: database.path, maxPages: database.maxPages };
    const worker = new Worker(ENTRY, { workerData, name: 'store' });
    this.#worker = worker;
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    this.#ended = new Promise((_, reject) => {
      worker.on('exit', (code) => reject(this.#failure(cause ?? `it exited with code ${code}`)));
    });
    this.#ended.catch(() => {}); // who waits for a job is told
  }

  /** Puts the records of a zone in that {@link beginStaging} has begun. Throws {@link StoreError}. */
  async stage(zone: number, { records, order }: SortedRecords): Promise<void> {
    const { apex, octets, starts } = records;
    const job: StageJob = { zone, apex, octets, starts, order };
    const report = new Promise<StoreThreadReport>((resolve) => this.#worker.once('message', resolve));
    this.#worker.postMessage(job);
    const result = await Promise.race([report, this.#ended]);
    if (result.kind === 'failed') throw new StoreError(result.trouble, result.message);
  }

  /** Ends it, also in the middle of a job: what that has not committed is rolled back. Resolves when it is gone. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #failure(cause: unknown): StoreError {
    const message = `${this.#path}: the thread that writes it has ended: ${messageOf(cause)}`;
    return new StoreError('failed', message, cause);
  }
}

const ENTRY = new URL('./store-thread-entry.js', import.meta.url);
