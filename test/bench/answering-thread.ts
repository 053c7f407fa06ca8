// One thread that answers from a shared image without any socket; part-threads.ts starts it as a worker.
import { parentPort, workerData } from 'node:worker_threads';
import { Responder } from '../../src/answer/respond.ts';
import { Peer } from '../../src/base/peer.ts';
import type { ImageMemory } from '../../src/image/layout.ts';
import { ownThreadCpuNs } from './proc.ts';

/** What a thread is given: the image, the questions, and a word that says when to begin (all threads together). */
export interface AnsweringStart {
  readonly memory: ImageMemory;
  /** Compiled location tables. */
  readonly geo?: SharedArrayBuffer;
  readonly queries: readonly Uint8Array[];
  readonly answers: number;
  readonly gate: SharedArrayBuffer;
}

/** What it found: the CPU time of this thread alone. */
export interface AnsweringReport {
  readonly cpuNs: number;
}

const { memory, geo, queries, answers, gate }: AnsweringStart = workerData;
const responder = new Responder(
  memory,
  {
    maxPayload: 1232,
    nsid: '',
    chaos: { version: '', hostname: '' },
    cookieSecrets: undefined,
    lateOpcodes: [],
  },
  () => 0,
  geo,
);
const peer = new Peer(new Uint8Array(16));
const room = new Uint8Array(4096);

// One after the other, as a socket hands them over: many objects would cost more than the answers.
const starts = new Int32Array(queries.length + 1);
for (const [i, query] of queries.entries()) starts[i + 1] = (starts[i] ?? 0) + query.length;
const asked = Buffer.concat(queries);

function answerMany(count: number): void {
  for (let i = 0; i < count; i++) {
    const which = i % queries.length;
    const from = starts[which] ?? 0;
    const length = (starts[which + 1] ?? 0) - from;
    for (let k = 0; k < length; k++) room[k] = asked[from + k] ?? 0;
    if (responder.answer(room, 0, length, 4096, peer) === 0) throw new Error('no answer');
  }
}

answerMany(400_000); // until the optimizing compiler has finished
const words = new Int32Array(gate);
Atomics.add(words, 0, 1);
parentPort?.postMessage('ready');
Atomics.wait(words, 1, 0);
const before = ownThreadCpuNs();
answerMany(answers);
const report: AnsweringReport = { cpuNs: ownThreadCpuNs() - before };
parentPort?.postMessage(report);
