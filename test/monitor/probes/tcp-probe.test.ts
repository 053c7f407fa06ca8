import { expect } from 'chai';
import { explainSocket } from '../../../src/monitor/probes/connection.ts';
import type { TcpProbeOptions } from '../../../src/monitor/probes/probe-options.ts';
import { ProbeBench } from '../../support/probing.ts';

describe('the tcp probe', () => {
  let bench = new ProbeBench();
  beforeEach(() => {
    bench = new ProbeBench();
  });
  afterEach(() => bench.close());
  const probe = (port: number, options: Partial<TcpProbeOptions> = {}) =>
    bench.probe({ kind: 'tcp', address: '127.0.0.1', port, ...options });

  it('passes when the port takes connections', async () => {
    const result = await probe(await bench.serve(() => {}));
    expect(result).to.deep.equal({ passed: true, latencyMs: 0, detail: 'connected in 0 ms' });
  });

  it('connects over IPv6', async function () {
    try {
      const port = await bench.serve(() => {}, '::1');
      expect((await probe(port, { address: '::1' })).passed).to.equal(true);
    } catch (error) {
      if (!String(error).includes('EADDRNOTAVAIL')) throw error;
      console.log('    skipped: this machine has no IPv6');
      this.skip();
    }
  });

  it('fails when nothing listens there', async () => {
    const port = await bench.deadPort();
    const { passed, detail, inconclusive } = await probe(port);
    expect(passed).to.equal(false);
    expect(detail).to.equal(`127.0.0.1:${port} refuses connections`);
    expect(inconclusive).to.equal(undefined);
  });

  it('fails when no connection comes about in time, and says which time', async () => {
    const port = await bench.serve(() => {});
    const connecting = probe(port, { connectTimeoutMs: 300 });
    for (let i = 0; i < 10; i++) await Promise.resolve(); // it has begun, and no event has had its turn
    bench.timers.pass(300);
    const { passed, detail, latencyMs } = await connecting;
    expect(passed).to.equal(false);
    expect(latencyMs).to.equal(300);
    expect(detail).to.equal(`no connection to 127.0.0.1:${port} within 300 ms`);
  });

  it('tells what is the fault of this machine from what is that of the target', () => {
    const explain = (code: string) =>
      explainSocket(Object.assign(new Error(code), { code }), '192.0.2.1:80', 'a connection');
    expect(explain('EHOSTUNREACH')).to.deep.include({
      message: 'there is no way from here to 192.0.2.1:80 (EHOSTUNREACH)',
      isInconclusive: false,
    });
    expect(explain('EMFILE').isInconclusive).to.equal(true);
    expect(explain('EADDRNOTAVAIL').isInconclusive).to.equal(true);
    expect(explain('EWHATEVER').isInconclusive).to.equal(false);
  });

  it('sends, and passes when what is expected comes, in however many parts', async () => {
    const port = await bench.serve((connection) => {
      connection.on('data', (octets) => {
        expect(octets.toString()).to.equal('PING\r\n');
        connection.write('+PO');
        setImmediate(() => connection.write('NG\r\n'));
      });
    });
    const result = await probe(port, { send: 'PING\r\n', expect: '+PONG' });
    expect(result.passed).to.equal(true);
    expect(result.detail).to.equal("connected in 0 ms; it said '+PONG'");
  });

  it('fails when something else comes and the connection is closed', async () => {
    const port = await bench.serve((connection) => connection.end('554 go away\x1b[2J\r\n'));
    const { passed, detail } = await probe(port, { expect: '220 ' });
    expect(passed).to.equal(false);
    expect(detail).to.equal("'220' did not come but '554 go away\\x1b[2J', then the connection was closed");
  });

  it('fails when nothing is said in time', async () => {
    const port = await bench.serve(() => bench.passLater(1000));
    const { passed, detail, latencyMs } = await probe(port, { expect: '220 ' });
    expect(passed).to.equal(false);
    expect(latencyMs).to.equal(1000);
    expect(detail).to.equal("timed out after 1000 ms waiting for '220'");
  });

  it('fails when what comes goes on and on', async () => {
    const port = await bench.serve((connection) => connection.write('x'.repeat(10_000)));
    const { passed, detail } = await probe(port, { expect: '220 ' });
    expect(passed).to.equal(false);
    expect(detail).to.match(
      /^'220' did not come but 'x{59}…'…?, in 4096 octets$|^'220' did not come but 'x{60}…', in 4096 octets$/,
    );
  });

  it('fails when the connection is reset', async () => {
    const port = await bench.serve((connection) => connection.on('data', () => connection.resetAndDestroy()));
    const { passed, detail } = await probe(port, { send: 'hello', expect: 'hello' });
    expect(passed).to.equal(false);
    expect(detail).to.equal(`127.0.0.1:${port} broke the connection off while we waited for 'hello'`);
  });

  it('is inconclusive when it is given up', async () => {
    const controller = new AbortController();
    const port = await bench.serve(() => controller.abort());
    const running = bench.probe({ kind: 'tcp', address: '127.0.0.1', port, expect: 'x' }, controller.signal);
    expect(await running).to.deep.include({ passed: false, inconclusive: true });
    expect(await bench.probe({ kind: 'tcp', address: '127.0.0.1', port }, controller.signal)).to.deep.include(
      {
        passed: false,
        inconclusive: true,
      },
    );
  });
});

describe('a probe of a name', () => {
  it('looks it up at each run, once for all who wait', async () => {
    const asked: string[] = [];
    const bench = new ProbeBench({
      lookUp: (name, done) => {
        asked.push(name);
        setImmediate(() => done(null, '127.0.0.1'));
      },
    });
    const port = await bench.serve(() => {});
    const probe = () => bench.probe({ kind: 'tcp', address: 'www.example.test', port });
    const both = await Promise.all([probe(), probe()]);
    expect(both.map(({ passed }) => passed)).to.deep.equal([true, true]);
    expect(asked).to.deep.equal(['www.example.test']);
    await probe();
    expect(asked).to.have.length(2);
    await bench.close();
  });

  it('says nothing about the target when the resolver does not answer in time, or not at all', async () => {
    let answer = (_error: unknown, _address: string): void => {};
    const bench = new ProbeBench({
      lookUp: (_name, done) => {
        answer = done;
      },
    });
    const probe = () => bench.probe({ kind: 'tcp', address: 'www.example.test', port: 80 });
    const slow = probe();
    bench.timers.pass(1000);
    expect(await slow).to.deep.equal({
      passed: false,
      latencyMs: 1000,
      detail: 'timed out after 1000 ms waiting for the system to look up www.example.test',
      inconclusive: true,
    });
    const broken = probe();
    answer(Object.assign(new Error('no'), { code: 'EAI_AGAIN' }), '');
    expect(await broken).to.deep.include({ passed: false, inconclusive: true });
    const missing = probe();
    answer(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '');
    const { detail, inconclusive } = await missing;
    expect(detail).to.equal('there is no address of www.example.test');
    expect(inconclusive).to.equal(undefined);
    await bench.close();
  });
});
