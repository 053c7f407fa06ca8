import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import type { MonitorStatus } from '../../monitor/report/status.ts';
import { SYSTEM_TIMERS } from '../../serve/timers.ts';
import { screenLines } from '../commands/monitor-view.ts';
import { LiveScreen } from '../live-screen.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';
import type { DemoAnswer } from './answers.ts';
import type { DemoStage } from './stage.ts';
import type { DemoWebServer } from './web-server.ts';
import { tryLines } from './welcome.ts';

/**
 * The demonstration in the reader's own hands: web servers are stopped by a key or by `kill`, and what is answered is watched.
 * On a screen everything is shown; without one, a line for everything that happens.
 */
export class HandsOn {
  readonly #stage: DemoStage;
  readonly #terminal: Terminal;
  readonly #live: LiveScreen | undefined;
  readonly #signal: AbortSignal;
  readonly #diary: string[] = [];
  /** When each web server was last started or stopped. */
  readonly #turned = new Map<DemoWebServer, number>();
  /** Those that are being started or stopped. */
  readonly #busy = new Set<DemoWebServer>();
  #drawing: NodeJS.Timeout | undefined;
  #answered: ReadonlySet<string> | undefined;
  #shown: { readonly answer: DemoAnswer; readonly atMs: number } | undefined;
  #status: MonitorStatus | undefined;

  /** `signal` ends it. */
  constructor(stage: DemoStage, terminal: Terminal, signal: AbortSignal, isPlain: boolean) {
    this.#stage = stage;
    this.#terminal = terminal;
    this.#signal = signal;
    const { screen } = terminal;
    this.#live = isPlain || screen === undefined ? undefined : new LiveScreen(screen);
    stage.onStopped((server, isOurs) => this.#stopped(server, isOurs));
  }

  /** Watches until it is ended; then the terminal is as it was. */
  async run(): Promise<void> {
    if (this.#signal.aborted) return;
    if (this.#live !== undefined) this.#drawing = setInterval(() => this.#draw(), DRAW_MS);
    void this.#again(ASK_MS, () => this.#ask());
    void this.#again(STATUS_MS, async () => {
      this.#status = await this.#stage.status();
    });
    await new Promise((resolve) => this.#signal.addEventListener('abort', resolve));
    this.close();
  }

  /** Gives the terminal back. */
  close(): void {
    clearInterval(this.#drawing);
    this.#live?.close();
  }

  /** Stops the web server of this number, or starts it again. */
  async toggle(number: number): Promise<void> {
    const server = this.#stage.webServers[number - 1];
    if (server === undefined || this.#busy.has(server)) return;
    this.#busy.add(server);
    try {
      if (server.isRunning) {
        this.#turned.set(server, SYSTEM_TIMERS.nowMs());
        await server.stop();
      } else await this.#start(server);
    } finally {
      this.#busy.delete(server);
    }
  }

  async #start(server: DemoWebServer): Promise<void> {
    try {
      this.#turned.set(server, SYSTEM_TIMERS.nowMs());
      await server.start();
      this.#tell(`web server ${server.number} is started, pid ${server.pid}`);
    } catch (error) {
      if (!this.#signal.aborted) this.#tell(messageOf(error));
    }
  }

  #stopped(server: DemoWebServer, isOurs: boolean): void {
    if (this.#signal.aborted) return;
    if (isOurs) {
      this.#tell(`web server ${server.number} is stopped`);
      return;
    }
    this.#turned.set(server, SYSTEM_TIMERS.nowMs());
    this.#tell(`web server ${server.number} has ended; it is started again in ${RESTART_MS / 1000} s`);
    delay(RESTART_MS, undefined, { signal: this.#signal }).then(
      () => (server.isRunning ? undefined : this.toggle(server.number)),
      () => {}, // the demonstration has ended first
    );
  }

  async #ask(): Promise<void> {
    const answer = await this.#stage.answers.ask();
    const nowMs = SYSTEM_TIMERS.nowMs();
    const now = new Set(answer.addresses);
    const before = this.#answered;
    this.#answered = now;
    const turned = this.#stage.webServers.filter(({ address }) => before?.has(address) !== now.has(address));
    // They come in another order each time: not faster than one can read.
    if (turned.length > 0 || this.#shown === undefined || nowMs - this.#shown.atMs > SHOW_MS) {
      this.#shown = { answer, atMs: nowMs };
    }
    if (before === undefined) return;
    for (const server of turned) {
      const how = now.has(server.address) ? 'hold' : 'are without';
      const sinceMs = nowMs - (this.#turned.get(server) ?? nowMs);
      const after = server.isRunning ? 'start' : 'stop';
      this.#tell(
        `the answers ${how} ${server.address}, ${(sinceMs / 1000).toFixed(2)} s after the ${after} of web server ${server.number}`,
      );
    }
  }

  /** Does it again and again. What fails once is tried the next time; a dead program is another's to notice. */
  async #again(ms: number, call: () => Promise<void>): Promise<void> {
    while (!this.#signal.aborted) {
      await call().catch(() => {});
      await delay(ms, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  #tell(what: string): void {
    const line = `${new Date().toISOString().slice(11, 19)} ${what}`;
    if (this.#live === undefined) this.#terminal.out(`${line}\n`);
    this.#diary.push(line);
    if (this.#diary.length > MAX_DIARY) this.#diary.shift();
  }

  #draw(): void {
    const terminal = this.#terminal;
    const { answers, webServers } = this.#stage;
    const columns = [{ title: 'key' }, { title: 'web server' }, { title: 'state' }];
    const rows = webServers.map(({ number, url, isRunning, pid }) => [
      String(number),
      url,
      isRunning ? `${paint(terminal, 'green', 'runs')}, pid ${pid}` : paint(terminal, 'red', 'stopped'),
    ]);
    const answered = this.#shown?.answer.lines ?? [];
    const height = terminal.screen?.size().rows ?? 0;
    const isHigh = height >= HIGH_ROWS;
    const diary = this.#diary.slice(isHigh ? 0 : -2);
    const lines = [
      `${paint(terminal, 'bold', 'waypost demo')}: 1, 2, 3 stop a web server, or start it again; q or Ctrl-C ends the demo`,
      '',
      ...showTable(columns, rows).trimEnd().split('\n'),
      '',
      `$ ${answers.digLine}`,
      ...answered.map((line) => line.replace(/\t+/g, '  ')),
      ...Array.from({ length: webServers.length - answered.length }, () => ''),
      '',
      ...diary,
      ...(diary.length === 0 ? [] : ['']),
    ];
    const hints = isHigh
      ? ['', 'in another terminal:', ...tryLines(this.#stage).map((line) => `  ${line}`)]
      : [];
    const room = height - lines.length - hints.length;
    const status = this.#status === undefined ? [] : screenLines(this.#status, terminal, room);
    this.#live?.draw([...lines, ...status, ...hints]);
  }
}

// --- helpers ---

const ASK_MS = 50;
const SHOW_MS = 1000;
const STATUS_MS = 250;
const DRAW_MS = 100;
const RESTART_MS = 15_000;
const MAX_DIARY = 4;
/** A screen with fewer rows shows less. */
const HIGH_ROWS = 32;
