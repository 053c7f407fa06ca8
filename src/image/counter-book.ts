import type { Generation } from './generation.ts';
import { RRsetWord } from './layout.ts';
import type { ImageReader } from './lookup.ts';

/**
 * Gives every rotating RRset a counter of its own, and lets it keep it while it exists: a change of members does
 * not reset it (STEERING.md §4).
 */
export class CounterBook {
  readonly buffer: SharedArrayBuffer;
  readonly #limit: number;
  /** Counters below this have been given out at least once; 0 is nobody's. */
  #given = 1;
  #shared = 0;
  #free: number[] = [];

  /** `limit` is for tests. */
  constructor(limit = MAX_COUNTERS) {
    this.#limit = limit;
    this.buffer = new SharedArrayBuffer(limit * 4);
  }

  /** A counter that no RRset has. Beyond the last one RRsets share: the turns stay fair over all of them together. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#given < this.#limit) return this.#given++;
    this.#shared = (this.#shared % (this.#limit - 1)) + 1;
    return this.#shared;
  }

  /** Takes a counter back from an RRset that is gone. */
  release(counter: number): void {
    this.#free.push(counter);
  }

  /** Takes back every counter that no RRset of `generation` has. */
  releaseUnused(generation: Generation, reader: ImageReader): void {
    const isUsed = new Uint8Array(this.#given);
    for (const node of generation.nodes()) {
      for (const counter of countersOf(reader, node)) isUsed[counter] = 1;
    }
    this.#free = [];
    for (let counter = this.#given - 1; counter > 0; counter--) {
      if (isUsed[counter] === 0) this.#free.push(counter);
    }
  }
}

/** The counters of a node's rotating RRsets. */
export function countersOf(reader: ImageReader, node: number): number[] {
  const counters: number[] = [];
  const count = reader.rrsetCount(node);
  for (let i = 0, entry = reader.directory(node); i < count; i++, entry += 2) {
    const counter = reader.words[node + (reader.words[entry + 1] ?? 0) + RRsetWord.COUNTER] ?? 0;
    if (counter !== 0) counters.push(counter);
  }
  return counters;
}

/** The counter of the RRset of `type` at `node`; 0 when there is none. */
export function counterOf(reader: ImageReader, node: number, type: number): number {
  const rrset = node === 0 ? 0 : reader.rrset(node, type);
  return rrset === 0 ? 0 : (reader.words[rrset + RRsetWord.COUNTER] ?? 0);
}

/** Untouched counters cost no memory. */
const MAX_COUNTERS = 1 << 22;
