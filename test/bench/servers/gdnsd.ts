import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled, versionOf } from '../workshop.ts';
import { ORIGIN } from '../zone.ts';
import type { ServerKind } from './server-kind.ts';

/** gdnsd: one UDP thread; it rotates by itself. It wants its zones in `zones/` of its own directory, named by origin. */
export const gdnsd: ServerKind = {
  name: 'gdnsd',
  ignoresZone: false,
  available: () => (isInstalled('gdnsd') ? { version: versionOf(['gdnsd']) } : { reason: 'not installed' }),
  start: async ({ directory, port, zoneFile, launch }) => {
    mkdirSync(join(directory, 'zones'), { recursive: true });
    copyFileSync(zoneFile, join(directory, 'zones', ORIGIN));
    writeFileSync(
      join(directory, 'config'),
      `options => {
  listen => [ 127.0.0.1:${port} ]
  udp_threads => 1
  tcp_threads => 1
  run_dir => ${directory}/run
  state_dir => ${directory}/state
}
`,
    );
    return launch(['gdnsd', '-c', directory, 'start']);
  },
};
