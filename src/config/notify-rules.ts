import type { Endpoint } from '../base/endpoint.ts';
import { suggestionFor } from '../base/suggest.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { keyName } from './keys.ts';
import { showPath } from './positions.ts';
import type { Config, Conflict } from './settings.ts';

/** A secondary that is told of changes. */
export interface ConfiguredTarget {
  readonly endpoint: Endpoint;
  /** The key that both sign with. */
  readonly key: DomainName | undefined;
  /** The address of this machine to send from. */
  readonly source: string | undefined;
}

/** Who is told of a zone's changes. */
export interface ConfiguredNotify {
  readonly apex: DomainName;
  readonly targets: readonly ConfiguredTarget[];
  /** Whether the zone's name servers are told too. */
  readonly tellsNameServers: boolean;
}

/** Who is told of changes, and what is wrong with it. */
export interface ConfiguredNotifies {
  /** Of the zones of which somebody is told. */
  readonly zones: readonly ConfiguredNotify[];
  readonly problems: readonly Conflict[];
}

/** Finds the tables `[zone."NAME"]` of which somebody is told, and their keys. Of wrong zone names others tell. */
export function configuredNotifies({ keys, zone }: Pick<Config, 'keys' | 'zone'>): ConfiguredNotifies {
  const zones: ConfiguredNotify[] = [];
  const problems: Conflict[] = [];
  const writtenKeys = Object.keys(keys);
  const names = writtenKeys.map(keyName).filter((name) => name !== undefined);
  const known = new Set(names.map(showName));
  for (const [written, { notify, notifyNs: tellsNameServers }] of Object.entries(zone)) {
    const targets = notify.map(({ address: endpoint, key: writtenKey, source }, i): ConfiguredTarget => {
      const key = writtenKey === undefined ? undefined : keyName(writtenKey);
      if (writtenKey !== undefined && (key === undefined || !known.has(showName(key)))) {
        const path = ['zone', written, 'notify', i, 'key'];
        const meant = suggestionFor(writtenKey, writtenKeys);
        const advice =
          meant === undefined ? `waypost key ${writtenKey} makes one` : `did you mean "${meant}"?`;
        const message = `${showPath(path)} is "${writtenKey}", and there is no [keys."${writtenKey}"]; ${advice}`;
        problems.push({ path, message });
      }
      return { endpoint, key, source };
    });
    const apex = keyName(written);
    if (apex !== undefined && (targets.length > 0 || tellsNameServers)) {
      zones.push({ apex, targets, tellsNameServers });
    }
  }
  return { zones, problems };
}
