import { expect } from 'chai';
import { CounterBook } from '../../src/image/counter-book.ts';
import { Generation } from '../../src/image/generation.ts';
import { ImageReader } from '../../src/image/lookup.ts';

describe('image/counter-book', () => {
  it('gives each taker a counter of its own, never 0, and first those that were released', () => {
    const book = new CounterBook();
    expect([book.take(), book.take(), book.take()]).to.deep.equal([1, 2, 3]);
    book.release(2);
    expect([book.take(), book.take()]).to.deep.equal([2, 4]);
  });

  it('lets RRsets share, one after the other, when there are no more', () => {
    const book = new CounterBook(4);
    expect(Array.from({ length: 8 }, () => book.take())).to.deep.equal([1, 2, 3, 1, 2, 3, 1, 2]);
    book.release(3);
    expect(book.take()).to.equal(3);
    expect(book.buffer.byteLength).to.equal(16);
  });

  it('takes back what no RRset of a generation has', () => {
    const book = new CounterBook();
    for (let i = 0; i < 3; i++) book.take();
    const generation = new Generation(0, { nodes: 0, zones: 1, heapWords: 100 });
    book.releaseUnused(generation, new ImageReader({ image: generation.buffer, counters: book.buffer }));
    expect(Array.from({ length: 4 }, () => book.take())).to.deep.equal([1, 2, 3, 4]);
  });
});
