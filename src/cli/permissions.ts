import type { Config } from '../config/settings.ts';
import { configuredUpdates } from '../config/update-rules.ts';
import type { TsigKeyRing } from '../message/tsig-key.ts';
import type { UpdateRules } from '../update/permission.ts';
import { type DomainName, equalNames, showName } from '../wire/name.ts';

/** The keys of a server, and what it lets each of them do. */
export class Permissions {
  readonly keys: TsigKeyRing;
  /** By apex in presentation format. */
  readonly #updates: ReadonlyMap<string, UpdateRules>;

  constructor(config: Config, keys: TsigKeyRing) {
    this.keys = keys;
    const { rules } = configuredUpdates(config);
    this.#updates = new Map(rules.map((rule) => [showName(rule.apex), rule]));
  }

  /** Who may change the zone at `apex`. */
  updatesOf(apex: DomainName): UpdateRules {
    return this.#updates.get(showName(apex)) ?? { apex, grants: [] };
  }

  /** The zones where `key` has update rules. */
  zonesOf(key: DomainName): readonly DomainName[] {
    const isOwn = ({ grants }: UpdateRules) => grants.some((grant) => equalNames(grant.key, key));
    return [...this.#updates.values()].filter(isOwn).map(({ apex }) => apex);
  }
}
