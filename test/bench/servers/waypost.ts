import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UPDATE_KEY } from '../update-messages.ts';
import { ORIGIN } from '../zone.ts';
import type { ServerKind } from './server-kind.ts';

/** `dist/src/cli/main.js` of this repository. */
export const PROGRAM = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const PACKAGE = new URL('../../../../package.json', import.meta.url);
const STATUS_TIMEOUT_MS = 10_000;

/** What a Waypost may have beside the zone. */
export interface WaypostExtras {
  /** Added to the zone file. */
  readonly lines?: () => string;
  /** Added to waypost.toml, in a section of its own. */
  readonly settings?: string;
}

/** Waypost with so many query threads. The zone file is copied once: a restart finds it unchanged, as on a real machine. */
export function waypost(
  threads: number,
  name: string,
  nodeFlags: readonly string[] = [],
  { lines, settings = '' }: WaypostExtras = {},
): ServerKind {
  return {
    name,
    ignoresZone: false,
    available: () => {
      if (!existsSync(PROGRAM)) return { reason: 'dist/src/cli/main.js is not there' };
      return { version: /"version": "([^"]+)"/.exec(readFileSync(PACKAGE, 'utf8'))?.[1] ?? '?' };
    },
    start: async ({ directory, port, zoneFile, takesUpdates, launch }) => {
      const zones = join(directory, 'zones');
      mkdirSync(zones, { recursive: true });
      const copy = join(zones, `${ORIGIN}.zone`);
      if (!existsSync(copy)) {
        copyFileSync(zoneFile, copy);
        if (lines !== undefined) appendFileSync(copy, lines());
      }
      writeFileSync(
        join(directory, 'waypost.toml'),
        `listen = ["127.0.0.1:${port}"]\nzones = "zones"\ndata = "data"\nthreads = ${threads}\n${takesUpdates ? UPDATES : ''}${settings}`,
        { mode: 0o600 },
      );
      return launch([process.execPath, ...nodeFlags, PROGRAM, 'serve', '-c', 'waypost.toml']);
    },
  };
}

const UPDATES = `
[keys."${UPDATE_KEY.name}."]
algorithm = "${UPDATE_KEY.algorithm}"
secret = "${UPDATE_KEY.secret}"
[zone."${ORIGIN}"]
update = [{ key = "${UPDATE_KEY.name}.", names = ["**"], action = "edit" }]
`;

/** What `waypost status --json` says of the server in `directory`; `undefined` when it cannot be had. */
export function waypostStatus(directory: string): unknown {
  const { status, stdout } = spawnSync(
    process.execPath,
    [PROGRAM, 'status', '--json', '-c', 'waypost.toml'],
    {
      cwd: directory,
      encoding: 'utf8',
      timeout: STATUS_TIMEOUT_MS,
    },
  );
  if (status !== 0) return undefined;
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}
