import { execFile } from 'node:child_process';
import type { Log } from '../../base/effects.ts';

/** What systemd can be told about this process. */
export type ServiceState = 'ready' | 'reloading' | 'stopping';

const TIMEOUT_MS = 2000; // systemd answers at once or not at all

/**
 * Tells systemd how the service is (sd_notify), by running `systemd-notify`, when NOTIFY_SOCKET is set; otherwise does
 * nothing. Never fails: what goes wrong is a line in the log at `debug`. A unit needs `Type=notify` and, unless the
 * server runs as root, `NotifyAccess=all`, since the message comes from a child process.
 */
export async function notifyServiceManager(
  state: ServiceState,
  log: Log,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<void> {
  if (env['NOTIFY_SOCKET'] === undefined || env['NOTIFY_SOCKET'] === '') return;
  await new Promise<void>((resolve) => {
    execFile('systemd-notify', assignmentsFor(state), { env, timeout: TIMEOUT_MS }, (error) => {
      if (error === null) log.debug('service: told systemd', { state });
      else log.debug('service: cannot tell systemd', { state, reason: error.message.trim() });
      resolve();
    });
  });
}

/** The words of sd_notify(3): systemd-notify before version 253 knows no `--reloading` and no `--stopping`. */
function assignmentsFor(state: ServiceState): string[] {
  switch (state) {
    case 'ready':
      return ['READY=1'];
    case 'reloading':
      // Type=notify-reload asks for the time: CLOCK_MONOTONIC, which is what hrtime reads on Linux.
      return ['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`];
    case 'stopping':
      return ['STOPPING=1'];
    default:
      return state satisfies never;
  }
}
