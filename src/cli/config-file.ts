import { existsSync, readFileSync } from 'node:fs';
import { messageOf, WaypostError } from '../base/errors.ts';
import { defaultConfig, readConfig } from '../config/load.ts';
import type { Config } from '../config/settings.ts';

/** The configuration file when none is named. */
export const DEFAULT_CONFIG_FILE = 'waypost.toml';

/** A configuration file that cannot be read at all. */
export class ConfigFileError extends WaypostError {
  readonly code = 'WP_CONFIG_FILE';
}

/** A configuration, and where it came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** The path as it was named; `undefined` when there is no file and the defaults hold. */
  readonly file: string | undefined;
  /** What the file says; empty when there is none. */
  readonly text: string;
}

/**
 * Reads the configuration file `named` with `-c`, or `waypost.toml` here if there is one. Throws
 * {@link ConfigFileError}, or `ConfigError` with all that is wrong in the file.
 */
export function loadConfigFile(named: string | undefined): LoadedConfig {
  const file = named ?? DEFAULT_CONFIG_FILE;
  if (named === undefined && !existsSync(file))
    return { config: defaultConfig(process.cwd()), file: undefined, text: '' };
  const text = readConfigText(file);
  return { config: readConfig(text, file), file, text };
}

/** The text of a configuration file. Throws {@link ConfigFileError}. */
export function readConfigText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = reasonOf(codeOf(error)) ?? messageOf(error);
    throw new ConfigFileError(`cannot read ${file}: ${reason}`, { cause: error });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function reasonOf(code: string | undefined): string | undefined {
  if (code === 'ENOENT') return 'there is no such file; give its path with -c FILE';
  if (code === 'EISDIR') return 'it is a directory; name the file in it';
  if (code === 'EACCES') return 'permission denied; let the user that runs waypost read it';
  return undefined;
}
