import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { messageOf } from '../../base/errors.ts';
import { OUR_FAULTS } from './connection.ts';
import { ProbeFailure } from './errors.ts';
import { showSize } from './evidence.ts';
import type { ProbeRun } from './probe-run.ts';

/** A program to run, without a shell. */
export interface Program {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory?: string | undefined;
  /** From its start: then it and all its children are killed, and the run fails. */
  readonly timeoutMs: number;
}

/** How a program ended. */
export interface EndedProgram {
  /** Its exit code, or the signal that ended it. */
  readonly ending: number | NodeJS.Signals;
  /** The beginning of what it wrote, at most 4096 octets of each as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs programs, some at a time; the others wait for their turn, in order. */
export class ProgramRunner {
  readonly #most: number;
  readonly #waiting = new Set<() => void>();
  readonly #running = new Set<number>();
  #taken = 0;
  #isClosed = false;

  constructor(most = MOST_AT_ONCE) {
    this.#most = most;
  }

  /** Programs that run now, those that were killed and have not ended yet among them. */
  get running(): number {
    return this.#taken;
  }

  /**
   * Runs a program as part of a run, whose time begins with the program. The run's end kills it with all its children
   * (its process group). Fails the run, inconclusively, when the program cannot be started.
   */
  async run(run: ProbeRun, program: Program): Promise<EndedProgram> {
    run.pause();
    await this.#turn(run);
    if (run.isEnded) {
      this.#free();
      throw new ProbeFailure('given up before the program was started', { isInconclusive: true });
    }
    run.start(program.timeoutMs);
    return await run.until<EndedProgram>('the program to end', (resolve) => {
      const [file = '', ...args] = program.command;
      const child = this.#spawn(file, args, program);
      const { pid } = child;
      if (pid === undefined) {
        child.once('error', (error) => run.failWith(explainStart(file, error)));
        this.#free();
        return;
      }
      this.#running.add(pid);
      child.on('error', () => {}); // it could not be killed: it still ends some time, which is heard below
      const outputs = [new Output(child.stdout), new Output(child.stderr)] as const;
      for (const output of outputs) {
        output.onFlood = () => run.fail(`the program wrote more than ${showSize(MAX_READ)}`);
      }
      run.onEnd(() => {
        killGroup(pid);
        for (const output of outputs) output.close();
      });
      const finish = (ending: number | NodeJS.Signals): void => {
        const [stdout, stderr] = outputs;
        resolve({ ending, stdout: stdout.text, stderr: stderr.text });
      };
      child.once('exit', (code, signal) => {
        this.#running.delete(pid);
        this.#free();
        // what it has written is still to be read; a child that it left behind may keep its output open for ever
        run.after(GRACE_MS, () => finish(code ?? signal ?? -1));
      });
      child.once('close', (code, signal) => finish(code ?? signal ?? -1));
    });
  }

  /** Kills what runs, and starts nothing any more. */
  close(): void {
    this.#isClosed = true;
    for (const pid of this.#running) killGroup(pid);
  }

  #turn(run: ProbeRun): Promise<void> {
    if (this.#isClosed) throw new ProbeFailure('the monitor is ending', { isInconclusive: true });
    if (this.#taken < this.#most) {
      this.#taken++;
      return Promise.resolve();
    }
    if (this.#waiting.size >= MOST_WAITING) {
      const evidence = `${this.#waiting.size} programs are waiting for their turn (${this.#most} run at once); no more are taken`;
      throw new ProbeFailure(evidence, { isInconclusive: true });
    }
    return run.until('its turn', (resolve) => {
      this.#waiting.add(resolve);
      run.onEnd(() => this.#waiting.delete(resolve));
    });
  }

  #free(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#waiting.delete(next);
    next();
  }

  #spawn(file: string, args: readonly string[], { env, directory }: Program): Child {
    try {
      return spawn(file, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true, // a process group of its own, to be killed as one
        env: { ...env },
        ...(directory === undefined ? {} : { cwd: directory }),
      });
    } catch (error) {
      this.#free();
      throw explainStart(file, error);
    }
  }
}

// --- helpers ---

type Child = ChildProcessByStdio<null, Readable, Readable>;

const MOST_AT_ONCE = 16;
/** One for each member that the monitor may have. */
const MOST_WAITING = 10_000;
/** Octets of each output that are kept. */
const MAX_KEPT = 4096;
/** Octets of each output that are read before the program is killed. */
const MAX_READ = 1_048_576;
/** After the program's end: how long its output may stay open. */
const GRACE_MS = 100;

/** One output of a program: its beginning is kept, all of it is read. */
class Output {
  readonly #stream: Readable;
  readonly #parts: Buffer[] = [];
  #kept = 0;
  #read = 0;
  onFlood: () => void = () => {};

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('error', () => {}); // then there is no more of it
    stream.on('data', (part: Buffer) => {
      this.#read += part.length;
      if (this.#kept < MAX_KEPT) {
        const kept = Buffer.from(part.subarray(0, MAX_KEPT - this.#kept)); // a copy: the part may be large
        this.#parts.push(kept);
        this.#kept += kept.length;
      }
      if (this.#read > MAX_READ) this.onFlood();
    });
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** Kills a process group; one that has ended already is no error. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // EPERM: a plugin with rights of its own (setuid) must end by itself
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function explainStart(file: string, cause: unknown): ProbeFailure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why =
    code === 'ENOENT'
      ? 'there is no such program (or no such directory to run it in)'
      : code === 'EACCES'
        ? 'it is not executable, or not for this user'
        : OUR_FAULTS.has(code)
          ? `this machine has no process left (${code})`
          : messageOf(cause);
  return new ProbeFailure(`cannot run ${file}: ${why}`, { cause, isInconclusive: true });
}
