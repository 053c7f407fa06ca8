import type { Log } from '../base/effects.ts';
import type { Timers } from '../base/timers.ts';
import { type LateAnswerer, type LateCounts, type LateDatagram, LateQueue } from './late.ts';
import type { ListenAddress } from './listen.ts';
import { PoolThread, type Publication } from './pool-thread.ts';
import { LATE_WORD, STOP, type ThreadStart } from './query-thread.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';
import type { ThreadStatus } from './thread-status.ts';
import { UdpLateSender } from './udp-late-sender.ts';
import { closeUdpSockets, type OpenedSockets, openUdpSockets } from './udp-socket.ts';

export interface PoolOptions {
  readonly addresses: readonly ListenAddress[];
  /** Query threads; behind node:dgram it is always one. */
  readonly threads: number;
  /** Use node:dgram even where batches would work. */
  readonly portable: boolean;
  /** What each thread makes its answerer from: anything that can be cloned; SharedArrayBuffers are shared. */
  readonly shared: unknown;
  /** Answers what the threads cannot; without it they refuse that. */
  readonly late?: LateAnswerer;
  /** How many late requests may wait; beyond that they are refused. */
  readonly maxLate?: number;
  /** The module that a thread runs; tests have their own. */
  readonly entry?: URL;
  readonly timers: Timers;
  readonly log: Log;
}

/**
 * Opens the sockets and starts the query threads. Resolves when all of them answer. Throws ListenError or
 * ThreadStartError; then nothing is left open or running.
 */
export async function startPool(options: PoolOptions): Promise<QueryPool> {
  const calls = options.portable ? { reason: 'as --portable asks' } : loadSystemCalls();
  if ('reason' in calls) {
    const sentence = `serve: UDP goes through node:dgram in one thread, at half the speed: ${calls.reason}`;
    if (options.portable) options.log.info(sentence);
    else options.log.warn(sentence);
    return QueryPool.start(options, undefined);
  }
  const sockets = openUdpSockets(calls, options.addresses, options.threads);
  return QueryPool.start(options, { calls, sockets });
}

/** The query threads: replaces those that die, hands them new state, and stops them. */
export class QueryPool {
  readonly #options: Omit<PoolOptions, 'shared'>;
  readonly #opened: Opened | undefined;
  readonly #control = new SharedArrayBuffer(2 * CACHE_LINE);
  readonly #word = new Int32Array(this.#control);
  readonly #late = new LateQueue(new Int32Array(this.#control, 4 * LATE_WORD));
  readonly #lateSender: UdpLateSender | undefined;
  readonly #threads: readonly PoolThread[];
  #addresses: readonly ListenAddress[] = [];
  #newest: Publication;
  #waiting: { readonly generation: number; readonly resolve: () => void }[] = [];
  #stopped: Promise<void> | undefined;

