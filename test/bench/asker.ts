import type { Socket } from 'node:dgram';
import { connectedSocket } from './update-load.ts';

/** A UDP socket with a source port of its own, on which several questions may wait for their replies. */
export class Asker {
  readonly #socket: Socket;
  /** By message ID. */
  readonly #waiting = new Map<number, (reply: Uint8Array) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {}); // shows as a reply that does not come
    socket.on('message', (octets) => this.#waiting.get(idOf(octets))?.(octets));
  }

  /** Opens a socket that talks to a port of 127.0.0.1. */
  static async open(port: number): Promise<Asker> {
    return new Asker(await connectedSocket(port));
  }

  /** Sends a message, whose ID no other on this socket may have; `undefined` when no reply comes in time. */
  ask(message: Uint8Array, timeoutMs: number): Promise<Uint8Array | undefined> {
    const id = idOf(message);
    return new Promise((resolve) => {
      const settle = (reply: Uint8Array | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(reply);
      };
      const timer = setTimeout(() => settle(undefined), timeoutMs);
      this.#waiting.set(id, settle);
      this.#socket.send(message, () => {});
    });
  }

  close(): void {
    this.#socket.close();
  }
}

function idOf(octets: Uint8Array): number {
  return ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
}
