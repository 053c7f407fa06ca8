import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Endpoint } from '../../src/base/endpoint.ts';

/** A request that came in; the answer is any octets, as often as wanted. */
export interface ScriptedRequest {
  readonly octets: Uint8Array;
  readonly transport: 'udp' | 'tcp';
  /** The client's. */
  readonly address: string;
  readonly port: number;
  send(octets: Uint8Array): void;
  /** Over TCP: ends the connection. */
  hangUp(): void;
}

/** A server on 127.0.0.1, over UDP and TCP on one port of the system's choice, that does what a test says. */
export class ScriptedServer {
  readonly endpoint: Endpoint;
  /** All that came, in order. */
  readonly requests: ScriptedRequest[] = [];
  readonly #close: () => Promise<void>;
  #wake: () => void = () => {};

  static async start(answer: (request: ScriptedRequest) => void): Promise<ScriptedServer> {
    for (;;) {
      const udp = createSocket('udp4');
      udp.bind(0, '127.0.0.1');
      await once(udp, 'listening');
      const { port } = udp.address();
      const tcp = createServer();
      const connections = new Set<Socket>();
      try {
        tcp.listen(port, '127.0.0.1');
        await once(tcp, 'listening');
      } catch {
        udp.close(); // the port is somebody's over TCP: take another
        continue;
      }
      const server = new ScriptedServer(port, async () => {
        udp.close();
        for (const connection of connections) connection.destroy();
        tcp.close();
        await once(tcp, 'close');
      });
      udp.on('message', (octets, from) => {
        const send = (reply: Uint8Array) => udp.send(reply, from.port, from.address);
        const { address, port: fromPort } = from;
        server.#take(answer, { octets, transport: 'udp', address, port: fromPort, send, hangUp() {} });
      });
      tcp.on('connection', (connection) => {
        connections.add(connection);
        let received = Buffer.alloc(0);
        connection.on('error', () => connection.destroy());
        connection.on('data', (part) => {
          received = Buffer.concat([received, part]);
          while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
            const end = 2 + received.readUInt16BE(0);
            const octets = received.subarray(2, end);
            received = received.subarray(end);
            server.#take(answer, {
              octets,
              transport: 'tcp',
              address: connection.remoteAddress ?? '',
              port: connection.remotePort ?? 0,
              send: (reply) =>
                void connection.write(
                  Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]),
                ),
              hangUp: () => void connection.destroy(),
            });
          }
        });
      });
      return server;
    }
  }

  private constructor(port: number, close: () => Promise<void>) {
    this.endpoint = { address: '127.0.0.1', port };
    this.#close = close;
  }

  /** Resolves when so many requests have come since the start. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): Promise<void> {
    return this.#close();
  }

  #take(answer: (request: ScriptedRequest) => void, request: ScriptedRequest): void {
    this.requests.push(request);
    answer(request);
    this.#wake();
  }
}
