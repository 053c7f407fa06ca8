import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP client for tests: sends messages to one port and gives each response to whoever asked, by message ID. */
export class QuestionClient {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #address: string;
  readonly #waiting = new Map<number, (octets: Uint8Array) => void>();

  private constructor(socket: Socket, address: string, port: number) {
    this.#socket = socket;
    this.#address = address;
    this.#port = port;
    socket.on('message', (octets) => {
      const id = octets.readUInt16BE(0);
      this.#waiting.get(id)?.(octets);
      this.#waiting.delete(id);
    });
  }

  static async open(port: number, address = '127.0.0.1'): Promise<QuestionClient> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, address.includes(':') ? '::1' : '127.0.0.1');
    await once(socket, 'listening');
    return new QuestionClient(socket, address, port);
  }

  /** Resolves with the response that has the ID of `octets`. One question at a time per ID. */
  ask(octets: Uint8Array): Promise<Uint8Array> {
    const id = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(octets, this.#port, this.#address);
    });
  }

  close(): void {
    this.#socket.close();
  }
}
