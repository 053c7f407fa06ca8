import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { composeQuestion } from './ask.ts';

/** Asks the same question over one TCP connection again and again, and keeps how long each answer took. */
export class TcpAsker {
  readonly #socket: Socket;
  readonly #question: Uint8Array;
  readonly #tookMicroseconds: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sentMs = 0;
  #held = 0;

  private constructor(socket: Socket, name: string) {
    this.#socket = socket;
    const question = composeQuestion(1, name);
    this.#question = Uint8Array.from([question.length >> 8, question.length & 0xff, ...question]);
    socket.on('error', () => {}); // shows as answers that do not come
    socket.on('data', (octets) => this.#receive(octets.length));
  }

  /** Connects to a port of 127.0.0.1 and begins to ask. */
  static async open(port: number, name: string): Promise<TcpAsker> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    const asker = new TcpAsker(socket, name);
    await once(socket, 'connect');
    asker.#ask();
    return asker;
  }

  /** Ends; gives how long each answer took, in microseconds. What is still waited for counts as long as it was. */
  async close(): Promise<readonly number[]> {
    if (this.#timer === undefined) this.#tookMicroseconds.push(this.#sinceSent());
    else clearTimeout(this.#timer);
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
    return this.#tookMicroseconds;
  }

  #ask(): void {
    this.#timer = undefined;
    this.#held = 0;
    this.#sentMs = performance.now();
    this.#socket.write(this.#question);
  }

  /** All answers have the same length: the question's, a record of 16 octets and nothing else. */
  #receive(length: number): void {
    this.#held += length;
    if (this.#held < this.#question.length + RECORD_OCTETS) return;
    this.#tookMicroseconds.push(this.#sinceSent());
    this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
  }

  #sinceSent(): number {
    return (performance.now() - this.#sentMs) * 1000;
  }
}

const PAUSE_MS = 20;
/** A pointer, type, class, TTL, length, and an IPv4 address. */
const RECORD_OCTETS = 16;
