import { messageOf } from '../base/errors.ts';
import { type CompileInput, compileTables } from '../geo/compile.ts';
import { GeoLinesError, GeoSourceError } from '../geo/errors.ts';
import { writeKept } from './kept-tables.ts';
import { type AtlasFile, type ReadSource, readSource } from './source-file.ts';
import { holdsSource, isOfPaths, type KeySource, showKey, type TablesKey } from './tables-key.ts';

/** What tables are to be made of, and what there is already. Can be sent to a thread. */
export interface TablesOrder {
  /** The most specific first. */
  readonly files: readonly AtlasFile[];
  /** What the tables in use were made from. */
  readonly inUse: TablesKey | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Where new tables are kept; nowhere when left out. */
  readonly keptPath?: string | undefined;
}

/** What came of it; `sources` are the files as they are now, with what is wrong with them. */
export type TablesOutcome =
  /** The files are those that the tables in use were made from. */
  | { readonly kind: 'same'; readonly sources: readonly KeySource[] }
  /** New tables. `unkept`: why they could not be kept. */
  | {
      readonly kind: 'made';
      readonly sources: readonly KeySource[];
      readonly memory: SharedArrayBuffer;
      readonly unkept: string | undefined;
    }
  /** A file that is in the tables in use cannot be used any more: they stay. */
  | { readonly kind: 'refused'; readonly sources: readonly KeySource[] };

/**
 * Reads the files and compiles them, unless they are what the tables in use were made from. A file that cannot be used is
 * left out, with its problem noted; but if it is in the tables in use, those stay. The others are compiled all the same, so
 * that all problems are told at once. Takes seconds for a city database. Throws only what no file is guilty of, such as a lack of memory.
 */
export function makeTables({ files, inUse, nowMs, keptPath }: TablesOrder): TablesOutcome {
  const read = files.map(({ path }) => readSource(path));
  const sources = files.map((file, i) => describe(file, read[i]));
  if (isUnchanged(sources, inUse)) return { kind: 'same', sources: withProblems(sources, inUse) };
  for (;;) {
    const usable = sources.flatMap(({ problem }, i) => {
      const [name, octets] = [files[i]?.name, read[i]?.octets];
      return problem === '' && name !== undefined && octets !== undefined ? [{ name, octets }] : [];
    });
    const compiled = compile(usable, showKey({ compiledMs: nowMs, sources }));
    if (compiled instanceof SharedArrayBuffer) {
      if (isLost(sources, inUse)) return { kind: 'refused', sources };
      const unkept = keptPath === undefined ? undefined : keep(keptPath, compiled);
      return { kind: 'made', sources, memory: compiled, unkept };
    }
    const guilty = files.findIndex(({ name }, i) => name === compiled.path && sources[i]?.problem === '');
    const source = sources[guilty];
    if (source === undefined) throw compiled;
    sources[guilty] = { ...source, problem: withoutName(compiled) };
  }
}

// --- helpers ---

function describe({ path }: AtlasFile, read: ReadSource | undefined): KeySource {
  const { stamp = '', digest = '', problem = '' } = read ?? {};
  return { path, stamp, digest, problem };
}

/** Whether every file is what it was: its octets, or the lack of them. */
function isUnchanged(sources: readonly KeySource[], inUse: TablesKey | undefined): boolean {
  const paths = sources.map(({ path }) => path);
  if (!isOfPaths(inUse, paths)) return false;
  return sources.every(({ digest, stamp }, i) => {
    const before = inUse?.sources[i];
    return digest === '' ? before?.stamp === stamp : before?.digest === digest;
  });
}

/** What was wrong with a file then is wrong with it now. */
function withProblems(sources: readonly KeySource[], inUse: TablesKey | undefined): readonly KeySource[] {
  return sources.map((source, i) => ({ ...source, problem: inUse?.sources[i]?.problem ?? source.problem }));
}

function isLost(sources: readonly KeySource[], inUse: TablesKey | undefined): boolean {
  return sources.some(({ path, problem }) => problem !== '' && holdsSource(inUse, path));
}

function compile(
  inputs: readonly CompileInput[],
  key: string,
): SharedArrayBuffer | GeoSourceError | GeoLinesError {
  try {
    return compileTables(inputs, key);
  } catch (error) {
    if (error instanceof GeoSourceError || error instanceof GeoLinesError) return error;
    throw error;
  }
}

/** The file's name is told beside the problem. Several lines of a text stay several lines. */
function withoutName({ path, message }: GeoSourceError | GeoLinesError): string {
  return message
    .split('\n')
    .map((line) => (line.startsWith(`${path}:`) ? line.slice(path.length + 1).trimStart() : line))
    .join('\n');
}

function keep(path: string, memory: SharedArrayBuffer): string | undefined {
  try {
    writeKept(path, memory);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
