import { ageInDays, isOld, showDay } from '../geo/age.ts';
import type { SourceNote } from '../geo/layer.ts';
import type { GeoFileReport, GeoReport } from '../geo/report.ts';
import type { GeoTables } from '../geo/tables.ts';
import type { AtlasFile } from './source-file.ts';
import { type KeySource, keyOf } from './tables-key.ts';
import { ageWarnings, problemWarnings } from './warnings.ts';

/** What a report is made of. */
export interface Reported {
  readonly files: readonly AtlasFile[];
  /** The files as they were when they were looked at last. */
  readonly sources: readonly KeySource[];
  /** The tables in use. */
  readonly tables: GeoTables | undefined;
  readonly isCompiling: boolean;
  /** What is wrong beside the files. */
  readonly trouble?: string | undefined;
}

/** How location data is, now. */
export function reportGeo(reported: Reported, nowMs: number): GeoReport {
  const { files, tables, isCompiling, trouble } = reported;
  const key = tables === undefined ? undefined : keyOf(tables);
  return {
    isCompiling,
    compiled: key === undefined ? undefined : new Date(key.compiledMs).toISOString(),
    octets: tables?.memory.byteLength ?? 0,
    ipv4Ranges: tables?.ipv4Ranges ?? 0,
    ipv6Ranges: tables?.ipv6Ranges ?? 0,
    locations: tables?.locationCount ?? 0,
    files: files.map((file) => reportFile(file, reported, nowMs)),
    warnings: warningsOf(reported, nowMs).concat(trouble ?? []),
  };
}

/** All that is wrong with the files, and those that are old. */
export function warningsOf({ files, sources, tables }: Reported, nowMs: number): readonly string[] {
  return [...problemWarnings(files, sources, tables), ...ageWarnings(tables?.sources ?? [], nowMs)];
}

// --- helpers ---

function reportFile({ path, name }: AtlasFile, { sources, tables }: Reported, nowMs: number): GeoFileReport {
  const note = noteOf(tables, path);
  const problem = sources.find((source) => source.path === path)?.problem ?? '';
  const { built } = note ?? {};
  const left = problem === '' ? 'waiting' : 'left out';
  return {
    name,
    path,
    use: note === undefined ? left : problem === '' ? 'in use' : 'earlier',
    kind: note?.kind,
    built: built === undefined ? undefined : showDay(built),
    ageDays: built === undefined ? undefined : ageInDays(built, nowMs),
    isOld: built !== undefined && isOld(built, nowMs),
    problem: problem === '' ? undefined : problem,
    attribution: note?.attribution,
  };
}

/** What the tables in use say of a file; their sources are those files of the key that could be used, in that order. */
function noteOf(tables: GeoTables | undefined, path: string): SourceNote | undefined {
  const used =
    tables === undefined ? [] : (keyOf(tables)?.sources ?? []).filter(({ problem }) => problem === '');
  const place = used.findIndex((source) => source.path === path);
  return place < 0 ? undefined : tables?.sources[place];
}
