import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, versionOf } from '../workshop.ts';
import type { ServerKind } from './server-kind.ts';

/** `echo.c`, compiled on the spot: the kernel's floor. */
export const echo: ServerKind = {
  name: 'echo',
  ignoresZone: true,
  available: () =>
    isInstalled('cc')
      ? { version: `cc ${versionOf(['cc', '--version'])}` }
      : { reason: 'no C compiler (cc)' },
  start: async ({ directory, port, launch, run }) => {
    const program = join(directory, 'echo');
    // The source stays in test/; only TypeScript goes to dist/.
    const source = fileURLToPath(new URL('../../../../test/bench/echo.c', import.meta.url));
    await run(['cc', '-O2', '-Wall', '-o', program, source]);
    return launch([program, `${port}`]);
  },
};
