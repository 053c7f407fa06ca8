// Where the geo thread begins; geo-thread.ts starts this file as a worker. It makes one set of tables and ends.
import { parentPort, workerData } from 'node:worker_threads';
import { makeTables, type TablesOrder } from './make-tables.ts';

const order: TablesOrder = workerData;
parentPort?.postMessage(makeTables(order));
