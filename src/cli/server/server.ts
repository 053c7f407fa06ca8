import { Atlas } from '../../atlas/atlas.ts';
import type { Effects } from '../../base/effects.ts';
import type { ReloadReport, ZoneSummary } from '../../control/protocol.ts';
import { ControlServer } from '../../control/server.ts';
import { SYSTEM_TIMERS } from '../../serve/timers.ts';
import type { TransferHandler } from '../../serve/transfer-handler.ts';
import { showName } from '../../wire/name.ts';
import type { ZoneView } from '../../zone/view.ts';
import { geoPathsOf } from '../geo-files.ts';
import { Answering } from './answering.ts';
import { Listeners } from './listeners.ts';
import { type Configuration, LiveConfig } from './live-config.ts';
import { Replication } from './replication.ts';
import { makeRequestHandlers } from './request-handlers.ts';
import type { OnReceiving } from './secondary-service.ts';
import { ServerControl } from './server-control.ts';
import { Stopping } from './stopping.ts';
import { type OnProgress, ZoneLoads } from './zone-loads.ts';
import { ZoneStore } from './zone-store.ts';

/** Who is told while a server works for a long time. */
export interface ServerWatcher {
  readonly onProgress: OnProgress;
  readonly onReceiving: OnReceiving;
  /** Called when location data is waited for, and when it no longer is. */
  onCompiling(isCompiling: boolean): void;
}

/**
 * The whole server: {@link start} makes one that answers, {@link stop} ends it.
 *
 * Its parts are made in the order of the fields, each from those above it. Only these things go the other way: a new generation
 * of the zone image and new location data, to those who answer from them, and a new serial, to those who tell others of it.
 */
export class Server {
  readonly #stopping = new Stopping();
  readonly #store: ZoneStore;
  readonly #atlas: Atlas;
  readonly #answering: Answering;
  readonly #replication: Replication;
  readonly #loads: ZoneLoads;
  readonly #transfers: TransferHandler;
  readonly #listeners: Listeners;
  readonly #control: ServerControl;
  readonly #controlServer: ControlServer;

  /**
   * Starts to serve: what was stored first, then what the zone files say. `configure` reads the configuration, now and at
   * each reload. Throws `WaypostError`s.
   */
  static async start(
    configure: () => Configuration,
    effects: Effects,
    watcher: ServerWatcher,
  ): Promise<Server> {
    const server = new Server(configure, effects, watcher);
    try {
      await server.#start(watcher);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(configure: () => Configuration, effects: Effects, watcher: ServerWatcher) {
    const configuration = configure();
    const { config } = configuration;
    const live = new LiveConfig(configuration, configure, effects.log);
    const timers = SYSTEM_TIMERS;
    const shared = { config, effects, timers };
    const store = new ZoneStore({
      ...shared,
      onGeneration: (memory) => this.#answering.publish(memory),
      onChanged: (apex) => this.#replication.notifier.changed(apex),
    });
    const atlas = new Atlas(geoPathsOf(config), {
      effects,
      timers,
      onTables: (tables) => this.#answering.publishGeo(tables),
    });
    const answering = new Answering({ ...shared, memory: store.memory, geo: atlas.memory });
    const replication = new Replication({
      live,
      store,
      effects,
      timers,
      breathe: () => this.#stopping.breathe(),
      onReceiving: watcher.onReceiving,
    });
    const loads = new ZoneLoads({
      config,
      live,
      store,
      replication,
      stopping: this.#stopping,
      published: () => answering.published(),
      geoMemory: () => atlas.memory,
      onReconfigured: () => void atlas.reload(geoPathsOf(live.config).files),
      effects,
      onProgress: watcher.onProgress,
    });
    const { dispatcher, transfers } = makeRequestHandlers({
      ...shared,
      permissions: () => live.permissions,
      store,
      secondaries: replication.secondaries,
      answering,
      onTransferred: (apex, address) => replication.notifier.noteTransfer(apex, address),
    });
    const listeners = new Listeners({ config, answering, late: dispatcher, timers, log: effects.log });
    const control = new ServerControl({
      config,
      store,
      atlas,
      loads,
      replication,
      answering,
      listeners,
      transfers,
      effects,
    });
    this.#store = store;
    this.#atlas = atlas;
    this.#answering = answering;
    this.#replication = replication;
    this.#loads = loads;
    this.#transfers = transfers;
    this.#listeners = listeners;
    this.#control = control;
    this.#controlServer = new ControlServer(config.data, control, effects.log);
  }

  /** Where it answers, with the ports the system chose. */
  get addresses(): readonly string[] {
    return this.#listeners.addresses;
  }

  /** The zones, in a few words each. */
  zones(): readonly ZoneSummary[] {
    return this.#control.zones();
  }

  /** The records of the zones, as they are now. */
  views(): readonly ZoneView[] {
    return this.#store.zones().map(({ apex }) => this.#store.view(apex));
  }

  /** Reads the configuration and the zone files again. Rejects with StoreError and StoppingError. */
  reload(): Promise<ReloadReport> {
    return this.#loads.reload();
  }

  async #start({ onProgress, onCompiling }: ServerWatcher): Promise<void> {
    const store = this.#store;
    this.#atlas.start();
    const stored = store.writer.serveStored(
      (apex, owners) => onProgress(showName(apex), owners),
      this.#replication.secondaries.unservable(),
    );
    for (const _ of stored) await this.#stopping.breathe();
    const isRestart = store.zones().length > 0;
    if (!isRestart) await this.#loads.load();
    store.startLapses();
    onCompiling(true);
    await this.#atlas.ready();
    onCompiling(false);
    await this.#listeners.listen();
    await this.#controlServer.listen();
    if (isRestart) await this.#loads.load();
    store.cutJournals();
    this.#replication.notifier.start();
    this.#answering.startRotation();
  }

  /** Stops accepting, answers what is in hand, closes everything. */
  async stop(): Promise<void> {
    this.#stopping.begin();
    this.#answering.stopRotation();
    await this.#replication.stop();
    const changes = [this.#store.stopChanges(), this.#loads.settled(), this.#atlas.stop()];
    await Promise.all([this.#controlServer.close(), ...changes]);
    await Promise.all([this.#listeners.close(), this.#transfers.stop()]);
    await this.#store.close();
  }
}
