// A thread that draws from the tiers of one block, at the same time as others.
import { parentPort, workerData } from 'node:worker_threads';
import { Tickets } from '../../../src/answer/tickets.ts';
import type { ImageMemory } from '../../../src/image/layout.ts';
import { ImageReader } from '../../../src/image/lookup.ts';
import { tierCounter } from '../../../src/image/tier-counter.ts';

/** What the thread is given. */
export interface DrawingStart {
  readonly memory: ImageMemory;
  readonly block: number;
  /** In the order in which this thread comes upon them. */
  readonly tags: readonly number[];
  /** From each tag. */
  readonly draws: number;
  /** One word: not 0 when all may begin. A thread that is ready says so in a message. */
  readonly control: SharedArrayBuffer;
  /** For each tag of the block in turn: the place of its counter, then how often each ticket was drawn. */
  readonly results: SharedArrayBuffer;
}

const { memory, block, tags, draws, control, results }: DrawingStart = workerData;
const image = new ImageReader(memory);
const tickets = new Tickets();
const words = new Int32Array(control);
const seen = new Int32Array(results);
const stride = seen.length / tags.length;
parentPort?.postMessage('ready');
Atomics.wait(words, 0, 0);
for (let i = 0; i < draws; i++) {
  for (const tag of tags) {
    const counter = tierCounter(image.counters, block, tag);
    const at = (tag - 1) * stride;
    const other = Atomics.compareExchange(seen, at, 0, counter);
    if (other !== 0 && other !== counter) throw new Error(`tier ${tag} has counters ${other} and ${counter}`);
    tickets.reset();
    Atomics.add(seen, at + 1 + tickets.draw(image, counter), 1);
  }
}
