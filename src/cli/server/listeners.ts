import { availableParallelism } from 'node:os';
import type { Log } from '../../base/effects.ts';
import type { Timers } from '../../base/timers.ts';
import type { Config } from '../../config/settings.ts';
import type { ServerStatus } from '../../control/protocol.ts';
import type { LateAnswerer } from '../../serve/late.ts';
import { type ListenAddress, ListenError, showListenAddress } from '../../serve/listen.ts';
import { type QueryPool, startPool } from '../../serve/pool.ts';
import { DEFAULT_TCP_OPTIONS, TcpServer } from '../../serve/tcp.ts';
import { Count } from '../../serve/thread-status.ts';
import type { Answering } from './answering.ts';
import { listenAddressOf } from './listen-address.ts';

/** What listening needs of the rest of the server. */
export interface ListenersOptions {
  readonly config: Pick<Config, 'listen' | 'portable' | 'threads' | 'tcp'>;
  readonly answering: Pick<Answering, 'responder' | 'shared' | 'join'>;
  /** Answers what is more than a query. */
  readonly late: LateAnswerer;
  readonly timers: Timers;
  readonly log: Log;
}

/** Where requests come in: the query threads with their UDP sockets, and TCP, on the same addresses and ports. */
export class Listeners {
  readonly #options: ListenersOptions;
  #pool: QueryPool | undefined;
  #tcp: TcpServer | undefined;
  #addresses: readonly ListenAddress[] = [];

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Where it answers, with the ports the system chose. */
  get addresses(): readonly string[] {
    return this.#addresses.map(showListenAddress);
  }

  /** What `waypost status` tells of the sockets and threads. */
  get status(): Pick<ServerStatus, 'listen' | 'udp' | 'threads' | 'late' | 'tcp'> {
    return {
      listen: this.addresses,
      udp: this.#pool?.batched === true ? 'batch' : 'dgram',
      threads: (this.#pool?.threads ?? []).map(({ alive, replaced, status }) => ({
        isAlive: alive,
        replaced,
        received: status.counts[Count.RECEIVED] ?? 0,
        answered: status.counts[Count.ANSWERED] ?? 0,
        unsent: status.counts[Count.UNSENT] ?? 0,
        discarded: status.counts[Count.DISCARDED] ?? 0,
        heapUsed: status.counts[Count.HEAP_USED] ?? 0,
      })),
      late: this.#pool?.late ?? { waiting: 0, refused: 0 },
      tcp: this.#tcp?.counts ?? { connections: 0, answered: 0, overLimit: 0 },
    };
  }

  /** Resolves when queries are answered over UDP and TCP. Rejects with {@link ListenError} or ThreadStartError. */
  async listen(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#listenOnce();
        return;
      } catch (error) {
        // A port that the system chose for UDP may be somebody's over TCP: another one may be free for both.
        const isChosen = this.#options.config.listen.some(({ port }) => port === 0);
        const isTaken = error instanceof ListenError && error.systemCode === 'EADDRINUSE';
        if (!isChosen || !isTaken || tries === MAX_TRIES) throw error;
        await this.#pool?.stop();
      }
    }
  }

  /** Answers what is in hand, then closes all sockets. */
  async close(): Promise<void> {
    await Promise.all([this.#tcp?.close(), this.#pool?.stop()]);
  }

  async #listenOnce(): Promise<void> {
    const { config, answering, late, timers, log } = this.#options;
    const { listen, portable, threads, tcp } = config;
    const { shared } = answering;
    this.#pool = await startPool({
      addresses: listen.map(listenAddressOf),
      threads: threads === 0 ? availableParallelism() : threads,
      portable,
      shared,
      late,
      timers,
      log,
    });
    answering.join(this.#pool, shared); // a zone may have come from its primary while the threads started
    const limits = {
      ...DEFAULT_TCP_OPTIONS,
      idleMs: tcp.idleTimeout * 1000,
      connections: tcp.maxConnections,
      perClient: tcp.maxConnectionsPerClient,
    };
    this.#tcp = new TcpServer(answering.responder, limits, timers, log, late);
    this.#addresses = await this.#tcp.listen(this.#pool.addresses);
  }
}

/** How often a port is looked for that is free over UDP and TCP, where the system chooses. */
const MAX_TRIES = 8;
