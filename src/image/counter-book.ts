import type { Owner } from '../zone/record.ts';
import { RRsetWord } from './layout.ts';
import type { ImageReader } from './lookup.ts';
import { rotates } from './node-composer.ts';

/**
 * Gives every rotating RRset a counter of its own, and lets it keep it while it exists: a change of members does
 * not reset it (STEERING.md §4).
 */
export class CounterBook {
  readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(MAX_COUNTERS * 4);
  #next = 1;
  readonly #free: number[] = [];

  /** The counter for the RRset of `type` at `owner`, whose node was `old` (0 = none). 0 when it does not rotate. */
  take(reader: ImageReader, old: number, owner: Owner, type: number): number {
    const rrset = owner.rrsets.find((candidate) => candidate.type === type);
    if (rrset === undefined || !rotates(rrset)) return 0;
    const before = old === 0 ? 0 : reader.rrset(old, type);
    const kept = before === 0 ? 0 : (reader.words[before + RRsetWord.COUNTER] ?? 0);
    if (kept !== 0) return kept;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    // Beyond the last one, RRsets share counters: the turns stay fair over all of them together.
    const counter = this.#next;
    this.#next = counter + 1 < MAX_COUNTERS ? counter + 1 : 1;
    return counter;
  }

  /** Takes back the counters of the RRsets that `old` had and `owner` (or nobody) no longer rotates. */
  releaseMissing(reader: ImageReader, old: number, owner: Owner | undefined): void {
    const count = reader.rrsetCount(old);
    let entry = reader.directory(old);
    for (let i = 0; i < count; i++, entry += 2) {
      const place = old + (reader.words[entry + 1] ?? 0);
      const counter = reader.words[place + RRsetWord.COUNTER] ?? 0;
      if (counter === 0) continue;
      const type = reader.words[entry];
      const still = owner?.rrsets.find((candidate) => candidate.type === type);
      if (still === undefined || !rotates(still)) this.#free.push(counter);
    }
  }
}

/** Untouched counters cost no memory. */
const MAX_COUNTERS = 1 << 22;
