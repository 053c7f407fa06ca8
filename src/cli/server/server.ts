import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RawResponder } from '../../answer/raw-responder.ts';
import { Responder, type ResponderOptions } from '../../answer/respond.ts';
import type { Effects } from '../../base/effects.ts';
import { messageOf } from '../../base/errors.ts';
import { showAddress } from '../../base/ip.ts';
import { scanFullName } from '../../config/keys.ts';
import type { Config } from '../../config/settings.ts';
import { Members } from '../../control/members.ts';
import type {
  MemberRequest,
  MemberSaid,
  RefreshReport,
  ReloadReport,
  SecondarySummary,
  ServerStatus,
  WaitReport,
  ZoneSummary,
} from '../../control/protocol.ts';
import { type Controlled, ControlServer } from '../../control/server.ts';
import type { ImageMemory } from '../../image/layout.ts';
import { ZoneImageWriter } from '../../image/writer.ts';
import { Exchanger } from '../../replicate/exchange.ts';
import type { Notifier } from '../../replicate/notifier.ts';
import { Dispatcher } from '../../serve/dispatch.ts';
import { type ListenAddress, ListenError, showListenAddress } from '../../serve/listen.ts';
import { NotifyHandler } from '../../serve/notify-handler.ts';
import { type QueryPool, startPool } from '../../serve/pool.ts';
import { QueryHandler } from '../../serve/query-handler.ts';
import { DEFAULT_TCP_OPTIONS, TcpServer } from '../../serve/tcp.ts';
import type { ThreadShared } from '../../serve/thread-answerer.ts';
import { Count } from '../../serve/thread-status.ts';
import { SYSTEM_TIMERS } from '../../serve/timers.ts';
import { TransferHandler } from '../../serve/transfer-handler.ts';
import { UpdateHandler } from '../../serve/update-handler.ts';
import type { MembersReport } from '../../steer/members-report.ts';
import { CommitQueue } from '../../store/commit-queue.ts';
import { CookieSecrets } from '../../store/cookie-secrets.ts';
import { ZoneDatabase } from '../../store/database.ts';
import { JournalCutter } from '../../store/journal-cutter.ts';
import { LapseTimer } from '../../store/lapse-timer.ts';
import { breathe } from '../../store/slices.ts';
import { SteeredOwners } from '../../store/steered-owners.ts';
import { Turns } from '../../store/turns.ts';
import { type LoadReport, ZoneLoader } from '../../store/zone-loader.ts';
import { SnapshotPool } from '../../store/zone-snapshot.ts';
import { TRANSFER } from '../../store/zone-stage.ts';
import { serialOf, ZoneWriter } from '../../store/zone-writer.ts';
import { transferViewOf } from '../../transfer/permission.ts';
import { Opcode } from '../../wire/iana.ts';
import { type DomainName, foldName, showName } from '../../wire/name.ts';
import type { ZoneView } from '../../zone/view.ts';
import { reportReload } from '../commands/reload-report.ts';
import { VERSION } from '../version.ts';
import { HistoryControl } from './history-control.ts';
import { listenAddressOf } from './listen-address.ts';
import { type Configuration, LiveConfig } from './live-config.ts';
import { makeNotifier, notifyRulesOf } from './notifying.ts';
import { SecondaryService } from './secondary-service.ts';

/** Called while zones are read: how many records of the zone so far. */
export type OnProgress = (zone: string, records: number) => void;

/** Called while a zone comes from its primary: how many records so far; `undefined`: it is over. */
export type OnReceiving = (zone: string, records: number | undefined) => void;

/** A load was given up because the server stops; what it had done is kept. No error of a zone or the database. */
export class StoppingError extends Error {
  constructor() {
    super('given up: the server is stopping');
  }
}

/**
 * The whole server, made of its parts and joined: database and image, query threads, TCP, control socket.
 * {@link start} makes one that answers; {@link stop} ends it.
 */
