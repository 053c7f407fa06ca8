import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { composeEchoRequest, isEchoReply } from '../../../src/monitor/probes/echo-message.ts';
import {
  type EchoMethod,
  findEchoMethod,
  pingCommand,
  scanPingTime,
} from '../../../src/monitor/probes/echo-method.ts';
import { ProbeUnavailableError } from '../../../src/monitor/probes/errors.ts';
import { loadPingSockets } from '../../../src/monitor/probes/ping-sockets.ts';
import { ProbeBench } from '../../support/probing.ts';

const NO_SOCKETS = { reason: 'not here' };

describe('ICMP echo', () => {
  const token = Uint8Array.of(1, 2, 3, 4);

  it('RFC 792: is composed, and its reply is known by its token', () => {
    expect([...composeEchoRequest(4, token)]).to.deep.equal([8, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4]);
    const reply = Uint8Array.of(0, 0, 9, 9, 7, 7, 0, 1, 1, 2, 3, 4);
    expect(isEchoReply(reply, 4, token)).to.equal(true);
    expect(isEchoReply(reply, 4, Uint8Array.of(1, 2, 3, 5))).to.equal(false);
    expect(isEchoReply(reply, 6, token)).to.equal(false);
    expect(isEchoReply(composeEchoRequest(4, token), 4, token)).to.equal(false);
    expect(isEchoReply(new Uint8Array(), 4, new Uint8Array())).to.equal(false);
  });

  it('RFC 4443 §4.1: has other numbers over IPv6', () => {
    expect(composeEchoRequest(6, token)[0]).to.equal(128);
    expect(isEchoReply(Uint8Array.of(129, 0, 9, 9, 7, 7, 0, 1, 1, 2, 3, 4), 6, token)).to.equal(true);
  });

  it('is sent by ping sockets where there are some, otherwise by ping, otherwise not at all', () => {
    const sockets = { open: () => expect.fail('not now') };
    expect(findEchoMethod(() => sockets).kind).to.equal('socket');
    const byProgram = findEchoMethod(
      () => NO_SOCKETS,
      () => '/bin/ping',
    );
    expect(byProgram.about).to.equal('by running /bin/ping (ping sockets: not here)');
    const none = findEchoMethod(
      () => NO_SOCKETS,
      () => undefined,
    );
    expect(none.kind).to.equal('none');
  });

  it('is asked of ping in words that all of them know', () => {
    expect(pingCommand('/bin/ping', '192.0.2.1', 1200, 'linux')).to.deep.equal(
      '/bin/ping -n -c 1 -W 2 192.0.2.1'.split(' '),
    );
    expect(pingCommand('/sbin/ping', '2001:db8::1', 1000, 'darwin')).to.deep.equal(
      '/sbin/ping6 -n -c 1 2001:db8::1'.split(' '),
    );
    expect(scanPingTime('64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.031 ms')).to.equal(0.031);
    expect(scanPingTime('64 bytes from 127.0.0.1: seq=0 ttl=64 time<1 ms')).to.equal(1);
    expect(scanPingTime('nothing')).to.equal(undefined);
  });
});

describe('the icmp probe by ping sockets', () => {
  let bench = new ProbeBench();
  before(function () {
    const sockets = loadPingSockets();
    if (!('reason' in sockets)) return;
    console.log(`    skipped: there are no ping sockets here: ${sockets.reason}`);
    this.skip();
  });
  beforeEach(() => {
    bench = new ProbeBench();
  });
  afterEach(() => bench.close());

  it('passes when the host answers, over IPv4 and IPv6', async () => {
    for (const address of ['127.0.0.1', '127.0.0.5', '::1']) {
      const result = await bench.probe({ kind: 'icmp', address });
      expect(result).to.deep.equal({ passed: true, latencyMs: 0, detail: 'echo reply in 0 ms' });
    }
    expect(bench.effects.lines).to.deep.equal(["info icmp: by the kernel's ping sockets"]);
  });

  it('takes no reply for another: many at once', async () => {
    const probes = Array.from({ length: 50 }, () => bench.probe({ kind: 'icmp', address: '127.0.0.1' }));
    expect((await Promise.all(probes)).every(({ passed }) => passed)).to.equal(true);
  });

  it('fails when no reply comes in time, and ends when it is given up', async () => {
    const running = bench.probe({ kind: 'icmp', address: '127.0.0.1' });
    for (let i = 0; i < 10; i++) await Promise.resolve(); // it has begun, and no event has had its turn
    bench.timers.pass(1000);
    expect(await running).to.deep.equal({
      passed: false,
      latencyMs: 1000,
      detail: 'timed out after 1000 ms waiting for an echo reply from 127.0.0.1',
    });
    const controller = new AbortController();
    const given = bench.probe({ kind: 'icmp', address: '127.0.0.1' }, controller.signal);
    controller.abort();
    expect((await given).inconclusive).to.equal(true);
  });
});

describe('the icmp probe by the program ping', () => {
  const directory = mkdtempSync(join(tmpdir(), 'waypost-ping-'));
  after(() => rmSync(directory, { recursive: true }));
  /** A probe by a program that stands for ping. */
  const probeBy = async (script: string, timeoutMs = 1000) => {
    const path = join(directory, 'ping');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    const method: EchoMethod = { kind: 'program', about: 'by a script', path };
    const bench = new ProbeBench({ findEchoMethod: () => method });
    const result = await bench.probe({ kind: 'icmp', address: '192.0.2.1', timeoutMs });
    await bench.close();
    return result;
  };

  it('passes with the time that ping prints, and fails when it prints none', async () => {
    const said = 'echo "64 bytes from $6: icmp_seq=1 ttl=64 time=12.3 ms $*"';
    expect(await probeBy(said)).to.deep.equal({ passed: true, latencyMs: 0, detail: 'echo reply in 12 ms' });
    expect(await probeBy('exit 1')).to.deep.equal({
      passed: false,
      latencyMs: 0,
      detail: 'no echo reply from 192.0.2.1',
    });
  });

  it('says nothing about the host when ping may not ask', async () => {
    expect(
      await probeBy('echo "ping: socktype: SOCK_RAW: Operation not permitted" >&2; exit 2'),
    ).to.deep.include({
      passed: false,
      detail: 'no echo reply from 192.0.2.1: ping: socktype: SOCK_RAW: Operation not permitted',
      inconclusive: true,
    });
  });
});

describe('the icmp probe where the system permits nothing', () => {
  it('is not made, and the reason is told', () => {
    const method = findEchoMethod(
      () => NO_SOCKETS,
      () => undefined,
    );
    const bench = new ProbeBench({ findEchoMethod: () => method });
    expect(() => bench.probe({ kind: 'icmp', address: '192.0.2.1' })).to.throw(
      ProbeUnavailableError,
      /^icmp: echo requests cannot be sent here: ping sockets: not here; and there is no program ping in PATH/,
    );
    expect(bench.effects.lines[0]).to.match(/^error icmp: echo requests cannot be sent here/);
  });
});
