import { networkInterfaces } from 'node:os';
import type { Effects } from '../../base/effects.ts';
import type { Timers } from '../../base/timers.ts';
import type { Exchanger } from '../../client/exchange.ts';
import { configuredNotifies } from '../../config/notify-rules.ts';
import type { Config } from '../../config/settings.ts';
import type { TsigKeyRing } from '../../message/tsig-key.ts';
import type { NotifyRules } from '../../replicate/notified-zone.ts';
import { Notifier } from '../../replicate/notifier.ts';
import type { DomainName } from '../../wire/name.ts';
import type { ZoneView } from '../../zone/view.ts';

/** What a notifier needs of the server. */
export interface NotifyingParts {
  readonly exchanger: Exchanger;
  readonly effects: Effects;
  readonly timers: Timers;
  /** A zone that is served; `undefined` when it is not. */
  view(apex: DomainName): ZoneView | undefined;
  /** The apex of the deepest zone served that holds `name`. */
  zoneAbove(name: DomainName): DomainName | undefined;
}

/** A notifier that does what the configuration says; the keys are those of the same configuration. */
export function makeNotifier(config: Config, keys: TsigKeyRing, parts: NotifyingParts): Notifier {
  const { exchanger, effects, timers, view, zoneAbove } = parts;
  return new Notifier({
    zones: notifyRulesOf(config, keys),
    exchanger,
    effects,
    timers,
    apexOf: (apex) => view(apex)?.get(apex),
    find: (name) => {
      const apex = zoneAbove(name);
      return apex === undefined ? undefined : view(apex)?.get(name);
    },
    isOwn: (address) => isListenedOn(address, config),
  });
}

/** Who is told of what; the keys are those of the same configuration. */
export function notifyRulesOf(config: Config, keys: TsigKeyRing): readonly NotifyRules[] {
  return configuredNotifies(config).zones.map(({ apex, targets, tellsNameServers }) => ({
    apex,
    targets: targets.map(({ endpoint, key, source }) => ({
      endpoint,
      key: key === undefined ? undefined : keys.find(key),
      source,
    })),
    tellsNameServers,
  }));
}

/** Whether the server answers on an address of this machine. */
function isListenedOn(address: string, { listen }: Config): boolean {
  const isMine = () =>
    Object.values(networkInterfaces()).some((all) => all?.some((own) => own.address === address));
  const any = address.includes(':') ? '::' : '0.0.0.0';
  return listen.some((own) => own.address === address || (own.address === any && isMine()));
}
