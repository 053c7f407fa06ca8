import { expect } from 'chai';
import fc from 'fast-check';
import { type Pace, Schedule, type Task } from '../../src/monitor/schedule.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';

/** What was begun, and ends when the test says so. */
interface Begun {
  readonly id: string;
  readonly atMs: number;
  readonly signal: AbortSignal;
  readonly end: (pace?: Pace) => Promise<void>;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await Promise.resolve();
}

describe('monitor/schedule', () => {
  let timers = new FakeTimers();
  let effects = new FakeEffects();
  let begun: Begun[] = [];

  beforeEach(() => {
    timers = new FakeTimers();
    effects = new FakeEffects();
    begun = [];
  });

  function make(parallel = 100): Schedule {
    return new Schedule({ timers, effects, parallel });
  }

  function task(id: string, more: Partial<Task> = {}): Task {
    return {
      id,
      intervalMs: 1000,
      fastMs: 200,
      jitterMs: 0,
      run: (signal) =>
        new Promise((resolve) => {
          const end = (pace: Pace = 'usual') => {
            resolve(pace);
            return settle();
          };
          begun.push({ id, atMs: timers.nowMs(), signal, end });
        }),
      ...more,
    };
  }

  /** A task whose runs take no time. */
  function quick(id: string, more: Partial<Task> = {}, pace: Pace = 'usual'): Task {
    const run = (signal: AbortSignal): Promise<Pace> => {
      begun.push({ id, atMs: timers.nowMs(), signal, end: settle });
      return Promise.resolve(pace);
    };
    return task(id, { run, ...more });
  }

  async function pass(ms: number, stepMs = 10): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      timers.pass(Math.min(stepMs, left));
      await settle();
    }
  }

  const last = (): Begun => begun.at(-1) ?? expect.fail('nothing was begun');

  it('spreads tasks evenly over the interval, and keeps each at its beat', async () => {
    const schedule = make();
    for (let i = 0; i < 100; i++) schedule.add(quick(`${i}`));
    await pass(10_000);
    const inTenths = Array.from({ length: 10 }, (_, i) => {
      return begun.filter(({ atMs }) => atMs < 1000 && Math.floor(atMs / 100) === i).length;
    });
    for (const count of inTenths) expect(count).to.be.within(8, 12);
    expect(begun.length).to.be.within(1000, 1001);
    for (const id of ['0', '37', '99']) {
      const times = begun.filter((each) => each.id === id).map(({ atMs }) => atMs);
      for (const [i, atMs] of times.entries()) expect(atMs - (times[0] ?? 0)).to.equal(i * 1000);
    }
    expect(schedule.report).to.deep.include({ tasks: 100, running: 0, skipped: 0 });
    expect(timers.waiting).to.equal(1);
  });

  it('moves each round by chance, by less than the jitter', async () => {
    make().add(quick('a', { jitterMs: 100 }));
    await pass(20_000);
    const offsets = begun.slice(1).map(({ atMs }) => atMs % 1000);
    expect(new Set(offsets).size).to.be.above(1);
    for (const offset of offsets) expect(offset).to.be.within(0, 110);
    expect(begun.length).to.equal(20);
  });

  it('runs again after `fast` when a run asks for it, and then at its beat again', async () => {
    make().add(task('a'));
    await pass(10);
    await last().end('fast');
    await pass(200);
    expect(begun.map(({ atMs }) => atMs)).to.deep.equal([0, 210]);
    await last().end();
    await pass(2000);
    expect(begun.map(({ atMs }) => atMs)).to.deep.equal([0, 210, 1000]);
    await pass(1690);
    await last().end('fast'); // at 3900: its next round is sooner than fast
    await pass(100);
    expect(last().atMs).to.equal(4000);
  });

  it('never starts a run while one of the same task is under way, and leaves the rounds in between out', async () => {
    const schedule = make();
    schedule.add(task('a'));
    await pass(3500);
    schedule.runSoon('a');
    await pass(10);
    expect(begun.length).to.equal(1);
    await last().end();
    expect(schedule.report.skipped).to.equal(3);
    await pass(2000);
    expect(begun.map(({ atMs }) => atMs)).to.deep.equal([0, 4000]);
  });

  it('runs no more than `parallel` at a time; the others follow as places come free', async () => {
    const schedule = make(2);
    for (const id of ['a', 'b', 'c', 'd']) schedule.add(task(id));
    await pass(1000);
    expect(begun.length).to.equal(2);
    await begun[0]?.end();
    expect(begun.length).to.equal(3);
    expect(schedule.report.running).to.equal(2);
    expect(timers.waiting).to.equal(0);
    await begun[1]?.end();
    await pass(10);
    expect(new Set(begun.map(({ id }) => id)).size).to.equal(4);
    await pass(5000);
    await last().end();
    await pass(10);
    expect(schedule.report.skipped).to.be.at.least(5);
  });

  it('lets a task run soon, without moving its beat, nor running twice then', async () => {
    const schedule = make();
    schedule.add(quick('a'));
    schedule.add(quick('b')); // at 618: what was meant for `a` at 1000 lies below it in the heap
    await pass(500);
    schedule.runSoon('a');
    schedule.runSoon('a');
    schedule.runSoon('nobody');
    await pass(1000);
    const times = begun.filter(({ id }) => id === 'a').map(({ atMs }) => atMs);
    expect(times).to.deep.equal([0, 500, 1000]);
  });

  it('replaces a task at its place in time, and aborts one that is removed', async () => {
    const schedule = make();
    schedule.add(task('a'));
    await pass(300);
    schedule.add(quick('a'));
    await last().end();
    await pass(1000);
    expect(begun.map(({ atMs }) => atMs)).to.deep.equal([0, 1000]);
    schedule.add(task('b'));
    await pass(1000);
    const b = begun.find(({ id }) => id === 'b') ?? expect.fail();
    schedule.remove('b');
    expect(b.signal.aborted).to.equal(true);
    await b.end('fast');
    const before = begun.length;
    schedule.stop();
    await pass(5000);
    expect(begun.length).to.equal(before);
    expect(timers.waiting).to.equal(0);
    expect(schedule.report).to.deep.include({ tasks: 0, running: 0 });
  });

  it('logs a run that breaks off and goes on', async () => {
    const schedule = make();
    schedule.add(task('a', { run: () => Promise.reject(new Error('a fault')) }));
    const run = (): Promise<Pace> => {
      throw new Error('another');
    };
    schedule.add(task('b', { run }));
    await pass(1990);
    expect(effects.lines.length).to.equal(4);
    expect(effects.fields[0]).to.deep.equal({ task: 'a', error: 'a fault' });
    expect(schedule.report.running).to.equal(0);
  });

  it('never has two runs of a task, nor more than allowed, whatever happens (law)', async () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'soon', 'remove', 'end', 'end', 'pass', 'pass'),
      id: fc.integer({ min: 0, max: 5 }),
      ms: fc.integer({ min: 1, max: 1500 }),
      pace: fc.constantFrom<Pace>('fast', 'usual'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, parallel) => {
          timers = new FakeTimers();
          begun = [];
          const ended = new Set<Begun>();
          const schedule = make(parallel);
          for (const { kind, id, ms, pace } of steps) {
            if (kind === 'add') schedule.add(task(`${id}`, { jitterMs: 50 }));
            else if (kind === 'soon') schedule.runSoon(`${id}`);
            else if (kind === 'remove') schedule.remove(`${id}`);
            else if (kind === 'pass') await pass(ms, 100);
            else {
              const one = begun.filter((each) => !ended.has(each))[id];
              if (one !== undefined) ended.add(one);
              await one?.end(pace);
            }
            const running = begun.filter((each) => !ended.has(each));
            const live = running.filter(({ signal }) => !signal.aborted).map((each) => each.id);
            expect(new Set(live).size).to.equal(live.length);
            expect(running.length).to.be.at.most(parallel);
            expect(schedule.report.running).to.equal(running.length);
            expect(timers.waiting).to.be.at.most(1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
