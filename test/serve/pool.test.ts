import { expect } from 'chai';
import type { Log } from '../../src/base/effects.ts';
import { SILENT_LOG } from '../../src/base/effects.ts';
import { scanAddress } from '../../src/base/ip.ts';
import type { LateAnswerer, LateRequest } from '../../src/serve/late.ts';
import { type ListenAddress, ListenError } from '../../src/serve/listen.ts';
import { type PoolOptions, type QueryPool, startPool } from '../../src/serve/pool.ts';
import { ThreadStartError } from '../../src/serve/pool-thread.ts';
import { Count } from '../../src/serve/thread-status.ts';
import { SYSTEM_TIMERS } from '../../src/serve/timers.ts';
import { batchesOrSkip } from '../support/batches.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { UdpClient } from '../support/udp-client.ts';

const ENTRY = new URL('./entries/commanded-thread.js', import.meta.url);

for (const portable of [false, true]) {
  describe(`query threads ${portable ? 'behind node:dgram' : 'with batches'}`, () => {
    let pool: QueryPool | undefined;
    let client: UdpClient;

    async function start(options: Partial<PoolOptions>, ...listen: string[]): Promise<ListenAddress[]> {
      pool = await startPool({
        ...defaults(portable),
        addresses: listen.map((text) => at(text)),
        ...options,
      });
      return [...pool.addresses];
    }

    beforeEach(async function () {
      if (!portable) batchesOrSkip(this);
      client = await UdpClient.open();
    });

    afterEach(async () => {
      await pool?.stop();
      pool = undefined;
      await client?.close();
    });

    it('answers over IPv4 and IPv6 side by side', async () => {
      const [v4, v6] = await start({}, '127.0.0.1', '::1');
      const client6 = await UdpClient.open('udp6');
      for (let i = 0; i < 5; i++) {
        expect(text(await client.ask(`four ${i}`, must(v4)))).to.equal(`four ${i}`);
        expect(text(await client6.ask(`v6 ${i}`, must(v6)))).to.equal(`v6 ${i}`);
      }
      await client6.close();
    });

    it('tells the answerer who asks', async () => {
      const [v4, v6] = await start({}, '127.0.0.1', '::1');
      const client6 = await UdpClient.open('udp6');
      const { port } = client;
      expect([...must(await client.ask('p', must(v4))).octets]).to.eql([127, 0, 0, 1, port >> 8, port & 255]);
      const seen = [...must(await client6.ask('p', must(v6))).octets];
      expect(seen).to.eql([...must(scanAddress('::1')), client6.port >> 8, client6.port & 255]);
      await client6.close();
    });

    it('takes and gives datagrams of every size', async () => {
      const [server] = await start({ threads: 1 }, '127.0.0.1');
      for (const size of [1, 11, 12, 511, 512, 1232, 4096, 9000, 65_507]) {
        const octets = new Uint8Array(size).fill(size & 0x3f);
        const reply = must(await client.ask(octets, must(server)));
        expect(Buffer.compare(reply.octets, octets), `${size} octets`).to.equal(0);
      }
      expect((await client.ask(new Uint8Array(0), must(server), 50))?.octets.length ?? 0).to.equal(0);
    });

    it('gives everybody his own answer, with unanswered requests in between', async () => {
      const [server] = await start({ threads: 2 }, '127.0.0.1');
      const clients = await Promise.all(Array.from({ length: 8 }, () => UdpClient.open()));
      for (let wave = 0; wave < 4; wave++) {
        const requests = Array.from({ length: 18 }, (_, i) => `${i % 3 === 1 ? 'd' : 'e'} ${wave} ${i}`);
        await Promise.all(
          clients.flatMap((one, n) => requests.map((words) => one.send(`${words} ${n}`, must(server)))),
        );
        for (const [n, one] of clients.entries()) {
          const wanted = requests.filter((words) => words.startsWith('e')).map((words) => `${words} ${n}`);
          const got: string[] = [];
          while (got.length < wanted.length) got.push(text(await one.next()));
          expect(got.sort()).to.eql(wanted.sort());
        }
      }
      await Promise.all(clients.map((one) => one.close()));
      await must(pool).stop(); // a response may arrive before its thread has counted it
      const counts = must(pool).threads.map(({ status }) => status.counts);
      const total = (slot: number): number => counts.reduce((sum, slots) => sum + (slots[slot] ?? 0), 0);
      expect(total(Count.RECEIVED)).to.equal(8 * 4 * 18);
      expect(total(Count.ANSWERED)).to.equal(8 * 4 * 12);
    });

    it('hands over what only the control thread can answer, and sends its response from the same address', async () => {
      const asked: LateRequest[] = [];
      const late: LateAnswerer = {
        async answerLate(request, send) {
          asked.push(request);
          await send(Buffer.concat([Buffer.from('late '), request.octets]));
        },
      };
      const [v4, v6] = await start({ late, threads: 2 }, '127.0.0.1', '::1');
      const client6 = await UdpClient.open('udp6');
      for (let i = 0; i < 20; i++) {
        expect(text(await client.ask(`c four ${i}`, must(v4)))).to.equal(`late c four ${i}`);
        expect(text(await client6.ask(`c six ${i}`, must(v6)))).to.equal(`late c six ${i}`);
      }
      expect(asked).to.have.length(40);
      expect(asked[0]).to.deep.include({ port: client.port, overTcp: false });
      expect([...must(asked[0]?.address)]).to.eql([127, 0, 0, 1]);
      await client6.close();
    });

    it('refuses at once when too many late requests wait, or nobody answers them', async () => {
      const waiting: (() => void)[] = [];
      const late: LateAnswerer = {
        answerLate: (_, send) =>
          new Promise((done) => waiting.push(() => void send(Buffer.from('at last')).then(() => done()))),
      };
      const [server] = await start({ late, maxLate: 2, threads: 1 }, '127.0.0.1');
      await client.send('c one', must(server));
      await client.send('c two', must(server));
      expect(text(await client.ask('c three', must(server)))).to.equal('R');
      expect(pool?.late).to.deep.equal({ waiting: 2, refused: 1 });
      for (const answer of waiting.splice(0)) answer();
      expect([text(await client.next()), text(await client.next())]).to.eql(['at last', 'at last']);
      expect(text(await client.ask('echo', must(server)))).to.equal('echo');
      await client.send('c four', must(server));
      expect(text(await client.ask('another echo', must(server)))).to.equal('another echo');
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
      waiting[0]?.();
      expect(text(await client.next())).to.equal('at last');
      while (pool?.late.waiting !== 0) await new Promise((resolve) => setImmediate(resolve));
    });

    it('says which address is in use', async () => {
      const [server] = await start({}, '127.0.0.1');
      const again = startPool({ ...defaults(portable), addresses: [at('127.0.0.2'), must(server)] });
      const error = await rejection(again);
      expect(error).to.be.instanceOf(ListenError);
      expect(String(error)).to.match(
        /cannot listen on 127\.0\.0\.1:\d+ \(UDP\): another program uses this address/,
      );
    });

    it('says when an address is not of this machine', async () => {
      const error = await rejection(start({}, '192.0.2.1'));
      expect(error).to.be.instanceOf(ListenError).with.property('systemCode', 'EADDRNOTAVAIL');
      expect(String(error)).to.contain('no interface of this machine has this address');
    });

    it('does not start with what no answerer can be made of', async () => {
      const error = await rejection(start({ shared: 'unusable' }, '127.0.0.1'));
      expect(error).to.be.instanceOf(ThreadStartError);
      expect(String(error)).to.contain('nothing can be made of this');
    });

    for (const [how, command] of [
      ['throws', 't'],
      ['exits', 'x'],
    ] as const) {
      it(`replaces a thread that ${how}, and answers again`, async () => {
        const said: string[] = [];
        const log: Log = { ...SILENT_LOG, error: (sentence) => said.push(sentence) };
        const [server] = await start({ threads: 1, log }, '127.0.0.1', '::1');
        expect(text(await client.ask('e before', must(server)))).to.equal('e before');
        for (let death = 1; death <= 2; death++) {
          await client.send(command, must(server));
          expect(text(await askUntilAnswered(client, `e after ${death}`, must(server)))).to.equal(
            `e after ${death}`,
          );
        }
        expect(said).to.have.length(2);
        expect(said[0]).to.match(
          /^serve: query thread 0 died and is replaced: (thrown by|it exited with code 3)/,
        );
        expect(must(pool).threads[0]?.replaced).to.equal(2);
      });
    }

    it('pauses longer and longer before it replaces a thread that dies young', async () => {
      const timers = new FakeTimers();
      const pauses: unknown[] = [];
      const log: Log = { ...SILENT_LOG, error: (_sentence, fields) => pauses.push(fields?.['pauseMs']) };
      const [server] = await start({ threads: 1, timers, log }, '127.0.0.1');
      for (const [n, lifeMs] of [0, 0, 0, 10_000, 0].entries()) {
        expect(text(await askUntilAnswered(client, `e ${n}`, must(server)))).to.equal(`e ${n}`);
        timers.pass(lifeMs);
        await client.send('x', must(server));
        await until(() => pauses.length > n);
        expect(must(pool).threads[0]?.alive).to.equal(false);
        timers.pass(5000);
      }
      expect(pauses).to.eql([10, 20, 40, 10, 20]);
    });

    it('has published state in use when publish resolves, also in threads that were replaced', async () => {
      const [server] = await start({ threads: 2, shared: 1 }, '127.0.0.1');
      expect((await client.ask('s', must(server)))?.octets[0]).to.equal(1);
      for (let value = 2; value < 5; value++) {
        await must(pool).publish(value);
        const others = await Promise.all(Array.from({ length: 6 }, () => UdpClient.open()));
        for (const other of others) {
          expect((await other.ask('s', must(server)))?.octets[0]).to.equal(value);
          await other.close();
        }
      }
      await client.send('x', must(server));
      await must(pool).publish(77);
      expect((await askUntilAnswered(client, 's', must(server)))?.octets[0]).to.equal(77);
    });

    it('takes only the last of publications made in one go', async () => {
      const [server] = await start({ threads: 1, shared: 1 }, '127.0.0.1');
      await Promise.all([2, 3, 4].map((value) => must(pool).publish(value)));
      expect((await client.ask('s', must(server)))?.octets[0]).to.equal(4);
      expect(must(pool).threads[0]?.status.acknowledged).to.equal(4);
    });

    it('stops within a second and frees the port; publishing then is harmless', async () => {
      const [server] = await start({ threads: 2 }, '127.0.0.1');
      const fromMs = performance.now();
      await must(pool).stop();
      expect(performance.now() - fromMs).to.be.below(1000);
      await must(pool).publish(2);
      pool = await startPool({ ...defaults(portable), addresses: [must(server)] });
      expect(text(await client.ask('e', must(server)))).to.equal('e');
    });

    it('stops within a second even when a thread hangs', async () => {
      const [server] = await start({ threads: 1 }, '127.0.0.1');
      await client.ask('e', must(server));
      await client.send('l', must(server));
      const fromMs = performance.now();
      await must(pool).stop();
      expect(performance.now() - fromMs).to.be.below(1000);
    });

    it('samples the heap of its threads', async () => {
      await start({ threads: 1 }, '127.0.0.1');
      const heap = (): number => must(pool).threads[0]?.status.counts[Count.HEAP_USED] ?? 0;
      for (let i = 0; i < 40 && heap() === 0; i++) await client.next(50);
      expect(heap()).to.be.above(1_000_000);
    });
  });
}

