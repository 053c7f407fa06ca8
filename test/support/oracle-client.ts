import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** How long a question is waited for. */
export interface Patience {
  readonly timeoutMs: number;
  /** How often it is sent. */
  readonly attempts: number;
}

/** Questions that may be under way to one server at once. */
const MAX_OUTSTANDING = 50;

const PATIENT: Patience = { timeoutMs: 2000, attempts: 3 };

/** Asks one server on 127.0.0.1 over UDP, some questions at a time, and finds each response by its ID. */
export class OracleClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (response: Uint8Array) => void>();
  readonly #queue: (() => void)[] = [];
  #outstanding = 0;
  #nextId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (octets) => this.#waiting.get(octets.readUInt16BE(0))?.(octets));
    socket.on('error', () => {}); // nobody listens yet: the question times out
  }

  static async open(port: number): Promise<OracleClient> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new OracleClient(socket);
  }

  /** The response to `question`, whose ID is replaced; `undefined` when there is none. */
  async ask(question: Uint8Array, patience: Patience = PATIENT): Promise<Uint8Array | undefined> {
    if (this.#outstanding >= MAX_OUTSTANDING) await new Promise<void>((go) => this.#queue.push(go));
    this.#outstanding++;
    try {
      for (let attempt = 0; attempt < patience.attempts; attempt++) {
        const response = await this.#askOnce(question, patience.timeoutMs);
        if (response !== undefined) return response;
      }
      return undefined;
    } finally {
      this.#outstanding--;
      this.#queue.shift()?.();
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => this.#socket.close(done));
  }

  #askOnce(question: Uint8Array, timeoutMs: number): Promise<Uint8Array | undefined> {
    const id = this.#nextId;
    this.#nextId = (this.#nextId % 0xffff) + 1;
    const octets = Uint8Array.of(id >> 8, id & 0xff, ...question.subarray(2));
    return new Promise((resolve) => {
      const settle = (response: Uint8Array | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(response);
      };
      const timer = setTimeout(settle, timeoutMs, undefined);
      this.#waiting.set(id, settle);
      this.#socket.send(octets, () => {}); // what cannot be sent times out like what is not answered
    });
  }
}
