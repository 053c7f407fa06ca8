import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import { ErrandError } from './errors.ts';

/** A program to run, without a shell. */
export interface Command {
  /** The program and its arguments. */
  readonly argv: readonly string[];
  /** Written to its standard input; default nothing. */
  readonly input?: string;
  /** Beside the monitor's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** So many octets of its output are kept; more of it ends the run. */
  readonly maxOctets: number;
}

/**
 * Runs a program and returns what it wrote to standard output. It has a process group of its own, which is killed
 * when its time is up, when it writes too much, or when `signal` is aborted. Throws {@link ErrandError} then, and
 * when it cannot be started or ends with anything but 0.
 */
export function runCommand(
  command: Command,
  timers: Pick<Timers, 'after'>,
  signal?: AbortSignal,
): Promise<string> {
  const { argv, input = '', env = {}, timeoutMs, maxOctets } = command;
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(new ErrandError(`${file}: given up`));
    let child: ChildProcessWithoutNullStreams;
    try {
      child = spawn(file, args, { detached: true, env: { ...process.env, ...env } });
    } catch (cause) {
      return reject(new ErrandError(`'${file}' cannot be run: ${messageOf(cause)}`, { cause }));
    }
    const output = new Output(maxOctets);
    const complaints = new Output(MAX_COMPLAINT);
    let isEnded = false;
    const end = (): boolean => {
      if (isEnded) return false;
      isEnded = true;
      cancel();
      signal?.removeEventListener('abort', abort);
      if (child.pid !== undefined) killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      return true;
    };
    const fail = (why: string, cause?: unknown): void => {
      if (end()) reject(new ErrandError(`${file}: ${why}`, { cause }));
    };
    const abort = (): void => fail('given up');
    const cancel = timers.after(timeoutMs, () => fail(`did not end within ${timeoutMs} ms`));
    signal?.addEventListener('abort', abort);
    child.on('error', (error) => fail(`cannot be run: ${messageOf(error)}`, error));
    child.stdin.on('error', () => {}); // a program that does not read its input is no trouble
    child.stdin.end(input);
    child.stdout.on('data', (part: Buffer) => {
      if (!output.add(part)) fail(`wrote more than ${maxOctets} octets`);
    });
    child.stderr.on('data', (part: Buffer) => complaints.add(part));
    child.on('close', (code, killedBy) => {
      const said = complaints.firstLine === '' ? '' : `: ${complaints.firstLine}`;
      if (code !== 0) fail(`ended with ${code ?? killedBy}${said}`);
      else if (end()) resolve(output.text);
    });
  });
}

// --- helpers ---

/** Octets of standard error that are kept. */
const MAX_COMPLAINT = 1024;

/** The beginning of what a program wrote. */
class Output {
  readonly #parts: Buffer[] = [];
  readonly #most: number;
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether all of it could be kept. */
  add(part: Buffer): boolean {
    const room = this.#most - this.#length;
    this.#parts.push(Buffer.from(part.subarray(0, room)));
    this.#length += Math.min(part.length, room);
    return part.length <= room;
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }

  get firstLine(): string {
    const [line = ''] = this.text.trim().split('\n', 1);
    return line.replace(/\p{Cc}/gu, ' ').slice(0, 200);
  }
}

/** Kills a process group; one that has ended already is no error. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
