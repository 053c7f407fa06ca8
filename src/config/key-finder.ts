import { suggestionFor } from '../base/suggest.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { keyName } from './keys.ts';
import { showPath, type TomlPath } from './positions.ts';
import type { Config, Conflict } from './settings.ts';

/** Finds the keys that settings name, in any case and with or without the final dot, among those of `[keys]`. */
export class KeyFinder {
  readonly problems: Conflict[] = [];
  /** As they are written. */
  readonly #written: readonly string[];
  readonly #names: ReadonlySet<string>;

  constructor(keys: Config['keys']) {
    this.#written = Object.keys(keys);
    const names = this.#written.map(keyName).filter((name) => name !== undefined);
    this.#names = new Set(names.map(showName));
  }

  /** The key that is `written` at `path`; a problem, and `undefined`, when there is none of that name. */
  find(written: string, path: TomlPath): DomainName | undefined {
    const key = keyName(written);
    if (key !== undefined && this.#names.has(showName(key))) return key;
    const meant = suggestionFor(written, this.#written);
    const advice = meant === undefined ? `waypost key ${written} makes one` : `did you mean "${meant}"?`;
    const message = `${showPath(path)} is "${written}", and there is no [keys."${written}"]; ${advice}`;
    this.problems.push({ path, message });
    return undefined;
  }
}
