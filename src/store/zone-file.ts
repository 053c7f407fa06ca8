import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, WaypostError } from '../base/errors.ts';
import { type DomainName, foldName, isSubdomain, ROOT, scanName, showName } from '../wire/name.ts';
import { showLine } from '../zone/steering-owner.ts';
import type { ZoneFileSource } from '../zonefile/open-file.ts';
import type { ScannedRecord } from '../zonefile/record-scanner.ts';
import { ZoneFileScanner } from '../zonefile/scanner.ts';
import { placeInStrings } from '../zonefile/string-place.ts';
import { PackedRecords, rdataAt } from './packed-records.ts';
import { type SortedRecords, sortRecords } from './sorted-records.ts';

/** A file as it was when it was read. */
export interface ReadFile {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly readMs: number;
  readonly sha256: Uint8Array;
}

/** A zone file that is not one, or could not be read. The message says which and what to do. */
export class ZoneSourceError extends WaypostError {
  readonly code = 'WP_ZONE_SOURCE';
}

/** What zone files hold that were read. */
export interface ScannedZone {
  readonly sorted: SortedRecords;
  /** The zone file, then what it includes. */
  readonly files: readonly ReadFile[];
  /** `path:line` of a record, by its number; with the word of a steering line (from 1), `path:line:column` of that. */
  placeOf(record: number, word?: number): string;
  readonly warnings: readonly string[];
  /** With any of these, the records are not to be used. */
  readonly errors: readonly string[];
}

/** The ending of a zone file's name; before it stands the zone's apex. */
export const ZONE_FILE_ENDING = '.zone';

/** The apex that a zone file's name says. Throws {@link ZoneSourceError}. */
export function scanApex(fileName: string): DomainName {
  const text = fileName.slice(0, -ZONE_FILE_ENDING.length);
  const odd = /[^A-Za-z0-9._\-\\]/u.exec(text)?.[0];
  if (odd !== undefined) {
    const code = String(odd.codePointAt(0)).padStart(3, '0');
    const advice =
      odd > '\x7f' ? 'write the name in its xn-- form' : `if it belongs to the name, write it as \\${code}`;
    throw new ZoneSourceError(`file name '${fileName}': '${odd}' is not usual in a zone's name; ${advice}`);
  }
  try {
    return foldName(scanName(text, ROOT));
  } catch (error) {
    throw new ZoneSourceError(`file name '${fileName}' does not say a zone: ${messageOf(error)}`);
  }
}

/**
 * Reads and scans a zone's files, yielding between slices with the number of records so far. What is wrong
 * with them is in the result; throws {@link ZoneSourceError} only when the zone file itself cannot be read.
 */
export function* scanZone(
  path: string,
  apex: DomainName,
  nowMs: () => number,
  onRecords: (count: number) => void,
): Generator<void, ScannedZone> {
  const files: ReadFile[] = [];
  const paths: string[] = [];
  const numbers = new Map<string, number>();
  const places = new Places();
  const outside: string[] = [];

  function read(file: string): ZoneFileSource {
    const { octets, facts } = readOnce(file, nowMs());
    if (!files.some((known) => known.path === file)) files.push(facts);
    return { path: file, octets };
  }
  const source = read(path);
  const records = new PackedRecords(apex, Math.ceil(source.octets.length * 1.5));
  const scanner = new ZoneFileScanner(source, {
    origin: apex,
    include: (name, from) => read(resolve(dirname(from), name)),
    onRecord(record: ScannedRecord) {
      if (!isSubdomain(record.owner, apex)) {
        if (outside.length < MAX_OUTSIDE) outside.push(outsideZone(record, apex));
        return;
      }
      let file = numbers.get(record.path);
      if (file === undefined) {
        file = paths.push(record.path) - 1;
        numbers.set(record.path, file);
      }
      places.add(file, record.line);
      records.add(record);
    },
  });
  while (scanner.step(ENTRIES_AT_ONCE)) {
    onRecords(records.count);
    yield;
  }
  onRecords(records.count);
  const sorted = yield* sortRecords(records);
  const texts = new LastFile();
  function placeOf(record: number, word = 0): string {
    const { file, line } = places.at(record);
    const name = paths[file] ?? path;
    if (word === 0) return `${name}:${line}`;
    const text = showLine(rdataAt(records.octets, records.starts[record] ?? 0));
    const at = [...text.matchAll(/[^ ]+/g)][word - 1]?.index ?? 0;
    const place = placeInStrings(texts.read(name), line, { text, at });
    return place === undefined ? `${name}:${line}` : `${name}:${place.line}:${place.column}`;
  }
  const errors = [...scanner.errors.map(messageOf), ...outside];
  const warnings = scanner.warnings.map(({ message }) => message);
  return { sorted, files, placeOf, warnings, errors };
}

