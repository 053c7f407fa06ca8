import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { showAddress } from '../../src/base/ip.ts';
import type { ListenAddress } from '../../src/serve/listen.ts';

/** A datagram and where it came from. */
export interface Received {
  readonly octets: Uint8Array;
  readonly from: RemoteInfo;
}

/** A UDP client on a port of the system's choice, for talking to a server under test. */
export class UdpClient {
  readonly #socket: Socket;
  readonly #received: Received[] = [];
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (octets, from) => {
      this.#received.push({ octets, from });
      this.#wake();
    });
  }

  static async open(type: 'udp4' | 'udp6' = 'udp4'): Promise<UdpClient> {
    const socket = createSocket({ type, recvBufferSize: 1 << 20 });
    socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1');
    await once(socket, 'listening');
    return new UdpClient(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves when the system has taken the datagram. */
  send(octets: Uint8Array | string, to: ListenAddress): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(octets, to.port, showAddress(to.octets), (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  /** The next datagram, or `undefined` when none comes for `ms`. */
  async next(ms = 5000): Promise<Received | undefined> {
    if (this.#received.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#received.shift();
  }

  /** Sends and waits for the next datagram. */
  async ask(octets: Uint8Array | string, to: ListenAddress, ms?: number): Promise<Received | undefined> {
    await this.send(octets, to);
    return this.next(ms);
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => this.#socket.close(done));
  }
}
