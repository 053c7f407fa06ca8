import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');

/** What a Waypost of a test's own is given. */
export interface ChildOptions {
  /** Zone file texts by file name. */
  readonly zones: Readonly<Record<string, string>>;
  /** More lines of waypost.toml; `listen`, `zones` and `data` are there already. */
  readonly settings?: string;
  readonly listen?: string;
  readonly args?: readonly string[];
  /** Whether its configuration stands among the zones, as in zones/ of this repository. */
  readonly isConfigInZones?: boolean;
}

/** `waypost serve` as a process of its own, in a directory of its own, on a port that the system chose. */
export class ChildServer {
  readonly directory: string;
  readonly #args: readonly string[];
  readonly #listen: string;
  readonly #isConfigInZones: boolean;
  #child: ChildProcess | undefined;
  #output = '';
  #log = '';
  #changed: () => void = () => {};

  constructor(options: ChildOptions) {
    this.directory = mkdtempSync(join(tmpdir(), 'waypost-child-'));
    this.#args = options.args ?? [];
    mkdirSync(join(this.directory, 'zones'));
    for (const [name, text] of Object.entries(options.zones)) this.writeZone(name, text);
    this.#listen = options.listen ?? '"127.0.0.1:0"';
    this.#isConfigInZones = options.isConfigInZones ?? false;
    this.configure(options.settings ?? '');
  }

  get config(): string {
    return join(this.directory, this.#isConfigInZones ? 'zones' : '', 'waypost.toml');
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  /** What it wrote to standard output and to standard error. */
  get output(): string {
    return this.#output;
  }

  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** The port of its first address. */
  get port(): number {
    return Number(/answers on \S*:(\d+)/.exec(this.#output)?.[1] ?? 0);
  }

  /** Writes the configuration anew, with other settings; the server reads it at its start and at a reload. */
  configure(settings: string): void {
    const [zones, data] = this.#isConfigInZones ? ['.', '../data'] : ['zones', 'data'];
    // Location data would be compiled at every start; a test that wants some says so.
    const geo = settings.includes('[geo]') ? '' : 'geo.databases = []\n';
    const text = `listen = [${this.#listen}]\nzones = "${zones}"\ndata = "${data}"\n${geo}${settings}\n`;
    writeFileSync(this.config, text);
  }

  writeZone(name: string, text: string): void {
    writeFileSync(join(this.directory, 'zones', name), text);
  }

  /** Starts it; resolves when it answers. Throws with what it said when it ends instead. */
  async start(): Promise<void> {
    this.#output = '';
    this.#log = '';
    const child = spawn(process.execPath, [MAIN, 'serve', '-c', this.config, ...this.#args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      this.#changed();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
      this.#changed();
    });
    const ended = once(child, 'close').then(([code]) => {
      throw new Error(`waypost ended with ${code}: ${this.#log}`);
    });
    ended.catch(() => {});
    await Promise.race([this.until(() => this.#output.includes('answers on')), ended]);
  }

  /** Resolves when `isSo`, which is asked after everything the server says. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#changed = () => {};
        resolve();
      };
      this.#changed = look;
      look();
    });
  }

  /** Sends a signal and resolves with the exit code (or the signal's name) when it has ended. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? 'not started';
    const ended = once(child, 'close');
    child.kill(signal);
    const [code, by] = await ended;
    return code ?? by;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it, whatever its state, and takes its directory away. */
  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs a command of Waypost to its end. */
export async function runWaypost(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = await once(child, 'close');
  return { code: Number(code), out, err };
}
