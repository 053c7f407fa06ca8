import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UPDATE_KEY } from '../update-messages.ts';
import { isInstalled, versionOf } from '../workshop.ts';
import { ORIGIN } from '../zone.ts';
import type { ServerKind } from './server-kind.ts';

/** BIND 9: one worker (`-n 1`), rotation by `rrset-order cyclic`; its journal is as by default. */
export const named: ServerKind = {
  name: 'named',
  ignoresZone: false,
  available: () =>
    isInstalled('named') ? { version: versionOf(['named', '-v']) } : { reason: 'not installed' },
  start: async ({ directory, port, zoneFile, takesUpdates, launch }) => {
    const configuration = join(directory, 'named.conf');
    const copy = join(directory, `${ORIGIN}.zone`); // its journal stands beside it
    if (takesUpdates && !existsSync(copy)) copyFileSync(zoneFile, copy);
    writeFileSync(
      configuration,
      `options {
  directory "${directory}";
  pid-file "${directory}/named.pid";
  session-keyfile "${directory}/session.key";
  lock-file none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  allow-query { any; };
  allow-transfer { none; };
  notify no;
  minimal-responses yes;
  dnssec-validation no;
  querylog no;
  rrset-order { order cyclic; };
};
controls { };
logging {
  channel problems { stderr; severity warning; };
  category default { problems; };
  category queries { null; };
};
${takesUpdates ? KEY : ''}zone "${ORIGIN}" { type primary; ${
        takesUpdates ? `file "${copy}"; allow-update { key "${UPDATE_KEY.name}"; };` : `file "${zoneFile}";`
      } };
`,
    );
    return launch(['named', '-f', '-n', '1', '-c', configuration]);
  },
};

const KEY = `key "${UPDATE_KEY.name}" { algorithm ${UPDATE_KEY.algorithm}; secret "${UPDATE_KEY.secret}"; };
`;
