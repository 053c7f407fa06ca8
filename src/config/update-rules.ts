import { messageOf } from '../base/errors.ts';
import { type NamePattern, scanNamePattern } from '../update/name-pattern.ts';
import type { Grant, UpdateRules } from '../update/permission.ts';
import { PresentationError } from '../wire/errors.ts';
import { type DomainName, foldName, scanFullName, showName } from '../wire/name.ts';
import type { WrittenGrant } from './grants.ts';
import { KeyFinder } from './key-finder.ts';
import { showPath, type TomlPath } from './positions.ts';
import type { Config, Conflict } from './settings.ts';

/** Who may change what, and what is wrong with it. */
export interface ConfiguredUpdates {
  /** Of each table `[zone."NAME"]`, in the order of the file; one without grants allows nobody anything. */
  readonly rules: readonly UpdateRules[];
  readonly problems: readonly Conflict[];
}

/** Makes the rules of the tables `[zone."NAME"]`: reads names for their zone, and finds the keys. */
export function configuredUpdates({ keys, zone }: Pick<Config, 'keys' | 'zone'>): ConfiguredUpdates {
  const finder = new KeyFinder(keys);
  const reader = new UpdateReader(finder);
  for (const [name, { update }] of Object.entries(zone)) reader.read(name, update);
  return { rules: reader.rules, problems: [...reader.problems, ...finder.problems] };
}

class UpdateReader {
  readonly rules: UpdateRules[] = [];
  readonly problems: Conflict[] = [];
  readonly #finder: KeyFinder;
  /** How each zone was written first. */
  readonly #zones = new Map<string, string>();

  constructor(finder: KeyFinder) {
    this.#finder = finder;
  }

  read(written: string, update: readonly WrittenGrant[]): void {
    const path = ['zone', written];
    const apex = this.#apex(written, path);
    if (apex === undefined) return;
    const grants = update.map((grant, i) => this.#grant(grant, apex, [...path, 'update', i]));
    this.rules.push({ apex, grants: grants.filter((grant) => grant !== undefined) });
  }

  #apex(written: string, path: TomlPath): DomainName | undefined {
    const apex = this.#scan(path, 'is not the name of a zone', () => foldName(scanFullName(written)));
    if (apex === undefined) return undefined;
    const shown = showName(apex);
    const before = this.#zones.get(shown);
    if (before === undefined) {
      this.#zones.set(shown, written);
      return apex;
    }
    const message = `zones "${before}" and "${written}" are the same; keep one table`;
    this.problems.push({ path, message });
    return undefined;
  }

  #grant(grant: WrittenGrant, apex: DomainName, path: TomlPath): Grant | undefined {
    const key = this.#finder.find(grant.key, [...path, 'key']);
    const names: NamePattern[] = [];
    for (const [i, text] of grant.names.entries()) {
      const pattern = this.#scan([...path, 'names', i], 'is wrong', () => scanNamePattern(text, apex));
      if (pattern !== undefined) names.push(pattern);
    }
    return key === undefined ? undefined : { ...grant, key, names };
  }

  /** What `scan` gives; a problem at `path` when it throws {@link PresentationError}. */
  #scan<T>(path: TomlPath, wrong: string, scan: () => T): T | undefined {
    try {
      return scan();
    } catch (error) {
      if (!(error instanceof PresentationError)) throw error;
      this.problems.push({ path, message: `${showPath(path)} ${wrong}: ${messageOf(error)}` });
      return undefined;
    }
  }
}
