import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemoError } from './errors.ts';

/** A process of the demonstration: node with a script. Its standard error goes to a file, `NAME.log`. */
export class DemoChild {
  readonly name: string;
  /** Resolves when it has ended, however that came about. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #logPath: string;
  #output = '';
  #isOver = false;
  #changed: () => void = () => {};

  constructor(name: string, directory: string, args: readonly string[]) {
    this.name = name;
    this.#logPath = join(directory, `${name.replaceAll(' ', '-')}.log`);
    const log = openSync(this.#logPath, 'a', 0o600);
    // Nothing is written to its standard input: it ends when this process does, even by kill -9.
    this.#child = spawn(process.execPath, ['--import', LEASH, ...args], { stdio: ['pipe', 'pipe', log] });
    closeSync(log);
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-MAX_OUTPUT);
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isOver = true;
        this.#changed();
        resolve();
      };
      this.#child.once('exit', end);
      this.#child.once('error', end); // it could not even be started
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves with the first match of what it prints. Rejects with {@link DemoError} when it ends, or says nothing for long. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        clearTimeout(deadline);
        this.#changed = () => {};
        settled();
      };
      const look = (): void => {
        const match = pattern.exec(this.#output);
        if (match !== null) settle(() => resolve(match));
        else if (this.#isOver) settle(() => reject(this.failure('ended')));
      };
      const deadline = setTimeout(() => {
        settle(() => reject(this.failure(`was not ready within ${START_MS / 1000} s`)));
      }, START_MS);
      this.#changed = look;
      look();
    });
  }

  /** Why the demonstration cannot go on, with the end of this process's log. */
  failure(what: string): DemoError {
    const log = readFileSync(this.#logPath, 'utf8').trimEnd().split('\n').slice(-LINES_TOLD).join('\n');
    return new DemoError(`the ${this.name} ${what}${log === '' ? '' : `; it said:\n${log}`}`);
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#isOver) this.#child.kill(signal);
  }

  /** Asks it to end, and ends it when it does not within a few seconds. */
  async end(): Promise<void> {
    this.kill('SIGTERM');
    const deadline = setTimeout(() => this.kill('SIGKILL'), END_MS);
    await this.ended;
    clearTimeout(deadline);
  }
}

// --- helpers ---

const LEASH = new URL('./leash-entry.js', import.meta.url).href;
const MAX_OUTPUT = 16_384;
const LINES_TOLD = 8;
const START_MS = 30_000;
const END_MS = 5000;
