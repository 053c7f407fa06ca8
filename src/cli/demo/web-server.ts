import { fileURLToPath } from 'node:url';
import { type Endpoint, scanEndpoint, showEndpoint } from '../../base/endpoint.ts';
import { DemoChild } from './child.ts';

/** A web server that can be stopped, by us or by anybody with `kill`, and started again at the same address and port. */
export class DemoWebServer {
  readonly number: number;
  /** The address that the zone has for it. */
  readonly address: string;
  readonly #directory: string;
  /** Called when it has stopped; `isOurs`: because {@link stop} was called. */
  readonly #onStopped: (server: DemoWebServer, isOurs: boolean) => void;
  #at: Endpoint;
  #child: DemoChild | undefined;
  #isStopping = false;

  constructor(
    number: number,
    address: string,
    directory: string,
    onStopped: (server: DemoWebServer, isOurs: boolean) => void,
  ) {
    this.number = number;
    this.address = address;
    this.#directory = directory;
    this.#onStopped = onStopped;
    this.#at = { address, port: 0 };
  }

  /** Where it listens, or has listened. */
  get at(): Endpoint {
    return this.#at;
  }

  get url(): string {
    return `http://${showEndpoint(this.#at)}/`;
  }

  /** 0 while it is stopped. */
  get pid(): number {
    return this.isRunning ? (this.#child?.pid ?? 0) : 0;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && !this.#child.isOver;
  }

  /** Resolves when it listens. Rejects with `DemoError`. */
  async start(): Promise<void> {
    if (this.isRunning) return;
    const { address, port } = this.#at;
    const child = new DemoChild(`web server ${this.number}`, this.#directory, [
      ENTRY,
      String(this.number),
      address,
      String(port),
    ]);
    this.#child = child;
    this.#isStopping = false;
    void child.ended.then(() => this.#onStopped(this, this.#isStopping));
    const [, said = ''] = await child.printed(/listens on (\S+)\n/);
    this.#at = scanEndpoint(said) ?? this.#at;
  }

  /** As `kill -9` does it; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#child === undefined) return;
    this.#isStopping = true;
    this.#child.kill('SIGKILL');
    await this.#child.ended;
  }
}

const ENTRY = fileURLToPath(new URL('./web-server-entry.js', import.meta.url));
