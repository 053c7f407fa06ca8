// What this monitor has pulled, in a file: for servers where its key may not write marks (see `marker.ts`).
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, WaypostError } from '../../base/errors.ts';
import { type DomainName, showName } from '../../wire/name.ts';
import type { FiledPull } from './known-name.ts';

/** The file of pulls cannot be read or written. The text says which file, and what to do. */
export class PullFileError extends WaypostError {
  readonly code = 'WP_PULL_FILE';
}

/**
 * Notes of pulled records, on disk before the record is deleted. A note that was made, and whose deletion nobody
 * acknowledged, counts when the record is gone: that is the one moment in which a deletion of somebody else's may be
 * taken for ours, and why marks are the better memory. To say "do not put this back" while a record is out, take the
 * member out of the configuration, or its line out of this file while the monitor does not run.
 *
 * The file is JSON, replaced as a whole: written beside, synced, renamed.
 */
export class PullFile {
  readonly #path: string;
  readonly #pulls: Map<string, Map<string, FiledPull>>;

  private constructor(path: string, pulls: Map<string, Map<string, FiledPull>>) {
    this.#path = path;
    this.#pulls = pulls;
  }

  /** Reads the file; one that is not there is empty. Throws {@link PullFileError}. */
  static open(path: string): PullFile {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return new PullFile(path, new Map());
      throw new PullFileError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
    }
    return new PullFile(path, scanPulls(path, text));
  }

  /** What was pulled at a name of a zone, by member text. */
  of(apex: DomainName, name: DomainName): ReadonlyMap<string, FiledPull> {
    return this.#pulls.get(placeOf(apex, name)) ?? NONE;
  }

  /** Notes a pull; it is on disk after {@link save}. */
  note(apex: DomainName, name: DomainName, member: string, pull: FiledPull): void {
    const place = placeOf(apex, name);
    const pulls = this.#pulls.get(place) ?? new Map<string, FiledPull>();
    this.#pulls.set(place, pulls.set(member, pull));
  }

  /** Forgets a pull; returns whether there was one. */
  forget(apex: DomainName, name: DomainName, member: string): boolean {
    const place = placeOf(apex, name);
    const pulls = this.#pulls.get(place);
    if (pulls?.delete(member) !== true) return false;
    if (pulls.size === 0) this.#pulls.delete(place);
    return true;
  }

  /** Makes it durable. Throws {@link PullFileError}; then the file is as it was. */
  save(): void {
    const pulled = [...this.#pulls].flatMap(([place, pulls]) =>
      [...pulls].map(([member, pull]) => ({ place, member, ...pull })),
    );
    const beside = `${this.#path}.new`;
    try {
      writeSynced(beside, `${JSON.stringify({ version: VERSION, pulled }, undefined, 2)}\n`);
      renameSync(beside, this.#path);
      syncDirectory(dirname(this.#path));
    } catch (error) {
      throw new PullFileError(
        `${this.#path} cannot be written: ${messageOf(error)}; nothing is pulled without it`,
        {
          cause: error,
        },
      );
    }
  }
}

// --- helpers ---

const VERSION = 1;
const NONE: ReadonlyMap<string, FiledPull> = new Map();

function placeOf(apex: DomainName, name: DomainName): string {
  return `${showName(apex)} ${showName(name)}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function scanPulls(path: string, text: string): Map<string, Map<string, FiledPull>> {
  const fail = (what: string, cause?: unknown) =>
    new PullFileError(`${path} ${what}; mend it, or move it away and say what is pulled by hand`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail(`is not JSON: ${messageOf(error)}`, error);
  }
  if (!isObject(value) || value['version'] !== VERSION || !Array.isArray(value['pulled'])) {
    throw fail(`is not a file of pulls, version ${VERSION}`);
  }
  const pulls = new Map<string, Map<string, FiledPull>>();
  for (const entry of value['pulled']) {
    if (!isObject(entry)) throw fail('has an entry that is no object');
    const { place, member, since, ttl, reason } = entry;
    if (typeof place !== 'string' || typeof member !== 'string' || typeof since !== 'number') {
      throw fail('has an entry without place, member or since');
    }
    const at = pulls.get(place) ?? new Map<string, FiledPull>();
    at.set(member, {
      since,
      ttl: typeof ttl === 'number' ? ttl : undefined,
      reason: typeof reason === 'string' ? reason : undefined,
    });
    pulls.set(place, at);
  }
  return pulls;
}

interface JsonObject {
  readonly [key: string]: unknown;
  readonly place?: unknown;
  readonly member?: unknown;
  readonly since?: unknown;
  readonly ttl?: unknown;
  readonly reason?: unknown;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The new name is durable only when its directory is. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return; // directories cannot be opened there
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
