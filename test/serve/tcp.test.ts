import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { SILENT_LOG } from '../../src/base/effects.ts';
import { scanAddress, showAddress } from '../../src/base/ip.ts';
import type { Timers } from '../../src/base/timers.ts';
import type { Answerer } from '../../src/serve/answerer.ts';
import { type ListenAddress, ListenError } from '../../src/serve/listen.ts';
import { DEFAULT_TCP_OPTIONS, type TcpOptions, TcpServer } from '../../src/serve/tcp.ts';
import { SYSTEM_TIMERS } from '../../src/serve/timers.ts';

describe('the TCP server', () => {
  let server: TcpServer;
  let clients: Client[] = [];

  async function start(options: Partial<TcpOptions>, ...addresses: string[]): Promise<ListenAddress[]> {
    server = new TcpServer(ECHO, { ...DEFAULT_TCP_OPTIONS, ...options }, TIMERS, SILENT_LOG);
    return [
      ...(await server.listen((addresses.length > 0 ? addresses : ['127.0.0.1']).map((text) => at(text)))),
    ];
  }

  async function open(to: ListenAddress | undefined, from?: string): Promise<Client> {
    if (to === undefined) throw new Error('no such address');
    const client = await Client.open(to, from);
    clients.push(client);
    return client;
  }

  afterEach(async () => {
    for (const client of clients) client.socket.destroy();
    clients = [];
    await server.close();
  });

  it('answers over IPv4 and IPv6, pipelined and cut anywhere', async () => {
    for (const address of await start({}, '127.0.0.1', '::1')) {
      const client = await open(address);
      const requests = Array.from({ length: 200 }, (_, i) => `this is message ${i}`);
      const octets = Buffer.concat(requests.map(frame));
      for (let from = 0; from < octets.length; from += 777)
        client.socket.write(octets.subarray(from, from + 777));
      expect(await client.take(200)).to.eql(requests);
    }
    expect(server.counts.answered).to.equal(400);
  });

  it('half-close: answers still come, then the end', async () => {
    const [address] = await start({});
    const client = await open(address);
    client.socket.end(Buffer.concat([frame('first message'), frame('second message')]));
    expect(await client.take(2)).to.eql(['first message', 'second message']);
    await client.end();
  });

  it('closes after a bad frame and after idle time', async () => {
    const [address] = await start({ idleMs: 40 });
    const bad = await open(address);
    bad.socket.write(Uint8Array.of(0, 0));
    await bad.end();
    const idle = await open(address);
    await idle.end();
  });

  it('closes a client that never finishes its message', async () => {
    const [address] = await start({ messageMs: 40 });
    const client = await open(address);
    client.socket.write(Uint8Array.of(0, 40, 1, 2, 3));
    await client.end();
  });

  it('answers only a bounded amount to a client that does not read, closes it, and serves the others', async () => {
    const [address] = await start({ writeMs: 300 });
    const stalled = await open(address);
    stalled.socket.pause();
    stalled.socket.on('error', () => {});
    const large = Buffer.concat(Array.from({ length: 200 }, () => frame(Buffer.alloc(60_000, 1))));
    for (let i = 0; i < 5; i++) stalled.socket.write(large);
    const other = await open(address);
    for (let i = 0; i < 50; i++) {
      other.socket.write(frame(`are you there ${i}`));
      expect(await other.take(1)).to.eql([`are you there ${i}`]);
    }
    while (server.counts.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    // Of its 1,000 requests only those were answered whose responses fit into the buffers of two kernels.
    expect(server.counts.answered).to.be.below(500);
    other.socket.write(frame('and afterwards?'));
    expect(await other.take(1)).to.eql(['and afterwards?']);
  });

  it('survives resets', async () => {
    const [address] = await start({});
    for (let i = 0; i < 20; i++) {
      const client = await open(address);
      client.socket.write(Buffer.concat(Array.from({ length: 50 }, () => frame('answer me, please'))));
      client.socket.resetAndDestroy();
    }
    const client = await open(address);
    client.socket.write(frame('still serving'));
    expect(await client.take(1)).to.eql(['still serving']);
  });

  it('limits the connections of one client, not those of others', async () => {
    const [address] = await start({ perClient: 2 });
    const first = await open(address);
    await answered(first);
    await answered(await open(address));
    await (await open(address)).end();
    await answered(await open(address, '127.0.0.2'));
    first.socket.destroy();
    while (server.counts.connections > 2) await new Promise((resolve) => setImmediate(resolve));
    await answered(await open(address));
  });

  it('when full, closes the connection that has been idle longest', async () => {
    const [address] = await start({ connections: 3 });
    const [a, b, c] = [await open(address), await open(address), await open(address)];
    for (const client of [b, c, a]) await answered(client);
    const d = await open(address);
    await answered(d);
    await b.end();
    for (const client of [a, c, d]) await answered(client);
    expect(server.counts.overLimit).to.equal(1);
  });

  it('close: answers what is in hand, closes all, accepts no more, within its bound', async () => {
    const [address] = await start({ drainMs: 300 });
    const polite = await open(address);
    const silent = await open(address);
    await answered(silent);
    silent.socket.allowHalfOpen = true;
    polite.socket.write(frame('last request'));
    expect(await polite.take(1)).to.eql(['last request']);
    const fromMs = performance.now();
    await server.close();
    expect(performance.now() - fromMs).to.be.below(900);
    expect(server.counts.connections).to.equal(0);
    expect(await open(address).catch((error: Error) => error.message)).to.match(/ECONNREFUSED/);
  });

  it('says which address is in use', async () => {
    const [address] = await start({});
    const second = new TcpServer(ECHO, DEFAULT_TCP_OPTIONS, TIMERS, SILENT_LOG);
    const error = await second
      .listen(address === undefined ? [] : [address])
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListenError);
    expect(String(error)).to.match(
      /cannot listen on 127\.0\.0\.1:\d+ \(TCP\): another program uses this address/,
    );
  });
});

