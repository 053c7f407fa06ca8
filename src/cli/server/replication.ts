import type { Effects } from '../../base/effects.ts';
import type { Timers } from '../../base/timers.ts';
import { Exchanger } from '../../client/exchange.ts';
import type { Notifier } from '../../replicate/notifier.ts';
import type { LiveConfig } from './live-config.ts';
import { makeNotifier, notifyRulesOf } from './notifying.ts';
import { type OnReceiving, SecondaryService } from './secondary-service.ts';
import type { ZoneStore } from './zone-store.ts';

/** What replication needs of the rest of the server. */
export interface ReplicationOptions {
  readonly live: Pick<LiveConfig, 'config' | 'permissions'>;
  readonly store: Pick<ZoneStore, 'database' | 'writer' | 'turns' | 'hasZone' | 'view' | 'zoneAbove'>;
  readonly effects: Effects;
  readonly timers: Timers;
  /** Between pieces of long work. Rejects to end it. */
  breathe(): Promise<void>;
  readonly onReceiving: OnReceiving;
}

/** Both ends of zone transfers: our secondaries, which are told of changes, and the zones that we are a secondary of. */
export class Replication {
  readonly notifier: Notifier;
  readonly secondaries: SecondaryService;
  readonly #live: ReplicationOptions['live'];
  /** For NOTIFY alone: what our own zones need to be refreshed does not wait for others. */
  readonly #exchanger: Exchanger;

  constructor({ live, store, effects, timers, breathe, onReceiving }: ReplicationOptions) {
    this.#live = live;
    this.#exchanger = new Exchanger({ effects, timers });
    this.notifier = makeNotifier(live.config, live.permissions.keys, {
      exchanger: this.#exchanger,
      effects,
      timers,
      view: (apex) => (store.hasZone(apex) ? store.view(apex) : undefined),
      zoneAbove: (name) => store.zoneAbove(name),
    });
    this.secondaries = new SecondaryService({
      database: store.database,
      writer: store.writer,
      turns: store.turns,
      effects,
      timers,
      limits: live.config.secondary,
      current: () => ({ config: live.config, keys: live.permissions.keys }),
      breathe,
      onReceiving,
    });
  }

  /** Takes over who is told of what, as the configuration says now. Secondary zones follow when zones are loaded. */
  reconfigure(): void {
    this.notifier.configure(notifyRulesOf(this.#live.config, this.#live.permissions.keys));
  }

  /** Gives up what is under way, in both directions. Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    await this.secondaries.stop();
    this.notifier.stop();
    this.#exchanger.close();
  }
}
