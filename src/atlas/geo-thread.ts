import { Worker } from 'node:worker_threads';
import { messageOf, WaypostError } from '../base/errors.ts';
import type { TablesOrder, TablesOutcome } from './make-tables.ts';

/** Tables that are being made. */
export interface TablesJob {
  /** Rejects with {@link GeoThreadError} when the thread ends without an outcome. */
  readonly outcome: Promise<TablesOutcome>;
  /** Gives up. Resolves when the thread is gone; what it was keeping is kept whole or not at all. */
  stop(): Promise<void>;
}

/** The geo thread died: of a lack of memory, most likely. */
export class GeoThreadError extends WaypostError {
  readonly code = 'WP_GEO_THREAD';
}

/** Makes tables on a thread of its own, which is there only as long as it works. */
export function makeTablesOnThread(order: TablesOrder): TablesJob {
  const worker = new Worker(ENTRY, { workerData: order, name: 'geo' });
  const outcome = new Promise<TablesOutcome>((resolve, reject) => {
    let cause: unknown;
    worker.on('message', resolve);
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      const reason = messageOf(cause ?? `it exited with code ${code}`);
      reject(new GeoThreadError(`the thread that compiles location data has ended: ${reason}`, { cause }));
    });
  });
  outcome.catch(() => {}); // who waits for it is told
  return {
    outcome,
    async stop() {
      await worker.terminate();
    },
  };
}

const ENTRY = new URL('./geo-thread-entry.js', import.meta.url);
