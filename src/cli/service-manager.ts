import { execFile } from 'node:child_process';
import type { Log } from '../base/effects.ts';

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
    execFile('systemd-notify', [`--${state}`], { env, timeout: TIMEOUT_MS }, (error) => {
      if (error === null) log.debug('service: told systemd', { state });
      else log.debug('service: cannot tell systemd', { state, reason: error.message.trim() });
      resolve();
    });
  });
}
