import { messageOf } from '../base/errors.ts';
import { shortestMac, TSIG_ALGORITHMS } from '../message/tsig-algorithm.ts';
import { TsigKey, TsigKeyRing } from '../message/tsig-key.ts';
import { PresentationError } from '../wire/errors.ts';
import { type DomainName, foldName, scanFullName, showName, type WireName } from '../wire/name.ts';
import { SecretFileError } from './errors.ts';
import type { TomlPath } from './positions.ts';
import type { Secret } from './secret.ts';
import type { Config } from './settings.ts';

/** Something about one key, and the setting to point at. */
export interface KeyFinding {
  readonly path: TomlPath;
  readonly message: string;
}

/** The keys of a configuration, and what is to be said about them. */
export interface ConfiguredKeys {
  /** Those that are right. */
  readonly ring: TsigKeyRing;
  readonly problems: readonly KeyFinding[];
  /** What works and should not be so. */
  readonly warnings: readonly KeyFinding[];
}

/**
 * Makes the keys of the tables `[keys."NAME"]`. `readSecretFile` gives what a file holds; it throws
 * {@link SecretFileError}. No finding shows a secret.
 */
export function configuredKeys(
  keys: Config['keys'],
  readSecretFile: (path: string) => Secret,
): ConfiguredKeys {
  const reader = new KeyReader(readSecretFile);
  for (const [name, settings] of Object.entries(keys)) reader.read(name, settings);
  return { ring: new TsigKeyRing(reader.keys), problems: reader.problems, warnings: reader.warnings };
}

/** The name of a key as it is compared; `undefined` when it is wrong, of which {@link configuredKeys} tells. */
export function keyName(written: string): DomainName | undefined {
  try {
    return foldName(scanFullName(written));
  } catch (error) {
    if (error instanceof PresentationError) return undefined;
    throw error;
  }
}

/** More than that makes no secret stronger, whatever the hash function. */
const ENOUGH_OCTETS = 32;

class KeyReader {
  readonly keys: TsigKey[] = [];
  readonly problems: KeyFinding[] = [];
  readonly warnings: KeyFinding[] = [];
  readonly #readSecretFile: (path: string) => Secret;
  /** How each name was written first. */
  readonly #names = new Map<string, string>();

  constructor(readSecretFile: (path: string) => Secret) {
    this.#readSecretFile = readSecretFile;
  }

  read(written: string, settings: Config['keys'][string]): void {
    const path = ['keys', written];
    const name = this.#name(written, path);
    const secret = this.#secret(written, settings, path);
    const algorithm = TSIG_ALGORITHMS[settings.algorithm];
    const { minimumMac } = settings;
    if (algorithm.weakness !== undefined) {
      const message = `key "${written}" uses ${algorithm.word}: ${algorithm.weakness}; prefer hmac-sha256`;
      this.warnings.push({ path: [...path, 'algorithm'], message });
    }
    const [least, most] = [shortestMac(algorithm), algorithm.macLength];
    if (minimumMac !== 0 && (minimumMac < least || minimumMac > most)) {
      const range = least === most ? `${most}` : `from ${least} to ${most}`;
      const message = `key "${written}" has minimum-mac ${minimumMac}; with ${algorithm.word} it is ${range} octets, or 0`;
      this.problems.push({ path: [...path, 'minimum-mac'], message });
      return;
    }
    if (name === undefined || secret === undefined) return;
    const wanted = Math.min(algorithm.hashLength, ENOUGH_OCTETS);
    if (secret.length < wanted) {
      const message = `key "${written}" has a secret of ${secret.length} octets, and ${wanted} are as strong as ${algorithm.word}; waypost key makes a new one`;
      this.warnings.push({ path, message });
    }
    const options = minimumMac === 0 ? {} : { minimumMacLength: minimumMac };
    this.keys.push(new TsigKey(name, algorithm, secret.reveal(), options));
  }

  #name(written: string, path: TomlPath): WireName | undefined {
    let name: WireName;
    try {
      name = scanFullName(written);
    } catch (error) {
      if (!(error instanceof PresentationError)) throw error;
      this.problems.push({ path, message: `the name of a key is wrong: ${messageOf(error)}` });
      return undefined;
    }
    const shown = showName(foldName(name));
    const before = this.#names.get(shown);
    if (before !== undefined) {
      this.problems.push({ path, message: `keys "${before}" and "${written}" have the same name; keep one` });
      return undefined;
    }
    this.#names.set(shown, written);
    return name;
  }

  #secret(written: string, settings: Config['keys'][string], path: TomlPath): Secret | undefined {
    const { secret, secretFile } = settings;
    if (secret.length > 0 && secretFile !== '') {
      const message = `key "${written}" has both secret and secret-file; keep one`;
      this.problems.push({ path: [...path, 'secret'], message });
      return undefined;
    }
    if (secret.length > 0) return secret;
    if (secretFile === '') {
      const message = `key "${written}" has no secret: give it secret-file (waypost key ${written} makes one)`;
      this.problems.push({ path, message });
      return undefined;
    }
    try {
      return this.#readSecretFile(secretFile);
    } catch (error) {
      if (!(error instanceof SecretFileError)) throw error;
      this.problems.push({ path: [...path, 'secret-file'], message: `key "${written}": ${error.message}` });
      return undefined;
    }
  }
}
