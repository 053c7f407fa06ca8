import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIND, KNOT, type Peer } from './peers.ts';
import { SECRET } from './tsig.ts';

/** Where the peers of this file fetch their zones, and with which key (hmac-sha256, {@link SECRET}). */
export interface PrimaryOfPeers {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly key: string;
}

/** BIND as a secondary of everything it is given; it may be asked for transfers by anybody. */
export function secondaryBind({ port: primary, key }: PrimaryOfPeers): Peer {
  return {
    ...BIND,
    configure(directory, port, zones) {
      const path = join(directory, 'named.conf');
      const clauses = zones.map(
        ({ apex }) =>
          `zone "${apex}" { type secondary; file "${directory}/${apex}.copy"; primaries { 127.0.0.1 port ${primary} key "${key}"; }; min-refresh-time 1; min-retry-time 1; };\n`,
      );
      writeFileSync(
        path,
        `options {
  directory "${directory}"; pid-file none; lock-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-transfer { any; }; notify no; empty-zones-enable no; dnssec-validation no;
  check-names secondary ignore;
};
controls { };
key "${key}" { algorithm hmac-sha256; secret "${SECRET}"; };
${clauses.join('')}`,
      );
      return ['-g', '-n', '1', '-c', path];
    },
  };
}

/** Knot as {@link secondaryBind}. */
export function secondaryKnot({ port: primary, key }: PrimaryOfPeers): Peer {
  return {
    ...KNOT,
    configure(directory, port, zones) {
      const path = join(directory, 'knot.conf');
      const items = zones.map(
        ({ apex }) =>
          `  - domain: ${apex}\n    file: ${directory}/${apex}.copy\n    master: primary\n    acl: [told, told-signed, all]\n    zonefile-sync: -1\n`,
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
    any: info
key:
  - id: ${key}
    algorithm: hmac-sha256
    secret: ${SECRET}
remote:
  - id: primary
    address: 127.0.0.1@${primary}
    key: ${key}
acl:
  - id: told
    address: 127.0.0.1
    action: notify
  - id: told-signed
    key: ${key}
    action: notify
  - id: all
    address: 127.0.0.1
    action: transfer
zone:
${items.join('')}`,
      );
      return ['-c', path];
    },
  };
}

/** NSD as {@link secondaryBind}. */
export function secondaryNsd({ port: primary, key }: PrimaryOfPeers): Peer {
  return {
    name: 'nsd',
    command: 'nsd',
    configure(directory, port, zones) {
      const path = join(directory, 'nsd.conf');
      const items = zones.map(
        ({ apex }) => `zone:
  name: "${apex}"
  zonefile: "${directory}/${apex}.copy"
  request-xfr: 127.0.0.1@${primary} ${key}
  allow-notify: 127.0.0.1 NOKEY
  allow-notify: 127.0.0.1 ${key}
  provide-xfr: 127.0.0.1 NOKEY
`,
      );
      writeFileSync(
        path,
        `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: "${directory}/nsd.pid"
  xfrdfile: "${directory}/xfrd.state"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/zone.list"
  xfrd-reload-timeout: 0
  server-count: 1
  verbosity: 2
remote-control:
  control-enable: no
key:
  name: ${key}
  algorithm: hmac-sha256
  secret: "${SECRET}"
${items.join('')}`,
      );
      return ['-d', '-c', path];
    },
  };
}
