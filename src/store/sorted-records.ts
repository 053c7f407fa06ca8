import { RRType } from '../wire/iana.ts';
import { unequalTtls } from '../zone/check-ttl.ts';
import type { Finding } from '../zone/finding.ts';
import {
  comparePacked,
  HEAD,
  keyLengthAt,
  ownerAt,
  type PackedRecords,
  sameRRset,
  setTtlAt,
  ttlAt,
  typeAt,
} from './packed-records.ts';

/** The records of a zone in canonical order, each once, one TTL for each RRset. */
export interface SortedRecords {
  readonly records: PackedRecords;
  /** Numbers of records, in canonical order. */
  readonly order: Uint32Array;
  /** RRsets that had several TTLs. */
  readonly findings: readonly Finding[];
}

/** Sorts, drops repetitions (RFC 2181 §5), evens TTLs (RFC 2181 §5.2: the lowest). Yields between slices. */
export function* sortRecords(records: PackedRecords): Generator<void, SortedRecords> {
  const sorted = yield* mergeSort(records);
  const { octets, starts } = records;
  const findings: Finding[] = [];
  let kept = 0;
  let first = 0; // index in `sorted` of the RRset's first record
  for (let i = 0; i < sorted.length; i++) {
    const number = sorted[i] ?? 0;
    const at = starts[number] ?? 0;
    if (kept > 0) {
      const last = starts[sorted[kept - 1] ?? 0] ?? 0;
      if (!sameRRset(octets, last, octets, at)) {
        evenTtls(records, sorted, first, kept, findings);
        first = kept;
      } else if (comparePacked(octets, last, octets, at) === 0) {
        setTtlAt(octets, last, Math.min(ttlAt(octets, last), ttlAt(octets, at)));
        continue;
      }
    }
    sorted[kept++] = number;
    if (i % SLICE === SLICE - 1) yield;
  }
  if (kept > 0) evenTtls(records, sorted, first, kept, findings);
  return { records, order: sorted.subarray(0, kept), findings };
}

/** The number of the first record of an owner, and of a type where one is given; `undefined` when there is none. */
export function findOwner(sorted: SortedRecords, key: Uint8Array, type = 0): number | undefined {
  const { records, order } = sorted;
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = records.starts[order[middle] ?? 0] ?? 0;
    if (comparePlace(records.octets, at, key, type) < 0) low = middle + 1;
    else high = middle;
  }
  const number = order[low];
  if (number === undefined) return undefined;
  const at = records.starts[number] ?? 0;
  return comparePlace(records.octets, at, key, typeAt(records.octets, at)) === 0 ? number : undefined;
}

// --- helpers ---

/** Records to handle between two yields: some milliseconds' worth. */
const SLICE = 8192;

/** A merge sort that takes the runs it finds: a sorted file costs one pass. Stable: the first of equals stays first. */
function* mergeSort({ octets, starts, count }: PackedRecords): Generator<void, Uint32Array> {
  let from = Uint32Array.from({ length: count }, (_, i) => i);
  let runs = [0];
  for (let i = 1; i < count; i++) {
    if (comparePacked(octets, starts[i - 1] ?? 0, octets, starts[i] ?? 0) > 0) runs.push(i);
    if (i % SLICE === 0) yield;
  }
  let to = runs.length > 1 ? new Uint32Array(count) : from;
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
        const a = from[left] ?? 0;
        const b = from[right] ?? 0;
        const takeLeft =
          right >= end ||
          (left < middle && comparePacked(octets, starts[a] ?? 0, octets, starts[b] ?? 0) <= 0);
        if (takeLeft) left++;
        else right++;
        to[i] = takeLeft ? a : b;
        if (++done % SLICE === 0) yield;
      }
    }
    runs = longer;
    [from, to] = [to, from];
  }
  return from;
}

function evenTtls(
  { octets, starts, apex }: PackedRecords,
  order: Uint32Array,
  first: number,
  end: number,
  findings: Finding[],
): void {
  if (end - first < 2) return;
  const top = starts[order[first] ?? 0] ?? 0;
  if (typeAt(octets, top) === RRType.RRSIG) return; // RFC 4034 §3: each has the TTL of what it covers
  let lowest = ttlAt(octets, top);
  let highest = lowest;
  for (let i = first + 1; i < end; i++) {
    const ttl = ttlAt(octets, starts[order[i] ?? 0] ?? 0);
    lowest = Math.min(lowest, ttl);
    highest = Math.max(highest, ttl);
  }
  if (lowest === highest) return;
  for (let i = first; i < end; i++) setTtlAt(octets, starts[order[i] ?? 0] ?? 0, lowest);
  findings.push(unequalTtls(ownerAt(octets, top, apex), typeAt(octets, top), lowest, highest));
}

function comparePlace(octets: Uint8Array, at: number, key: Uint8Array, type: number): number {
  const other = octets.subarray(at + HEAD, at + HEAD + keyLengthAt(octets, at));
  return Buffer.compare(other, key) || typeAt(octets, at) - type;
}
