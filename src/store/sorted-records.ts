import { RRType } from '../wire/iana.ts';
import { type DomainName, isSubdomain } from '../wire/name.ts';
import { isRuled } from '../zone/check.ts';
import { RECORD_HEAD, SURE } from '../zone/check-size.ts';
import { unequalTtls } from '../zone/check-ttl.ts';
import type { Finding } from '../zone/finding.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import { mergeSort } from './merge-sort.ts';
import { OwnerDraft } from './owner-draft.ts';
import { composeOwnerKey, keyAfter, keyBelow } from './owner-key.ts';
import {
  comparePacked,
  HEAD,
  keyLengthAt,
  ownerAt,
  type PackedRecords,
  rdataAt,
  rdataLengthAt,
  sameOctets,
  sameOwner,
  sameRRset,
  setTtlAt,
  ttlAt,
  typeAt,
} from './packed-records.ts';

/** Packed records and their order: what another thread needs of {@link SortedRecords}. */
export interface PackedOrder {
  readonly records: Pick<PackedRecords, 'apex' | 'octets' | 'starts'>;
  /** Numbers of records, in canonical order. */
  readonly order: Uint32Array;
}

/** The records of a zone in canonical order, each once, one TTL for each RRset. */
export interface SortedRecords extends PackedOrder {
  readonly records: PackedRecords;
  /** RRsets that had several TTLs. */
  readonly findings: readonly Finding[];
}

