import type { TurnCounters } from '../zone/served.ts';
import type { Generation } from './generation.ts';
import { BlockWord, RRsetWord } from './layout.ts';
import type { ImageReader } from './lookup.ts';
import { isFullBlock } from './tier-counter.ts';

/** What an RRset that rotates may have: one counter, or a block with one for each tier. */
export type CounterKind = Exclude<TurnCounters, 'none'>;

/** How many there are; untouched ones cost no memory. */
export interface CounterLimits {
  /** Words for counters; the first is nobody's. */
  readonly counters: number;
  /** At least 1. */
  readonly blocks: number;
}

/**
 * Gives every rotating RRset a counter or a block of its own, and lets it keep it while it exists: a change of
 * members does not reset it (STEERING.md §4). Either is known by the place of its first word in the buffer: counters
 * from the beginning on, blocks after them.
 */
export class CounterBook {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #firstBlock: number;
  readonly #counters: Places;
  readonly #blocks: Places;

  /** `limits` are for tests. */
  constructor({ counters, blocks }: CounterLimits = LIMITS) {
    this.#firstBlock = counters;
    this.buffer = new SharedArrayBuffer((counters + blocks * BlockWord.WORDS) * 4);
    this.#words = new Int32Array(this.buffer);
    this.#counters = new Places(1, 1, counters - 1);
    this.#blocks = new Places(counters, BlockWord.WORDS, blocks);
  }

  /**
   * A counter or block that no RRset has, which goes on from where `after` stands (0: nowhere). Beyond the last one
   * RRsets share: the turns stay fair over all of them together.
   */
  take(kind: CounterKind, after = 0): number {
    const places = kind === 'one' ? this.#counters : this.#blocks;
    const taken = places.take();
    if (places.isShared) return taken;
    if (kind === 'per tier') this.#clear(taken);
    if (after !== 0) Atomics.store(this.#words, taken, Atomics.load(this.#words, after));
    return taken;
  }

  /** What an RRset that has `counter` (0: nothing) and is to have `kind` gets: the same one, where that is right. */
  keepOrTake(kind: CounterKind, counter: number): number {
    if (counter === 0 || this.#kindOf(counter) !== kind) return this.take(kind, counter);
    // Tags are never taken out of a block: what changes of members have left there goes when it is full.
    return kind === 'per tier' && isFullBlock(this.#words, counter) ? this.take(kind, counter) : counter;
  }

  /** Takes a counter or block back from an RRset that has it no more. */
  release(counter: number): void {
    (this.#kindOf(counter) === 'one' ? this.#counters : this.#blocks).release(counter);
  }

  /** Takes back every counter and block that no RRset of `generation` has. */
  releaseUnused(generation: Generation, reader: ImageReader): void {
    const used = new Set<number>();
    for (const node of generation.nodes()) {
      for (const counter of countersOf(reader, node)) used.add(counter);
    }
    this.#counters.releaseUnused(used);
    this.#blocks.releaseUnused(used);
  }

  #kindOf(counter: number): CounterKind {
    return counter < this.#firstBlock ? 'one' : 'per tier';
  }

  #clear(block: number): void {
    for (let i = 0; i < BlockWord.WORDS; i++) Atomics.store(this.#words, block + i, 0);
  }
}

/** The counters and blocks of a node's rotating RRsets. */
export function countersOf(reader: ImageReader, node: number): number[] {
  const counters: number[] = [];
  const count = reader.rrsetCount(node);
  for (let i = 0, entry = reader.directory(node); i < count; i++, entry += 2) {
    const counter = reader.words[node + (reader.words[entry + 1] ?? 0) + RRsetWord.COUNTER] ?? 0;
    if (counter !== 0) counters.push(counter);
  }
  return counters;
}

/** The counter or block of the RRset of `type` at `node`; 0 when there is none. */
export function counterOf(reader: ImageReader, node: number, type: number): number {
  const rrset = node === 0 ? 0 : reader.rrset(node, type);
  return rrset === 0 ? 0 : (reader.words[rrset + RRsetWord.COUNTER] ?? 0);
}

// --- helpers ---

const LIMITS: CounterLimits = { counters: 1 << 22, blocks: 1 << 16 };

/** Places of one size, side by side: which of them are given out. */
class Places {
  /** Whether the place last taken may be somebody else's too. */
  isShared = false;
  readonly #first: number;
  readonly #size: number;
  readonly #limit: number;
  /** So many have been given out at least once. */
  #given = 0;
  #shared = 0;
  #free: number[] = [];

  constructor(first: number, size: number, limit: number) {
    this.#first = first;
    this.#size = size;
    this.#limit = limit;
  }

  take(): number {
    const free = this.#free.pop();
    this.isShared = free === undefined && this.#given === this.#limit;
    if (free !== undefined) return free;
    if (!this.isShared) return this.#first + this.#given++ * this.#size;
    return this.#first + (this.#shared++ % this.#limit) * this.#size;
  }

  release(place: number): void {
    this.#free.push(place);
  }

  releaseUnused(used: ReadonlySet<number>): void {
    this.#free = [];
    for (let i = this.#given - 1; i >= 0; i--) {
      const place = this.#first + i * this.#size;
      if (!used.has(place)) this.#free.push(place);
    }
  }
}
