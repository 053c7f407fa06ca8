import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, WaypostError } from '../base/errors.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { scanApex, ZONE_FILE_ENDING } from './zone-file.ts';

/** Where zone files are. */
export interface ZoneFilePlaces {
  /** Where the `*.zone` files are. */
  readonly directory: string;
  /** Only these zone files, wherever they are; `directory` is then not looked at. */
  readonly files?: readonly string[];
  /** The zone of the only file of `files`, whatever its name says. */
  readonly apex?: DomainName;
}

/**
 * The zone files by path, in the order of their names, with the apex that each name says. What is wrong with names is
 * added to `errors`; `undefined` when the directory cannot be read. One that `mayBeMissing` has no files then.
 */
export function findZoneFiles(
  places: ZoneFilePlaces,
  errors: string[],
  mayBeMissing = false,
): Map<string, DomainName> | undefined {
  if (mayBeMissing && places.files === undefined && !existsSync(places.directory)) return new Map();
  const paths = listPaths(places, errors);
  if (paths === undefined) return undefined;
  const files = new Map<string, DomainName>();
  const seen = new Map<string, string>();
  for (const path of paths) {
    try {
      const apex = places.apex ?? scanApex(basename(path));
      const other = seen.get(showName(apex));
      if (other !== undefined) {
        errors.push(`${path} and ${other} are both for the zone ${showName(apex)}: keep one of them`);
        continue;
      }
      seen.set(showName(apex), path);
      files.set(path, apex);
    } catch (error) {
      if (!(error instanceof WaypostError)) throw error;
      errors.push(`${path}: ${error.message}`);
    }
  }
  return files;
}

function listPaths({ directory, files }: ZoneFilePlaces, errors: string[]): readonly string[] | undefined {
  if (files !== undefined) return files;
  try {
    return readdirSync(directory)
      .sort()
      .filter((name) => name.endsWith(ZONE_FILE_ENDING) && !name.startsWith('.'))
      .map((name) => join(directory, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true);
  } catch (error) {
    errors.push(`cannot read the zone directory ${directory}: ${messageOf(error)}`);
    return undefined;
  }
}
