import { BlockWord } from './layout.ts';

/**
 * The place in `counters` of the counter that the tier with this tag has in a block. A tag is any 32-bit number but 0;
 * one that is new here gets a free pair of the block, and all threads agree which. When none is free, tags share
 * pairs, by their hash: turns are then fair over the tiers that share. Called for each answer: a tag that is known is
 * mostly found at once.
 */
export function tierCounter(counters: Int32Array, block: number, tag: number): number {
  const word = tag | 0;
  const home = homeOf(word);
  for (let i = 0; i < BlockWord.TIERS; i++) {
    const at = block + BlockWord.PAIRS + 2 * ((home + i) % BlockWord.TIERS);
    const found = Atomics.load(counters, at) || Atomics.compareExchange(counters, at, 0, word);
    if (found === 0 || found === word) return at + 1;
  }
  return block + BlockWord.PAIRS + 2 * home + 1;
}

/** As {@link tierCounter}, and takes nothing: 0 for a tag that would get a free pair, whose counter is 0. */
export function findTierCounter(counters: Int32Array, block: number, tag: number): number {
  const word = tag | 0;
  const home = homeOf(word);
  for (let i = 0; i < BlockWord.TIERS; i++) {
    const at = block + BlockWord.PAIRS + 2 * ((home + i) % BlockWord.TIERS);
    const found = Atomics.load(counters, at);
    if (found === word) return at + 1;
    if (found === 0) return 0;
  }
  return block + BlockWord.PAIRS + 2 * home + 1;
}

/** Whether every pair of a block has its tag: the next tier would have to share. */
export function isFullBlock(counters: Int32Array, block: number): boolean {
  for (let i = 0; i < BlockWord.TIERS; i++) {
    if (Atomics.load(counters, block + BlockWord.PAIRS + 2 * i) === 0) return false;
  }
  return true;
}

/** The pair at which the search for a tag begins. */
function homeOf(tag: number): number {
  return (Math.imul(tag ^ (tag >>> 16), 0x9e3779b1) >>> 16) % BlockWord.TIERS;
}
