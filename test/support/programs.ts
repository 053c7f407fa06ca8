import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** What a program said and how it ended. */
export interface Ended {
  /** Its exit code; -1 when it was killed, by the time limit for example. */
  readonly code: number;
  /** Standard output and standard error as they came. */
  readonly text: string;
}

/** How a program is run. */
export interface RunOptions {
  /** Its standard input. */
  readonly input?: string;
  /** Beside the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** It is killed after so long; 20 s. */
  readonly timeoutMs?: number;
}

const LIMIT_MS = 20_000;

/** Runs a program to its end. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const program = RunningProgram.start(command, args, options);
  program.child.stdin?.on('error', () => {}); // it may end without reading
  program.child.stdin?.end(options.input ?? '');
  const timer = setTimeout(() => program.child.kill('SIGKILL'), options.timeoutMs ?? LIMIT_MS);
  const code = await program.ended;
  clearTimeout(timer);
  return { code, text: program.text };
}

/** A program that runs until it is stopped. */
export class RunningProgram {
  readonly child: ChildProcess;
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number>;
  #text = '';
  #look: () => void = () => {};

  private constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#text += text;
        this.#look();
      });
    }
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#text += error.message;
        resolve(-1);
      });
      child.on('close', (code) => resolve(code ?? -1));
    });
  }

  static start(command: string, args: readonly string[], options: RunOptions = {}): RunningProgram {
    const { env, cwd } = options;
    const child = spawn(findProgram(command) ?? command, args, {
      stdio: 'pipe',
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    return new RunningProgram(child);
  }

  /** What it has written so far. */
  get text(): string {
    return this.#text;
  }

  /** Resolves when its output matches; rejects with the output when it ends before, or after 20 s. */
  async untilSays(pattern: RegExp): Promise<void> {
    const said = new Promise<void>((resolve) => {
      this.#look = () => {
        if (pattern.test(this.#text)) resolve();
      };
      this.#look();
    });
    const over = this.ended.then((code) => {
      throw new Error(`it ended with ${code}: ${this.#text}`);
    });
    over.catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((_, reject) => {
      const tell = (): void => reject(new Error(`it has not said ${pattern.source}, but ${this.#text}`));
      timer = setTimeout(tell, LIMIT_MS);
    });
    try {
      await Promise.race([said, over, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 3000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** The path of a program: where the shell looks, and where daemons are. An absolute path is only looked at. */
export function findProgram(command: string): string | undefined {
  if (command.startsWith('/')) return isExecutable(command) ? command : undefined;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

/** Skips the test, or the tests of a `before`, when a program is missing, and says so. */
export function needProgram(context: Mocha.Context, program: string): void {
  needThat(context, program, findProgram(program) !== undefined);
}

/** The same for anything else that a test needs. */
export function needThat(context: Mocha.Context, what: string, isThere: boolean): void {
  if (isThere) return;
  console.log(`    skipped: ${what} is not installed`);
  context.skip();
}

/** A TCP port of 127.0.0.1 that was free a moment ago, for programs that cannot let the system choose. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

// --- helpers ---

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
