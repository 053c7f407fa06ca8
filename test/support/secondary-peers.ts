// Other servers as secondaries of a Waypost: told by NOTIFY and fetching over TSIG with one key.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIND, KNOT, type Peer } from './peers.ts';
import { SECRET } from './tsig.ts';

/** The port of the primary on 127.0.0.1, and the name of the key (HMAC-SHA256, {@link SECRET}). */
export interface PrimaryOf {
  readonly port: number;
  readonly key: string;
}

/** BIND as a secondary. Anybody may transfer from it. */
export function secondaryBind(primary: PrimaryOf): Peer {
  return {
    ...BIND,
    configure(directory, port, zones) {
      const path = join(directory, 'named.conf');
      const clauses = zones.map(
        ({ apex }) => `zone "${apex}" {
  type secondary; file "${directory}/${apex}.fetched"; primaries port ${primary.port} { 127.0.0.1 key "${primary.key}"; };
};
`,
      );
      writeFileSync(
        path,
        `options {
  directory "${directory}"; pid-file none; lock-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-transfer { any; }; notify no; empty-zones-enable no; dnssec-validation no;
};
controls { };
key "${primary.key}" { algorithm hmac-sha256; secret "${SECRET}"; };
${clauses.join('')}`,
      );
      return ['-g', '-n', '1', '-c', path];
    },
  };
}

/** Knot DNS as a secondary. This machine may transfer from it. */
export function secondaryKnot(primary: PrimaryOf): Peer {
  return {
    ...KNOT,
    configure(directory, port, zones) {
      const path = join(directory, 'knot.conf');
      const items = zones.map(
        ({ apex }) =>
          `  - domain: ${apex}\n    file: ${directory}/${apex}.fetched\n    zonefile-sync: -1\n    journal-content: none\n    master: primary\n    acl: [told, read]\n`,
      );
      writeFileSync(
        path,
        `server:
  rundir: ${directory}
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: ${directory}
log:
  - target: stderr
    any: warning
key:
  - id: ${primary.key}
    algorithm: hmac-sha256
    secret: ${SECRET}
remote:
  - id: primary
    address: 127.0.0.1@${primary.port}
    key: ${primary.key}
acl:
  - id: told
    key: ${primary.key}
    action: notify
  - id: read
    address: 127.0.0.1
    action: transfer
zone:
${items.join('')}`,
      );
      return ['-c', path];
    },
  };
}

/** NSD as a secondary. This machine may transfer from it. */
export function secondaryNsd(primary: PrimaryOf): Peer {
  return {
    name: 'nsd',
    command: 'nsd',
    configure(directory, port, zones) {
      const path = join(directory, 'nsd.conf');
      const items = zones.map(
        ({ apex }) => `zone:
  name: ${apex}
  zonefile: ${directory}/${apex}.fetched
  allow-notify: 127.0.0.1 ${primary.key}
  request-xfr: 127.0.0.1@${primary.port} ${primary.key}
  provide-xfr: 127.0.0.1 NOKEY
`,
      );
      writeFileSync(
        path,
        `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  chroot: ""
  database: ""
  zonesdir: "${directory}"
  pidfile: "${directory}/nsd.pid"
  xfrdfile: "${directory}/xfrd.state"
  zonelistfile: "${directory}/zone.list"
  xfrdir: "${directory}"
  xfrd-reload-timeout: 0
remote-control:
  control-enable: no
key:
  name: "${primary.key}"
  algorithm: hmac-sha256
  secret: "${SECRET}"
${items.join('')}`,
      );
      return ['-d', '-c', path];
    },
  };
}
