import { expect } from 'chai';
import { Pace } from '../../../src/monitor/updater/pace.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

describe('monitor/updater/pace', () => {
  const make = (chance: number) => {
    const timers = new FakeTimers();
    let gone = 0;
    const pace = new Pace(timers, { randomOctets: () => Uint8Array.of(chance) }, () => {
      gone++;
    });
    return { timers, pace, gone: () => gone };
  };

  it('pauses twice as long with each failure in a row, half a minute at most', () => {
    const { timers, pace, gone } = make(255);
    const lengths: number[] = [];
    for (let i = 1; i <= 8; i++) {
      pace.pause();
      let ms = 0;
      for (; gone() < i; ms += 100) timers.pass(100);
      lengths.push(ms);
      expect(pace.isPaused).to.equal(false);
    }
    expect(lengths).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    pace.succeed();
    pace.pause();
    timers.pass(1000);
    expect(gone()).to.equal(9);
  });

  it('pauses half as long at least', () => {
    const { timers, pace, gone } = make(0);
    pace.pause();
    timers.pass(499);
    expect(pace.isPaused).to.equal(true);
    timers.pass(1);
    expect(gone()).to.equal(1);
  });

  it('what is due does not spin, and is forgotten when told', () => {
    const { timers, pace, gone } = make(0);
    pace.goAfter(-5000);
    timers.pass(999);
    expect(gone()).to.equal(0);
    timers.pass(1);
    expect(gone()).to.equal(1);
    pace.goAfter(2000);
    pace.clear();
    timers.pass(10_000);
    expect(gone()).to.equal(1);
    expect(timers.waiting).to.equal(0);
  });
});
