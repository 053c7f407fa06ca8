import { messageOf } from '../../src/base/errors.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { WAYPOST } from './servers/all.ts';
import { waypostStatus } from './servers/waypost.ts';
import { apart, measure, open, type Session } from './session.ts';
import { type ThreadStatus, threadsOf } from './status.ts';
import { showCount, showFixed, showTable } from './table.ts';
import { BenchError, type Workshop } from './workshop.ts';

/** One query thread before and after the questions. */
export interface HeapResult {
  readonly before: ThreadStatus;
  readonly after: ThreadStatus;
}

/** All figures of the part "heap". */
export interface HeapReport {
  readonly threads: readonly HeapResult[];
  readonly skipped: readonly Skipped[];
}

const QUERY_LINES = 100_000;
/** Enough passes for the optimizing compiler to have finished with the answering loop. */
const WARM_UP_PASSES = 10;

/** Runs Waypost for `queries` questions (in whole passes of 100,000) and reads its query threads' heaps around them. */
export async function measureHeap(
  workshop: Workshop,
  options: PartOptions,
  queries: number,
): Promise<HeapReport> {
  if (!wanted(options, WAYPOST)) return { threads: [], skipped: [] };
  const availability = WAYPOST.available();
  if ('reason' in availability) {
    return { threads: [], skipped: [{ name: WAYPOST.name, reason: availability.reason }] };
  }
  try {
    const load = prepareLoad(workshop, { names: 1_000, addressesPerName: 4 }, QUERY_LINES);
    options.progress('heap: starting');
    const session = await open(workshop, WAYPOST, load, apart());
    try {
      options.progress(`heap: warming up with ${WARM_UP_PASSES * QUERY_LINES} questions`);
      await measure(workshop, session, { passes: WARM_UP_PASSES });
      const before = threadsNow(session);
      const passes = Math.max(1, Math.ceil(queries / QUERY_LINES));
      options.progress(`heap: ${passes * QUERY_LINES} questions`);
      await measure(workshop, session, { passes });
      const after = threadsNow(session);
      const threads = before.flatMap((first, i) => {
        const last = after[i];
        return last === undefined ? [] : [{ before: first, after: last }];
      });
      return { threads, skipped: [] };
    } finally {
      await session.child.stop();
    }
  } catch (error) {
    return { threads: [], skipped: [{ name: WAYPOST.name, reason: messageOf(error) }] };
  }
}

/** The report as a table for people; empty when nothing was measured. */
export function showHeap(report: HeapReport): string {
  if (report.threads.length === 0) return '';
  const rows = report.threads.map(({ before, after }, i) => {
    const growth = after.heapUsed - before.heapUsed;
    const answered = after.answered - before.answered;
    return [
      `${i}`,
      showCount(answered),
      `${before.heapUsed}`,
      `${after.heapUsed}`,
      `${growth}`,
      showFixed(growth / answered, 4),
    ];
  });
  const head = ['query thread', 'answers', 'heap before', 'heap after', 'growth', 'octets per answer'];
  return `## Heap of the query threads, octets\n\n${showTable(head, rows)}`;
}

function threadsNow(session: Session): readonly ThreadStatus[] {
  const threads = threadsOf(waypostStatus(session.directory));
  if (threads.length === 0) throw new BenchError("'waypost status --json' says nothing of the query threads");
  return threads;
}
