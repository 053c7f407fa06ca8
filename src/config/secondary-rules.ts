import type { Endpoint } from '../base/endpoint.ts';
import { suggestionFor } from '../base/suggest.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { keyName } from './keys.ts';
import { showPath, type TomlPath } from './positions.ts';
import type { Config, Conflict } from './settings.ts';

/** A server that a secondary zone is fetched from. */
export interface ConfiguredPrimary {
  readonly endpoint: Endpoint;
  /** The key that both sign with. */
  readonly key: DomainName | undefined;
}

/** A zone that is fetched from others. */
export interface ConfiguredSecondary {
  readonly apex: DomainName;
  /** In the order in which they are tried; at least one. */
  readonly primaries: readonly ConfiguredPrimary[];
  readonly forwardsUpdates: boolean;
}

/** The secondary zones, and what is wrong with them. */
export interface ConfiguredSecondaries {
  readonly secondaries: readonly ConfiguredSecondary[];
  readonly problems: readonly Conflict[];
}

/** Finds the tables `[zone."NAME"]` that have a primary, and its keys. Of wrong zone names others tell. */
export function configuredSecondaries({ keys, zone }: Pick<Config, 'keys' | 'zone'>): ConfiguredSecondaries {
  const secondaries: ConfiguredSecondary[] = [];
  const problems: Conflict[] = [];
  const known = new Set(
    Object.keys(keys)
      .map(keyName)
      .filter((name) => name !== undefined)
      .map(showName),
  );

  function findKey(written: string | undefined, path: TomlPath): DomainName | undefined {
    if (written === undefined) return undefined;
    const key = keyName(written);
    if (key !== undefined && known.has(showName(key))) return key;
    const meant = suggestionFor(written, Object.keys(keys));
    const advice = meant === undefined ? `waypost key ${written} makes one` : `did you mean "${meant}"?`;
    problems.push({
      path: [...path, 'key'],
      message: `${showPath([...path, 'key'])} is "${written}", and there is no [keys."${written}"]; ${advice}`,
    });
    return undefined;
  }

  for (const [name, { primary, update, forwardUpdates }] of Object.entries(zone)) {
    const path = ['zone', name];
    if (primary.length === 0) {
      if (forwardUpdates) {
        const message = `${showPath([...path, 'forward-updates'])} is true, and the zone has no primary to forward to; give it one, or leave this out`;
        problems.push({ path: [...path, 'forward-updates'], message });
      }
      continue;
    }
    if (update.length > 0) {
      const message = `zone "${name}" has a primary, and update rules: only its primary changes it; keep one of them (forward-updates = true hands updates on)`;
      problems.push({ path: [...path, 'update'], message });
    }
    const apex = keyName(name);
    const found = primary.map(({ address: endpoint, key }, i) => ({
      endpoint,
      key: findKey(key, primary.length === 1 ? [...path, 'primary'] : [...path, 'primary', i]),
    }));
    if (apex !== undefined) secondaries.push({ apex, primaries: found, forwardsUpdates: forwardUpdates });
  }
  return { secondaries, problems };
}
