import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { parseMessage } from '../../src/message/parse.ts';
import { Opcode, RRClass, RRType } from '../../src/wire/iana.ts';
import type { PullChange } from './pull-figures.ts';
import { connectedSocket } from './update-load.ts';
import { freePort } from './workshop.ts';

/** Senders that are remembered; the oldest gives way. */
const MOST_CLIENTS = 256;

/** Now, in microseconds of the clock that all processes of this machine share (CLOCK_MONOTONIC). */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

interface Client {
  readonly upstream: Socket;
  /** Changes that wait for their acknowledgement, by message ID. */
  readonly waiting: Map<number, readonly PullChange[]>;
}

/**
 * Stands between the monitor and the server, and notes when updates of A records 192.0.2.N pass, and when their acknowledgements do. Messages
 * go through as they are. Over TCP nothing is noted: updates are too small for it.
 */
export class PullRelay {
  /** Acknowledged ones, in the order of their acknowledgements. */
  readonly changes: PullChange[] = [];
  readonly port: number;
  readonly #server: number;
  readonly #socket: Socket;
  readonly #listener: Server;
  readonly #clients = new Map<number, Client>();

  private constructor(port: number, server: number, socket: Socket, listener: Server) {
    this.port = port;
    this.#server = server;
    this.#socket = socket;
    this.#listener = listener;
    socket.on('message', (octets, { port: from }) => {
      // what cannot be sent on is a lost datagram
      this.#forward(octets, from, nowUs()).catch(() => {});
    });
  }

  /** Opens a port of 127.0.0.1 that leads to another one. */
  static async open(server: number): Promise<PullRelay> {
    const port = await freePort();
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    const listener = createServer((client) => {
      const upstream = connect(server, '127.0.0.1');
      for (const end of [client, upstream]) {
        end.on('error', () => {
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream).pipe(client);
    }).listen(port, '127.0.0.1');
    await Promise.all([once(socket, 'listening'), once(listener, 'listening')]);
    return new PullRelay(port, server, socket, listener);
  }

  /** Whether this host is pulled now, as far as the server has said. */
  isPulled(host: number): boolean {
    return this.changes.findLast((change) => change.host === host)?.isPull ?? false;
  }

  close(): void {
    this.#socket.close();
    this.#listener.close();
    for (const { upstream } of this.#clients.values()) upstream.close();
  }

  async #forward(octets: Buffer, from: number, sentUs: number): Promise<void> {
    const client = this.#clients.get(from) ?? (await this.#admit(from));
    const changes = changesOf(octets, sentUs);
    if (changes.length > 0) client.waiting.set(octets.readUInt16BE(0), changes);
    client.upstream.send(octets);
  }

  async #admit(from: number): Promise<Client> {
    const client: Client = { upstream: await connectedSocket(this.#server), waiting: new Map() };
    this.#clients.set(from, client);
    client.upstream.on('error', () => {}); // shows as a reply that does not come
    client.upstream.on('message', (reply) => {
      const ackUs = nowUs();
      this.#socket.send(reply, from, '127.0.0.1');
      const id = reply.readUInt16BE(0);
      if (((reply[3] ?? 0) & 15) === 0) {
        for (const change of client.waiting.get(id) ?? []) this.changes.push({ ...change, ackUs });
      }
      client.waiting.delete(id);
    });
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MOST_CLIENTS && oldest !== undefined) {
      this.#clients.get(oldest)?.upstream.close();
      this.#clients.delete(oldest);
    }
    return client;
  }
}

/** What an update does to the hosts; nothing for other messages. */
function changesOf(octets: Uint8Array, sentUs: number): readonly PullChange[] {
  if ((((octets[2] ?? 0) >> 3) & 15) !== Opcode.UPDATE) return [];
  return parseMessage(octets).authorities.flatMap(({ type, class: rrClass, rdata }) => {
    if (type !== RRType.A || rdata.length !== 4) return [];
    return [
      { host: rdata[3] ?? 0, isPull: rrClass === RRClass.NONE, sentUs, ackUs: Number.POSITIVE_INFINITY },
    ];
  });
}
