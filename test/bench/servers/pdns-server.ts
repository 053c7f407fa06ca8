import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled, versionOf } from '../workshop.ts';
import { ORIGIN } from '../zone.ts';
import type { ServerKind } from './server-kind.ts';

/** PowerDNS Authoritative: bind backend, one receiver and one distributor thread, packet cache as by default. */
export const pdnsServer: ServerKind = {
  name: 'pdns_server',
  ignoresZone: false,
  available: () => {
    if (!isInstalled('pdns_server')) return { reason: 'not installed' };
    if (moduleDirectory() === undefined) {
      return {
        reason:
          "its bind backend is not installed (Debian: 'pdns-backend-bind'; PDNS_MODULES names another directory)",
      };
    }
    return { version: versionOf(['pdns_server', '--version']) };
  },
  start: async ({ directory, port, zoneFile, launch }) => {
    writeFileSync(join(directory, 'named.conf'), `zone "${ORIGIN}" { type native; file "${zoneFile}"; };\n`);
    writeFileSync(
      join(directory, 'pdns.conf'),
      `module-dir=${moduleDirectory() ?? ''}
launch=bind
bind-config=${directory}/named.conf
local-address=127.0.0.1
local-port=${port}
receiver-threads=1
distributor-threads=1
socket-dir=${directory}
daemon=no
guardian=no
write-pid=no
disable-syslog=yes
loglevel=3
security-poll-suffix=
`,
    );
    return launch(['pdns_server', `--config-dir=${directory}`]);
  },
};

/** The directory that holds PowerDNS's bind backend; `undefined` when none does. */
function moduleDirectory(): string | undefined {
  const candidates = readdirSync('/usr/lib').map((architecture) => `/usr/lib/${architecture}/pdns`);
  candidates.unshift(process.env['PDNS_MODULES'] ?? '/usr/lib/pdns', '/usr/lib64/pdns');
  return candidates.find((directory) => existsSync(join(directory, 'libbindbackend.so')));
}
