import { expect } from 'chai';
import { ProbeFailure } from '../../../src/monitor/probes/errors.ts';
import { type ProbeRun, runProbe } from '../../../src/monitor/probes/probe-run.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

describe('a run of a probe', () => {
  const timers = new FakeTimers();
  const never = new AbortController().signal;
  const end = (body: (run: ProbeRun) => Promise<{ passed: boolean; detail: string }>, signal = never) =>
    runProbe(timers, signal, body);

  it('ends once, and cleans up once, last things first', async () => {
    const calls: string[] = [];
    let kept: ProbeRun | undefined;
    const result = await end(async (run) => {
      kept = run;
      run.start(1000);
      run.onEnd(() => calls.push('first'));
      run.onEnd(() => calls.push('last'));
      timers.pass(7);
      run.fail('no');
      return { passed: true, detail: 'too late' };
    });
    expect(result).to.deep.equal({ passed: false, latencyMs: 7, detail: 'no' });
    expect(calls).to.deep.equal(['last', 'first']);
    kept?.onEnd(() => calls.push('at once'));
    kept?.limit(5, () => 'never');
    expect(calls).to.deep.equal(['last', 'first', 'at once']);
    expect(timers.waiting).to.equal(0);
  });

  it('takes what is thrown for evidence when it is meant as that, otherwise for a fault of ours', async () => {
    const failing = await end(async () => {
      throw new ProbeFailure('two\nlines');
    });
    expect(failing).to.deep.equal({ passed: false, latencyMs: 0, detail: 'two lines' });
    const broken = await end(async () => {
      throw new TypeError('x is not a function');
    });
    expect(broken).to.deep.equal({
      passed: false,
      latencyMs: 0,
      detail: 'the probe itself failed: x is not a function',
      inconclusive: true,
    });
  });

  it('says what it waited for when its time is over; a fresh start begins its time anew', async () => {
    const running = end(async (run) => {
      run.start(100);
      timers.pass(60);
      run.start(100);
      return await run.until('Godot', () => {});
    });
    timers.pass(99);
    timers.pass(1);
    expect(await running).to.deep.equal({
      passed: false,
      latencyMs: 100,
      detail: 'timed out after 100 ms waiting for Godot',
    });
  });

  it('shares its signal with any number of others', async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error): void => void warnings.push(warning);
    process.on('warning', keep);
    const controller = new AbortController();
    const running = Array.from({ length: 50 }, () =>
      end((run) => run.until('nothing', () => {}), controller.signal),
    );
    controller.abort();
    const results = await Promise.all(running);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', keep);
    expect(results.every(({ inconclusive }) => inconclusive === true)).to.equal(true);
    expect(warnings).to.deep.equal([]);
  });

  it('does not begin when it is given up before', async () => {
    const result = await end(async () => expect.fail('begun'), AbortSignal.abort());
    expect(result).to.deep.include({ passed: false, inconclusive: true });
  });
});
