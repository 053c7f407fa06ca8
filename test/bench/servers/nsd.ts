import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isInstalled, versionOf } from '../workshop.ts';
import { ORIGIN } from '../zone.ts';
import type { ServerKind } from './server-kind.ts';

/** NSD: one server process, `round-robin: yes`; rate limiting off, which Debian's build has on at 200 a second. */
export const nsd: ServerKind = {
  name: 'nsd',
  ignoresZone: false,
  available: () => (isInstalled('nsd') ? { version: versionOf(['nsd', '-v']) } : { reason: 'not installed' }),
  start: async ({ directory, port, zoneFile, launch }) => {
    const configuration = join(directory, 'nsd.conf');
    writeFileSync(
      configuration,
      `server:
    server-count: 1
    ip-address: 127.0.0.1@${port}
    username: ""
    chroot: ""
    zonesdir: "${dirname(zoneFile)}"
    database: ""
    pidfile: "${directory}/nsd.pid"
    xfrdfile: "${directory}/xfrd.state"
    zonelistfile: "${directory}/zone.list"
    xfrdir: "${directory}"
    verbosity: 0
    round-robin: yes
    minimal-responses: yes
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "${ORIGIN}"
    zonefile: "${zoneFile}"
`,
    );
    return launch(['nsd', '-d', '-c', configuration]);
  },
};
