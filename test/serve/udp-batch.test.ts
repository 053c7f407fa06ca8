import { getHeapStatistics } from 'node:v8';
import { expect } from 'chai';
import type { Answerer } from '../../src/serve/answerer.ts';
import { LATE } from '../../src/serve/late.ts';
import { LINUX, SystemCallError, type SystemCalls } from '../../src/serve/system-calls.ts';
import { Count } from '../../src/serve/thread-status.ts';
import { BATCH } from '../../src/serve/udp-arena.ts';
import { BatchUdp } from '../../src/serve/udp-batch.ts';
import { closeUdpSockets, openUdpSockets, type UdpSocket } from '../../src/serve/udp-socket.ts';
import { batchesOrSkip } from '../support/batches.ts';
import { UdpClient } from '../support/udp-client.ts';

const LETTER_L = 0x6c;
const LOOPBACK = { octets: Uint8Array.of(127, 0, 0, 1), port: 0 };

describe('batched UDP', () => {
  let calls: SystemCalls;
  let opened: (readonly UdpSocket[])[] = [];

  beforeEach(function () {
    calls = batchesOrSkip(this);
  });

  afterEach(() => {
    closeUdpSockets(calls, opened);
    opened = [];
  });

  function open(...addresses: (typeof LOOPBACK)[]) {
    const sockets = openUdpSockets(calls, addresses, 1);
    opened.push(...sockets.perThread);
    return { sockets: sockets.perThread[0] ?? [], addresses: sockets.addresses, counts: new Float64Array(8) };
  }

  it('answers what it can before it hands over what is late, and refuses what finds no room', async () => {
    const { sockets, addresses, counts } = open(LOOPBACK);
    const log: string[] = [];
    const udp = new BatchUdp(calls, sockets, counts, ({ octets, port }) => {
      log.push(`${Buffer.from(octets)} from ${port}, ${counts[Count.ANSWERED]} answered`);
      return log.length < 2;
    });
    const client = await UdpClient.open();
    for (const request of ['late 1', 'query 1', 'late 2', 'query 2'])
      await client.send(request, only(addresses));
    const answerer: Answerer = {
      answer: (octets, start, length) => (octets[start] === LETTER_L ? LATE : length),
      refuseLate(octets, start) {
        octets.set(Buffer.from('no'), start);
        return 2;
      },
      beginBatch() {},
    };
    for (let received = 0; received < 4; ) received += udp.round(answerer);
    expect(log).to.deep.equal([
      `late 1 from ${client.port}, 2 answered`,
      `late 2 from ${client.port}, 2 answered`,
    ]);
    const replies = [await client.next(), await client.next(), await client.next()];
    expect(replies.map((reply) => String(reply?.octets))).to.deep.equal(['query 1', 'query 2', 'no']);
    await client.close();
  });

  it('allocates nothing in its steady state, over a million datagrams', async function () {
    this.timeout(120_000);
    // Two servers that answer each other's answers: the datagrams fly for ever.
    const a = open(LOOPBACK);
    const b = open(LOOPBACK, LOOPBACK);
    const left = new BatchUdp(calls, a.sockets, a.counts);
    const right = new BatchUdp(calls, b.sockets, b.counts);
    const client = await UdpClient.open();
    for (let i = 0; i < 40; i++) await client.send('a query of thirty-odd octets, say', only(a.addresses));
    left.round(divertTo(b.addresses.map(({ port }) => port)));
    await client.close();
    const answered = (): number => (a.counts[Count.ANSWERED] ?? 0) + (b.counts[Count.ANSWERED] ?? 0);
    const fly = (count: number): void => {
      const end = answered() + count;
      while (answered() < end) {
        left.round(ECHO);
        right.round(ECHO);
      }
    };
    fly(200_000); // until everything is compiled
    const grown: number[] = [];
    for (let flight = 0; flight < 4; flight++) {
      const before = getHeapStatistics().used_heap_size;
      fly(250_000);
      grown.push(getHeapStatistics().used_heap_size - before);
    }
    // What is left is the statistics object itself, and what the compiler may still be doing in the first flights.
    expect(Math.min(...grown), `heap growth in octets: ${grown.join(', ')}`).to.be.below(4096);
    expect(a.counts[Count.UNSENT]).to.equal(0);
  });

  it('goes on behind a response that cannot be sent, and counts it', async () => {
    const { sockets, addresses, counts } = open(LOOPBACK);
    const refused: number[] = [];
    let inBatch = 0;
    // The kernel stops at a message it refuses; the third and fourth of each batch are such.
    const failing: SystemCalls = {
      ...calls,
      errno: () => EPERM,
      sendmmsg(fd, headers, count, flags) {
        if (inBatch === 2 || inBatch === 3) {
          refused.push(inBatch++);
          return -1;
        }
        const allowed = inBatch < 2 ? Math.min(2 - inBatch, count) : count;
        inBatch += allowed;
        return calls.sendmmsg(fd, headers, allowed, flags);
      },
    };
    const udp = new BatchUdp(failing, sockets, counts);
    const client = await UdpClient.open();
    for (let i = 0; i < 8; i++) await client.send(`number ${i}`, only(addresses));
    expect(udp.round(ECHO)).to.equal(8);
    const got: string[] = [];
    for (let i = 0; i < 6; i++) got.push(Buffer.from((await client.next())?.octets ?? []).toString());
    expect(got).to.eql([0, 1, 4, 5, 6, 7].map((i) => `number ${i}`));
    expect(refused).to.eql([2, 3]);
    expect(counts[Count.ANSWERED]).to.equal(6);
    expect(counts[Count.UNSENT]).to.equal(2);
    await client.close();
  });

  it('tries again after an error that was pending on the socket', async () => {
    const { sockets, addresses, counts } = open(LOOPBACK);
    let failures = 2;
    const failing: SystemCalls = {
      ...calls,
      errno: () => (failures >= 0 ? LINUX.ECONNREFUSED : calls.errno()),
      sendmmsg: (fd, headers, count, flags) =>
        failures-- > 0 ? -1 : calls.sendmmsg(fd, headers, count, flags),
    };
    const udp = new BatchUdp(failing, sockets, counts);
    const client = await UdpClient.open();
    await client.send('only one', only(addresses));
    udp.round(ECHO);
    expect(Buffer.from((await client.next())?.octets ?? []).toString()).to.equal('only one');
    expect(counts[Count.UNSENT]).to.equal(0);
    await client.close();
  });

  it('counts an ICMP error and serves on; throws for a descriptor that is none', () => {
    const { sockets, counts } = open(LOOPBACK);
    let errno: number = LINUX.ECONNREFUSED;
    const udp = new BatchUdp({ ...calls, recvmmsg: () => -1, errno: () => errno }, sockets, counts);
    expect(udp.round(ECHO)).to.equal(0);
    expect(counts[Count.RECEIVE_ERRORS]).to.equal(1);
    errno = LINUX.EAGAIN;
    expect(udp.round(ECHO)).to.equal(0);
    expect(counts[Count.RECEIVE_ERRORS]).to.equal(1);
    errno = LINUX.EBADF;
    expect(() => udp.round(ECHO)).to.throw(SystemCallError, 'recvmmsg failed with EBADF');
  });

  it('looks at its control word between batches, and calls only when it changed', async () => {
    const { sockets, addresses, counts } = open(LOOPBACK);
    const udp = new BatchUdp(calls, sockets, counts);
    const words = new Int32Array(new SharedArrayBuffer(4));
    const client = await UdpClient.open();
    const seen: number[] = [];
    let ticks = 0;
    const stopAfter: Answerer = {
      refuseLate: () => 0,
      beginBatch: () => Atomics.add(words, 0, 1),
      answer: (_octets, _start, length) => length,
    };
    await client.send('one', only(addresses));
    const onChange = (word: number): boolean => {
      seen.push(word);
      return false;
    };
    udp.run(stopAfter, { words, seen: 0, onChange, onTick: () => ticks++ });
    expect(seen).to.eql([1]);
    expect(ticks).to.equal(0);
    expect((await client.next())?.octets).to.have.length(3);
    await client.close();
  });

  it('does not let a busy socket make a quiet one wait', async () => {
    const { sockets, addresses, counts } = open(LOOPBACK, LOOPBACK);
    const [busy, quiet] = addresses;
    if (busy === undefined || quiet === undefined) throw new Error('two were asked for');
    const inFours: SystemCalls = {
      ...calls,
      recvmmsg: (fd, headers, count, flags, timeout) =>
        calls.recvmmsg(fd, headers, Math.min(count, 4), flags, timeout),
    };
    const udp = new BatchUdp(inFours, sockets, counts);
    const client = await UdpClient.open();
    const ports: number[] = [];
    const seeWho: Answerer = {
      refuseLate: () => 0,
      beginBatch() {},
      answer(octets, start) {
        ports.push(octets[start] ?? 0);
        return 0;
      },
    };
    for (let i = 0; i < 120; i++) await client.send('b', busy);
    udp.round(seeWho);
    await client.send('q', quiet);
    for (let i = 0; i < 10; i++) udp.round(seeWho);
    const waited = ports.indexOf('q'.charCodeAt(0));
    expect(waited).to.be.within(1, 44);
    while (ports.length < 121) udp.round(seeWho);
    await client.close();
  });

  it('receives no more than a batch at once and loses nothing of the rest', async () => {
    const { sockets, addresses, counts } = open(LOOPBACK);
    const udp = new BatchUdp(calls, sockets, counts);
    const client = await UdpClient.open();
    for (let i = 0; i < BATCH + 10; i++) await client.send(`number ${i}`, only(addresses));
    expect([udp.round(ECHO), udp.round(ECHO)]).to.eql([BATCH, 10]);
    await client.close();
  });
});

// --- helpers ---

const EPERM = 1;
const ECHO: Answerer = {
  beginBatch() {},
  answer: (_octets, _start, length) => length,
  refuseLate: () => 0,
};

function only<T>(values: readonly T[]): T {
  const [first] = values;
  if (first === undefined) throw new Error('nothing there');
  return first;
}

/** An answerer that sends its responses to the given ports in turn, instead of where the requests came from. */
function divertTo(ports: readonly number[]): Answerer {
  let turn = 0;
  return {
    beginBatch() {},
    refuseLate: () => 0,
    answer(_octets, _start, length, _room, peer) {
      const port = ports[turn++ % ports.length] ?? 0;
      peer.octets[peer.addressAt - 2] = port >> 8; // in sockaddr_in the port stands before the address
      peer.octets[peer.addressAt - 1] = port & 0xff;
      return length;
    },
  };
}
