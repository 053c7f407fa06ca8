import { comparePacked, HEAD, keyLengthAt, makeNumbers, type PackedRecords } from './packed-records.ts';

/**
 * A merge sort that takes the runs it finds: a sorted file costs one pass. Stable: the first of equals stays
 * first. The first octets of each key move along with the record's number, so that most comparisons touch
 * only memory that lies in a row.
 */
export function* mergeSort(records: PackedRecords): Generator<void, Lanes> {
  const { octets, starts, count } = records;
  let runs = [0];
  let from = new Lanes(count);
  for (let i = 0; i < count; i++) {
    from.put(i, i, octets, starts[i] ?? 0);
    if (i > 0 && from.compare(i - 1, i, records) > 0) runs.push(i);
    if (i % SLICE === 0) yield;
  }
  if (runs.length === 1) return from;
  let to = new Lanes(count);
  let done = 0;
  while (runs.length > 1) {
    const longer: number[] = [];
    for (let run = 0; run < runs.length; run += 2) {
      const start = runs[run] ?? 0;
      const middle = runs[run + 1] ?? count;
      const end = runs[run + 2] ?? count;
      longer.push(start);
      let left = start;
      let right = middle;
      for (let i = start; i < end; i++) {
        const takeLeft = right >= end || (left < middle && from.compare(left, right, records) <= 0);
        to.take(i, from, takeLeft ? left++ : right++);
        if (++done % SLICE === 0) yield;
      }
    }
    runs = longer;
    [from, to] = [to, from];
  }
  return from;
}

/** Record numbers, each with the first twelve octets of its key as two numbers. */
export class Lanes {
  readonly numbers: Uint32Array;
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  constructor(count: number) {
    this.numbers = makeNumbers(count);
    this.#high = new Float64Array(count);
    this.#low = new Float64Array(count);
  }

  put(i: number, number: number, octets: Uint8Array, at: number): void {
    const end = at + HEAD + keyLengthAt(octets, at);
    this.numbers[i] = number;
    this.#high[i] = sixOctets(octets, at + HEAD, end);
    this.#low[i] = sixOctets(octets, at + HEAD + 6, end);
  }

  take(i: number, from: Lanes, j: number): void {
    this.numbers[i] = from.numbers[j] ?? 0;
    this.#high[i] = from.#high[j] ?? 0;
    this.#low[i] = from.#low[j] ?? 0;
  }

  /** Whether the keys differ already in their first octets; when not, they may all the same. */
  differ(i: number, j: number): boolean {
    return this.#high[i] !== this.#high[j] || this.#low[i] !== this.#low[j];
  }

  compare(i: number, j: number, { octets, starts }: PackedRecords): number {
    const order = (this.#high[i] ?? 0) - (this.#high[j] ?? 0) || (this.#low[i] ?? 0) - (this.#low[j] ?? 0);
    if (order !== 0) return order;
    const a = starts[this.numbers[i] ?? 0] ?? 0;
    return comparePacked(octets, a, octets, starts[this.numbers[j] ?? 0] ?? 0);
  }
}

// --- helpers ---

/** Records to handle between two yields: some milliseconds' worth. */
const SLICE = 8192;

/** Octets from `at` as one number; past `end` stand zeros, which come before every label. */
function sixOctets(octets: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < at + 6; i++) value = value * 256 + (i < end ? (octets[i] ?? 0) : 0);
  return value;
}