describe('query threads with batches', () => {
  let pool: QueryPool | undefined;

  beforeEach(function () {
    batchesOrSkip(this);
  });

  afterEach(async () => {
    await pool?.stop();
    pool = undefined;
  });

  it('answer on a wildcard from the address that was asked', async () => {
    const options = { ...defaults(false), addresses: [at('0.0.0.0'), at('::')] };
    pool = await startPool(options);
    const [v4, v6] = pool.addresses;
    const client = await UdpClient.open();
    const client6 = await UdpClient.open('udp6');
    for (const address of ['127.0.0.5', '127.0.0.1', '127.3.2.1']) {
      const reply = await client.ask(`e ${address}`, {
        octets: must(scanAddress(address)),
        port: must(v4).port,
      });
      expect(reply?.from.address).to.equal(address);
      expect(text(reply)).to.equal(`e ${address}`);
    }
    const reply = await client6.ask('e six', { octets: must(scanAddress('::1')), port: must(v6).port });
    expect(reply?.from.address).to.equal('::1');
    await client.close();
    await client6.close();
  });

  it('lose nothing that waits in the socket of a thread that died', async () => {
    pool = await startPool({ ...defaults(false), threads: 1, addresses: [at('127.0.0.1')] });
    const server = must(pool.addresses[0]);
    const client = await UdpClient.open();
    await client.send('x', server);
    await until(() => pool?.threads[0]?.alive === false);
    for (let i = 0; i < 20; i++) await client.send(`e ${i}`, server);
    for (let i = 0; i < 20; i++) expect(text(await client.next())).to.equal(`e ${i}`);
    await client.close();
  });

  it('answer on a wildcard a run of requests to different addresses each from its own, also when some are dropped', async () => {
    pool = await startPool({ ...defaults(false), threads: 1, addresses: [at('0.0.0.0')] });
    const port = must(pool.addresses[0]).port;
    const client = await UdpClient.open();
    const asked = Array.from({ length: 120 }, (_, i) => `127.0.0.${1 + (i % 7)}`);
    await Promise.all(
      asked.map((address, i) =>
        client.send(`${i % 4 === 0 ? 'd' : 'e'} ${address}`, { octets: must(scanAddress(address)), port }),
      ),
    );
    for (let i = 0; i < 90; i++) {
      const reply = await client.next();
      expect(text(reply)).to.equal(`e ${reply?.from.address}`);
    }
    await client.close();
  });
});

// --- helpers ---

function defaults(portable: boolean): PoolOptions {
  return {
    addresses: [],
    threads: 2,
    portable,
    shared: 0,
    entry: ENTRY,
    timers: SYSTEM_TIMERS,
    log: SILENT_LOG,
  };
}

function at(address: string, port = 0): ListenAddress {
  return { octets: must(scanAddress(address)), port };
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there should be a value here');
  return value;
}

function text(reply: { readonly octets: Uint8Array } | undefined): string {
  return reply === undefined ? 'no answer' : Buffer.from(reply.octets).toString();
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A dying thread takes its batch with it, and behind node:dgram also what waits in the socket. */
async function askUntilAnswered(client: UdpClient, request: string, to: ListenAddress) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const reply = await client.ask(request, to, 200);
    if (reply !== undefined) {
      while ((await client.next(20)) !== undefined); // answers to earlier attempts
      return reply;
    }
  }
  return undefined;
}
