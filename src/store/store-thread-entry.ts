// Where the store thread begins; store-thread.ts starts this file as a worker.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import { type Connection, openConnection } from './connection.ts';
import { StoreError } from './errors.ts';
import type { StageJob, StoreThreadReport, StoreThreadStart } from './store-thread.ts';
import { stageRecords } from './zone-stage.ts';

const { path, maxPages }: StoreThreadStart = workerData;
let connection: Connection | undefined;

parentPort?.on('message', (job: StageJob) => {
  parentPort?.postMessage(run(job));
});

function run({ zone, apex, octets, starts, order }: StageJob): StoreThreadReport {
  try {
    connection ??= openConnection(path, maxPages);
    for (const _ of stageRecords(connection, zone, { records: { apex, octets, starts }, order }));
    return { kind: 'done' };
  } catch (error) {
    const trouble = error instanceof StoreError ? error.trouble : 'failed';
    return { kind: 'failed', trouble, message: messageOf(error) };
  }
}
