import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIND, KNOT, type Peer } from './peers.ts';

/** BIND as a primary: one key for all, NOTIFY to `port` of 127.0.0.1. */
export function notifyingBind(key: string, secret: string, notifyPort: number): Peer {
  return {
    ...BIND,
    configure(directory, port, zones) {
      const path = join(directory, 'named.conf');
      const zoneClauses = zones.map(
        ({ apex }) =>
          `zone "${apex}" { type primary; file "${directory}/${apex}.zone"; allow-update { key "${key}"; }; };\n`,
      );
      writeFileSync(
        path,
        `options {
  directory "${directory}"; pid-file none; lock-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-transfer { key "${key}"; }; notify explicit; notify-delay 0; notify-rate 1000;
  also-notify { 127.0.0.1 port ${notifyPort} key "${key}"; };
  empty-zones-enable no; dnssec-validation no;
};
key "${key}" { algorithm hmac-sha256; secret "${secret}"; };
controls { };
${zoneClauses.join('')}`,
      );
      return ['-g', '-n', '1', '-c', path];
    },
  };
}

/** Knot DNS as a primary: one key for all, NOTIFY to `port` of 127.0.0.1. */
export function notifyingKnot(key: string, secret: string, notifyPort: number): Peer {
  return {
    ...KNOT,
    configure(directory, port, zones) {
      const path = join(directory, 'knot.conf');
      const zoneItems = zones.map(
        ({ apex }) =>
          `  - domain: ${apex}\n    file: ${directory}/${apex}.zone\n    acl: all\n    notify: secondary\n    zonefile-sync: -1\n`,
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
  - id: ${key}
    algorithm: hmac-sha256
    secret: ${secret}
remote:
  - id: secondary
    address: 127.0.0.1@${notifyPort}
    key: ${key}
acl:
  - id: all
    key: ${key}
    action: [transfer, update]
zone:
${zoneItems.join('')}`,
      );
      return ['-c', path];
    },
  };
}
