import { RRType } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
import { type Chunk, packChunks } from './chunks.ts';
import type { Connection } from './connection.ts';
import type { ZoneDatabase } from './database.ts';
import { HEAD, keyLengthAt, lengthAt, rdataLengthAt, ttlAt, typeAt } from './packed-records.ts';
import type { PackedOrder, SortedRecords } from './sorted-records.ts';
import { ROWS_AT_ONCE, type Statements, type Value } from './statements.ts';
import type { ReadFile } from './zone-file.ts';

/**
 * Puts a new zone into the database beside those that are served, in slices, each a transaction of its own:
 * while a large zone comes in, other zones can change. The zone is in the state 'loading' until the writer
 * adopts it; after a crash it is cleared away. Without files it comes from a primary. Returns its id. Throws {@link StoreError}.
 */
export function* stageZone(
  database: ZoneDatabase,
  sorted: SortedRecords,
  files: readonly ReadFile[] | undefined,
  onStored?: (records: number) => void,
): Generator<void, number> {
  const isSmall = sorted.order.length <= SLICE;
  const id = database.transactLazily(() => {
    const zone = insertZone(database, sorted.records.apex, files);
    if (!isSmall) return zone;
    insertRecords(database, zone, sorted, 0, sorted.order.length); // a small zone is one transaction
    if (files !== undefined) putChunks(database, zone, packChunks(sorted)[Symbol.iterator]());
    return zone;
  });
  if (isSmall) return id;
  yield;
  yield* stageRecords(database, id, sorted, files !== undefined, onStored);
  return id;
}

/** The first part of {@link stageZone}, for a large zone: all but its records. Returns its id. */
export function beginStaging(
  database: ZoneDatabase,
  apex: DomainName,
  files: readonly ReadFile[] | undefined,
): number {
  return database.transactLazily(() => insertZone(database, apex, files));
}

/** The second part: its records, in slices; when they are from files, also as last read. */
export function* stageRecords(
  connection: StagingConnection,
  zone: number,
  sorted: PackedOrder,
  isFromFiles: boolean,
  onStored?: (records: number) => void,
): Generator<void, void> {
  const { order } = sorted;
  for (let from = 0; from < order.length; from += SLICE) {
    connection.transactLazily(() => insertRecords(connection, zone, sorted, from, from + SLICE));
    onStored?.(Math.min(from + SLICE, order.length));
    yield;
  }
  if (!isFromFiles) return;
  const chunks = packChunks(sorted)[Symbol.iterator]();
  while (connection.transactLazily(() => putChunks(connection, zone, chunks))) yield;
}

/** Notes from which files a zone was read. Inside a transaction. */
export function putFiles(statements: Statements, zone: number, files: readonly ReadFile[]): void {
  statements.deleteZoneFiles.run(zone);
  for (const [sequence, { path, size, mtimeMs, readMs, sha256 }] of files.entries()) {
    statements.insertZoneFile.run(zone, sequence, path, size, mtimeMs, readMs, sha256);
  }
}

/** Clears away zones that are no longer or were never served, in slices. */
export function* clearLeftOvers(database: ZoneDatabase): Generator<void, void> {
  const { statements } = database;
  for (const [id] of statements.leftOverZones.all()) {
    while (database.transactLazily(() => statements.clearRecords.run(id, SLICE)).changes > 0) yield;
    while (database.transactLazily(() => statements.clearChunks.run(id, CHUNKS_AT_ONCE)).changes > 0) yield;
    database.transactLazily(() => {
      statements.deleteZoneFiles.run(id);
      statements.deleteZone.run(id);
    });
    yield;
  }
}

/** How many SOA records a file has at its apex, where they come first. */
export function countSoas({ records, order }: SortedRecords): number {
  let count = 0;
  for (const number of order) {
    const at = records.starts[number] ?? 0;
    if (keyLengthAt(records.octets, at) > 0) break;
    if (typeAt(records.octets, at) === RRType.SOA) count++;
  }
  return count;
}

/** The source of zones that come from a primary. */
export const TRANSFER = 'transfer';

// --- helpers ---

/** What staging needs of a connection: the main one or the store thread's. */
type StagingConnection = Pick<Connection, 'statements' | 'transactLazily'>;

/** Some milliseconds' work. */
const SLICE = 4000;
const CHUNKS_AT_ONCE = 64;

/** A zone in the state 'loading', without records. Inside a transaction. */
function insertZone(
  database: ZoneDatabase,
  apex: DomainName,
  files: readonly ReadFile[] | undefined,
): number {
  const zone = database.statements.insertZone.run(apex, files === undefined ? TRANSFER : 'file').id;
  if (files !== undefined) putFiles(database.statements, zone, files);
  return zone;
}

/** Puts the next chunks in; returns whether there may be more. */
function putChunks({ statements }: StagingConnection, zone: number, chunks: Iterator<Chunk>): boolean {
  for (let i = 0; i < CHUNKS_AT_ONCE; i++) {
    const { done, value } = chunks.next();
    if (done === true) return false;
    statements.putChunk.run(zone, value.first, value.octets);
  }
  return true;
}

function insertRecords(
  { statements }: StagingConnection,
  zone: number,
  { records, order }: PackedOrder,
  from: number,
  end: number,
): void {
  const { octets, starts } = records;
  const last = Math.min(end, order.length);
  const values: Value[] = [];
  for (let i = from; i < last; i++) {
    const at = starts[order[i] ?? 0] ?? 0;
    const key = at + HEAD;
    const rdata = key + keyLengthAt(octets, at);
    const written = rdata + rdataLengthAt(octets, at);
    const stop = at + lengthAt(octets, at);
    values.push(
      zone,
      octets.subarray(key, rdata),
      typeAt(octets, at),
      octets.subarray(rdata, written),
      ttlAt(octets, at),
      written < stop ? octets.subarray(written, stop) : null,
    );
    if (values.length === ROWS_AT_ONCE * COLUMNS) {
      statements.insertRecords.run(...values);
      values.length = 0;
    }
  }
  for (let i = 0; i < values.length; i += COLUMNS) {
    statements.insertRecordValues.run(...values.slice(i, i + COLUMNS));
  }
}

const COLUMNS = 6;
