// Where a query thread begins; the pool starts this file as a worker. One of the two places that bring in the
// real clock.
import { runQueryThread } from './query-thread.ts';
import { makeAnswerer } from './thread-answerer.ts';

await runQueryThread((shared) => makeAnswerer(shared, Date.now));
