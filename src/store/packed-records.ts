import { canonicalRdata } from '../rdata/table.ts';
import type { DomainName } from '../wire/name.ts';
import type { RR } from '../zone/record.ts';
import { composeOwnerKeyInto, MAX_KEY_LENGTH, parseOwnerKey } from './owner-key.ts';

/**
 * Records of one zone, one after another in one array of octets: a million of them without a million objects.
 * The same octets are what `zone_file_chunk` keeps.
 *
 * A record is: length of the whole (u32), length of the owner key (u16), type (u16), TTL (u32), length of the
 * canonical RDATA (u16), length of the written RDATA or 0 when it is the same (u16), then the three.
 *
 * Large ones lie in shared memory, so that the store thread can read them: see store-thread.ts.
 */
export class PackedRecords {
  readonly apex: DomainName;
  octets: Uint8Array;
  length = 0;
  count = 0;
  /** Where each record begins. */
  starts: Uint32Array;

  /** `expected`: octets to plan for. */
  constructor(apex: DomainName, expected: number) {
    this.apex = apex;
    this.octets = makeOctets(expected + HEAD + MAX_KEY_LENGTH);
    this.starts = makeNumbers((expected >> 5) + 8);
  }

  add(rr: RR): void {
    const rdata = canonicalRdata(rr.type, rr.rdata);
    this.#reserve(HEAD + MAX_KEY_LENGTH + rdata.length + rr.rdata.length);
    const keyEnd = composeOwnerKeyInto(rr.owner, this.apex.length, this.octets, this.length + HEAD);
    this.#addBehindKey(keyEnd, rr.type, rr.ttl, rdata, rr.rdata);
  }

  /** Adds a record as the database has it: its owner key, and its RDATA in canonical form and as written. */
  addStored(key: Uint8Array, type: number, ttl: number, canonical: Uint8Array, written: Uint8Array): void {
    this.#reserve(HEAD + key.length + canonical.length + written.length);
    this.octets.set(key, this.length + HEAD);
    this.#addBehindKey(this.length + HEAD + key.length, type, ttl, canonical, written);
  }

  /** Takes over the record at `at` of other packed octets with the same apex. */
  addPacked(octets: Uint8Array, at: number): void {
    const length = lengthAt(octets, at);
    this.#reserve(length);
    this.octets.set(octets.subarray(at, at + length), this.length);
    this.#end(this.length + length);
  }

  /** The records as such, in the order in which they were added. */
  *[Symbol.iterator](): Iterator<RR> {
    yield* unpack(this);
  }

  #addBehindKey(keyEnd: number, type: number, ttl: number, rdata: Uint8Array, spelt: Uint8Array): void {
    const { octets, length: at } = this;
    const written = rdata === spelt || sameOctets(rdata, spelt) ? 0 : spelt.length;
    octets.set(rdata, keyEnd);
    let end = keyEnd + rdata.length;
    if (written > 0) {
      octets.set(spelt, end);
      end += written;
    }
    putU32(octets, at, end - at);
    putU16(octets, at + 4, keyEnd - at - HEAD);
    putU16(octets, at + 6, type);
    putU32(octets, at + 8, ttl);
    putU16(octets, at + 12, rdata.length);
    putU16(octets, at + 14, written);
    this.#end(end);
  }

  #end(end: number): void {
    this.starts[this.count++] = this.length;
    this.length = end;
  }

  #reserve(more: number): void {
    if (this.length + more > this.octets.length) {
      const larger = makeOctets(Math.ceil(1.5 * this.octets.length) + more);
      larger.set(this.octets.subarray(0, this.length));
      this.octets = larger;
    }
    if (this.count === this.starts.length) {
      const larger = makeNumbers(2 * this.starts.length);
      larger.set(this.starts);
      this.starts = larger;
    }
  }
}

/** Packed records as another thread gets them. */
export type Packed = Pick<PackedRecords, 'apex' | 'octets' | 'starts' | 'count'>;

/** Packed records as such, in the order in which they were added. They share the memory. */
export function* unpack({ apex, octets, starts, count }: Packed): Iterable<RR> {
  for (let i = 0; i < count; i++) yield recordAt(octets, starts[i] ?? 0, apex);
}

// --- memory ---

/** Octets, in shared memory when they are many. */
function makeOctets(length: number): Uint8Array {
  return new Uint8Array(length < MIN_SHARED ? new ArrayBuffer(length) : new SharedArrayBuffer(length));
}

