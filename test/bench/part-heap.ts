import { performance } from 'node:perf_hooks';
import { messageOf } from '../../src/base/errors.ts';
import { scanCollections } from './collections.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { WAYPOST_TRACED } from './servers/all.ts';
import { waypostStatus } from './servers/waypost.ts';
import { apart, measure, open, type Session } from './session.ts';
import { type ThreadStatus, threadsOf } from './status.ts';
import { showCount, showFixed, showTable } from './table.ts';
import { BenchError, type Workshop } from './workshop.ts';

/** All figures of the part "heap". */
export interface HeapReport {
  /** By query thread: its readings, the first before the questions, the last after them. */
  readonly threads: readonly (readonly ThreadStatus[])[];
  /** Garbage collections while the questions were answered, by isolate; `undefined` when V8 printed none at all. */
  readonly collections: readonly number[] | undefined;
  readonly skipped: readonly Skipped[];
}

const QUERY_LINES = 100_000;
/** Enough passes for the optimizing compiler to have finished with the answering loop. */
const WARM_UP_PASSES = 10;
/** So many readings after the first one; what is allocated and collected again shows as ups and downs between them. */
const READINGS = 10;

/** Runs Waypost for about `queries` questions (in whole passes of 100,000) and reads its query threads' heaps meanwhile. */
export async function measureHeap(
  workshop: Workshop,
  options: PartOptions,
  queries: number,
): Promise<HeapReport> {
  const without = (reason: string): HeapReport => ({
    threads: [],
    collections: undefined,
    skipped: [{ name: WAYPOST_TRACED.name, reason }],
  });
  if (!wanted(options, WAYPOST_TRACED)) return { ...without(''), skipped: [] };
  const availability = WAYPOST_TRACED.available();
  if ('reason' in availability) return without(availability.reason);
  try {
    return await readHeaps(workshop, options, Math.max(1, Math.round(queries / QUERY_LINES / READINGS)));
  } catch (error) {
    return without(messageOf(error));
  }
}

/** The report as tables for people; empty when nothing was measured. */
export function showHeap(report: HeapReport): string {
  if (report.threads.length === 0) return '';
  const rows = report.threads.map((readings, i) => {
    const heaps = readings.map(({ heapUsed }) => heapUsed);
    const [first, last] = [readings.at(0), readings.at(-1)];
    const growth = (last?.heapUsed ?? Number.NaN) - (first?.heapUsed ?? Number.NaN);
    const answered = (last?.answered ?? Number.NaN) - (first?.answered ?? Number.NaN);
    return [
      `${i}`,
      showCount(answered),
      `${first?.heapUsed}`,
      `${last?.heapUsed}`,
      `${growth}`,
      showFixed(growth / answered, 4),
      `${Math.max(...heaps) - Math.min(...heaps)}`,
    ];
  });
  const head = ['query thread', 'answers', 'heap before', 'heap after', 'growth', 'per answer', 'high − low'];
  const collections = report.collections?.join(', ') ?? 'V8 printed none, not even at the start: unknown';
  return [
    '## Heap of the query threads, octets',
    showTable(head, rows),
    `Garbage collections during these answers, by isolate (thread) in the order of their first one: ${collections}`,
  ].join('\n\n');
}

// --- one run ---

async function readHeaps(workshop: Workshop, options: PartOptions, passes: number): Promise<HeapReport> {
  const load = prepareLoad(workshop, { names: 1_000, addressesPerName: 4 }, QUERY_LINES);
  options.progress('heap: starting');
  const startedMs = performance.now();
  const session = await open(workshop, WAYPOST_TRACED, load, apart());
  const rounds: (readonly ThreadStatus[])[] = [];
  let warmMs: number;
  let endMs: number;
  try {
    options.progress(`heap: warming up with ${showCount(WARM_UP_PASSES * QUERY_LINES)} questions`);
    await measure(workshop, session, { passes: WARM_UP_PASSES });
    rounds.push(threadsNow(session));
    warmMs = performance.now() - startedMs;
    for (let reading = 1; reading <= READINGS; reading++) {
      options.progress(`heap: ${showCount(passes * QUERY_LINES)} questions, ${reading}/${READINGS}`);
      await measure(workshop, session, { passes });
      rounds.push(threadsNow(session));
    }
    endMs = performance.now() - startedMs;
  } finally {
    await session.child.stop();
  }
  const threads = (rounds[0] ?? []).map((_, i) => rounds.flatMap((threadsThen) => threadsThen[i] ?? []));
  // V8 writes its lines late, so they are read after the end and told apart by their time.
  const isolates = scanCollections(session.child.printed());
  const collections = isolates.map(({ atMs }) => atMs.filter((ms) => ms > warmMs && ms < endMs).length);
  return { threads, collections: isolates.length === 0 ? undefined : collections, skipped: [] };
}

function threadsNow(session: Session): readonly ThreadStatus[] {
  const threads = threadsOf(waypostStatus(session.directory));
  if (threads.length === 0) throw new BenchError("'waypost status --json' says nothing of the query threads");
  return threads;
}
