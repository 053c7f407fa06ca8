import { expect } from 'chai';
import fc from 'fast-check';
import { DEFAULT_SLOW_START, nextStepMs, rampWeight } from '../../../src/monitor/load/slow-start.ts';
import { type Smoothed, smooth } from '../../../src/monitor/load/smoothing.ts';
import {
  followLoad,
  NO_WEIGHT,
  neverAllZero,
  type WeightRules,
  weightOf,
} from '../../../src/monitor/load/weight.ts';

const RULES: WeightRules = {
  idle: 0.5,
  full: 4.5,
  least: 1,
  most: 101,
  deadPercent: 10,
  minIntervalMs: 30_000,
};

const anyNumber = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
const anyRules: fc.Arbitrary<WeightRules> = fc
  .record({
    idle: anyNumber,
    full: anyNumber,
    least: fc.nat(100),
    more: fc.nat(65_000),
    deadPercent: fc.nat(100),
    minIntervalMs: fc.nat(60_000),
  })
  .filter(({ idle, full }) => Math.abs(idle - full) > 1e-3)
  .map(({ more, ...rules }) => ({ ...rules, most: Math.max(rules.least + more, 1) }));

describe('monitor/load: smoothing', () => {
  it('has followed half of a step after one half-life, however often it was read', () => {
    const start = smooth(undefined, 2, 10_000, 0);
    expect(start.value).to.equal(2);
    expect(smooth(start, 4, 10_000, 10_000).value).to.equal(3);
    let often: Smoothed = start;
    for (let nowMs = 100; nowMs <= 10_000; nowMs += 100) often = smooth(often, 4, 10_000, nowMs);
    expect(often.value).to.be.closeTo(3, 1e-9);
    expect(smooth(start, 4, 0, 1).value).to.equal(4);
  });

  it('lies between what it was and the reading (law)', () => {
    fc.assert(
      fc.property(
        anyNumber,
        anyNumber,
        fc.nat(10 ** 6),
        fc.integer({ min: -1000, max: 10 ** 7 }),
        (a, b, half, ms) => {
          const { value } = smooth({ value: a, atMs: 0 }, b, half, ms);
          expect(value).to.be.within(Math.min(a, b), Math.max(a, b));
        },
      ),
    );
  });
});

describe('monitor/load: weight', () => {
  it('is a straight line between idle and full, within the bounds', () => {
    expect([0, 0.5, 1.5, 2.5, 4.5, 99].map((load) => weightOf(load, RULES))).to.deep.equal([
      101, 101, 76, 51, 1, 1,
    ]);
    const free = { ...RULES, idle: 100, full: 0 };
    expect([100, 75, 0].map((load) => weightOf(load, free))).to.deep.equal([101, 76, 1]);
  });

  it('stays within the dead-band, and within the time between two changes', () => {
    let state = followLoad(NO_WEIGHT, 1.5, RULES, 0);
    expect(state).to.deep.equal({ weight: 76, changedMs: 0 });
    state = followLoad(state, 4, RULES, 29_999);
    expect(state.weight).to.equal(76);
    state = followLoad(state, 1.9, RULES, 30_000);
    expect(state).to.deep.equal({ weight: 76, changedMs: 0 }); // it would be 66: 10 % of 100 is not more than that
    state = followLoad(state, 1.95, RULES, 31_000);
    expect(state).to.deep.equal({ weight: 65, changedMs: 31_000 });
  });

  it('goes all the way to a bound, however near it is', () => {
    expect(followLoad({ weight: 98, changedMs: 0 }, 0, RULES, 30_000).weight).to.equal(101);
    expect(followLoad({ weight: 4, changedMs: 0 }, 9, RULES, 30_000).weight).to.equal(1);
  });

  it('keeps its laws: within the bounds, more load never more weight, no change too soon', () => {
    const anyLoads = fc.array(fc.tuple(anyNumber, fc.nat(50_000)), { maxLength: 30 });
    fc.assert(
      fc.property(anyRules, anyLoads, (rules, loads) => {
        let state = NO_WEIGHT;
        let nowMs = 0;
        for (const [load, pause] of loads) {
          nowMs += pause;
          const next = followLoad(state, load, rules, nowMs);
          expect(next.weight).to.be.within(rules.least, rules.most);
          if (next !== state) expect(nowMs - state.changedMs).to.be.at.least(rules.minIntervalMs);
          state = next;
        }
        const sorted = loads.map(([load]) => load).sort((a, b) => a - b);
        const weights = sorted.map((load) => weightOf(load, rules));
        const falls = rules.full > rules.idle ? weights : weights.reverse();
        for (const [i, weight] of falls.entries()) expect(weight).to.be.at.most(falls[i - 1] ?? weight);
      }),
    );
  });

  it('never lets all members of a name have weight 0 (law)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1 }), (weights) => {
        const set = neverAllZero(weights);
        expect(set.some((weight) => weight > 0)).to.equal(true);
        if (weights.some((weight) => weight > 0)) expect(set).to.equal(weights);
      }),
    );
    expect(neverAllZero([])).to.deep.equal([]);
  });
});

describe('monitor/load: slow start', () => {
  it('goes from a tenth to the whole weight in steps', () => {
    const at = [0, 5999, 6000, 30_000, 59_999, 60_000].map((ms) => rampWeight(100, ms, DEFAULT_SLOW_START));
    expect(at).to.deep.equal([10, 10, 19, 55, 91, 100]);
    expect(rampWeight(100, undefined, DEFAULT_SLOW_START)).to.equal(100);
    expect(nextStepMs(6500, DEFAULT_SLOW_START)).to.equal(5500);
    expect(nextStepMs(60_000, DEFAULT_SLOW_START)).to.equal(undefined);
    expect(rampWeight(100, 0, { ...DEFAULT_SLOW_START, durationMs: 0 })).to.equal(100);
  });

  it('never goes down, is never 0 by itself, and changes only at its steps (law)', () => {
    const rules = fc.record({
      durationMs: fc.integer({ min: 1, max: 10 ** 6 }),
      fromPercent: fc.nat(100),
      steps: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(
        rules,
        fc.integer({ min: 1, max: 65_535 }),
        fc.nat(10 ** 6),
        fc.nat(1000),
        (rule, weight, ms, more) => {
          const [now, later] = [rampWeight(weight, ms, rule), rampWeight(weight, ms + more, rule)];
          expect(now).to.be.within(1, weight);
          expect(later).to.be.at.least(now);
          const next = nextStepMs(ms, rule);
          if (next === undefined) expect(now).to.equal(weight);
          else if (more < next) expect(later).to.equal(now);
          else expect(next).to.be.above(0);
        },
      ),
    );
  });
});