export class Server implements Controlled {
  readonly history: HistoryControl;
  readonly #config: Config;
  readonly #effects: Effects;
  readonly #database: ZoneDatabase;
  readonly #image: ZoneImageWriter;
  readonly #writer: ZoneWriter;
  readonly #queue: CommitQueue;
  readonly #live: LiveConfig;
  readonly #secondaries: SecondaryService;
  /** Answers on this thread. */
  readonly #responder: Responder;
  readonly #snapshots: SnapshotPool;
  readonly #transfers: TransferHandler;
  readonly #dispatcher: Dispatcher;
  readonly #exchanger: Exchanger;
  readonly #notifier: Notifier;
  readonly #cutter: JournalCutter;
  readonly #members: Members;
  readonly #loader: ZoneLoader;
  readonly #lapses: LapseTimer;
  readonly #cookies: CookieSecrets;
  readonly #options: ResponderOptions;
  readonly #control: ControlServer;
  readonly #startedMs: number;
  #stopRotation: () => void = () => {};
  /** The load under way, and the one that was asked for meanwhile. */
  #loading: Promise<unknown> = Promise.resolve();
  #nextLoad: Promise<LoadReport> | undefined;
  #isStopping = false;
  /** Done when all query threads answer from the newest image. */
  #published: Promise<void> = Promise.resolve();
  #pool: QueryPool | undefined;
  #tcp: TcpServer | undefined;
  #addresses: readonly ListenAddress[] = [];

