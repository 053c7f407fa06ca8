import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type LoadOptions, makeLoadReader } from '../../../src/monitor/load/readers.ts';
import { SnmpReader } from '../../../src/monitor/load/snmp-reader.ts';
import { SYSTEM_TIMERS } from '../../../src/serve/timers.ts';
import { ErrandServer } from '../../support/errand-server.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

/** Not a literal type: the package need not be there to compile. */
const PACKAGE: string = 'net-snmp';
const NEVER = new AbortController().signal;

async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    return `no failure but ${String(await promise)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Waits for another process; the test's own time-out bounds it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A process that has ended and was not waited for yet does not count. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

describe('monitor/load: readers', () => {
  let answer: (response: ServerResponse) => void = () => {};
  const server = new ErrandServer((_, response) => answer(response));
  let url = '';
  before(async () => {
    url = await server.start();
  });
  after(() => server.stop());

  const read = (options: LoadOptions, signal = NEVER) => makeLoadReader(options, SYSTEM_TIMERS).read(signal);

  it('read a field of a JSON page, or the first number of a text', async () => {
    answer = (response) => response.end('{"sys":{"load":[0.7]}}');
    expect(await read({ kind: 'http', url, field: 'sys.load.0', timeoutMs: 2000 })).to.equal(0.7);
    answer = (response) => response.end('load 1.25\n');
    const headers = { authorization: 'Bearer x' };
    expect(await read({ kind: 'http', url, field: undefined, headers, timeoutMs: 2000 })).to.equal(1.25);
    expect(server.requests.at(-1)?.headers).to.include({ ...headers, connection: 'close' });
  });

  it('say what came instead, where, and nothing of the query', async () => {
    const failure = (path: string) =>
      failureOf(read({ kind: 'http', url: `${url}${path}`, field: 'a', timeoutMs: 2000 }));
    answer = (response) => response.writeHead(503).end();
    expect(await failure('/load?token=secret')).to.equal(`${url}/load: HTTP status 503`);
    answer = (response) => response.end('{}');
    expect(await failure('/load?token=secret')).to.equal(`${url}/load: the JSON has no field 'a'`);
    answer = (response) => response.socket?.destroy();
    expect(await failure('/')).to.contain('socket hang up');
    expect(await failureOf(read({ kind: 'http', url: 'nonsense', field: 'a', timeoutMs: 10 }))).to.contain(
      'not a URL',
    );
  });

  it('are bounded in octets and in time', async () => {
    answer = (response) => {
      response.write('1'.repeat(40_000));
      response.end('1'.repeat(40_000));
    };
    const options: LoadOptions = { kind: 'http', url, field: undefined, timeoutMs: 2000 };
    expect(await failureOf(read(options))).to.contain('more than 65536 octets');
    const timers = new FakeTimers();
    answer = (response) => {
      response.write('1');
      timers.pass(2000);
    };
    const silent = makeLoadReader(options, timers).read(NEVER);
    expect(await failureOf(silent)).to.contain('no whole answer within 2000 ms');
    expect(timers.waiting).to.equal(0);
  });

  it('are given up when the signal says so', async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    const options: LoadOptions = { kind: 'http', url, field: undefined, timeoutMs: 2000 };
    expect(await failureOf(read(options, controller.signal))).to.contain('given up');
    expect(
      await failureOf(read({ kind: 'exec', argv: ['true'], timeoutMs: 9 }, controller.signal)),
    ).to.contain('given up');
  });

  it('read stub_status; a rate only with the second reading', async () => {
    let requests = 100;
    answer = (response) =>
      response.end(
        `Active connections: 3 \nserver accepts handled requests\n 9 9 ${requests} \nReading: 0 Writing: 2 Waiting: 1 \n`,
      );
    expect(await read({ kind: 'stub-status', url, value: 'active', timeoutMs: 2000 })).to.equal(2);
    const timers = new FakeTimers();
    const reader = makeLoadReader({ kind: 'stub-status', url, value: 'rate', timeoutMs: 60_000 }, timers);
    expect(await reader.read(NEVER)).to.equal(undefined);
    timers.pass(5000);
    requests = 600;
    expect(await reader.read(NEVER)).to.equal(100);
  });

  it('run a program and read the first number of its output', async () => {
    const run = (script: string, timeoutMs = 5000) =>
      read({ kind: 'exec', argv: ['sh', '-c', script], timeoutMs });
    expect(await run('echo "load 0.5"')).to.equal(0.5);
    expect(await failureOf(run('echo no; echo why >&2; exit 3'))).to.equal('sh: ended with 3: why');
    expect(await failureOf(run('echo none'))).to.equal('sh: there is no number in the text');
    expect(await failureOf(run('head -c 70000 /dev/zero'))).to.equal('sh: wrote more than 65536 octets');
    expect(await failureOf(read({ kind: 'exec', argv: ['/no/such'], timeoutMs: 100 }))).to.contain('ENOENT');
    expect(await failureOf(read({ kind: 'exec', argv: [''], timeoutMs: 100 }))).to.contain('cannot be run');
  });

  it('kill a program that takes too long, with its children', async () => {
    const timers = new FakeTimers();
    const folder = mkdtempSync(join(tmpdir(), 'waypost-load-'));
    const file = join(folder, 'pid');
    const argv = ['sh', '-c', `sleep 60 & echo $! > '${file}.new'; mv '${file}.new' '${file}'; wait`];
    const reading = makeLoadReader({ kind: 'exec', argv, timeoutMs: 1000 }, timers).read(NEVER);
    await until(() => existsSync(file));
    const child = Number(readFileSync(file, 'utf8'));
    timers.pass(1000);
    expect(await failureOf(reading)).to.equal('sh: did not end within 1000 ms');
    expect(timers.waiting).to.equal(0);
    await until(() => !isRunning(child));
    rmSync(folder, { recursive: true });
  });

  describe('SNMP', () => {
    const snmp: LoadOptions & { kind: 'snmp' } = {
      kind: 'snmp',
      host: '127.0.0.1',
      port: 161,
      version: '2c',
      community: 'public',
      oid: '1.3.6.1.4.1.2021.10.1.3.1',
      timeoutMs: 2000,
    };

    it('say what to install when the package is not there', async () => {
      const reader = new SnmpReader(snmp, SYSTEM_TIMERS, () => Promise.reject(new Error('no such module')));
      expect(await failureOf(reader.read(NEVER))).to.equal(
        "SNMP needs the package net-snmp: 'npm install net-snmp'",
      );
      const odd = new SnmpReader(snmp, SYSTEM_TIMERS, () => Promise.resolve({}));
      expect(await failureOf(odd.read(NEVER))).to.contain('another version?');
    });

    it('ask an agent: integers, 64-bit counters and text', async function () {
      try {
        await import(PACKAGE);
      } catch {
        console.log('    skipped: reading loads by SNMP needs the package net-snmp, which is not installed');
        return this.skip();
      }
      const agent = new Agent();
      const port = await agent.start();
      const ask = (host = '127.0.0.1') => makeLoadReader({ ...snmp, host, port }, SYSTEM_TIMERS).read(NEVER);
      try {
        agent.value = [0x04, 4, ...Buffer.from('0.35')];
        expect(await ask()).to.equal(0.35);
        agent.value = [0x42, 1, 42];
        expect(await ask()).to.equal(42);
        agent.value = [0x46, 2, 0x31, 0x35];
        expect(await ask()).to.equal(0x3135);
        agent.value = [0x81, 0];
        expect(await failureOf(ask())).to.contain('NoSuchInstance');
        agent.value = [0x04, 4, ...Buffer.from('none')];
        expect(await failureOf(ask())).to.contain('it is not a number');
        agent.value = undefined;
        const timers = new FakeTimers();
        agent.onRequest = () => timers.pass(2000);
        const silent = makeLoadReader({ ...snmp, port }, timers).read(NEVER);
        expect(await failureOf(silent)).to.contain('no answer within 2000 ms');
      } finally {
        agent.stop();
      }
    });
  });
});

/** Enough of an SNMP agent: it turns a GetRequest for one object into its response (RFC 3416 §4.2.1). */
class Agent {
  readonly #socket: Socket = createSocket('udp4');
  /** Tag, length and octets; `undefined`: it says nothing. */
  value: readonly number[] | undefined;
  onRequest = (): void => {};

  async start(): Promise<number> {
    this.#socket.on('message', (request, { port, address }) => {
      this.onRequest();
      if (this.value !== undefined) this.#socket.send(this.#answer(request, this.value), port, address);
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return this.#socket.address().port;
  }

  stop(): void {
    this.#socket.close();
  }

  /** All lengths are below 128, and the NULL at the end of the request gives way to the value. */
  #answer(request: Buffer, value: readonly number[]): Buffer {
    const grown = value.length - 2;
    const answer = Buffer.from([...request.subarray(0, -2), ...value]);
    const community = request[6] ?? 0;
    const pdu = 7 + community;
    const bindings = pdu + 2 + 2 + (request[pdu + 3] ?? 0) + 3 + 3;
    for (const length of [1, pdu + 1, bindings + 1, bindings + 3])
      answer[length] = (answer[length] ?? 0) + grown;
    answer[pdu] = 0xa2; // GetResponse
    return answer;
  }
}
