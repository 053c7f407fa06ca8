import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Log } from '../base/effects.ts';
import { messageOf, WaypostError } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import type { LateDatagram } from './late.ts';
import { type ListenAddress, ListenError } from './listen.ts';
import type { ThreadNews, ThreadReport, ThreadStart } from './query-thread.ts';
import { ThreadStatus } from './thread-status.ts';

/** The newest value published to the threads. */
export interface Publication {
  readonly generation: number;
  readonly shared: unknown;
}

/** What a place for a thread is given. */
export interface PoolThreadOptions {
  readonly index: number;
  readonly entry: URL;
  readonly control: SharedArrayBuffer;
  readonly transport: ThreadStart['transport'];
  readonly timers: Timers;
  readonly log: Log;
  /** What a new thread starts with. */
  readonly newest: () => Publication;
  /** Called with a request that the thread handed over. */
  readonly onLate: (datagram: LateDatagram) => void;
  /** Called when a thread has taken something, or has died. */
  readonly onProgress: () => void;
}

/**
 * One place in the pool: a worker, and after its death another on the same sockets. Counts go on across replacements.
 *
 * ```text
 *   begin → starting → answering → dead → (pause, doubled while they die young) → starting …
 * ```
 */
export class PoolThread {
  readonly status = new ThreadStatus();
  /** How often the thread had to be replaced. */
  replaced = 0;
  readonly #options: PoolThreadOptions;
  #transport: ThreadStart['transport'];
  #worker: Worker | undefined;
  #news: MessagePort | undefined;
  #taken = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #cancelPause: () => void = () => {};
  #left = Promise.resolve();
  #stopping = false;

  constructor(options: PoolThreadOptions) {
    this.#options = options;
    this.#transport = options.transport;
  }

  /**
   * Starts the first worker. Resolves when it answers, with the addresses it has bound itself. Throws
   * {@link ListenError} or {@link ThreadStartError}; then no worker is left.
   */
  begin(): Promise<readonly ListenAddress[]> {
    return this.#spawn();
  }

  get alive(): boolean {
    return this.#worker !== undefined;
  }

  /** Whether nothing that is asked from now on is answered here with anything older than `generation`. */
  hasTaken(generation: number): boolean {
    // Batches: between receiving and answering the thread looks whether something was published.
    return this.#transport.kind === 'batch' || this.#worker === undefined || this.#taken >= generation;
  }

  publish(publication: Publication): void {
    this.#post({ kind: 'publish', ...publication });
  }

  /** Sends the response to a late request through the thread itself (node:dgram). */
  reply(datagram: LateDatagram, response: Uint8Array): void {
    this.#post({ kind: 'reply', datagram, response });
  }

  /** Waits for the worker to leave by itself, as the control word says; ends it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#cancelPause();
    this.#post({ kind: 'stop' });
    const cancel = this.#options.timers.after(graceMs, () => void this.#worker?.terminate());
    await this.#left;
    cancel();
  }

  #post(news: ThreadNews): void {
    this.#news?.postMessage(news);
  }

  #spawn(): Promise<readonly ListenAddress[]> {
    const { index, entry, control, timers, newest, onLate, onProgress } = this.#options;
    const { port1, port2 } = new MessageChannel();
    const { generation, shared } = newest();
    const workerData: ThreadStart = {
      control,
      status: this.status.shared,
      news: port2,
      shared,
      generation,
      transport: this.#transport,
    };
    const worker = new Worker(entry, { workerData, transferList: [port2], name: `query ${index}` });
    this.#worker = worker;
    this.#news = port1;
    this.#taken = generation;
    port1.on('message', (datagram: LateDatagram) => {
      onLate(datagram);
      takeWaiting(port1, onLate);
    });
    port1.unref(); // the worker itself keeps the process running
    const bornMs = timers.nowMs();
    return new Promise((resolve, reject) => {
      let answering = false;
      let cause: unknown;
      worker.on('message', (report: ThreadReport) => {
        if (report.kind === 'ready') {
          answering = true;
          // A thread that binds for itself takes the same ports when it is replaced.
          if (this.#transport.kind === 'dgram') {
            this.#transport = { kind: 'dgram', addresses: report.addresses };
          }
          resolve(report.addresses);
        } else if (report.kind === 'took') {
          this.#taken = report.generation;
          onProgress();
        } else {
          cause = new ListenError('UDP', report.address, report.systemCode);
        }
      });
      worker.on('error', (error) => {
        cause = error;
      });
      this.#left = new Promise((left) => {
        worker.on('exit', (exitCode) => {
          takeWaiting(port1, onLate);
          port1.close();
          this.#worker = undefined;
          this.#news = undefined;
          onProgress();
          left();
          const reason = cause === undefined ? `it exited with code ${exitCode}` : messageOf(cause);
          const startError =
            cause instanceof ListenError ? cause : new ThreadStartError(index, reason, cause);
          const isFirst = this.replaced === 0 && !answering;
          reject(startError); // without effect once it has answered
          if (!this.#stopping && !isFirst) this.#replace(reason, cause, timers.nowMs() - bornMs);
        });
      });
    });
  }

  #replace(reason: string, cause: unknown, livedMs: number): void {
    const { index, log, timers } = this.#options;
    if (livedMs >= SETTLED_MS) this.#pauseMs = FIRST_PAUSE_MS;
    this.replaced++;
    log.error(`serve: query thread ${index} died and is replaced: ${reason}`, {
      pauseMs: this.#pauseMs,
      stack: cause instanceof Error ? cause.stack : undefined,
    });
    this.#cancelPause = timers.after(this.#pauseMs, () => {
      // A replacement that fails comes back here through its own exit.
      this.#spawn().catch(() => {});
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}

/** A query thread that ended before it answered anything. */
export class ThreadStartError extends WaypostError {
  readonly code = 'WP_THREAD_START';
  constructor(index: number, reason: string, cause: unknown) {
    super(`query thread ${index} does not start: ${reason}`, { cause });
  }
}

// --- helpers ---

/** Takes all requests that have come by now without an event for each, which is not cheap. */
function takeWaiting(port: MessagePort, onLate: (datagram: LateDatagram) => void): void {
  for (;;) {
    const next: { readonly message: LateDatagram } | undefined = receiveMessageOnPort(port);
    if (next === undefined) return;
    onLate(next.message);
  }
}

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 5_000;
/** A thread that lived so long did not die of its start. */
const SETTLED_MS = 10_000;
