import type { Config } from '../../config/settings.ts';
import { configuredTransfers } from '../../config/transfer-rules.ts';
import { configuredUpdates } from '../../config/update-rules.ts';
import type { TsigKeyRing } from '../../message/tsig-key.ts';
import type { TransferRules } from '../../transfer/permission.ts';
import type { UpdateRules } from '../../update/permission.ts';
import { type DomainName, equalNames, showName } from '../../wire/name.ts';

/** The keys of a server, and what it lets each of them do. */
export class Permissions {
  readonly keys: TsigKeyRing;
  /** By apex in presentation format. */
  readonly #updates: ReadonlyMap<string, UpdateRules>;
  readonly #transfers: ReadonlyMap<string, TransferRules>;

  constructor(config: Config, keys: TsigKeyRing) {
    this.keys = keys;
    const { rules } = configuredUpdates(config);
    this.#updates = new Map(rules.map((rule) => [showName(rule.apex), rule]));
    const transfers = configuredTransfers(config);
    this.#transfers = new Map(transfers.rules.map((rule) => [showName(rule.apex), rule]));
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

  /** Who may fetch the zone at `apex`. */
  transfersOf(apex: DomainName): TransferRules {
    return this.#transfers.get(showName(apex)) ?? { apex, grants: [] };
  }

  /** The zones that `key` may fetch by a rule. */
  fetchableBy(key: DomainName): readonly DomainName[] {
    const isOwn = ({ grants }: TransferRules) => grants.some((grant) => equalNames(grant.key, key));
    return [...this.#transfers.values()].filter(isOwn).map(({ apex }) => apex);
  }
}
