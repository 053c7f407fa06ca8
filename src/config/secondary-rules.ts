import type { Endpoint } from '../base/endpoint.ts';
import type { DomainName } from '../wire/name.ts';
import { KeyFinder } from './key-finder.ts';
import { keyName } from './keys.ts';
import { showPath } from './positions.ts';
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
  const finder = new KeyFinder(keys);
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
    const found = primary.map(({ address: endpoint, key }, i) => {
      const at = primary.length === 1 ? [...path, 'primary', 'key'] : [...path, 'primary', i, 'key'];
      return { endpoint, key: key === undefined ? undefined : finder.find(key, at) };
    });
    if (apex !== undefined) secondaries.push({ apex, primaries: found, forwardsUpdates: forwardUpdates });
  }
  return { secondaries, problems: [...problems, ...finder.problems] };
}
