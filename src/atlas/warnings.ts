import { ageInDays, isOld, showDay } from '../geo/age.ts';
import type { SourceNote } from '../geo/layer.ts';
import type { GeoTables } from '../geo/tables.ts';
import type { AtlasFile } from './source-file.ts';
import { holdsSource, type KeySource, keyOf } from './tables-key.ts';

/** One line for each file that cannot be used; for a text with many bad lines, one for each of them. */
export function problemWarnings(
  files: readonly AtlasFile[],
  sources: readonly KeySource[],
  inUse: GeoTables | undefined,
): readonly string[] {
  const key = inUse === undefined ? undefined : keyOf(inUse);
  return sources.flatMap(({ path, problem }, i) => {
    if (problem === '') return [];
    const name = files[i]?.name ?? path;
    const lines = problem.split('\n').map((line) => `${name}:${/^\d+:\d+: /.test(line) ? '' : ' '}${line}`);
    const meanwhile = holdsSource(key, path) ? 'what it said before is used on' : 'nothing is known from it';
    const last = lines.length - 1;
    return lines.map((line, at) => (at === last ? `${line}; ${meanwhile}` : line));
  });
}

/** One line for each database that is older than half a year. */
export function ageWarnings(notes: readonly SourceNote[], nowMs: number): readonly string[] {
  return notes.flatMap(({ name, kind, built }) => {
    if (built === undefined || !isOld(built, nowMs)) return [];
    const age = `${kind} of ${showDay(built)} is ${ageInDays(built, nowMs)} days old`;
    return [`${name}: ${age}, and addresses move: get a newer one (docs/geography.md, "Keep it fresh")`];
  });
}
