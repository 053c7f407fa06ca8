import type { Endpoint } from '../base/endpoint.ts';
import type { DomainName } from '../wire/name.ts';
import { KeyFinder } from './key-finder.ts';
import { keyName } from './keys.ts';
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
  const finder = new KeyFinder(keys);
  for (const [written, { notify, notifyNs: tellsNameServers }] of Object.entries(zone)) {
    const targets = notify.map(({ address: endpoint, key: writtenKey, source }, i): ConfiguredTarget => {
      const path = ['zone', written, 'notify', i, 'key'];
      const key = writtenKey === undefined ? undefined : finder.find(writtenKey, path);
      return { endpoint, key, source };
    });
    const apex = keyName(written);
    if (apex !== undefined && (targets.length > 0 || tellsNameServers)) {
      zones.push({ apex, targets, tellsNameServers });
    }
  }
  return { zones, problems: finder.problems };
}
