// Where the store thread begins; store-thread.ts starts this file as a worker.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import { ChangeDraft } from './change.ts';
import { type Connection, openConnection } from './connection.ts';
import { ChangeMismatchError, ChangeRefusedError, StoreError } from './errors.ts';
import { unpack } from './packed-records.ts';
import type { ChangeJob, StageJob, StoreThreadReport, StoreThreadStart } from './store-thread.ts';
import { putDifference } from './zone-difference.ts';
import { StoredRecords } from './zone-records.ts';
import { putFiles, stageRecords } from './zone-stage.ts';

const { path, maxPages }: StoreThreadStart = workerData;
let connection: Connection | undefined;

parentPort?.on('message', (job: StageJob | ChangeJob) => {
  parentPort?.postMessage(run(job));
});

function run(job: StageJob | ChangeJob): StoreThreadReport {
  try {
    connection ??= openConnection(path, maxPages);
    return job.kind === 'stage' ? stage(connection, job) : change(connection, job);
  } catch (error) {
    if (error instanceof ChangeMismatchError)
      return { kind: 'mismatch', owner: error.owner, type: error.type };
    if (error instanceof ChangeRefusedError) return { kind: 'refused', findings: error.findings };
    const trouble = error instanceof StoreError ? error.trouble : 'failed';
    return { kind: 'failed', trouble, message: messageOf(error) };
  }
}

function stage(
  into: Connection,
  { zone, apex, octets, starts, order, isFromFiles }: StageJob,
): StoreThreadReport {
  for (const _ of stageRecords(into, zone, { records: { apex, octets, starts }, order }, isFromFiles));
  return { kind: 'staged' };
}

function change(into: Connection, job: ChangeJob): StoreThreadReport {
  const { statements } = into;
  const { zone, by, nowMs, isGiven } = job;
  const draft = new ChangeDraft(new StoredRecords(statements, zone));
  const changed = into.transact(() => {
    const { apex } = zone;
    const made = draft.make(
      { apex, removed: unpack(job.removed), added: unpack(job.added), by, isGiven },
      nowMs,
    );
    putDifference(statements, zone.id, job);
    putFiles(statements, zone.id, job.files);
    return made;
  });
  return { kind: 'changed', changed };
}