  /** Use {@link startPool}. */
  static async start(options: PoolOptions, opened: Opened | undefined): Promise<QueryPool> {
    const pool = new QueryPool(options, opened);
    try {
      const own = await Promise.all(pool.#threads.map((thread) => thread.begin()));
      pool.#addresses = opened?.sockets.addresses ?? own[0] ?? [];
      return pool;
    } catch (error) {
      await pool.stop();
      throw error;
    }
  }

  private constructor({ shared, ...options }: PoolOptions, opened: Opened | undefined) {
    this.#options = options; // `shared` is let go when there is something newer
    this.#opened = opened;
    this.#newest = { generation: 1, shared };
    Atomics.store(this.#word, 0, this.#newest.generation);
    this.#late.setLimit(options.late === undefined ? 0 : (options.maxLate ?? MAX_LATE));
    this.#lateSender = opened === undefined ? undefined : new UdpLateSender(opened.calls);
    const transports: readonly ThreadStart['transport'][] = opened?.sockets.perThread.map((sockets) => ({
      kind: 'batch',
      sockets,
    })) ?? [{ kind: 'dgram', addresses: options.addresses }];
    this.#threads = transports.map((transport, index) => this.#makeThread(transport, index));
  }

  /** Where queries are answered, with the ports that the system chose. */
  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  /** Whether datagrams are received and sent in batches. */
  get batched(): boolean {
    return this.#opened !== undefined;
  }

  /** The threads' numbers, read from shared memory at any time. */
  get threads(): readonly {
    readonly alive: boolean;
    readonly replaced: number;
    readonly status: ThreadStatus;
  }[] {
    return this.#threads;
  }

  /** Requests that the threads have handed over, and those that they refused since too many waited. */
  get late(): LateCounts {
    return this.#late.counts;
  }

  /**
   * Hands `shared` to all threads. Resolves when whatever is asked from then on is answered from it, or from something
   * newer: each thread has taken it, will before it answers, or is dead, and its replacement starts with the newest.
   */
  publish(shared: unknown): Promise<void> {
    if (this.#stopped !== undefined) return Promise.resolve();
    const generation = this.#newest.generation + 1;
    const publication = { generation, shared };
    for (const thread of this.#threads) thread.publish(publication);
    // The news must be in the ports before the word says so.
    this.#newest = publication;
    Atomics.store(this.#word, 0, generation);
    return new Promise((resolve) => {
      this.#waiting.push({ generation, resolve });
      this.#settle();
    });
  }

  /** Lets the threads finish the batch in hand, ends those that do not within a second, and closes the sockets. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    Atomics.store(this.#word, 0, STOP);
    await Promise.all(this.#threads.map((thread) => thread.stop(GRACE_MS)));
    if (this.#opened !== undefined) closeUdpSockets(this.#opened.calls, this.#opened.sockets.perThread);
    this.#settle();
  }

  #makeThread(transport: ThreadStart['transport'], index: number): PoolThread {
    const thread: PoolThread = new PoolThread({
      index,
      transport,
      entry: this.#options.entry ?? DEFAULT_ENTRY,
      control: this.#control,
      timers: this.#options.timers,
      log: this.#options.log,
      newest: () => this.#newest,
      onLate: (datagram) => void this.#answerLate(thread, index, datagram),
      onProgress: () => this.#settle(),
    });
    return thread;
  }

  async #answerLate(thread: PoolThread, index: number, datagram: LateDatagram): Promise<void> {
    const { octets, address, port } = datagram;
    try {
      await this.#options.late?.answerLate({ octets, address, port, overTcp: false }, (response) =>
        this.#sendLate(thread, index, datagram, response) ? SENT : UNSENT,
      );
    } finally {
      this.#late.leave();
    }
  }

  #sendLate(thread: PoolThread, index: number, datagram: LateDatagram, response: Uint8Array): boolean {
    if (this.#stopped !== undefined) return false; // the descriptors may be somebody else's by now
    if (this.#opened === undefined) {
      thread.reply(datagram, response);
      return true;
    }
    const fd = this.#opened.sockets.perThread[index]?.[datagram.socket]?.fd ?? -1;
    return this.#lateSender?.send(fd, datagram, response) ?? false;
  }

  #settle(): void {
    const done = ({ generation }: { readonly generation: number }): boolean =>
      this.#threads.every((thread) => thread.hasTaken(generation));
    for (const waiting of this.#waiting) if (done(waiting)) waiting.resolve();
    this.#waiting = this.#waiting.filter((waiting) => !done(waiting));
  }
}

// --- helpers ---

const SENT = Promise.resolve(true);
const UNSENT = Promise.resolve(false);
const GRACE_MS = 700;
/**
 * Late requests that wait: a burst of updates, not a flood of them; each is up to 64 KiB. No more than changes may wait for
 * their commit: whoever is let in would only be verified to be refused then, and nothing else would get done.
 */
const MAX_LATE = 1024;
const CACHE_LINE = 64;
const DEFAULT_ENTRY = new URL('./query-thread-entry.js', import.meta.url);

interface Opened {
  readonly calls: SystemCalls;
  readonly sockets: OpenedSockets;
}
