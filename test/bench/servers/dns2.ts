import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ServerKind } from './server-kind.ts';

/** The server of the npm package dns2, in the manner of its README; what a TypeScript project gets without this one. */
export const dns2: ServerKind = {
  name: 'dns2',
  ignoresZone: false,
  available: () => {
    const manifest = readFileSync(
      new URL('../../../../node_modules/dns2/package.json', import.meta.url),
      'utf8',
    );
    return { version: /"version": "([^"]+)"/.exec(manifest)?.[1] ?? '?' };
  },
  start: async ({ port, zoneFile, launch }) => {
    const program = fileURLToPath(new URL('./dns2-program.js', import.meta.url));
    return launch([process.execPath, program, `${port}`, zoneFile]);
  },
};
