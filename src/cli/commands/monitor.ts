import { type Effects, SILENT_LOG } from '../../base/effects.ts';
import { showEndpoint } from '../../base/endpoint.ts';
import type { MonitorStatus } from '../../monitor/report/status.ts';
import { readArguments, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { realEffects } from '../effects.ts';
import { DEFAULT_MONITOR_FILE, type LoadedMonitor, loadMonitorFile } from '../monitor-file.ts';
import type { Terminal } from '../terminal.ts';
import { untilSignal } from '../until-signal.ts';
import { MonitorSession } from './monitor-session.ts';
import { askStatus } from './monitor-status.ts';
import { showMonitorStatus, watchStatus } from './monitor-view.ts';
import { notifyServiceManager } from './service-manager.ts';

/** `waypost monitor`: probes hosts and has name servers answer without those that fail. */
export const MONITOR: Command = {
  help: `Probes hosts as monitor.toml says, and pulls those that fail out of the answers of name servers by dynamic update;
when they work again it puts them back. On a terminal it shows how things are, otherwise it only writes its log, to standard
error. SIGHUP takes over a changed monitor.toml without forgetting what was seen; SIGTERM and SIGINT end it.

  -c, --config FILE   the configuration; default: ${DEFAULT_MONITOR_FILE} in this directory
  --once              look until it is decided of every member how it is, send what follows, show it, and end
  --dry-run           send nothing: print what would be sent, as lines for nsupdate
  --plain             no live screen, even on a terminal
  --status            how the running monitor is, and end
  --watch             with --status: stay, and show it anew all the time
  --json              with --status or --once: everything, as JSON

exit code: 0 ended by a signal; with --once: all members are healthy; with --status: it runs
           1 it cannot run; with --once: a member is not healthy, or something is in the way
           2 the command line is wrong
`,
  async run(args, terminal) {
    const options = readOptions(args);
    const load = (): LoadedMonitor => loadMonitorFile(options.file);
    const loaded = load();
    if (options.status) return showStatus(loaded, options, terminal);
    const isLive = !options.plain && !options.once && !options.dryRun && terminal.screen !== undefined;
    const effects = effectsFor(loaded, isLive && terminal.isWatched);
    for (const warning of loaded.warnings) effects.log.warn(`config: ${warning}`);
    const ending = untilSignal();
    const session = await MonitorSession.start(loaded, effects, {
      isDry: options.dryRun,
      reports: !options.once,
      onPlanned: (lines) => terminal.out(`${lines.join('\n')}\n`),
    });
    // Neither probes nor timers keep the process alive.
    const stayAlive = setInterval(() => {}, 2 ** 30);
    try {
      if (options.once) return await runOnce(session, ending, options, terminal);
      const { reportAt } = session;
      const at = reportAt === undefined ? undefined : showEndpoint(reportAt);
      effects.log.info('monitor: watching', { zones: loaded.plan.zones.length, report: at });
      process.on('SIGHUP', () => void session.reload(load));
      await notifyServiceManager('ready', effects.log);
      const stopWatching = isLive ? watchStatus(terminal, () => session.status()) : undefined;
      const signal = await ending;
      stopWatching?.();
      effects.log.info('monitor: ending', { signal });
      await notifyServiceManager('stopping', effects.log);
      return 0;
    } finally {
      await session.stop();
      clearInterval(stayAlive);
    }
  },
};

interface MonitorArguments {
  readonly file: string | undefined;
  readonly once: boolean;
  readonly dryRun: boolean;
  readonly plain: boolean;
  readonly status: boolean;
  readonly watch: boolean;
  readonly json: boolean;
}

function readOptions(args: readonly string[]): MonitorArguments {
  const { values } = readArguments({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c' },
      once: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      plain: { type: 'boolean', default: false },
      status: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { config: file, once, 'dry-run': dryRun, plain, status, watch, json } = values;
  if (status && (once || dryRun || plain)) {
    throw new UsageError(
      '--status asks the monitor that runs; it does not go with --once, --dry-run or --plain',
    );
  }
  if (watch && (!status || json)) throw new UsageError('--watch goes with --status, without --json');
  if (json && !status && !once) throw new UsageError('--json goes with --status or --once');
  return { file, once, dryRun, plain, status, watch, json };
}

/** The log goes to standard error; not over a screen that is drawn on. */
function effectsFor({ config }: LoadedMonitor, isDrawnOn: boolean): Effects {
  const effects = realEffects(config.log);
  return isDrawnOn ? { ...effects, log: SILENT_LOG } : effects;
}

async function showStatus(
  { config }: LoadedMonitor,
  { json, watch }: MonitorArguments,
  terminal: Terminal,
): Promise<number> {
  const { listen } = config.report;
  let status = await askStatus(listen);
  const ending = untilSignal();
  const stop = watch ? watchStatus(terminal, () => status) : undefined;
  if (stop === undefined) {
    terminal.out(json ? `${JSON.stringify(status)}\n` : showMonitorStatus(status, terminal));
    return 0;
  }
  let isAsking = false;
  const asking = setInterval(async () => {
    if (isAsking) return;
    isAsking = true;
    // one that does not answer just now is asked again; the age of what is shown tells
    status = await askStatus(listen).catch(() => status);
    isAsking = false;
  }, ASK_MS);
  await ending;
  clearInterval(asking);
  stop();
  return 0;
}

const ASK_MS = 500;

async function runOnce(
  session: MonitorSession,
  ending: Promise<string>,
  { json }: MonitorArguments,
  terminal: Terminal,
): Promise<number> {
  const { monitor } = session;
  const isEnded = await Promise.race([ending.then(() => true), monitor.decided().then(() => false)]);
  const status = session.status();
  terminal.out(json ? `${JSON.stringify(status)}\n` : showMonitorStatus(status, terminal));
  return !isEnded && isAllWell(status) ? 0 : 1;
}

function isAllWell({ zones }: MonitorStatus): boolean {
  return zones.every(
    ({ alarms, names, isKnown }) =>
      isKnown &&
      alarms.length === 0 &&
      names.every(({ members }) => members.every(({ state }) => state === 'up' || state === 'suspect')),
  );
}