// --- helpers ---

const ECHO: Answerer = {
  beginBatch() {},
  answer: (_octets, _start, length) => length,
  refuseLate: () => 0,
};
/** Real time: what is tested here are real sockets. */
const TIMERS: Timers = SYSTEM_TIMERS;

function at(address: string): ListenAddress {
  const octets = scanAddress(address);
  if (octets === undefined) throw new Error(`not an address: ${address}`);
  return { octets, port: 0 };
}

function frame(message: string | Uint8Array): Buffer {
  const body = Buffer.from(message);
  return Buffer.concat([Uint8Array.of(body.length >> 8, body.length & 0xff), body]);
}

async function answered(client: Client): Promise<void> {
  client.socket.write(frame('are you there?'));
  expect(await client.take(1)).to.eql(['are you there?']);
}

class Client {
  readonly socket: Socket;
  #held = Buffer.alloc(0);
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (octets) => {
      this.#held = Buffer.concat([this.#held, octets]);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
    });
  }

  static async open(to: ListenAddress, from = showAddress(to.octets)): Promise<Client> {
    const socket = connect({ host: showAddress(to.octets), port: to.port, localAddress: from });
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** The next `count` responses as text; fewer when the server closes before. */
  async take(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const length = this.#held.length < 2 ? Number.POSITIVE_INFINITY : this.#held.readUInt16BE(0);
      if (this.#held.length >= 2 + length) {
        texts.push(this.#held.subarray(2, 2 + length).toString());
        this.#held = this.#held.subarray(2 + length);
      } else if (this.#ended) {
        break;
      } else {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return texts;
  }

  /** Resolves when the server has closed the connection. */
  async end(): Promise<void> {
    if (!this.#ended) await once(this.socket, 'close');
  }
}
