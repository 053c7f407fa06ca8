import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Effects } from '../../base/effects.ts';
import { type Endpoint, scanEndpoint } from '../../base/endpoint.ts';
import type { MonitorStatus } from '../../monitor/report/status.ts';
import { askStatus } from '../commands/monitor-status.ts';
import { DemoAnswers } from './answers.ts';
import { DemoChild } from './child.ts';
import { DemoError } from './errors.ts';
import { writeMonitorFile, writeServerFiles } from './files.ts';
import { DemoWebServer } from './web-server.ts';

/** Told when a web server has stopped; `isOurs`: because it was to. */
export type OnWebServerStopped = (server: DemoWebServer, isOurs: boolean) => void;

/**
 * Everything that runs in the demonstration: three web servers, `waypost serve` and `waypost monitor`, each a process of its
 * own, in a directory that is thrown away. Whatever way the demonstration ends, processes and directory go with it.
 */
export class DemoStage {
  readonly directory: string;
  readonly webServers: readonly DemoWebServer[];
  readonly #effects: Effects;
  readonly #children: DemoChild[] = [];
  readonly #removeNow = (): void => this.#removeAtOnce();
  #onStopped: OnWebServerStopped = () => {};
  #answers: DemoAnswers | undefined;
  #reportAt: Endpoint | undefined;
  #isOver = false;

  constructor(effects: Effects) {
    this.#effects = effects;
    this.directory = mkdtempSync(join(tmpdir(), 'waypost-demo-'));
    process.on('exit', this.#removeNow);
    const stopped: OnWebServerStopped = (server, isOurs) => this.#onStopped(server, isOurs);
    this.webServers = ADDRESSES.map((address, i) => {
      return new DemoWebServer(i + 1, address, this.directory, stopped);
    });
  }

  /** Starts everything, in this order: web servers, name server, monitor. Rejects with {@link DemoError}. */
  async start(): Promise<void> {
    await Promise.all(this.webServers.map((each) => each.start()));
    writeServerFiles(this.directory, ADDRESSES);
    const server = this.#run('name server', 'serve', '-c', join(this.directory, 'waypost.toml'));
    const [, said = ''] = await server.printed(/answers on ([\d.]+:\d+)/);
    const at = scanEndpoint(said) ?? { address: '127.0.0.1', port: 0 };
    this.#answers = new DemoAnswers(at, this.#effects);
    const reportAt = { address: '127.0.0.1', port: await freePort() };
    writeMonitorFile(this.directory, this.webServers, at, reportAt);
    const monitor = this.#run('monitor', 'monitor', '-c', this.monitorFile, '--plain');
    this.#reportAt = reportAt;
    await this.#untilReported(monitor);
  }

  get monitorFile(): string {
    return join(this.directory, 'monitor.toml');
  }

  get answers(): DemoAnswers {
    if (this.#answers === undefined) throw new DemoError('the name server does not run yet');
    return this.#answers;
  }

  /** The line for a shell that shows the monitor's state. */
  get statusLine(): string {
    const here = relative(process.cwd(), MAIN);
    const isInstalled = basename(process.argv[1] ?? '') === 'waypost';
    const program = isInstalled ? 'waypost' : `node ${here.length < MAIN.length ? here : MAIN}`;
    return `${program} monitor -c ${this.monitorFile} --status`;
  }

  /** The processes beside the web servers, for a table: what it is, and its pid. */
  get programs(): readonly (readonly [string, number])[] {
    return this.#children.map(({ name, pid }) => [name, pid]);
  }

  /** How the monitor is. Rejects with `MonitorAwayError`. */
  status(): Promise<MonitorStatus> {
    return askStatus(this.#reportAt);
  }

  /** Who is told from now on. */
  onStopped(call: OnWebServerStopped): void {
    this.#onStopped = call;
  }

  /** Rejects with {@link DemoError} when the name server or the monitor ends; otherwise waits. */
  broken(): Promise<never> {
    return new Promise((_, reject) => {
      for (const child of this.#children) {
        void child.ended.then(() => {
          if (!this.#isOver) reject(child.failure('has ended'));
        });
      }
    });
  }

  /** Ends all processes and removes the directory. May be called at any time. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#onStopped = () => {};
    this.#answers?.close();
    // The monitor first: it would take the others for failed.
    for (const child of this.#children.toReversed()) await child.end();
    await Promise.all(this.webServers.map((each) => each.stop()));
    this.#removeAtOnce();
    process.off('exit', this.#removeNow);
  }

  #run(name: string, ...args: readonly string[]): DemoChild {
    if (this.#isOver) throw new DemoError('the demonstration has ended');
    const child = new DemoChild(name, this.directory, [MAIN, ...args]);
    this.#children.push(child);
    return child;
  }

  async #untilReported(monitor: DemoChild): Promise<void> {
    const untilMs = this.#effects.nowMs() + REPORT_MS;
    while (!monitor.isOver && this.#effects.nowMs() < untilMs) {
      const isThere = await this.status().then(
        () => true,
        () => false,
      );
      if (isThere) return;
      await delay(LOOK_MS);
    }
    throw monitor.failure(monitor.isOver ? 'ended' : 'did not say how it is');
  }

  #removeAtOnce(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const each of this.webServers) void each.stop();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

// --- helpers ---

/** Loopback addresses, so that what is answered can really be visited. */
const ADDRESSES: readonly string[] = ['127.0.0.11', '127.0.0.12', '127.0.0.13'];
const MAIN = join(import.meta.dirname, '../main.js');
const REPORT_MS = 30_000;
const LOOK_MS = 50;

/** A port that nobody has just now: the monitor's, which must be known before it starts. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
