import type { Effects } from '../../base/effects.ts';
import type { Config } from '../../config/settings.ts';
import { Explaining } from '../../control/explain.ts';
import type { Answering } from './answering.ts';
import type { ZoneStore } from './zone-store.ts';

/** What explaining needs of the rest of the server. */
export interface ExplainControlOptions {
  readonly config: Pick<Config, 'data'>;
  readonly store: Pick<ZoneStore, 'hasZone' | 'view' | 'changedAt'>;
  readonly answering: Pick<Answering, 'shared'>;
  readonly effects: Effects;
}

/** Explains what the server answers, for the control socket: from the same image and tables as all its threads. */
export function explainServed({ config, store, answering, effects }: ExplainControlOptions): Explaining {
  return new Explaining(() => {
    const { memory, options, geo } = answering.shared;
    return {
      from: { kind: 'server', path: config.data },
      memory,
      options,
      geo,
      nowMs: effects.nowMs,
      view: (apex) => (store.hasZone(apex) ? store.view(apex) : undefined),
      changedAt: (apex, owner) => store.changedAt(apex, owner),
    };
  });
}
