import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import fc from 'fast-check';
import { BlockWord } from '../../src/image/layout.ts';
import { findTierCounter, isFullBlock, tierCounter } from '../../src/image/tier-counter.ts';
import { imageOf } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import type { DrawingStart } from './entries/drawing-thread.ts';

const ENTRY = new URL('./entries/drawing-thread.js', import.meta.url);
const BLOCK = 3;

function someWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (BLOCK + BlockWord.WORDS + 1)));
}

describe('image/tier-counter', () => {
  it('is found without being taken, where it is and where tiers have to share', () => {
    const words = someWords();
    expect(findTierCounter(words, BLOCK, 77)).to.equal(0);
    expect([...words].every((word) => word === 0)).to.equal(true);
    const counters = Array.from({ length: BlockWord.TIERS + 9 }, (_, i) => tierCounter(words, BLOCK, i + 1));
    const before = [...words];
    expect(counters.map((_, i) => findTierCounter(words, BLOCK, i + 1))).to.deep.equal(counters);
    expect([...words]).to.deep.equal(before);
  });

  it('every tier has a counter of its own, the same whenever it is asked for, within the block', () => {
    const tags = fc.uniqueArray(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), {
      maxLength: BlockWord.TIERS,
      selector: (tag) => tag | 0,
    });
    fc.assert(
      fc.property(tags, (all) => {
        const words = someWords();
        const some = all.filter((tag) => tag !== 0);
        const counters = some.map((tag) => tierCounter(words, BLOCK, tag));
        expect(new Set(counters).size).to.equal(some.length);
        for (const counter of counters) {
          expect(counter).to.be.within(BLOCK + BlockWord.PAIRS + 1, BLOCK + BlockWord.WORDS - 1);
          expect((counter - BLOCK) % 2).to.equal(0);
        }
        expect(some.toReversed().map((tag) => tierCounter(words, BLOCK, tag))).to.deep.equal(
          counters.toReversed(),
        );
        expect(words[BLOCK + BlockWord.COUNTER]).to.equal(0);
        expect(isFullBlock(words, BLOCK)).to.equal(some.length === BlockWord.TIERS);
      }),
    );
  });

  it('tiers for which there is no room share the counters of others', () => {
    const words = someWords();
    for (let tag = 1; tag <= BlockWord.TIERS; tag++) tierCounter(words, BLOCK, tag);
    const before = words.slice();
    const shared = Array.from({ length: 1000 }, (_, i) => tierCounter(words, BLOCK, 1000 + i));
    expect(words).to.deep.equal(before);
    expect(new Set(shared).size).to.be.greaterThan(BlockWord.TIERS / 2);
    for (const counter of shared) expect(counter).to.be.within(BLOCK + 2, BLOCK + BlockWord.WORDS - 1);
  });

  it('STEERING §4: threads agree on the counters, and draw each ticket of each tier once', async function () {
    this.timeout(60_000);
    const THREADS = 4;
    const DRAWS = 10;
    const { memory } = imageOf([memoryZone('example.test', '@ SOA ns h 1 2 3 4 5')]);
    const blocks = Array.from({ length: 50 }, (_, i) => (1 << 22) + i * BlockWord.WORDS);
    const tags = Array.from({ length: BlockWord.TIERS }, (_, i) => i + 1);
    const control = new SharedArrayBuffer(4);
    const results = new SharedArrayBuffer(4 * blocks.length * tags.length * (1 + THREADS * DRAWS));
    const threads = Array.from({ length: THREADS }, (_, i) => {
      const start: DrawingStart = {
        memory,
        blocks,
        tags: i % 2 === 0 ? tags : tags.toReversed(),
        draws: DRAWS,
        control,
        results,
      };
      return new Worker(ENTRY, { workerData: start });
    });
    const ended = threads.map((thread) => once(thread, 'exit'));
    await Promise.all(threads.map((thread) => once(thread, 'message'))); // ready
    const words = new Int32Array(control);
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    expect(await Promise.all(ended)).to.deep.equal(threads.map(() => [0]));
    const seen = new Int32Array(results);
    const stride = 1 + THREADS * DRAWS;
    const places = Array.from({ length: seen.length / stride }, (_, i) => seen[i * stride] ?? 0);
    expect(new Set(places).size).to.equal(blocks.length * tags.length);
    for (const i of places.keys()) {
      expect(seen.subarray(i * stride + 1, (i + 1) * stride).every((times) => times === 1)).to.equal(true);
    }
  });
});
