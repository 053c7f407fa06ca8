import type { GeoTables } from '../geo/tables.ts';

/** A file that says where networks are, as it was when tables were compiled from it, or left it out. */
export interface KeySource {
  readonly path: string;
  /** What the system says of the file: `stampOf`. */
  readonly stamp: string;
  /** SHA-256 of its octets, hexadecimal; empty when it could not be read. */
  readonly digest: string;
  /** Why it could not be used; empty when it is in the tables. */
  readonly problem: string;
}

/** What tables were compiled from; kept within them. */
export interface TablesKey {
  /** Milliseconds since 1970. */
  readonly compiledMs: number;
  /** The most specific first. */
  readonly sources: readonly KeySource[];
}

/** As {@link keyOf} reads it. */
export function showKey({ compiledMs, sources }: TablesKey): string {
  return JSON.stringify({ compiledMs, sources });
}

/** What tables were compiled from; `undefined` when it was not the atlas that had them compiled. */
export function keyOf(tables: GeoTables): TablesKey | undefined {
  let key: unknown;
  try {
    key = JSON.parse(tables.key);
  } catch {
    return undefined; // somebody else's key, which need not be JSON
  }
  return isKey(key) ? key : undefined;
}

/** Whether a file was in the tables, and not merely left out. */
export function holdsSource(key: TablesKey | undefined, path: string): boolean {
  return key?.sources.some((source) => source.path === path && source.problem === '') ?? false;
}

/** Whether the tables were compiled from the files at these paths, whatever has become of those since. */
export function isOfPaths(key: TablesKey | undefined, paths: readonly string[]): boolean {
  return key?.sources.length === paths.length && key.sources.every(({ path }, i) => path === paths[i]);
}

// --- helpers ---

function isKey(value: unknown): value is TablesKey {
  if (!isObject(value)) return false;
  const { compiledMs, sources } = value;
  return typeof compiledMs === 'number' && Array.isArray(sources) && sources.every(isSource);
}

function isSource(value: unknown): boolean {
  return (
    isObject(value) &&
    ['path', 'stamp', 'digest', 'problem'].every((field) => typeof value[field] === 'string')
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
