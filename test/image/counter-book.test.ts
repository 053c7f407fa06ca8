import { expect } from 'chai';
import { CounterBook } from '../../src/image/counter-book.ts';
import { Generation } from '../../src/image/generation.ts';
import { BlockWord } from '../../src/image/layout.ts';
import { ImageReader } from '../../src/image/lookup.ts';
import { tierCounter } from '../../src/image/tier-counter.ts';

describe('image/counter-book', () => {
  it('gives each taker a counter of its own, never 0, and first those that were released', () => {
    const book = new CounterBook();
    expect([book.take('one'), book.take('one'), book.take('one')]).to.deep.equal([1, 2, 3]);
    book.release(2);
    expect([book.take('one'), book.take('one')]).to.deep.equal([2, 4]);
  });

  it('gives blocks side by side after all counters', () => {
    const book = new CounterBook({ counters: 10, blocks: 3 });
    const taken = [1, 2, 3].map(() => book.take('per tier'));
    expect(taken).to.deep.equal([10, 10 + BlockWord.WORDS, 10 + 2 * BlockWord.WORDS]);
    expect(book.take('one')).to.equal(1);
    expect(book.buffer.byteLength).to.equal(4 * (10 + 3 * BlockWord.WORDS));
    book.release(taken[1] ?? 0);
    expect([book.take('one'), book.take('per tier')]).to.deep.equal([2, taken[1]]);
  });

  it('clears a block that is given out anew', () => {
    const book = new CounterBook({ counters: 2, blocks: 1 });
    const words = new Int32Array(book.buffer);
    const block = book.take('per tier');
    words.fill(7);
    book.release(block);
    expect(book.take('per tier')).to.equal(block);
    expect(words.subarray(block).every((word) => word === 0)).to.equal(true);
    expect([words[0], words[1]]).to.deep.equal([7, 7]);
  });

  it('keeps what an RRset has, and goes on from there when its kind changes or its block is full', () => {
    const book = new CounterBook({ counters: 4, blocks: 3 });
    const words = new Int32Array(book.buffer);
    const one = book.keepOrTake('one', 0);
    words[one] = 41;
    expect(book.keepOrTake('one', one)).to.equal(one);
    const block = book.keepOrTake('per tier', one);
    expect([block, words[block]]).to.deep.equal([4, 41]);
    for (let tag = 1; tag < BlockWord.TIERS; tag++) tierCounter(words, block, tag);
    expect(book.keepOrTake('per tier', block)).to.equal(block);
    tierCounter(words, block, 0xffff_ffff);
    const next = book.keepOrTake('per tier', block);
    expect([next, words[next], words[next + 1]]).to.deep.equal([4 + BlockWord.WORDS, 41, 0]);
  });

  it('lets RRsets share, one after the other, when there are no more', () => {
    const book = new CounterBook({ counters: 4, blocks: 2 });
    const words = new Int32Array(book.buffer);
    expect(Array.from({ length: 8 }, () => book.take('one'))).to.deep.equal([1, 2, 3, 1, 2, 3, 1, 2]);
    book.release(3);
    expect(book.take('one')).to.equal(3);
    const [first, second] = [4, 4 + BlockWord.WORDS];
    expect([book.take('per tier'), book.take('per tier')]).to.deep.equal([first, second]);
    words.fill(7);
    expect([1, 2, 3].map(() => book.take('per tier', 1))).to.deep.equal([first, second, first]);
    expect(words.every((word) => word === 7)).to.equal(true);
  });

  it('takes back what no RRset of a generation has', () => {
    const book = new CounterBook();
    for (let i = 0; i < 3; i++) book.take('one');
    const blocks = [1, 2, 3].map(() => book.take('per tier'));
    const generation = new Generation(0, { nodes: 0, zones: 1, heapWords: 100 });
    book.releaseUnused(generation, new ImageReader({ image: generation.buffer, counters: book.buffer }));
    expect(Array.from({ length: 4 }, () => book.take('one'))).to.deep.equal([1, 2, 3, 4]);
    expect([1, 2, 3].map(() => book.take('per tier'))).to.deep.equal(blocks);
  });
});
