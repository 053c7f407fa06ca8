import { Worker } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import type { DomainName } from '../wire/name.ts';
import type { Finding } from '../zone/finding.ts';
import type { Changed } from './change.ts';
import type { Chunk } from './chunks.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { ChangeMismatchError, ChangeRefusedError, StoreError, type StoreTrouble } from './errors.ts';
import type { ChangedBy } from './journal.ts';
import type { Packed } from './packed-records.ts';
import type { SortedRecords } from './sorted-records.ts';
import type { FileDifference } from './zone-difference.ts';
import type { ReadFile } from './zone-file.ts';

/** What the thread is given at its start. */
export interface StoreThreadStart {
  readonly path: string;
  /** Size limit of the database, as the main connection has it. */
  readonly maxPages: number;
}

/** The records of one large zone, to be put in. The arrays lie in shared memory; nobody writes to them any more. */
export interface StageJob {
  readonly kind: 'stage';
  readonly zone: number;
  readonly apex: DomainName;
  readonly octets: Uint8Array;
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
  readonly isFromFiles: boolean;
}

/** A large change of a zone by its file, to be made in one transaction. */
export interface ChangeJob {
  readonly kind: 'change';
  readonly zone: StoredZone;
  readonly removed: Packed;
  readonly added: Packed;
  readonly by: ChangedBy;
  /** See `Change.isGiven`. */
  readonly isGiven: boolean;
  readonly nowMs: number;
  readonly chunks: readonly Chunk[];
  readonly staleChunks: readonly Uint8Array[];
  readonly files: readonly ReadFile[];
}

/** How a job ended. */
export type StoreThreadReport =
  | { readonly kind: 'staged' }
  | { readonly kind: 'changed'; readonly changed: Changed }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  | { readonly kind: 'mismatch'; readonly owner: DomainName; readonly type: number }
  | { readonly kind: 'failed'; readonly trouble: StoreTrouble; readonly message: string };

/**
 * A thread with a connection of its own, for work that would hold this one too long: it puts the records of a
 * large zone into the database while this thread makes the image of them, and makes large changes. It takes one
 * job at a time; meanwhile nobody else may write. {@link end} it in any case: it keeps the process alive.
 *
 * What it stages is not yet synced, as in `ZoneDatabase.transactLazily`: the transaction that makes the zone
 * live syncs the whole write-ahead log, whoever wrote it. A change is synced before it is reported.
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
  async stage(zone: number, { records, order }: SortedRecords, isFromFiles = true): Promise<void> {
    const { apex, octets, starts } = records;
    await this.#do({ kind: 'stage', zone, apex, octets, starts, order, isFromFiles }, []);
  }

  /**
   * Makes a change by a zone's file. Throws {@link ChangeRefusedError} and {@link StoreError}; after the latter
   * the database says whether it was made. The octets of the chunks are gone for this thread.
   */
  async change(
    zone: StoredZone,
    { removed, added, chunks, staleChunks }: FileDifference,
    files: readonly ReadFile[],
    by: ChangedBy,
    nowMs: number,
    isGiven = false,
  ): Promise<Changed> {
    const report = await this.#do(
      {
        kind: 'change',
        zone,
        removed: packedOf(removed),
        added: packedOf(added),
        by,
        isGiven,
        nowMs,
        chunks,
        staleChunks,
        files,
      },
      chunks.flatMap(({ octets: { buffer } }) => (buffer instanceof ArrayBuffer ? [buffer] : [])),
    );
    if (report.kind === 'mismatch') throw new ChangeMismatchError(zone.apex, report);
    if (report.kind === 'refused') throw new ChangeRefusedError(report.findings);
    if (report.kind !== 'changed') throw this.#failure(`it reported ${report.kind}`);
    return report.changed;
  }

  /** Ends it, also in the middle of a job: what that has not committed is rolled back. Resolves when it is gone. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  async #do(job: StageJob | ChangeJob, transfer: readonly ArrayBuffer[]): Promise<StoreThreadReport> {
    const report = new Promise<StoreThreadReport>((resolve) => this.#worker.once('message', resolve));
    this.#worker.postMessage(job, transfer);
    const result = await Promise.race([report, this.#ended]);
    if (result.kind === 'failed') throw new StoreError(result.trouble, result.message);
    return result;
  }

  #failure(cause: unknown): StoreError {
    const message = `${this.#path}: the thread that writes it has ended: ${messageOf(cause)}`;
    return new StoreError('failed', message, cause);
  }
}

function packedOf({ apex, octets, starts, count }: Packed): Packed {
  return { apex, octets, starts, count };
}

const ENTRY = new URL('./store-thread-entry.js', import.meta.url);
