import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WaypostError } from '../../src/base/errors.ts';
import { familyOf, processTable } from './proc.ts';

/** Something the benchmark needed did not work: a server that does not start, a wrong answer, a tool that fails. */
export class BenchError extends WaypostError {
  readonly code = 'WP_BENCH';
}

/** A started program and everything it has forked. */
export interface Child {
  /** The pids of the program and its descendants, now. */
  pids(): readonly number[];
  hasEnded(): boolean;
  /** All it has printed so far. */
  printed(): string;
  /** The last lines it printed, for a failure's message. */
  lastWords(): string;
  /** Ends it: SIGTERM, and SIGKILL for what is left after five seconds. Resolves when all are gone. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 5_000;
const POLL_MS = 20;

/** Where the benchmark works: one temporary directory and the programs started from it. `close` ends and removes all. */
export class Workshop {
  readonly directory = mkdtempSync(join(tmpdir(), 'wp-bench-'));
  readonly #children = new Set<number>();
  #directories = 0;

  /** A new empty directory, removed by {@link close} at the latest. */
  newDirectory(name: string): string {
    const directory = join(this.directory, `${++this.#directories}-${name}`);
    mkdirSync(directory);
    return directory;
  }

  /** Starts a program in `directory`, bound to `cpus` (`taskset` list) if given; what it prints goes to `output.txt` there. */
  launch(argv: readonly string[], directory: string, cpus: string | undefined): Child {
    const [program = '', ...args] = pinned(argv, cpus);
    const outputFile = join(directory, 'output.txt');
    const output = openSync(outputFile, 'a');
    const child = spawn(program, args, { cwd: directory, stdio: ['ignore', output, output] });
    closeSync(output);
    let failure = '';
    child.on('error', (error) => {
      failure = error.message;
    });
    const { pid } = child;
    if (pid === undefined) throw new BenchError(`cannot start ${program}`);
    this.#children.add(pid);
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null || failure !== '';
    const pids = (): readonly number[] => (hasEnded() ? [] : familyOf(pid, processTable()));
    return {
      pids,
      hasEnded,
      printed: () => readFileSync(outputFile, 'utf8'),
      lastWords: () =>
        `${failure}${readFileSync(outputFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n')}`,
      stop: async () => {
        const family = pids();
        if (!hasEnded()) child.kill('SIGTERM');
        await untilGone(family, STOP_TIMEOUT_MS);
        for (const straggler of stillThere(family)) killQuietly(straggler);
        await untilGone(family, STOP_TIMEOUT_MS);
        this.#children.delete(pid);
      },
    };
  }

  /** Runs a tool to its end and returns what it printed; throws {@link BenchError} when it fails. */
  async run(argv: readonly string[], directory: string, cpus?: string): Promise<string> {
    const [program = '', ...args] = pinned(argv, cpus);
    const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) this.#children.add(child.pid);
    let printed = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const [status]: unknown[] = await once(child, 'close');
    if (child.pid !== undefined) this.#children.delete(child.pid);
    if (status !== 0) throw new BenchError(`${argv[0]} failed: ${complaints.trim() || printed.trim()}`);
    return printed;
  }

  /** Ends every program still running and removes the directory. Synchronous, so that it serves in a signal handler. */
  close(): void {
    const table = processTable();
    for (const child of this.#children) for (const pid of familyOf(child, table)) killQuietly(pid);
    this.#children.clear();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A port of 127.0.0.1 that is free for UDP and TCP at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = createSocket('udp4');
  try {
    if (address === null || typeof address === 'string') throw new BenchError('no free port');
    const bound = once(socket, 'listening');
    socket.bind(address.port, '127.0.0.1');
    await bound;
    return address.port;
  } finally {
    socket.close();
    server.close();
    await once(server, 'close');
  }
}

/** True when `program` is on the PATH. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;
}

/** The first version number that a program prints when run like this; `?` when there is none. */
export function versionOf(argv: readonly string[]): string {
  const [program = '', ...args] = argv;
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  return /\d+\.\d+(\.\d+)*/.exec(`${stdout}\n${stderr}`)?.[0] ?? '?';
}

// --- processes ---

function pinned(argv: readonly string[], cpus: string | undefined): readonly string[] {
  return cpus === undefined ? argv : ['taskset', '-c', cpus, ...argv];
}

function stillThere(family: readonly number[]): readonly number[] {
  const present = new Set(processTable().map(({ pid }) => pid));
  return family.filter((pid) => present.has(pid));
}

async function untilGone(family: readonly number[], timeoutMs: number): Promise<void> {
  for (let waited = 0; waited < timeoutMs && stillThere(family).length > 0; waited += POLL_MS) {
    await sleep(POLL_MS);
  }
}

/** It may have ended by itself in the meantime; that is what was wanted. */
function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
}
