import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A web server on a free port of the loopback that does what the test says. */
export class ErrandServer {
  readonly #server: Server;
  /** Bodies that came. */
  readonly bodies: string[] = [];
  readonly requests: IncomingMessage[] = [];

  constructor(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        this.requests.push(request);
        this.bodies.push(Buffer.concat(parts).toString('utf8'));
        answer(request, response);
      });
    });
  }

  /** Its address as a URL, without a final slash. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