  /**
   * Starts to serve: what was stored first, then what the zone files say. `configure` reads the configuration, now and at
   * each reload. Throws `WaypostError`s.
   */
  static async start(
    configure: () => Configuration,
    effects: Effects,
    onProgress: OnProgress,
    onReceiving: OnReceiving = () => {},
  ): Promise<Server> {
    const server = new Server(configure, effects, onProgress, onReceiving);
    try {
      await server.#start(onProgress);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(
    configure: () => Configuration,
    effects: Effects,
    onProgress: OnProgress,
    onReceiving: OnReceiving,
  ) {
    const configuration = configure();
    const { config } = configuration;
    this.#live = new LiveConfig(configuration, configure, effects.log);
    this.#config = config;
    this.#effects = effects;
    this.#startedMs = effects.nowMs();
    this.#database = new ZoneDatabase(config.data);
    const database = this.#database;
    const steered = new SteeredOwners(effects.nowMs);
    this.#image = new ZoneImageWriter({
      view: (apex) => steered.view(this.#writer.shownView(apex)),
      onGeneration: (memory) => this.#publish(memory),
    });
    this.#exchanger = new Exchanger({ effects, timers: SYSTEM_TIMERS });
    this.#notifier = makeNotifier(this.#live.config, this.#live.permissions.keys, {
      exchanger: this.#exchanger,
      effects,
      timers: SYSTEM_TIMERS,
      view: (apex) => (database.zone(apex) === undefined ? undefined : database.view(apex)),
      zoneAbove: (name) => this.#image.zoneAbove(name),
    });
    this.#writer = new ZoneWriter({
      database,
      image: this.#image,
      effects,
      steered,
      onChanged: (apex) => {
        this.#cutter.note(apex);
        this.#notifier.changed(apex);
      },
    });
    this.#cutter = new JournalCutter({
      database,
      writer: this.#writer,
      bounds: config.journal,
      effects,
      schedule: (run) => SYSTEM_TIMERS.after(JOURNAL_CUT_MS, run),
    });
    this.#lapses = new LapseTimer({
      database,
      writer: this.#writer,
      steered,
      timers: SYSTEM_TIMERS,
      nowMs: effects.nowMs,
      log: effects.log,
    });
    this.#queue = new CommitQueue({ writer: this.#writer });
    const turns = new Turns();
    this.#secondaries = new SecondaryService({
      database,
      writer: this.#writer,
      turns,
      effects,
      timers: SYSTEM_TIMERS,
      limits: config.secondary,
      current: () => ({ config: this.#live.config, keys: this.#live.permissions.keys }),
      breathe: () => this.#breathe(),
      onReceiving,
    });
    this.#snapshots = new SnapshotPool(database.path, config.transfers.max + OTHER_SNAPSHOTS);
    this.#transfers = this.#makeTransferHandler();
    this.#loader = new ZoneLoader({
      directory: config.zones,
      database,
      writer: this.#writer,
      effects,
      onProgress: (apex, records) => onProgress(showName(apex), records),
      breathe: () => this.#breathe(),
      turns,
      isSecondary: (apex) => this.#secondaries.isSecondary(apex),
    });
    this.history = new HistoryControl({
      snapshots: this.#snapshots,
      queue: this.#queue,
      apexes: () => database.zones().map(({ apex }) => apex),
      foreign: (apex) => this.#secondaries.foreign(apex),
      published: () => this.#published,
    });
    mkdirSync(config.data, { recursive: true });
    this.#cookies = new CookieSecrets(join(config.data, 'cookie-secrets'), effects);
    this.#options = {
      maxPayload: config.udp.maxPayload,
      nsid: config.identity.nsid,
      chaos: { version: config.identity.version, hostname: config.identity.hostname },
      cookieSecrets: this.#cookies.memory,
      lateOpcodes: [Opcode.QUERY, Opcode.UPDATE, Opcode.NOTIFY],
    };
    this.#responder = new Responder(this.#image.memory, this.#options, effects.nowMs);
    this.#dispatcher = this.#makeDispatcher();
    this.#members = new Members({
      queue: this.#queue,
      zoneAbove: (name) => this.#image.zoneAbove(name),
      view: (apex) => database.view(apex),
      foreign: (apex) => this.#secondaries.foreign(apex),
      published: () => this.#published,
      effects,
    });
    this.#control = new ControlServer(config.data, this, effects.log);
  }

  /** Where it answers, with the ports the system chose. */
  get addresses(): readonly string[] {
    return this.#addresses.map(showListenAddress);
  }

  /** The zones served, as they are now. */
  views(): ZoneView[] {
    return this.#database.zones().map(({ apex }) => this.#database.view(apex));
  }

  zones(): ZoneSummary[] {
    const summaries = this.#secondaries.summaries();
    const served = this.#database.zones().map(({ id, apex, source }) => {
      const secondary = summaries.get(showName(apex));
      return {
        apex: showName(apex),
        serial: serialOf(this.#database.view(apex)),
        records: this.#database.recordCount(id),
        source,
        ...(secondary === undefined ? {} : { secondary }),
      };
    });
    const missing = [...summaries].filter(([apex]) => !served.some((zone) => zone.apex === apex));
    return [
      ...served,
      ...missing.map(([apex, secondary]) => ({ apex, serial: 0, records: 0, source: TRANSFER, secondary })),
    ];
  }

  async refresh(apex: string, isFull: boolean): Promise<RefreshReport | undefined> {
    const report = await this.#secondaries.refresh(scanApexName(apex), isFull);
    await this.#published; // who is told of it finds it in every answer
    return report;
  }

  /**
   * Reads the configuration and the zone files again. Those who ask while that is under way share one load after it. Throws
   * {@link StoreError}, and {@link StoppingError} when the server stops first.
   */
  async reload(apex?: string): Promise<ReloadReport> {
    const mistakes = this.#live.reload();
    this.#notifier.configure(notifyRulesOf(this.#live.config, this.#live.permissions.keys));
    for (const mistake of mistakes)
      this.#effects.log.error(`config: ${mistake}; the old keys and zone tables hold on`);
    const report = await this.#load();
    const wanted =
      apex === undefined ? report.zones : report.zones.filter((zone) => showName(zone.apex) === apex);
    return reportReload({ zones: wanted, errors: [...mistakes, ...report.errors] });
  }

  members(name: string): MembersReport {
    return this.#members.list(name);
  }

  sayOfMember(request: MemberRequest): Promise<MemberSaid> {
    return this.#members.say(request);
  }

  status(): ServerStatus {
    const image = this.#image.statistics();
    const zones = this.#database.zones();
    return {
      version: VERSION,
      pid: process.pid,
      uptimeSeconds: Math.round((this.#effects.nowMs() - this.#startedMs) / 1000),
      listen: this.addresses,
      udp: this.#pool?.batched === true ? 'batch' : 'dgram',
      zones: zones.length,
      records: zones.reduce((sum, { id }) => sum + this.#database.recordCount(id), 0),
      imageOctets: image.octets,
      imageGarbage: image.garbage,
      imageGeneration: image.generation,
      residentOctets: process.memoryUsage.rss(),
      threads: (this.#pool?.threads ?? []).map(({ alive, replaced, status }) => ({
        isAlive: alive,
        replaced,
        received: status.counts[Count.RECEIVED] ?? 0,
        answered: status.counts[Count.ANSWERED] ?? 0,
        unsent: status.counts[Count.UNSENT] ?? 0,
        discarded: status.counts[Count.DISCARDED] ?? 0,
        heapUsed: status.counts[Count.HEAP_USED] ?? 0,
      })),
      secondaryZones: countPhases(this.#secondaries.summaries().values()),
      transfers: this.#transfers.counts,
      tcp: this.#tcp?.counts ?? { connections: 0, answered: 0, overLimit: 0 },
      secondaries: this.#notifier.secondaries(),
    };
  }

  wait(apex: string, serial: number | undefined, ms: number): Promise<WaitReport> {
    return this.#notifier.wait(apex, serial, ms);
  }

  /** Stops accepting, answers what is in hand, closes everything. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopRotation();
    await this.#secondaries.stop();
    this.#notifier.stop();
    this.#exchanger.close();
    this.#lapses.stop();
    await Promise.all([this.#control.close(), this.#queue.close(), this.#loading]);
    await Promise.all([this.#tcp?.close(), this.#pool?.stop(), this.#transfers.stop()]);
    await this.#cutter.stop();
    this.#snapshots.close();
    this.#database.close();
  }

  #makeDispatcher(): Dispatcher {
    const live = this.#live;
    const effects = this.#effects;
    const update = new UpdateHandler({
      queue: this.#queue,
      zoneAbove: (name) => this.#image.zoneAbove(name),
      rulesOf: (apex) => live.permissions.updatesOf(apex),
      zonesOf: (key) => live.permissions.zonesOf(key),
      foreign: (apex) => this.#secondaries.foreign(apex),
      published: () => this.#published,
      effects,
    });
    const notify = new NotifyHandler({
      primariesOf: (apex) => this.#secondaries.notifiersOf(apex),
      isServed: (apex) => this.#database.zone(apex) !== undefined,
      notified: (apex, serial, address) => this.#secondaries.notified(apex, serial, address),
      effects,
    });
    return new Dispatcher({
      keys: () => live.permissions.keys,
      query: new QueryHandler({
        live: this.#responder,
        raw: new RawResponder(this.#options, effects.nowMs),
        hosted: {
          zoneAbove: (name) => this.#image.zoneAbove(name),
          view: (apex) => this.#database.view(apex),
        },
        rulesOf: (apex) => live.permissions.updatesOf(apex),
        transferViewOf: (apex, who) => transferViewOf(live.permissions.transfersOf(apex), who),
      }),
      transfer: this.#transfers,
      update,
      notify,
      forwarder: this.#secondaries.forwarder,
      withheld: (name) => {
        const apex = this.#image.zoneAbove(name);
        return apex === undefined ? undefined : this.#secondaries.withheld(apex);
      },
      maxPayload: this.#config.udp.maxPayload,
      effects,
    });
  }

  #makeTransferHandler(): TransferHandler {
    const live = this.#live;
    return new TransferHandler({
      snapshots: this.#snapshots,
      hasZone: (apex) => this.#database.zone(apex) !== undefined,
      rulesOf: (apex) => live.permissions.transfersOf(apex),
      updateRulesOf: (apex) => live.permissions.updatesOf(apex),
      zonesOf: (key) => live.permissions.fetchableBy(key),
      onServed: (apex, address) => this.#notifier.noteTransfer(apex, showAddress(address)),
      most: this.#config.transfers.max,
      effects: this.#effects,
      timers: SYSTEM_TIMERS,
    });
  }

  async #start(onProgress: OnProgress): Promise<void> {
    const stored = this.#writer.serveStored(
      (apex, owners) => onProgress(showName(apex), owners),
      this.#secondaries.unservable(),
    );
    for (const _ of stored) await this.#breathe();
    const isRestart = this.#database.zones().length > 0;
    if (!isRestart) await this.#load();
    this.#lapses.start();
    await this.#listen();
    await this.#control.listen();
    if (isRestart) await this.#load();
    for (const { apex } of this.#database.zones()) this.#cutter.note(apex);
    this.#notifier.start();
    this.#stopRotation = SYSTEM_TIMERS.every(COOKIE_CHECK_MS, () => this.#rotateCookies());
  }

  async #listen(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#listenOnce();
        return;
      } catch (error) {
        // A port that the system chose for UDP may be somebody's over TCP: another one may be free for both.
        const isChosen = this.#config.listen.some(({ port }) => port === 0);
        const isTaken = error instanceof ListenError && error.systemCode === 'EADDRINUSE';
        if (!isChosen || !isTaken || tries === MAX_TRIES) throw error;
        await this.#pool?.stop();
      }
    }
  }

  async #listenOnce(): Promise<void> {
    const { portable, threads, tcp } = this.#config;
    const shared: ThreadShared = { memory: this.#image.memory, options: this.#options };
    this.#pool = await startPool({
      addresses: this.#config.listen.map(listenAddressOf),
      threads: threads === 0 ? availableParallelism() : threads,
      portable,
      shared,
      late: this.#dispatcher,
      timers: SYSTEM_TIMERS,
      log: this.#effects.log,
    });
    // A zone may have come from its primary while the threads started.
    if (this.#image.memory.image !== shared.memory.image) this.#publish(this.#image.memory);
    const limits = {
      ...DEFAULT_TCP_OPTIONS,
      idleMs: tcp.idleTimeout * 1000,
      connections: tcp.maxConnections,
      perClient: tcp.maxConnectionsPerClient,
    };
    this.#tcp = new TcpServer(this.#responder, limits, SYSTEM_TIMERS, this.#effects.log, this.#dispatcher);
    this.#addresses = await this.#tcp.listen(this.#pool.addresses);
  }

  #load(): Promise<LoadReport> {
    this.#nextLoad ??= this.#loading.then(() => {
      this.#nextLoad = undefined;
      const load = this.#loadNow();
      this.#loading = load.catch(() => {}); // who asked for it is told
      return load;
    });
    return this.#nextLoad;
  }

  async #loadNow(): Promise<LoadReport> {
    if (this.#isStopping) throw new StoppingError();
    await this.#secondaries.dropOthers();
    const report = await this.#loader.load();
    await this.#secondaries.configure();
    await this.#published; // who is told of a load finds it in every answer
    const { log } = this.#effects;
    for (const error of report.errors) log.error(`zones: ${error}`);
    for (const zone of report.zones) {
      for (const error of zone.errors) log.error(`zones: ${error}`);
      for (const warning of zone.warnings) log.warn(`zones: ${warning}`);
      if (zone.outcome === 'unchanged') continue;
      const { serial, records, added, removed } = zone;
      const sentence = `zones: ${showName(zone.apex)} ${zone.outcome}`;
      if (zone.outcome === 'failed' && serial === undefined) log.error(`${sentence}; it is not served`);
      else if (zone.outcome === 'failed') log.error(`${sentence}; it is served as before`, { serial });
      else log.info(sentence, { serial, records, added, removed });
    }
    return report;
  }

  /** Lets sockets and signals have their turn; a server that stops goes no farther. */
  async #breathe(): Promise<void> {
    await breathe();
    if (this.#isStopping) throw new StoppingError();
  }

  #publish(memory: ImageMemory): void {
    this.#responder.take(memory);
    const shared: ThreadShared = { memory, options: this.#options };
    this.#published = this.#pool?.publish(shared) ?? this.#published;
  }

  #rotateCookies(): void {
    try {
      if (this.#cookies.rotateWhenDue()) this.#effects.log.info('serve: made a new cookie secret');
    } catch (error) {
      this.#effects.log.error('serve: keeping the old cookie secret', { error: messageOf(error) });
    }
  }
}

// --- helpers ---

function scanApexName(apex: string): DomainName {
  return foldName(scanFullName(apex));
}

function countPhases(summaries: Iterable<SecondarySummary>): ServerStatus['secondaryZones'] {
  const counts = { 'never-loaded': 0, fresh: 0, retrying: 0, expired: 0 };
  for (const { phase } of summaries) counts[phase]++;
  return counts;
}

/** Zones that are read at once beside transfers: by people who look into the history. */
const OTHER_SNAPSHOTS = 16;
const COOKIE_CHECK_MS = 60_000;
/** After a change: short enough that a stream of them does not pile up, long enough to be done for many at once. */
const JOURNAL_CUT_MS = 1000;
/** How often a port is looked for that is free over UDP and TCP, where the system chooses. */
const MAX_TRIES = 8;
