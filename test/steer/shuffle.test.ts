import { expect } from 'chai';
import { Shuffler } from '../../src/steer/shuffle.ts';

const SEED = Uint8Array.from({ length: 16 }, (_, i) => 37 * i + 5);
const N = 48_000;

/** How often each outcome came. */
function tally(outcome: () => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < N; i++) {
    const key = outcome();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** χ²: how far counts are from all being equal. */
function distance(counts: Map<string, number>): number {
  const expected = N / counts.size;
  return [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('steer/shuffle (STEERING.md §3 step 7)', () => {
  it('each order of four is as likely as any other, and what stands beside them stays', () => {
    const shuffler = new Shuffler(SEED);
    const into = Uint16Array.of(9, 0, 1, 2, 3, 9);
    const counts = tally(() => {
      shuffler.order(into, 1, 4);
      return into.join('');
    });
    expect(counts.size).to.equal(24);
    expect([...counts.keys()].every((key) => /^9[0-3]{4}9$/.test(key))).to.equal(true);
    expect(distance(counts)).to.be.lessThan(49.7); // 23 degrees of freedom, 1 in 1,000
  });

  it('the same holds for the first ones when the rest are not wanted', () => {
    const shuffler = new Shuffler(SEED);
    const counts = tally(() => {
      const into = Uint16Array.of(0, 1, 2, 3, 4);
      shuffler.order(into, 0, 5, 2);
      expect([...into].toSorted()).to.deep.equal([0, 1, 2, 3, 4]);
      return `${into[0]}${into[1]}`;
    });
    expect(counts.size).to.equal(20);
    expect(distance(counts)).to.be.lessThan(43.9); // 19 degrees of freedom
  });

  it('one member, none, and more wanted than there are', () => {
    const shuffler = new Shuffler(SEED);
    const into = Uint16Array.of(5, 6, 7);
    shuffler.order(into, 1, 1);
    shuffler.order(into, 1, 0);
    expect([...into]).to.deep.equal([5, 6, 7]);
    shuffler.order(into, 0, 3, 100);
    expect([...into].toSorted()).to.deep.equal([5, 6, 7]);
  });

  it('whatever the seed, even one of zeros, all orders come', () => {
    for (const fill of [0, 255]) {
      const shuffler = new Shuffler(new Uint8Array(16).fill(fill));
      const into = Uint16Array.of(0, 1, 2);
      const counts = tally(() => {
        shuffler.order(into, 0, 3);
        return into.join('');
      });
      expect(counts.size).to.equal(6);
      expect(distance(counts)).to.be.lessThan(20.6); // 5 degrees of freedom
    }
  });

  it('other seeds give other orders, and so does each call', () => {
    const orders = [SEED, SEED, SEED.map((octet) => octet ^ 1)].map((seed) => {
      const into = Uint16Array.from({ length: 60_000 }, (_, i) => i);
      new Shuffler(seed).order(into, 0, 60_000);
      return into;
    });
    expect(orders[0]).to.deep.equal(orders[1]);
    const same = orders[0]?.filter((member, i) => member === orders[2]?.[i]).length ?? 0;
    expect(same).to.be.lessThan(10);
  });
});
