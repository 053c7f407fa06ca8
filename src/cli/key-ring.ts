import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import { SecretFileError } from '../config/errors.ts';
import { configuredKeys, type KeyFinding } from '../config/keys.ts';
import { ConfigError } from '../config/load.ts';
import { locateToml } from '../config/positions.ts';
import { type Secret, scanSecret } from '../config/secret.ts';
import type { Config } from '../config/settings.ts';
import type { TsigKeyRing } from '../message/tsig-key.ts';

/** The keys of a configuration that is right, and what should be better. */
export interface LoadedKeys {
  readonly ring: TsigKeyRing;
  /** Lines that begin with their place: `waypost.toml:7:1: …`. None shows a secret. */
  readonly warnings: readonly string[];
}

/** A configuration file with keys, and where it came from. */
export interface KeyedFile {
  readonly config: Pick<Config, 'keys'>;
  /** As it was named; `undefined` when there is none. */
  readonly file: string | undefined;
  readonly text: string;
}

/** Makes the keys that a configuration names, with the secrets of their files. Throws {@link ConfigError}. */
export function loadKeyRing({ config, file = '', text }: KeyedFile): LoadedKeys {
  const { ring, problems, warnings } = configuredKeys(config.keys, readSecretFile);
  const positions = locateToml(text);
  const place = ({ path, message }: KeyFinding) => ({ ...positions.valueAt(path), message });
  if (problems.length > 0) throw new ConfigError(file, problems.map(place));
  const findings = [...exposedSecrets(config.keys, file), ...warnings].map(place);
  return {
    ring,
    warnings: findings.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`),
  };
}

/** More is no secret in base64. */
const MAX_FILE_LENGTH = 4096;

/** Windows has no such permissions to look at. */
const HAS_PERMISSIONS = process.platform !== 'win32';

/** What the file at `path` holds: base64, and nobody but its owner may read or write it. */
function readSecretFile(path: string): Secret {
  const fail = (reason: string, cause?: unknown) => new SecretFileError(`${path} ${reason}`, { cause });
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw fail(`cannot be opened: ${messageOf(error)}`, error);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw fail('is not a file');
    if (HAS_PERMISSIONS && (stat.mode & 0o077) !== 0) {
      throw fail(`may be read or written by others; say: chmod 600 ${path}`);
    }
    const octets = Buffer.alloc(MAX_FILE_LENGTH + 1);
    const length = readSync(file, octets, 0, octets.length, 0);
    const secret = length > MAX_FILE_LENGTH ? undefined : scanSecret(octets.toString('latin1', 0, length));
    if (secret === undefined || secret.length === 0) throw fail('does not hold a secret in base64');
    return secret;
  } finally {
    closeSync(file);
  }
}

/** A warning when there are secrets in a configuration file that everybody may read. */
function exposedSecrets(keys: Config['keys'], file: string): readonly KeyFinding[] {
  const [name] = Object.entries(keys).find(([, { secret }]) => secret.length > 0) ?? [];
  if (name === undefined || !HAS_PERMISSIONS || (statSync(file).mode & 0o004) === 0) return [];
  const message = `a secret stands here, and everybody may read this file; say: chmod o-r ${file}, or use secret-file`;
  return [{ path: ['keys', name, 'secret'], message }];
}