/** Sorts, drops repetitions (RFC 2181 §5), evens TTLs (RFC 2181 §5.2: the lowest). Yields between slices. */
export function* sortRecords(records: PackedRecords): Generator<void, SortedRecords> {
  const lanes = yield* mergeSort(records);
  const sorted = lanes.numbers;
  const { octets, starts } = records;
  const findings: Finding[] = [];
  let kept = 0;
  let first = 0; // index in `sorted` of the RRset's first record
  for (let i = 0; i < sorted.length; i++) {
    const number = sorted[i] ?? 0;
    const at = starts[number] ?? 0;
    if (kept > 0) {
      const last = starts[sorted[kept - 1] ?? 0] ?? 0;
      if (lanes.differ(i - 1, i) || !sameRRset(octets, last, octets, at)) {
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

/**
 * The number of the first record of an owner, and of a type where one is given, and with this canonical RDATA where
 * that is there; `undefined` when there is none.
 */
export function findRecord(
  sorted: SortedRecords,
  key: Uint8Array,
  type = 0,
  rdata?: Uint8Array,
): number | undefined {
  const { records, order } = sorted;
  const first = findPlace(sorted, key, type);
  for (let place = first; rdata !== undefined && place < order.length; place++) {
    const at = records.starts[order[place] ?? 0] ?? 0;
    if (comparePlace(records.octets, at, key, type) !== 0) break;
    if (sameOctets(rdataAt(records.octets, at), rdata)) return order[place];
  }
  const number = order[first];
  if (number === undefined) return undefined;
  const at = records.starts[number] ?? 0;
  return comparePlace(records.octets, at, key, typeAt(records.octets, at)) === 0 ? number : undefined;
}

/** Sorted records as a zone, before they are in the database. */
export class SortedZoneView implements ZoneView {
  readonly apex: DomainName;
  readonly #sorted: SortedRecords;

  constructor(sorted: SortedRecords) {
    this.apex = sorted.records.apex;
    this.#sorted = sorted;
  }

  get(name: DomainName): Owner | undefined {
    if (!isSubdomain(name, this.apex)) return undefined;
    const key = composeOwnerKey(name, this.apex);
    const from = findPlace(this.#sorted, key, 0);
    const [owner] = this.#walk(from, findPlace(this.#sorted, key, HIGHEST_TYPE + 1));
    return owner;
  }

  owners(): Iterable<Owner> {
    return this.#walk(0, this.#sorted.order.length);
  }

  ownersBelow(name: DomainName): Iterable<Owner> {
    const key = composeOwnerKey(name, this.apex);
    if (key.length === 0) {
      return this.#walk(findPlace(this.#sorted, key, HIGHEST_TYPE + 1), this.#sorted.order.length);
    }
    const end = findPlace(this.#sorted, keyAfter(key), 0);
    return this.#walk(findPlace(this.#sorted, keyBelow(key), 0), end);
  }

  /**
   * As it is shown to a check, for which most owners of a large zone need not be made: without the owners that
   * have no ruled type and few octets, unless something could hide them. Scanned TTLs are in range.
   */
  forCheck(): ZoneView {
    if (this.#mayHide()) return this;
    return {
      apex: this.apex,
      get: (name) => this.get(name),
      owners: () => this.#walkRuled(),
      ownersBelow: (name) => this.ownersBelow(name),
    };
  }

  /** The owners of steering lines, `_steer.<owner>`. */
  *steeringOwners(): Iterable<Owner> {
    const { records, order } = this.#sorted;
    const { octets, starts } = records;
    for (let i = 0; i < order.length; i++) {
      const at = starts[order[i] ?? 0] ?? 0;
      if (typeAt(octets, at) !== RRType.TXT || !isSteeringKey(octets, at)) continue;
      const from = i;
      while (i + 1 < order.length && sameRRset(octets, at, octets, starts[order[i + 1] ?? 0] ?? 0)) i++;
      yield* this.#walk(from, i + 1);
    }
  }

  /** Whether a zone cut or a DNAME hides owners. */
  #mayHide(): boolean {
    const { records, order } = this.#sorted;
    for (const number of order) {
      const at = records.starts[number] ?? 0;
      const type = typeAt(records.octets, at);
      if (type === RRType.DNAME || (type === RRType.NS && keyLengthAt(records.octets, at) > 0)) return true;
    }
    return false;
  }

  *#walkRuled(): Iterable<Owner> {
    const { records, order } = this.#sorted;
    const { octets, starts } = records;
    for (let from = 0; from < order.length; ) {
      const first = starts[order[from] ?? 0] ?? 0;
      let isAnyRuled = false;
      let answerOctets = 0;
      let end = from;
      for (let at = first; end < order.length && sameOwner(octets, first, octets, at); ) {
        isAnyRuled ||= isRuled(typeAt(octets, at));
        answerOctets += RECORD_HEAD + rdataLengthAt(octets, at);
        at = starts[order[++end] ?? 0] ?? 0;
      }
      if (isAnyRuled || answerOctets > SURE) yield* this.#walk(from, end);
      from = end;
    }
  }

  *#walk(from: number, end: number): Iterable<Owner> {
    const { records, order } = this.#sorted;
    const { octets, starts } = records;
    let draft: OwnerDraft | undefined;
    let last = 0;
    for (let i = from; i < end; i++) {
      const at = starts[order[i] ?? 0] ?? 0;
      if (draft === undefined || !sameOwner(octets, last, octets, at)) {
        if (draft !== undefined) yield draft;
        draft = new OwnerDraft(ownerAt(octets, at, this.apex));
      }
      draft.add(typeAt(octets, at), ttlAt(octets, at), rdataAt(octets, at));
      last = at;
    }
    if (draft !== undefined) yield draft;
  }
}

// --- helpers ---

/** Records to handle between two yields: some milliseconds' worth. */
const SLICE = 8192;
const HIGHEST_TYPE = 0xffff;

/** Whether the key ends with the label `_steer`: that is the owner's first. */
function isSteeringKey(octets: Uint8Array, at: number): boolean {
  const end = at + HEAD + keyLengthAt(octets, at);
  for (let i = 0; i < STEER.length; i++) {
    if (end - i <= at + HEAD || octets[end - 1 - i] !== STEER.charCodeAt(STEER.length - 1 - i)) return false;
  }
  const before = end - STEER.length;
  return before === at + HEAD || octets[before - 1] === 0;
}

const STEER = '_steer';

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

/** Where in the order the first record stands that is not before this owner and type. */
function findPlace({ records, order }: SortedRecords, key: Uint8Array, type: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePlace(records.octets, records.starts[order[middle] ?? 0] ?? 0, key, type) < 0)
      low = middle + 1;
    else high = middle;
  }
  return low;
}

function comparePlace(octets: Uint8Array, at: number, key: Uint8Array, type: number): number {
  const other = octets.subarray(at + HEAD, at + HEAD + keyLengthAt(octets, at));
  return Buffer.compare(other, key) || typeAt(octets, at) - type;
}
