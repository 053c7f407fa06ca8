import { latin1 } from '../base/latin1.ts';
import type { DomainName } from '../wire/name.ts';
import { type Chunk, digestOf, packChunks } from './chunks.ts';
import type { ZoneDatabase } from './database.ts';
import {
  comparePacked,
  HEAD,
  keyLengthAt,
  lengthAt,
  PackedRecords,
  rdataLengthAt,
  sameOctets,
  ttlAt,
  writtenLengthAt,
} from './packed-records.ts';
import type { SortedRecords } from './sorted-records.ts';
import type { Statements } from './statements.ts';

/** What changed in a zone's files since they were last read. */
export interface FileDifference {
  readonly removed: PackedRecords;
  /** A record whose TTL or spelling changed is in both. */
  readonly added: PackedRecords;
  /** Chunks to write, and the places of those to delete. */
  readonly chunks: readonly Chunk[];
  readonly staleChunks: readonly Uint8Array[];
}

/** Merges the records as last read, from the database, with those read now. Yields between slices. */
export function* findDifference(
  database: ZoneDatabase,
  zone: number,
  sorted: SortedRecords,
  apex: DomainName,
): Generator<void, FileDifference> {
  const removed = new PackedRecords(apex, 4096);
  const added = new PackedRecords(apex, 4096);
  const { records, order } = sorted;
  const digests = new Map<string, { first: Uint8Array; digest: string }>();

  let next = 0; // in `order`
  let after: Uint8Array = new Uint8Array(0);
  for (;;) {
    const row = database.statements.chunkAfter.get(zone, after);
    if (row === undefined) break;
    const [first, octets] = row;
    after = first;
    digests.set(latin1(first), { first, digest: digestOf(octets) });
    for (let at = 0; at < octets.length; at += lengthAt(octets, at)) {
      let comparison = 1;
      let start = 0;
      while (next < order.length) {
        start = records.starts[order[next] ?? 0] ?? 0;
        comparison = comparePacked(records.octets, start, octets, at);
        if (comparison >= 0) break;
        added.addPacked(records.octets, start);
        next++;
      }
      if (next < order.length && comparison === 0) {
        next++;
        if (isSame(records.octets, start, octets, at)) continue;
        added.addPacked(records.octets, start);
      }
      removed.addPacked(octets, at);
    }
    yield;
  }
  for (; next < order.length; next++) {
    added.addPacked(records.octets, records.starts[order[next] ?? 0] ?? 0);
  }

  const chunks: Chunk[] = [];
  for (const chunk of packChunks(sorted)) {
    const place = latin1(chunk.first);
    const old = digests.get(place);
    digests.delete(place);
    if (old?.digest !== digestOf(chunk.octets)) chunks.push(chunk);
    yield;
  }
  return { removed, added, chunks, staleChunks: [...digests.values()].map(({ first }) => first) };
}

/** Writes what changed of the records as last read. Inside a transaction. */
export function putDifference(
  statements: Statements,
  zone: number,
  { staleChunks, chunks }: Pick<FileDifference, 'staleChunks' | 'chunks'>,
): void {
  for (const first of staleChunks) statements.deleteChunk.run(zone, first);
  for (const { first, octets } of chunks) statements.putChunk.run(zone, first, octets);
}

/** The keys of all owners that the difference touches, and the apex's, in canonical order, each once. */
export function touchedKeys({ removed, added }: FileDifference): Uint8Array[] {
  const keys: Uint8Array[] = [new Uint8Array(0)];
  for (let r = 0, a = 0; r < removed.count || a < added.count; ) {
    const [atR, atA] = [removed.starts[r] ?? 0, added.starts[a] ?? 0];
    const isRemoved =
      a >= added.count || (r < removed.count && comparePacked(removed.octets, atR, added.octets, atA) <= 0);
    const key = isRemoved ? keyAt(removed.octets, atR) : keyAt(added.octets, atA);
    if (isRemoved) r++;
    else a++;
    if (!sameOctets(key, keys[keys.length - 1] ?? key)) keys.push(key);
  }
  return keys;
}

// --- helpers ---

function keyAt(octets: Uint8Array, at: number): Uint8Array {
  return octets.subarray(at + HEAD, at + HEAD + keyLengthAt(octets, at));
}

/** Of two packed records with the same owner, type and canonical RDATA: whether TTL and spelling are the same too. */
function isSame(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  const written = writtenLengthAt(a, atA);
  if (ttlAt(a, atA) !== ttlAt(b, atB) || written !== writtenLengthAt(b, atB)) return false;
  const tailA = atA + HEAD + keyLengthAt(a, atA) + rdataLengthAt(a, atA);
  const tailB = atB + HEAD + keyLengthAt(b, atB) + rdataLengthAt(b, atB);
  for (let i = 0; i < written; i++) if (a[tailA + i] !== b[tailB + i]) return false;
  return true;
}
