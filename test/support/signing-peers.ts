import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIND, KNOT, type Peer } from './peers.ts';

/** BIND with more clauses, and another `allow-transfer`. Every zone may be changed with every key. */
export function signingBind(clauses: string, keys: readonly string[]): Peer {
  const list = keys.map((key) => `key "${key}";`).join(' ');
  return {
    ...BIND,
    configure(directory, port, zones) {
      const path = join(directory, 'named.conf');
      const zoneClauses = zones.map(
        ({ apex }) =>
          `zone "${apex}" { type primary; file "${directory}/${apex}.zone"; allow-update { ${list} }; };\n`,
      );
      writeFileSync(
        path,
        `options {
  directory "${directory}"; pid-file none; lock-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-transfer { ${list} }; notify no; empty-zones-enable no; dnssec-validation no;
};
controls { };
${clauses}
${zoneClauses.join('')}`,
      );
      return ['-g', '-n', '1', '-c', path];
    },
  };
}

/** Knot DNS with keys (a `key:` section); every zone may be transferred and changed with every key. */
export function signingKnot(keySection: string, keys: readonly string[]): Peer {
  return {
    ...KNOT,
    configure(directory, port, zones) {
      const path = join(directory, 'knot.conf');
      const zoneItems = zones.map(
        ({ apex }) =>
          `  - domain: ${apex}\n    file: ${directory}/${apex}.zone\n    acl: all\n    journal-content: none\n    zonefile-sync: -1\n`,
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
${keySection}
acl:
  - id: all
    key: [${keys.join(', ')}]
    action: [transfer, update]
zone:
${zoneItems.join('')}`,
      );
      return ['-c', path];
    },
  };
}
