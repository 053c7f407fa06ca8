import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { RetiredMemory } from '../../src/serve/retired-memory.ts';

describe('serve/retired-memory', () => {
  it('collects when enough has been let go, and not for little', () => {
    let collections = 0;
    const retired = new RetiredMemory(() => {
      collections++;
    });
    for (let i = 0; i < 63; i++) retired.note(1 << 20);
    expect(collections).to.equal(0);
    retired.note(1 << 20);
    expect(collections).to.equal(1);
    retired.note(1 << 20);
    expect(collections).to.equal(1);
    retired.note(1 << 30);
    expect(collections).to.equal(2);
  });

  it('threads that collect at the same moment do not get in the way of each other', async () => {
    const gate = new SharedArrayBuffer(8);
    const words = new Int32Array(gate);
    const code = `import { workerData } from 'node:worker_threads';
      const { RetiredMemory } = await import(workerData.module);
      const words = new Int32Array(workerData.gate);
      Atomics.add(words, 1, 1);
      Atomics.notify(words, 1);
      Atomics.wait(words, 0, 0);
      new RetiredMemory().note(2 ** 30);`;
    const module = new URL('../../src/serve/retired-memory.js', import.meta.url).href;
    const entry = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const workers = Array.from({ length: 6 }, () => new Worker(entry, { workerData: { module, gate } }));
    const ends = workers.map((worker) => once(worker, 'exit')); // rejects with an error of the worker
    while (Atomics.load(words, 1) < workers.length) await new Promise((resolve) => setImmediate(resolve));
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    expect(await Promise.all(ends)).to.deep.equal(workers.map(() => [0]));
  });

  it('really gives memory back that nothing leads to any more', () => {
    const retired = new RetiredMemory();
    const octets = 32 << 20;
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20; i++) {
      new Uint8Array(new SharedArrayBuffer(octets)).fill(i);
      retired.note(octets);
    }
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(4 * octets);
  });
});