/**
 * Whether files are as they were when they were read. Size and time tell, unless the file was changed so
 * shortly before it was read that its time may hide a later change; then its digest does.
 */
export function areUnchanged(files: readonly ReadFile[]): boolean {
  return files.length > 0 && files.every(isUnchanged);
}

/** Octets of a file; 0 when they cannot be known: reading it will say why. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

// --- helpers ---

const ENTRIES_AT_ONCE = 2000;
const MAX_OUTSIDE = 100;
/** File systems' clocks may be so coarse. */
const COARSE_MS = 2000;
const MAX_TRIES = 3;

/** The file that was asked for last, as it is now: places are asked for one file after another, and seldom. */
class LastFile {
  #path: string | undefined;
  #octets: Uint8Array = new Uint8Array(0);

  /** Nothing when it cannot be read any more. */
  read(path: string): Uint8Array {
    if (path !== this.#path) {
      this.#path = path;
      try {
        this.#octets = readFileSync(path);
      } catch {
        this.#octets = new Uint8Array(0);
      }
    }
    return this.#octets;
  }
}

/** Where records came from: file and line by record number, in eight octets each. */
class Places {
  #places = new Uint32Array(2 * 256);
  #count = 0;

  add(file: number, line: number): void {
    if (2 * this.#count === this.#places.length) {
      const larger = new Uint32Array(2 * this.#places.length);
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places[2 * this.#count] = file;
    this.#places[2 * this.#count++ + 1] = line;
  }

  at(record: number): { file: number; line: number } {
    return { file: this.#places[2 * record] ?? 0, line: this.#places[2 * record + 1] ?? 0 };
  }
}

function outsideZone({ path, line, owner }: ScannedRecord, apex: DomainName): string {
  return `${path}:${line}: ${showName(owner)} is not in the zone ${showName(apex)}: complete the name, or move it to its own zone`;
}

/** Reads a file whole, again when somebody wrote to it meanwhile. */
function readOnce(path: string, readMs: number): { octets: Uint8Array; facts: ReadFile } {
  try {
    for (let tries = 1; ; tries++) {
      const descriptor = openSync(path, 'r');
      try {
        const before = fstatSync(descriptor);
        if (!before.isFile()) throw new ZoneSourceError(`${path} is not a file`);
        const octets = readFileSync(descriptor);
        const after = fstatSync(descriptor);
        const isSame = before.mtimeMs === after.mtimeMs && octets.length === after.size;
        if (!isSame && tries < MAX_TRIES) continue;
        if (!isSame) throw new ZoneSourceError(`${path} is being written: reload when that is done`);
        const sha256 = createHash('sha256').update(octets).digest();
        return { octets, facts: { path, size: after.size, mtimeMs: after.mtimeMs, readMs, sha256 } };
      } finally {
        closeSync(descriptor);
      }
    }
  } catch (error) {
    if (error instanceof ZoneSourceError) throw error;
    throw new ZoneSourceError(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function isUnchanged({ path, size, mtimeMs, readMs, sha256 }: ReadFile): boolean {
  try {
    const now = statSync(path);
    if (now.size !== size) return false;
    if (now.mtimeMs === mtimeMs && mtimeMs < readMs - COARSE_MS) return true;
    return createHash('sha256').update(readFileSync(path)).digest().equals(sha256);
  } catch {
    return false; // gone or unreadable: reading it will say why
  }
}
