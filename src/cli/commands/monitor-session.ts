import type { Effects, Log } from '../../base/effects.ts';
import { messageOf } from '../../base/errors.ts';
import { Exchanger } from '../../client/exchange.ts';
import { TransferClient } from '../../client/transfer-client.ts';
import { makeLoadReader } from '../../monitor/load/readers.ts';
import { Monitor } from '../../monitor/monitor.ts';
import { makeProbe } from '../../monitor/probes/make-probe.ts';
import { ProbeTools } from '../../monitor/probes/probe-tools.ts';
import { ReportServer } from '../../monitor/report/report-server.ts';
import { type MonitorStatus, statusOf } from '../../monitor/report/status.ts';
import { PullFile } from '../../monitor/updater/pull-file.ts';
import { Updater } from '../../monitor/updater/updater.ts';
import type { UpdaterEvents } from '../../monitor/updater/updater-tools.ts';
import { SYSTEM_TIMERS } from '../../serve/timers.ts';
import type { LoadedMonitor } from '../monitor-file.ts';
import { VERSION } from '../version.ts';

/** How a session differs from the usual one. */
export interface SessionOptions {
  readonly isDry: boolean;
  /** Whether it tells how it is over HTTP. */
  readonly reports: boolean;
  /** With `isDry`: what would be sent, as lines for nsupdate. */
  onPlanned(lines: readonly string[]): void;
}

/** A monitor with all its real parts, running. */
export class MonitorSession {
  readonly monitor: Monitor;
  readonly #effects: Effects;
  readonly #tools: ProbeTools;
  readonly #exchanger: Exchanger;
  readonly #startedMs: number;
  readonly #isDry: boolean;
  #report: ReportServer | undefined;
  readonly #statePath: string;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(loaded: LoadedMonitor, effects: Effects, options: SessionOptions) {
    const { plan, config } = loaded;
    const timers = SYSTEM_TIMERS;
    this.#effects = effects;
    this.#isDry = options.isDry;
    this.#startedMs = effects.nowMs();
    this.#statePath = config.state;
    this.#tools = new ProbeTools({ effects, timers, programs: config.programs });
    this.#exchanger = new Exchanger({ effects, timers });
    const transfers = new TransferClient({ effects, timers });
    const pullFile = PullFile.open(config.state);
    this.monitor = new Monitor({
      plan,
      effects,
      timers,
      makeProbe: (probe) => makeProbe(probe, this.#tools),
      makeReader: (load) => makeLoadReader(load, timers),
      makeUpdater: (zones, events) =>
        new Updater(zones, {
          effects: { ...effects, log: quieter(effects.log) },
          timers,
          exchanger: this.#exchanger,
          transfers,
          pullFile,
          dryRun: options.isDry,
          events: withPlanned(events, options.onPlanned),
        }),
    });
  }

  /** Begins to probe. Rejects with `ReportAddressError`, `PullFileError`. */
  static async start(
    loaded: LoadedMonitor,
    effects: Effects,
    options: SessionOptions,
  ): Promise<MonitorSession> {
    const session = new MonitorSession(loaded, effects, options);
    const { listen } = loaded.config.report;
    if (options.reports && listen !== undefined) {
      session.#report = await ReportServer.listen(listen, () => session.status());
    }
    session.monitor.start();
    return session;
  }

  /** Where it tells how it is. */
  get reportAt(): ReportServer['endpoint'] | undefined {
    return this.#report?.endpoint;
  }

  status(): MonitorStatus {
    return statusOf(this.monitor, {
      version: VERSION,
      pid: process.pid,
      nowMs: this.#effects.nowMs(),
      startedMs: this.#startedMs,
      dryRun: this.#isDry,
    });
  }

  /** Goes over to another configuration, and forgets nothing of what was seen. */
  reload(load: () => LoadedMonitor): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload(load)); // one after the other
    return this.#reloading;
  }

  async #reload(load: () => LoadedMonitor): Promise<void> {
    const { log } = this.#effects;
    try {
      const { plan, warnings, config } = load();
      if (config.state !== this.#statePath) {
        log.warn('monitor: another state file counts from the next start', { state: config.state });
      }
      for (const warning of warnings) log.warn(`config: ${warning}`);
      await this.monitor.reload(plan);
      log.info('monitor: goes by the new configuration', { zones: plan.zones.length });
    } catch (error) {
      log.error('monitor: the reload failed, the old configuration holds', { error: messageOf(error) });
    }
  }

  /** Ends everything that is under way. */
  async stop(): Promise<void> {
    await this.monitor.stop();
    await this.#report?.close();
    this.#tools.close();
    this.#exchanger.close();
  }
}

// --- helpers ---

/** What the updater says of itself, and the journal says of it as well, with more. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set([
  'updater: pulled',
  'updater: put back',
  'updater: set the weight',
  'updater: cannot do what is wanted',
]);

function quieter(log: Log): Log {
  const unlessSaid =
    (level: 'info' | 'error'): Log['info'] =>
    (sentence, fields) =>
      log[SAID_ELSEWHERE.has(sentence) ? 'debug' : level](sentence, fields);
  return { ...log, info: unlessSaid('info'), error: unlessSaid('error') };
}

function withPlanned(events: UpdaterEvents, onPlanned: SessionOptions['onPlanned']): UpdaterEvents {
  return {
    onKnown: (apex, known) => events.onKnown?.(apex, known),
    onChange: (apex, change) => events.onChange?.(apex, change),
    onAlarms: (apex) => events.onAlarms?.(apex),
    onPlanned,
  };
}
