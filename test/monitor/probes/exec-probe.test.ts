import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ProbeOptionsError } from '../../../src/monitor/probes/errors.ts';
import type { ExecProbeOptions } from '../../../src/monitor/probes/probe-options.ts';
import { ProbeBench } from '../../support/probing.ts';

/** A pipe by which a program tells the test what it has come to. */
class Fifo {
  readonly path: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'waypost-exec-'));

  constructor() {
    this.path = join(this.#directory, 'fifo');
    const { status } = spawnSync('mkfifo', [this.path]);
    if (status !== 0) throw new Error('mkfifo failed');
  }

  /** What the program writes, once it has closed the pipe. */
  async read(): Promise<string> {
    const file: FileHandle = await open(this.path, 'r');
    try {
      return (await file.readFile('utf8')).trim();
    } finally {
      await file.close();
    }
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** Whether a process of this id is there and not a zombie. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'latin1'));
  } catch {
    return false;
  }
}

/** Waits until a process has ended. */
async function ended(pid: number): Promise<void> {
  for (let i = 0; i < 100_000 && isAlive(pid); i++) await new Promise((resolve) => setImmediate(resolve));
  expect(isAlive(pid), `process ${pid} is alive`).to.equal(false);
}

describe('the exec probe', () => {
  let bench = new ProbeBench();
  beforeEach(() => {
    bench = new ProbeBench({ programs: 2 });
  });
  afterEach(() => bench.close());
  const probe = (command: readonly string[], options: Partial<ExecProbeOptions> = {}) =>
    bench.probe({ kind: 'exec', command, ...options });
  const sh = (script: string, options: Partial<ExecProbeOptions> = {}) =>
    probe(['/bin/sh', '-c', script], options);

  it('takes exit codes as Nagios does', async () => {
    expect(await sh('echo "PING OK | rta=1ms"; echo more')).to.deep.equal({
      passed: true,
      latencyMs: 0,
      detail: 'ok: PING OK',
      output: 'PING OK | rta=1ms\nmore\n',
    });
    const warned = await sh('echo "DISK WARNING"; exit 1');
    expect(warned).to.deep.include({ passed: true, warning: 'warning: DISK WARNING' });
    expect(await sh('echo "DISK CRITICAL"; exit 2')).to.deep.include({
      passed: false,
      detail: 'critical: DISK CRITICAL',
    });
    expect(await sh('exit 3')).to.deep.equal({ passed: false, latencyMs: 0, detail: 'unknown' });
    expect((await sh('exit 127')).detail).to.equal('unknown, exit code 127');
    expect((await sh('kill -SEGV $$')).detail).to.equal('unknown, ended by SIGSEGV');
    expect(await sh('exit 3', { unknown: 'ignore' })).to.deep.include({ passed: false, inconclusive: true });
    expect((await sh('exit 2', { unknown: 'ignore' })).inconclusive).to.equal(undefined);
  });

  it('takes standard error as evidence when there is nothing else', async () => {
    expect((await sh('echo "no such thing" >&2; exit 2')).detail).to.equal('critical: no such thing');
  });

  it('fills address, port and name into the arguments, and runs no shell', async () => {
    const command = ['/bin/echo', '-n', '{address}', '{port}', '{name}', '$HOME;{', '{other}'];
    const { output } = await probe(command, { address: '192.0.2.1', port: 80, name: 'www' });
    expect(output).to.equal('192.0.2.1 80 www $HOME;{ {other}');
    expect(() => probe(['/bin/echo', '{port}'])).to.throw(ProbeOptionsError, 'there is no port');
    expect(() => probe([])).to.throw(ProbeOptionsError, 'names no program');
    expect(() => probe(['/bin/echo', 'a\0b'])).to.throw(ProbeOptionsError, 'NUL');
  });

  it('passes on little of the environment, and nothing on standard input', async () => {
    process.env['WAYPOST_TEST_SECRET'] = 'x';
    try {
      const { output = '' } = await sh('env; cat', { env: { PLUGIN: 'y' }, directory: tmpdir() });
      expect(output).to.contain('PLUGIN=y').and.to.contain('PATH=');
      expect(output).to.not.contain('WAYPOST_TEST_SECRET');
      expect(output).to.contain(`PWD=${tmpdir()}`);
    } finally {
      delete process.env['WAYPOST_TEST_SECRET'];
    }
  });

  it('says nothing about the target when there is no such program, or it cannot be run', async () => {
    expect(await probe(['/nowhere/check_nothing'])).to.deep.equal({
      passed: false,
      latencyMs: 0,
      detail:
        'cannot run /nowhere/check_nothing: there is no such program (or no such directory to run it in)',
      inconclusive: true,
    });
    expect((await probe(['/etc/passwd'])).detail).to.contain('it is not executable');
    expect((await sh('true', { directory: '/nowhere' })).inconclusive).to.equal(true);
    expect(bench.tools.programs.running).to.equal(0);
  });

  it('kills a program that hangs, with its children', async () => {
    const fifo = new Fifo();
    const script = `sleep 300 & sh -c 'sleep 301; true' & echo $$ $! > ${fifo.path}; wait`;
    const running = sh(script, { timeoutMs: 700 });
    const pids = (await fifo.read()).split(' ').map(Number);
    bench.timers.pass(700);
    expect(await running).to.deep.equal({
      passed: false,
      latencyMs: 700,
      detail: 'timed out after 700 ms waiting for the program to end',
    });
    expect(pids).to.have.length(2);
    for (const pid of pids) await ended(pid);
    fifo.remove();
  });

  it('kills it when it is given up, and when the monitor ends', async () => {
    const fifo = new Fifo();
    const controller = new AbortController();
    const command = ['/bin/sh', '-c', `echo $$ > ${fifo.path}; exec sleep 300`];
    const given = bench.probe({ kind: 'exec', command }, controller.signal);
    const first = Number(await fifo.read());
    controller.abort();
    expect((await given).inconclusive).to.equal(true);
    await ended(first);
    const running = probe(command);
    const second = Number(await fifo.read());
    bench.tools.close();
    expect((await running).detail).to.equal('unknown, ended by SIGKILL');
    await ended(second);
    expect((await probe(command)).inconclusive).to.equal(true);
    fifo.remove();
  });

  it('does not wait for a child that keeps the output open', async () => {
    const fifo = new Fifo();
    const running = sh(`sleep 300 & echo $! > ${fifo.path}; echo fine`);
    const child = Number(await fifo.read());
    const passing = setInterval(() => bench.timers.pass(100), 1); // once it has ended
    const result = await running;
    clearInterval(passing);
    expect(result).to.deep.include({ passed: true, detail: 'ok: fine' });
    await ended(child);
    fifo.remove();
  });

  it('keeps the beginning of what is written, and kills a program that floods', async () => {
    const long = await sh('i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done');
    expect(long.passed).to.equal(true);
    expect(long.output?.length).to.equal(4096);
    const { passed, detail } = await sh('while :; do echo 0123456789012345678901234567890123456789; done');
    expect(passed).to.equal(false);
    expect(detail).to.equal('the program wrote more than 1049 kB');
    expect((await sh('yes >&2')).detail).to.contain('wrote more than');
  });

  it('makes one line of what is written', async () => {
    const { detail } = await sh(`printf '  A\\033[31m red\\t\\r x%0500d\\nB' 0`);
    expect(detail).to.match(/^ok: A\\x1b\[31m red x0{100,}…$/);
    expect(detail.length).to.be.lessThan(210);
  });

  it('runs some programs at once; the others wait for their turn, and that does not count', async () => {
    const fifos = [new Fifo(), new Fifo(), new Fifo()];
    const running = fifos.map(({ path }) =>
      sh(`echo $$ > ${path}; read x < ${path}; exit 0`, { timeoutMs: 500 }),
    );
    const started = [false, false, false];
    const pids = fifos.map(async (fifo, i) => {
      const pid = await fifo.read();
      started[i] = true;
      return pid;
    });
    await Promise.all(pids.slice(0, 2));
    expect(bench.tools.programs.running).to.equal(2);
    bench.timers.pass(500); // the first two are killed
    expect((await Promise.all(running.slice(0, 2))).map(({ latencyMs }) => latencyMs)).to.deep.equal([
      500, 500,
    ]);
    expect(started[2]).to.equal(false);
    await pids[2];
    bench.timers.pass(499);
    const file = await open(fifos[2]?.path ?? '', 'w');
    await file.close();
    expect(await running[2]).to.deep.include({ passed: true, latencyMs: 499 });
    for (const fifo of fifos) fifo.remove();
  });

  it('leaves the queue when it is given up', async () => {
    const fifo = new Fifo();
    const block = [1, 2].map(() => sh(`read x < ${fifo.path}`, { timeoutMs: 100 }));
    const controller = new AbortController();
    const waiting = bench.probe({ kind: 'exec', command: ['/bin/true'] }, controller.signal);
    controller.abort();
    expect(await waiting).to.deep.include({ inconclusive: true });
    bench.timers.pass(100);
    await Promise.all(block);
    expect((await probe(['/bin/true'])).passed).to.equal(true);
    fifo.remove();
  });
});
