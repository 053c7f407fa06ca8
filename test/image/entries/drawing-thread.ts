// A thread that draws from the tiers of blocks, at the same time as others.
import { parentPort, workerData } from 'node:worker_threads';
import { Tickets } from '../../../src/answer/tickets.ts';
import type { ImageMemory } from '../../../src/image/layout.ts';
import { ImageReader } from '../../../src/image/lookup.ts';
import { tierCounter } from '../../../src/image/tier-counter.ts';

/** What the thread is given. */
export interface DrawingStart {
  readonly memory: ImageMemory;
  readonly blocks: readonly number[];
  /** From 1 on, in the order in which this thread comes upon them. */
  readonly tags: readonly number[];
  /** From each tag. */
  readonly draws: number;
  /** One word: not 0 when all may begin. A thread that is ready says so in a message. */
  readonly control: SharedArrayBuffer;
  /** For each tag of each block in turn: the place of its counter, then how often each ticket was drawn. */
  readonly results: SharedArrayBuffer;
}

const { memory, blocks, tags, draws, control, results }: DrawingStart = workerData;
const image = new ImageReader(memory);
const tickets = new Tickets();
const words = new Int32Array(control);
const seen = new Int32Array(results);
const stride = seen.length / blocks.length / tags.length;
parentPort?.postMessage('ready');
Atomics.wait(words, 0, 0);
for (const [i, block] of blocks.entries()) {
  for (let turn = 0; turn < draws; turn++)
    for (const tag of tags) draw(block, tag, i * tags.length + tag - 1);
}

function draw(block: number, tag: number, row: number): void {
  const counter = tierCounter(image.counters, block, tag);
  const at = row * stride;
  const other = Atomics.compareExchange(seen, at, 0, counter);
  if (other !== 0 && other !== counter) throw new Error(`tier ${tag} has counters ${other} and ${counter}`);
  tickets.reset();
  Atomics.add(seen, at + 1 + tickets.draw(image, counter), 1);
}
