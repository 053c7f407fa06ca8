import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import { GeoTablesError } from '../geo/errors.ts';
import { openTables } from '../geo/open-tables.ts';
import type { GeoTables } from '../geo/tables.ts';
import { isMissing, writeWhole } from '../store/whole-file.ts';

/** The compiled tables in the data directory: what the last start answered from, ready in a fraction of a second. */
export const KEPT_TABLES = 'geo-tables';

/** What is kept: tables, or why there are none; neither when none were ever kept. */
export interface KeptTables {
  readonly tables: GeoTables | undefined;
  readonly problem: string | undefined;
}

/** Reads the tables kept at `path`. Never throws: what cannot be used is compiled again. */
export function readKept(path: string): KeptTables {
  try {
    const file = openSync(path, 'r');
    try {
      return { tables: openTables(readShared(file)), problem: undefined };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { tables: undefined, problem: isMissing(error) ? undefined : messageOf(error) };
  }
}

/** Keeps tables at `path`, all or nothing. Throws the system's errors; then what was kept is kept on. */
export function writeKept(path: string, memory: SharedArrayBuffer): void {
  writeWhole(path, new Uint8Array(memory));
}

// --- helpers ---

/** Larger ones were not written by this program: sources are bounded. */
const MAX_OCTETS = 2 ** 31;

function readShared(file: number): SharedArrayBuffer {
  const { size } = fstatSync(file);
  if (size > MAX_OCTETS) throw new GeoTablesError(`compiled tables of ${size} octets are not to be believed`);
  const octets = new Uint8Array(new SharedArrayBuffer(size));
  for (let at = 0; at < size; ) {
    const read = readSync(file, octets, at, size - at, at);
    if (read === 0) throw new GeoTablesError('these compiled tables are cut off');
    at += read;
  }
  return octets.buffer;
}
