// Where a query thread begins; the pool starts this file as a worker.
import { runQueryThread } from './query-thread.ts';
import { makeAnswerer } from './thread-answerer.ts';

await runQueryThread(makeAnswerer);
