import { setFlagsFromString } from 'node:v8';
import type { Log } from '../../base/effects.ts';
import { scanEndpoint } from '../../base/endpoint.ts';
import { messageOf } from '../../base/errors.ts';
import { readArguments, readInteger, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { loadConfigFile } from '../config-file.ts';
import { realEffects } from '../effects.ts';
import { loadKeyRing } from '../key-ring.ts';
import type { Configuration } from '../server/live-config.ts';
import type { OnReceiving } from '../server/secondary-service.ts';
import { Server } from '../server/server.ts';
import { StoppingError } from '../server/stopping.ts';
import { Progress, type Terminal } from '../terminal.ts';
import { untilSignal } from '../until-signal.ts';
import { notifyServiceManager } from './service-manager.ts';
import { showWelcome } from './welcome.ts';

/** `waypost serve`: the server, in the foreground. */
export const SERVE: Command = {
  help: `Answers DNS queries over UDP and TCP from the zone files of a directory and takes dynamic updates, until SIGTERM
or SIGINT. SIGHUP (or waypost zone reload) takes over the keys, zone tables and location data of the configuration, reads
the zone files again and applies what has changed. The log goes to standard error.

  -c, --config FILE    the configuration file; default: waypost.toml in this directory, if there is one
  --listen ADDR:PORT   listen here instead of where the configuration says; may be given several times
  --threads N          query threads; 0 = one per core
  --portable           node's own UDP sockets instead of batched system calls

exit code: 0 ended by a signal, 1 it cannot serve, 2 the command line is wrong
`,
  async run(args, terminal) {
    collectYoungAlone();
    const { config, keys } = readConfiguration(args);
    const effects = realEffects(config.log);
    for (const warning of keys.warnings) effects.log.warn(`config: ${warning}`);
    const progress = new Progress(terminal, 'loading zones', effects.nowMs);
    const ending = untilSignal();
    let isReloadWanted = false;
    let onHangup = (): void => {
      isReloadWanted = true; // some zone files may be read already
    };
    process.on('SIGHUP', () => onHangup());
    const starting = Server.start(() => readConfiguration(args), effects, {
      onProgress: (zone, records) => progress.update(records, undefined, zone),
      onReceiving: showReceiving(terminal, effects.nowMs),
      onCompiling: showCompiling(terminal, effects.nowMs),
    });
    const server = await Promise.race([starting, ending.then(() => undefined)]);
    progress.end();
    if (server === undefined) process.exit(0); // ended while loading: nothing was promised to anybody
    onHangup = () => void reload(server, effects.log);
    terminal.out(showWelcome(terminal, server));
    await notifyServiceManager('ready', effects.log);
    if (isReloadWanted) onHangup();
    const signal = await ending;
    effects.log.info('serve: ending', { signal });
    const told = notifyServiceManager('stopping', effects.log);
    await server.stop();
    await Promise.race([told, new Promise((resolve) => setTimeout(resolve, STOPPING_MS).unref())]);
    return 0;
  },
};

/** Says that the first answers wait for location data, where somebody watches and it takes long. */
function showCompiling(terminal: Terminal, nowMs: () => number): (isCompiling: boolean) => void {
  const progress = new Progress(terminal, 'compiling location data', nowMs);
  let redraw: NodeJS.Timeout | undefined;
  return (isCompiling) => {
    clearInterval(redraw);
    if (isCompiling) redraw = setInterval(() => progress.update(), COMPILING_REDRAW_MS);
    else progress.end();
  };
}

const COMPILING_REDRAW_MS = 500;

/** Redraws a line while zones come from their primaries, where somebody watches; the log says it too. */
function showReceiving(terminal: Terminal, nowMs: () => number): OnReceiving {
  const zones = new Map<string, Progress>();
  return (zone, records) => {
    const progress = zones.get(zone) ?? new Progress(terminal, 'fetching', nowMs);
    if (records === undefined) {
      zones.delete(zone);
      if (terminal.isWatched) progress.end();
      return;
    }
    zones.set(zone, progress);
    progress.update(records, undefined, zone);
  };
}

/** The service manager may take so long to hear that the server stops. */
const STOPPING_MS = 200;

/**
 * Has V8 collect young garbage on the thread that made it. Its helper threads share so small a heap that they mostly wait
 * for each other: a quarter of an update's CPU time went into that.
 */
function collectYoungAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

function readConfiguration(args: readonly string[]): Configuration {
  const { values } = readArguments({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c' },
      listen: { type: 'string', multiple: true },
      threads: { type: 'string' },
      portable: { type: 'boolean' },
    },
  });
  const loaded = loadConfigFile(values.config);
  const keys = loadKeyRing(loaded);
  const listen = values.listen?.map((text) => {
    const endpoint = scanEndpoint(text);
    if (endpoint === undefined) throw new UsageError(`--listen ${text}: expected ADDR:PORT or [IPV6]:PORT`);
    return endpoint;
  });
  const { threads, portable } = values;
  const config = {
    ...loaded.config,
    listen: listen ?? loaded.config.listen,
    threads: threads === undefined ? loaded.config.threads : readInteger('--threads', threads, 0, 64),
    portable: portable ?? loaded.config.portable,
  };
  return { config, keys };
}

async function reload(server: Server, log: Log): Promise<void> {
  await notifyServiceManager('reloading', log);
  try {
    await server.reload();
  } catch (error) {
    if (error instanceof StoppingError) return;
    log.error('serve: the reload failed, the old zones are served on', { error: messageOf(error) });
  }
  await notifyServiceManager('ready', log);
}
