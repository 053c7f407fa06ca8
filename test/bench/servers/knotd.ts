import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UPDATE_KEY } from '../update-messages.ts';
import { isInstalled, versionOf } from '../workshop.ts';
import { ORIGIN } from '../zone.ts';
import type { ServerKind } from './server-kind.ts';

/** Knot DNS: one UDP worker, `answer-rotation: on`. Its journal is synced as by default; the zone file is left alone. */
export const knotd: ServerKind = {
  name: 'knotd',
  ignoresZone: false,
  available: () =>
    isInstalled('knotd') ? { version: versionOf(['knotd', '-V']) } : { reason: 'not installed' },
  start: async ({ directory, port, zoneFile, takesUpdates, launch }) => {
    mkdirSync(join(directory, 'db'), { recursive: true });
    const configuration = join(directory, 'knot.conf');
    writeFileSync(
      configuration,
      `server:
    rundir: ${directory}
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    answer-rotation: on
log:
  - target: stderr
    any: warning
${takesUpdates ? KEY : ''}database:
    storage: ${directory}/db
template:
  - id: default
    storage: ${dirname(zoneFile)}
    zonefile-sync: -1
zone:
  - domain: ${ORIGIN}
    file: ${zoneFile}
${takesUpdates ? '    acl: updates\n' : ''}`,
    );
    return launch(['knotd', '-c', configuration]);
  },
};

const KEY = `key:
  - id: ${UPDATE_KEY.name}
    algorithm: ${UPDATE_KEY.algorithm}
    secret: ${UPDATE_KEY.secret}
acl:
  - id: updates
    key: ${UPDATE_KEY.name}
    action: update
`;
