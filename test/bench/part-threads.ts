import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { foldName, scanName } from '../../src/wire/name.ts';
import type { AnsweringReport, AnsweringStart } from './answering-thread.ts';
import { median } from './statistics.ts';
import { showFixed, showTable } from './table.ts';

/** Nanoseconds of CPU time per answer, by the number of threads, for each round. */
export interface ThreadsReport {
  readonly rounds: readonly { readonly one: number; readonly two: number }[];
}

const NAMES = 1000;
const ADDRESSES = 4;
const ANSWERS = 3_000_000;
const ENTRY = new URL('./answering-thread.js', import.meta.url);

/**
 * Answers the same questions from one image by one thread and by two at once, without sockets and without a client that
 * would share the processors: what threads cost each other (rotation counters, sequence word, memory).
 */
export async function measureThreads(
  rounds: number,
  progress: (line: string) => void,
): Promise<ThreadsReport> {
  const found: { one: number; two: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`threads: round ${round}/${rounds}`);
    found.push({ one: await answerWith(1), two: await answerWith(2) });
  }
  return { rounds: found };
}

/** The report as a table for people. */
export function showThreads({ rounds }: ThreadsReport): string {
  const one = median(rounds.map((round) => round.one));
  const two = median(rounds.map((round) => round.two));
  const ratio = median(rounds.map((round) => round.two / round.one));
  return `## Answering alone, no sockets: what threads cost each other

${showTable(
  ['threads', 'CPU ns per answer', '÷ one thread'],
  [
    ['1', showFixed(one, 0), '1.00'],
    ['2', showFixed(two, 0), showFixed(ratio, 2)],
  ],
)}`;
}

function answerWith(threads: number): Promise<number> {
  return answerAlone({ memory: image(), queries: queries(), answers: ANSWERS }, threads);
}

/** Lets so many threads answer at once; returns the CPU time per answer, nanoseconds. */
export async function answerAlone(what: Omit<AnsweringStart, 'gate'>, threads: number): Promise<number> {
  const start: AnsweringStart = { ...what, gate: new SharedArrayBuffer(8) };
  const workers = Array.from({ length: threads }, () => new Worker(ENTRY, { workerData: start }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const reports = workers.map(async (worker): Promise<AnsweringReport> => (await once(worker, 'message'))[0]);
  const words = new Int32Array(start.gate);
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  const all = await Promise.all(reports);
  return all.reduce((sum, { cpuNs }) => sum + cpuNs, 0) / (threads * what.answers);
}

function image(): ZoneImageWriter['memory'] {
  const apex = foldName(scanName('bench.test.', undefined));
  const writer = new ZoneImageWriter({
    view: () => {
      throw new Error('nobody asks');
    },
    onGeneration() {},
  });
  const rdatas = Array.from({ length: ADDRESSES }, (_, i) => Uint8Array.of(192, 0, 2, i + 1));
  writer.beginBulk(NAMES);
  writer.addZone(apex);
  writer.apply(
    apex,
    Array.from({ length: NAMES }, (_, i) => ({
      name: foldName(scanName(`h${i}`, apex)),
      rrsets: [{ type: 1, ttl: 300, rdatas }],
    })),
  );
  writer.endBulk();
  return writer.memory;
}

function queries(): Uint8Array[] {
  return Array.from({ length: NAMES }, (_, i) => {
    const name = scanName(`h${(i * 617) % NAMES}.bench.test.`, undefined);
    const query = new Uint8Array(12 + name.length + 4);
    query[5] = 1;
    query.set(name, 12);
    query.set([0, 1, 0, 1], 12 + name.length);
    return query;
  });
}
