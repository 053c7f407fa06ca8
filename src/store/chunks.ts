import { createHash } from 'node:crypto';
import { HEAD, keyLengthAt, lengthAt, rdataLengthAt } from './packed-records.ts';
import type { PackedOrder } from './sorted-records.ts';

/** Some records as last read from a zone's files, packed, in canonical order. */
export interface Chunk {
  /** Sorts the chunks of a zone as their first records are sorted. */
  readonly first: Uint8Array;
  readonly octets: Uint8Array;
}

/**
 * Packs sorted records into chunks. Where one ends is said by the record it ends with, so that a small change
 * of a large file leaves all chunks but one or two as they were.
 */
export function* packChunks({ records, order }: PackedOrder): Iterable<Chunk> {
  const { octets, starts } = records;
  let buffer = new Uint8Array(0);
  let length = 0;
  for (const number of order) {
    const at = starts[number] ?? 0;
    const size = lengthAt(octets, at);
    if (buffer.length < length + size) {
      const larger = new Uint8Array(2 * (length + size));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(octets.subarray(at, at + size), length);
    length += size;
    if (length >= MAX_LENGTH || (length >= MIN_LENGTH && isBoundary(octets, at, size))) {
      yield chunkOf(buffer.slice(0, length));
      length = 0;
    }
  }
  if (length > 0) yield chunkOf(buffer.slice(0, length));
}

/** A chunk's digest, to see whether it is still the same. */
export function digestOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('base64');
}

// --- helpers ---

const MIN_LENGTH = 32 * 1024;
const MAX_LENGTH = 128 * 1024;
/** One record in so many may end a chunk. */
const ONE_IN = 64;

function isBoundary(octets: Uint8Array, at: number, size: number): boolean {
  let hash = 0;
  for (let i = at + HEAD; i < at + size; i++) hash = (Math.imul(hash, 31) + (octets[i] ?? 0)) | 0;
  return ((hash ^ (hash >>> 15)) & (ONE_IN - 1)) === 0;
}

/** Owner key, 00 00, type, RDATA: no key holds 00 00, so this is in the order of records. */
function chunkOf(octets: Uint8Array): Chunk {
  const key = HEAD + keyLengthAt(octets, 0);
  const rdata = octets.subarray(key, key + rdataLengthAt(octets, 0));
  const first = new Uint8Array(key - HEAD + 4 + rdata.length);
  first.set(octets.subarray(HEAD, key));
  first.set(octets.subarray(6, 8), key - HEAD + 2);
  first.set(rdata, key - HEAD + 4);
  return { first, octets };
}
