import type { Effects, Log } from '../../base/effects.ts';
import type { Config } from '../../config/settings.ts';
import type { ReloadReport } from '../../control/protocol.ts';
import type { LoadReport, ZoneReport } from '../../store/load-report.ts';
import { ZoneLoader } from '../../store/zone-loader.ts';
import { type DomainName, equalNames, showName } from '../../wire/name.ts';
import { lazyGeo, surroundingsOf } from '../zone-surroundings.ts';
import type { LiveConfig } from './live-config.ts';
import type { Replication } from './replication.ts';
import type { Stopping } from './stopping.ts';
import type { ZoneStore } from './zone-store.ts';

/** Called while zones are read: how many records of the zone so far. */
export type OnProgress = (zone: string, records: number) => void;

/** What loading needs of the rest of the server. */
export interface ZoneLoadsOptions {
  readonly config: Pick<Config, 'zones'>;
  readonly live: Pick<LiveConfig, 'reload' | 'permissions'>;
  readonly store: Pick<ZoneStore, 'database' | 'writer' | 'turns'>;
  readonly replication: Pick<Replication, 'secondaries' | 'reconfigure'>;
  readonly stopping: Stopping;
  /** Resolves when every query thread answers with what is loaded. */
  published(): Promise<void>;
  /** The location data in use, for warnings about steering; without it those that need it are not given. */
  geoMemory(): SharedArrayBuffer | undefined;
  /** The configuration has been read again. */
  onReconfigured(): void;
  readonly effects: Effects;
  readonly onProgress: OnProgress;
}

/** Brings the zones in line with the zone files and the configuration: one load at a time, its outcome in the log. */
export class ZoneLoads {
  readonly #options: ZoneLoadsOptions;
  readonly #loader: ZoneLoader;
  /** The load under way, and the one that was asked for meanwhile. */
  #loading: Promise<unknown> = Promise.resolve();
  #next: Promise<LoadReport> | undefined;

  constructor(options: ZoneLoadsOptions) {
    this.#options = options;
    const { config, live, store, replication, stopping, effects, onProgress } = options;
    const geo = lazyGeo(() => options.geoMemory());
    this.#loader = new ZoneLoader({
      directory: config.zones,
      database: store.database,
      writer: store.writer,
      effects,
      onProgress: (apex, records) => onProgress(showName(apex), records),
      breathe: () => stopping.breathe(),
      turns: store.turns,
      isSecondary: (apex) => replication.secondaries.isSecondary(apex),
      hasSecondaries: () => replication.secondaries.hasZones,
      surroundings: (apex) => surroundingsOf(live.permissions.transfersOf(apex), geo),
    });
  }

  /**
   * Reads the configuration, then the zone files, again; with an apex, reports that zone only. Rejects as {@link load}
   * does.
   */
  async reload(apex?: DomainName): Promise<ReloadReport> {
    const { live, replication, onReconfigured, effects } = this.#options;
    const mistakes = live.reload();
    replication.reconfigure();
    onReconfigured();
    for (const mistake of mistakes)
      effects.log.error(`config: ${mistake}; the old keys and zone tables hold on`);
    const { zones, errors } = await this.load();
    const wanted = apex === undefined ? zones : zones.filter((zone) => equalNames(zone.apex, apex));
    return {
      zones: wanted.map((zone) => ({ ...zone, apex: showName(zone.apex) })),
      errors: [...mistakes, ...errors],
    };
  }

  /**
   * Reads the zone files. Those who ask while that is under way share one load after it. Resolves when answers show what
   * was loaded. Rejects with StoreError, and with StoppingError when the server stops first.
   */
  load(): Promise<LoadReport> {
    this.#next ??= this.#loading.then(() => {
      this.#next = undefined;
      const load = this.#load();
      this.#loading = load.catch(() => {}); // who asked for it is told
      return load;
    });
    return this.#next;
  }

  /** Resolves when no load is under way. */
  async settled(): Promise<void> {
    await this.#loading;
  }

  async #load(): Promise<LoadReport> {
    const { replication, stopping, published, effects } = this.#options;
    stopping.expectRunning();
    await replication.secondaries.dropOthers();
    const report = await this.#loader.load();
    await replication.secondaries.configure();
    await published(); // who is told of a load finds it in every answer
    for (const error of report.errors) effects.log.error(`zones: ${error}`);
    for (const zone of report.zones) logZone(zone, effects.log);
    return report;
  }
}

function logZone({ errors, warnings, ...zone }: ZoneReport, log: Log): void {
  for (const error of errors) log.error(`zones: ${error}`);
  for (const warning of warnings) log.warn(`zones: ${warning}`);
  if (zone.outcome === 'unchanged') return;
  const { serial, records, added, removed } = zone;
  const sentence = `zones: ${showName(zone.apex)} ${zone.outcome}`;
  if (zone.outcome === 'failed' && serial === undefined) log.error(`${sentence}; it is not served`);
  else if (zone.outcome === 'failed') log.error(`${sentence}; it is served as before`, { serial });
  else log.info(sentence, { serial, records, added, removed });
}
