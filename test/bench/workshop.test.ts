import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { processTable } from './proc.ts';
import { BenchError, freePort, Workshop } from './workshop.ts';

describe('bench workshop', () => {
  let workshop: Workshop;

  before(function () {
    if (process.platform !== 'linux') {
      console.log('    skipped: the bench runs on Linux');
      this.skip();
    }
  });

  beforeEach(() => {
    workshop = new Workshop();
  });

  afterEach(() => {
    workshop.close();
    expect(existsSync(workshop.directory)).to.equal(false);
  });

  it('ends a program together with what it has forked, even what ignores SIGTERM', async () => {
    const stubborn = 'sh -c "trap : TERM; echo up; while :; do sleep 1; done" & wait';
    const child = workshop.launch(['sh', '-c', stubborn], workshop.newDirectory('stubborn'), undefined);
    while (!child.lastWords().includes('up') || child.pids().length < 3) await nextTurn();
    const family = child.pids();
    workshop.close();
    // Mocha's time-out ends this loop when a process has been left behind.
    while (processTable().some(({ pid }) => family.includes(pid))) await nextTurn();
  });

  it('stops a program by asking it', async () => {
    const child = workshop.launch(['sleep', '60'], workshop.newDirectory('sleep'), undefined);
    const family = child.pids();
    await child.stop();
    expect(processTable().filter(({ pid }) => family.includes(pid))).to.deep.equal([]);
  });

  it('says what a failing tool said', async () => {
    const failure = await workshop
      .run(['sh', '-c', 'echo no such luck >&2; exit 3'], workshop.directory)
      .then(() => undefined)
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(BenchError).with.property('message', 'sh failed: no such luck');
  });

  it('returns what a tool printed', async () => {
    expect(await workshop.run(['echo', 'right'], workshop.directory)).to.equal('right\n');
  });

  it('finds free ports', async () => {
    expect(await freePort()).to.be.within(1024, 65535);
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
