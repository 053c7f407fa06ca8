import type { Context } from 'mocha';
import { loadSystemCalls, type SystemCalls } from '../../src/serve/system-calls.ts';

let isTold = false;

/**
 * The system calls of batched UDP. Where they cannot be had the test is skipped, with the reason printed once; but not
 * on the machines they are made for: there their absence is a failure, or nobody would notice that nothing was tested.
 */
export function batchesOrSkip(context: Context): SystemCalls {
  const calls = loadSystemCalls();
  if (!('reason' in calls)) return calls;
  if (process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)) {
    throw new Error(`batched UDP must work here: ${calls.reason}`);
  }
  if (!isTold) console.log(`    skipped: batched UDP: ${calls.reason}`);
  isTold = true;
  return context.skip();
}
