import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { messageOf } from '../base/errors.ts';
import { isMissing } from '../store/whole-file.ts';

/** A file of location data, by its path and by the name that people know it by. */
export interface AtlasFile {
  readonly path: string;
  readonly name: string;
}

/** What is in a file, or why that is not known. */
export interface ReadSource {
  /** As {@link stampOf} gives it. */
  readonly stamp: string;
  readonly octets: Uint8Array | undefined;
  /** SHA-256, hexadecimal; empty without octets. */
  readonly digest: string;
  /** Empty when there are octets. */
  readonly problem: string;
}

/** The stamp of what is not there. */
export const MISSING = 'missing';
/** Of files that are not looked at; the largest database known has 400 MB. */
export const MAX_SOURCE_OCTETS = 1 << 30;

/**
 * A text that is another one when the file is another one: size, time of writing, time of change, number of the file.
 * Never rejects: what cannot be asked for has a stamp, too.
 */
export async function stampOf(path: string): Promise<string> {
  try {
    return showStamp(await stat(path, { bigint: true }));
  } catch (error) {
    return stampOfError(error);
  }
}

/** Reads a file whole. Never throws. */
export function readSource(path: string): ReadSource {
  let file: number;
  try {
    file = openSync(path, WITHOUT_WAITING);
  } catch (error) {
    const problem = isMissing(error) ? 'there is no such file' : messageOf(error);
    return { stamp: stampOfError(error), octets: undefined, digest: '', problem };
  }
  try {
    return readOpened(file);
  } catch (error) {
    return { stamp: stampOfError(error), octets: undefined, digest: '', problem: messageOf(error) };
  } finally {
    closeSync(file);
  }
}

// --- helpers ---

/** A pipe is opened at once, too, and found to be no file: otherwise it would wait for a writer, for ever. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function readOpened(file: number): ReadSource {
  const before = fstatSync(file, { bigint: true });
  const stamp = showStamp(before);
  const refused = (problem: string): ReadSource => ({ stamp, octets: undefined, digest: '', problem });
  if (!before.isFile()) return refused('it is no file');
  if (before.size > MAX_SOURCE_OCTETS) return refused(`it is larger than ${MAX_SOURCE_OCTETS >> 20} MiB`);
  const octets = new Uint8Array(Number(before.size));
  let length = 0;
  for (;;) {
    const read = readSync(file, octets, length, octets.length - length, null);
    if (read === 0) break;
    length += read;
  }
  const isSame = length === octets.length && showStamp(fstatSync(file, { bigint: true })) === stamp;
  if (!isSame) return refused('it is being written: put a new one beside it and rename that');
  return { stamp, octets, digest: createHash('sha256').update(octets).digest('hex'), problem: '' };
}

function showStamp({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ctimeNs}-${ino}`;
}

function stampOfError(error: unknown): string {
  if (isMissing(error)) return MISSING;
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
