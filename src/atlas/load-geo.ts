import { GeoTables } from '../geo/tables.ts';
import { readKept } from './kept-tables.ts';
import { makeTables } from './make-tables.ts';
import type { AtlasFile } from './source-file.ts';
import { type KeySource, keyOf } from './tables-key.ts';
import { problemWarnings } from './warnings.ts';

/** The files that say where networks are, and where their tables are kept. */
export interface AtlasPaths {
  /** The most specific first; none: nothing is known. */
  readonly files: readonly AtlasFile[];
  /** See `KEPT_TABLES`. */
  readonly keptPath: string;
}

/** Location data, for a command. */
export interface LoadedGeo {
  /** `undefined` when the configuration names no file. */
  readonly tables: GeoTables | undefined;
  /** The files as they are now. */
  readonly sources: readonly KeySource[];
  /** What is wrong with files, for people. */
  readonly warnings: readonly string[];
}

/**
 * Opens the tables that a server would answer from: the kept ones when the files are as they were, otherwise compiled here
 * and now, which takes seconds for a city database. Writes nothing. Throws for a lack of memory only.
 */
export function loadGeo({ files, keptPath }: AtlasPaths, nowMs: number): LoadedGeo {
  if (files.length === 0) return { tables: undefined, sources: [], warnings: [] };
  const kept = readKept(keptPath).tables;
  const inUse = kept === undefined ? undefined : keyOf(kept);
  const outcome = makeTables({ files, inUse, nowMs });
  const tables = outcome.kind === 'made' ? new GeoTables(outcome.memory) : kept;
  const { sources } = outcome;
  return { tables, sources, warnings: problemWarnings(files, sources, tables) };
}