/** 32-bit numbers, in shared memory when they are many. */
export function makeNumbers(count: number): Uint32Array {
  const length = 4 * count;
  return new Uint32Array(length < MIN_SHARED ? new ArrayBuffer(length) : new SharedArrayBuffer(length));
}

/** Octets. Each shared buffer is pages of its own, and cloning it hands it over instead of copying it. */
const MIN_SHARED = 1 << 16;

// --- one packed record ---

/** Octets before the owner key. */
export const HEAD = 16;

export function lengthAt(octets: Uint8Array, at: number): number {
  return u16(octets, at) * 0x10000 + u16(octets, at + 2);
}

export function keyLengthAt(octets: Uint8Array, at: number): number {
  return u16(octets, at + 4);
}

export function typeAt(octets: Uint8Array, at: number): number {
  return u16(octets, at + 6);
}

export function ttlAt(octets: Uint8Array, at: number): number {
  return u16(octets, at + 8) * 0x10000 + u16(octets, at + 10);
}

export function setTtlAt(octets: Uint8Array, at: number, ttl: number): void {
  putU32(octets, at + 8, ttl);
}

export function rdataLengthAt(octets: Uint8Array, at: number): number {
  return u16(octets, at + 12);
}

/** 0 when the RDATA was written in its canonical form. */
export function writtenLengthAt(octets: Uint8Array, at: number): number {
  return u16(octets, at + 14);
}

/** The owner of a packed record. */
export function ownerAt(octets: Uint8Array, at: number, apex: DomainName): DomainName {
  return parseOwnerKey(octets, at + HEAD, at + HEAD + keyLengthAt(octets, at), apex);
}

/** The RDATA of a packed record, as written; shares the memory of `octets`. */
export function rdataAt(octets: Uint8Array, at: number): Uint8Array {
  const rdata = at + HEAD + keyLengthAt(octets, at);
  const written = rdata + rdataLengthAt(octets, at);
  const end = at + lengthAt(octets, at);
  return written < end ? octets.subarray(written, end) : octets.subarray(rdata, written);
}

/** A packed record as such; shares the memory of `octets`. */
function recordAt(octets: Uint8Array, at: number, apex: DomainName): RR {
  const owner = ownerAt(octets, at, apex);
  return { owner, type: typeAt(octets, at), ttl: ttlAt(octets, at), rdata: rdataAt(octets, at) };
}

/** Orders packed records by owner (RFC 4034 §6.1), type and canonical RDATA; 0: they are the same record. */
export function comparePacked(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  const keyA = keyLengthAt(a, atA);
  const keyB = keyLengthAt(b, atB);
  const order = compareOctets(a, atA + HEAD, keyA, b, atB + HEAD, keyB) || typeAt(a, atA) - typeAt(b, atB);
  if (order !== 0) return order;
  const rdataA = atA + HEAD + keyA;
  const rdataB = atB + HEAD + keyB;
  return compareOctets(a, rdataA, rdataLengthAt(a, atA), b, rdataB, rdataLengthAt(b, atB));
}

/** Whether two packed records are of one owner. */
export function sameOwner(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  const key = keyLengthAt(a, atA);
  return key === keyLengthAt(b, atB) && compareOctets(a, atA + HEAD, key, b, atB + HEAD, key) === 0;
}

/** Whether two packed records are of one RRset. */
export function sameRRset(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  return typeAt(a, atA) === typeAt(b, atB) && sameOwner(a, atA, b, atB);
}

/** Whether two arrays hold the same octets. */
export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareOctets(a, 0, a.length, b, 0, b.length) === 0;
}

// --- helpers ---

function compareOctets(
  a: Uint8Array,
  startA: number,
  lengthA: number,
  b: Uint8Array,
  startB: number,
  lengthB: number,
): number {
  const common = Math.min(lengthA, lengthB);
  for (let i = 0; i < common; i++) {
    const order = (a[startA + i] ?? 0) - (b[startB + i] ?? 0);
    if (order !== 0) return order;
  }
  return lengthA - lengthB;
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}

function putU16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >> 8;
  octets[at + 1] = value;
}

function putU32(octets: Uint8Array, at: number, value: number): void {
  putU16(octets, at, value >>> 16);
  putU16(octets, at + 2, value & 0xffff);
}
