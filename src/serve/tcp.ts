import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { scanAddress, showAddress } from '../base/ip.ts';
import { Peer } from '../base/peer.ts';
import type { Timers } from '../base/timers.ts';
import type { Answerer } from './answerer.ts';
import type { LateAnswerer } from './late.ts';
import { type ListenAddress, ListenError, showListenAddress, systemCodeOf } from './listen.ts';
import { TcpConnection, type TcpHost, type TcpLimits, TURN_SCRATCH_OCTETS } from './tcp-connection.ts';

/** Limits of the TCP server; see {@link DEFAULT_TCP_OPTIONS}. */
export interface TcpOptions extends TcpLimits {
  /** Connections of one client: an IPv4 address, or an IPv6 /64. */
  readonly perClient: number;
  /** Connections in all. When full, the one that has been idle longest is closed for the new one. */
  readonly connections: number;
  /** `close` waits at most so long for clients to take their last responses. */
  readonly drainMs: number;
}

export const DEFAULT_TCP_OPTIONS: TcpOptions = {
  idleMs: 10_000,
  messageMs: 5_000,
  writeMs: 5_000,
  perClient: 50,
  connections: 1_000,
  drainMs: 500,
};

/** DNS over TCP (RFC 7766) on this thread's event loop: limits, time-outs and the sockets themselves. */
export class TcpServer {
  readonly #options: TcpOptions;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #host: TcpHost;
  readonly #servers: Server[] = [];
  readonly #connections = new Map<TcpConnection, Socket>();
  readonly #perClient = new Map<string, number>();
  readonly #stopSweep: () => void;
  #answered = 0;
  #overLimit = 0;

  constructor(answerer: Answerer, options: TcpOptions, timers: Timers, log: Log, late?: LateAnswerer) {
    this.#options = options;
    this.#timers = timers;
    this.#log = log;
    this.#host = {
      answerer,
      late,
      timers,
      limits: options,
      peer: new Peer(new Uint8Array(16)),
      scratch: new Uint8Array(TURN_SCRATCH_OCTETS),
      countAnswer: () => this.#answered++,
    };
    // One look at all connections replaces a timer for each.
    const shortest = Math.min(options.idleMs, options.messageMs, options.writeMs);
    const sweepMs = Math.min(Math.max(shortest / 4, 10), 500);
    this.#stopSweep = timers.every(sweepMs, () => this.#sweep());
  }

  /** Open connections, and since the start: responses, and connections closed to keep a limit. */
  get counts(): { readonly connections: number; readonly answered: number; readonly overLimit: number } {
    return { connections: this.#connections.size, answered: this.#answered, overLimit: this.#overLimit };
  }

  /** Starts to accept. Returns the addresses with their real ports. Throws {@link ListenError}. */
  async listen(addresses: readonly ListenAddress[]): Promise<readonly ListenAddress[]> {
    const bound: ListenAddress[] = [];
    try {
      for (const address of addresses) bound.push(await this.#listenOn(address));
    } catch (error) {
      await this.close();
      throw error;
    }
    return bound;
  }

  /** Stops accepting, answers what is in hand, closes all connections; within `drainMs`. */
  async close(): Promise<void> {
    const closed = [
      ...this.#servers.splice(0).map(closeServer),
      ...[...this.#connections.values()].map(closing),
    ];
    for (const connection of this.#connections.keys()) connection.finish();
    const cancel = this.#timers.after(this.#options.drainMs, () => {
      for (const socket of this.#connections.values()) socket.destroy();
    });
    await Promise.all(closed);
    cancel();
    this.#stopSweep();
  }

  #listenOn(address: ListenAddress): Promise<ListenAddress> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true });
      const refuse = (error: Error): void => {
        reject(new ListenError('TCP', showListenAddress(address), systemCodeOf(error)));
      };
      server.once('error', refuse);
      server.on('connection', (socket) => this.#accept(socket));
      server.listen({ host: showAddress(address.octets), port: address.port, ipv6Only: true }, () => {
        server.off('error', refuse);
        server.on('error', (error) => this.#log.error(`serve: TCP does not accept: ${messageOf(error)}`));
        this.#servers.push(server);
        const actual = server.address();
        const port = typeof actual === 'object' && actual !== null ? actual.port : address.port;
        resolve({ octets: address.octets, port });
      });
    });
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy()); // resets and the like are the client's affair
    const address = addressOf(socket);
    if (address === undefined || this.#servers.length === 0) {
      socket.destroy();
      return;
    }
    const client = clientOf(address);
    const ofClient = this.#perClient.get(client) ?? 0;
    if (ofClient >= this.#options.perClient) {
      this.#overLimit++;
      socket.destroy();
      return;
    }
    if (this.#connections.size >= this.#options.connections) this.#makeRoom();

    const connection = new TcpConnection(this.#host, socket, address, socket.remotePort ?? 0);
    this.#perClient.set(client, ofClient + 1);
    this.#connections.set(connection, socket);
    socket.on('data', (octets) => connection.receive(octets));
    socket.on('drain', () => connection.drained());
    socket.on('end', () => connection.finish());
    socket.on('close', () => {
      connection.closed();
      if (!this.#connections.delete(connection)) return;
      const left = (this.#perClient.get(client) ?? 1) - 1;
      if (left === 0) this.#perClient.delete(client);
      else this.#perClient.set(client, left);
    });
  }

  /** Closes the connection that has been idle longest, or, when none is idle, the one longest without progress. */
  #makeRoom(): void {
    this.#overLimit++;
    let victim: Socket | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    let foundIdle = false;
    for (const [connection, socket] of this.#connections) {
      if (socket.destroyed) continue; // its place is free as soon as its `close` event has come
      const idle = connection.idleSinceMs !== undefined;
      if (foundIdle && !idle) continue;
      if ((idle && !foundIdle) || connection.sinceMs < oldestMs) {
        victim = socket;
        oldestMs = connection.sinceMs;
        foundIdle ||= idle;
      }
    }
    victim?.destroy();
  }

  #sweep(): void {
    const nowMs = this.#timers.nowMs();
    for (const connection of this.#connections.keys()) connection.expire(nowMs);
  }
}

// --- helpers ---

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}

function closing(socket: Socket): Promise<void> {
  return new Promise((done) => socket.once('close', () => done()));
}

function addressOf(socket: Socket): Uint8Array | undefined {
  const text = socket.remoteAddress;
  if (text === undefined) return undefined; // gone already
  const zoneIndex = text.indexOf('%');
  return scanAddress(zoneIndex === -1 ? text : text.slice(0, zoneIndex));
}

/** Who counts as one client: a household or host has a whole IPv6 /64. */
function clientOf(address: Uint8Array): string {
  return (address.length === 4 ? address : address.subarray(0, 8)).join('.');
}
