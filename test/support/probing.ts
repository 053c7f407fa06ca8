import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { expect } from 'chai';
import { makeProbe } from '../../src/monitor/probes/make-probe.ts';
import type { ProbeOptions } from '../../src/monitor/probes/probe-options.ts';
import type { ProbeResult } from '../../src/monitor/probes/probe-run.ts';
import { ProbeTools, type ProbeToolsOptions } from '../../src/monitor/probes/probe-tools.ts';
import { FakeEffects } from './effects.ts';
import { FakeTimers } from './fake-timers.ts';

/** Probes and what they look at, on loopback, with timers that the test drives. */
export class ProbeBench {
  readonly effects = new FakeEffects();
  readonly timers = new FakeTimers();
  readonly tools: ProbeTools;
  readonly #closers: (() => unknown)[] = [];
  readonly #before = countResources();
  /** Connections that came to the servers and have not ended. */
  readonly #open = new Set<Socket>();

  constructor(options: Partial<ProbeToolsOptions> = {}) {
    this.tools = new ProbeTools({ effects: this.effects, timers: this.timers, ...options });
  }

  probe(options: ProbeOptions, signal = new AbortController().signal): Promise<ProbeResult> {
    return makeProbe(options, this.tools).run(signal);
  }

  /** A TCP server that does with each connection what the test says. Resolves with its port. */
  async serve(take: (connection: Socket) => void, address = '127.0.0.1'): Promise<number> {
    return await this.#listen(createServer({ allowHalfOpen: true }), 'connection', take, address);
  }

  /** The same over TLS; handshakes that fail are passed over. */
  async serveTls(options: TlsOptions, take: (connection: TLSSocket) => void): Promise<number> {
    const server = createTlsServer(options);
    server.on('tlsClientError', () => {});
    return await this.#listen(server, 'secureConnection', take, '127.0.0.1');
  }

  /** A port of 127.0.0.1 where nobody listens. */
  async deadPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    server.close();
    await once(server, 'close');
    return port;
  }

  /** Lets time pass once all events that are on their way have arrived. */
  passLater(ms: number): void {
    this.later(() => this.timers.pass(ms));
  }

  /** Calls once all events that are on their way have arrived. */
  later(call: () => void): void {
    setImmediate(() => setImmediate(() => setImmediate(call)));
  }

  /** What else to do at the end. */
  onEnd(call: () => unknown): void {
    this.#closers.push(call);
  }

  /** Ends the servers; and expects that the probes have left no timer, no socket and no process. */
  async close(): Promise<void> {
    const timersLeft = this.timers.waiting;
    this.tools.close();
    await settle(() => this.#open.size);
    const connectionsLeft = this.#open.size;
    for (const connection of this.#open) connection.destroy();
    for (const close of this.#closers.splice(0).reverse()) await close();
    await settle(() => countResources() - this.#before + this.tools.programs.running);
    expect(timersLeft, 'timers that are left').to.equal(0);
    expect(connectionsLeft, 'connections that are left').to.equal(0);
    expect(countResources() - this.#before, 'sockets and processes that are left').to.equal(0);
    expect(this.tools.programs.running, 'programs that are left').to.equal(0);
  }

  async #listen<S extends Socket>(
    server: Server,
    event: string,
    take: (connection: S) => void,
    address: string,
  ): Promise<number> {
    server.on('connection', (connection: Socket) => {
      this.#open.add(connection);
      connection.on('error', () => connection.destroy());
      connection.on('close', () => this.#open.delete(connection));
    });
    server.on(event, (connection: S) => {
      connection.on('error', () => connection.destroy());
      connection.on('end', () => connection.destroy());
      take(connection);
      connection.resume(); // to see its end
    });
    server.listen(0, address);
    await once(server, 'listening');
    this.onEnd(async () => {
      server.close();
      await once(server, 'close');
    });
    return portOf(server);
  }
}

// --- helpers ---

/** Turns of the event loop in which what is closing has to be closed. */
const MOST_TURNS = 10_000;

/** Lets the event loop turn until there is none left of what is closing. */
async function settle(left: () => number): Promise<void> {
  for (let turn = 0; left() > 0 && turn < MOST_TURNS; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Sockets, pipes and processes of this process. Timers are counted elsewhere; standard output is not ours. */
function countResources(): number {
  const kinds = /^(TCP|UDP|Pipe|Process|TLS|HTTP|GetAddrInfo)/;
  return process.getActiveResourcesInfo().filter((name) => kinds.test(name)).length;
}
