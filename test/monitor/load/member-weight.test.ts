import { expect } from 'chai';
import {
  type LoadRules,
  nextWeightMs,
  takeLoad,
  UNWEIGHED,
  type WeighedMember,
  weightsFor,
} from '../../../src/monitor/load/member-weight.ts';
import { DEFAULT_SLOW_START } from '../../../src/monitor/load/slow-start.ts';

const RULES: LoadRules = {
  ...{ idle: 0, full: 4, least: 0, most: 100 },
  ...{ deadPercent: 5, minIntervalMs: 10_000, halfLifeMs: 5000 },
};

function member(more: Partial<WeighedMember> = {}): WeighedMember {
  return { weight: UNWEIGHED, isIn: true, backSinceMs: undefined, ...more };
}

function loaded(load: number): WeighedMember {
  return member({ weight: takeLoad(UNWEIGHED, load, RULES, 0) });
}

describe('monitor/load/member-weight', () => {
  it('follows the loads; who has none has the base', () => {
    expect(weightsFor([loaded(1), loaded(3), member()], 60, DEFAULT_SLOW_START, 0)).to.deep.equal([
      75, 25, 60,
    ]);
  });

  it('does not flap with a load that jumps up and down', () => {
    let weight = takeLoad(UNWEIGHED, 2, RULES, 0);
    const weights = new Set<number | undefined>();
    for (let nowMs = 1000; nowMs <= 300_000; nowMs += 1000) {
      weight = takeLoad(weight, nowMs % 2000 === 0 ? 1.5 : 2.5, RULES, nowMs);
      weights.add(weight.followed.weight);
    }
    expect([...weights]).to.deep.equal([50]);
    for (let nowMs = 301_000; nowMs <= 330_000; nowMs += 1000) weight = takeLoad(weight, 3.8, RULES, nowMs);
    expect(weight.followed.weight).to.be.within(5, 10);
  });

  it('never gives all that are in weight 0', () => {
    const out = { ...loaded(0), isIn: false };
    expect(weightsFor([loaded(9), out, loaded(9)], 1, DEFAULT_SLOW_START, 0)).to.deep.equal([1, 100, 1]);
    expect(weightsFor([loaded(9), loaded(0)], 1, DEFAULT_SLOW_START, 0)).to.deep.equal([0, 100]);
  });

  it('starts slowly who came back, and says when it goes on', () => {
    const members = [
      loaded(0),
      { ...loaded(0), backSinceMs: 0 },
      { ...loaded(0), backSinceMs: 0, isIn: false },
    ];
    expect(weightsFor(members, 1, DEFAULT_SLOW_START, 30_000)).to.deep.equal([100, 55, 55]);
    expect(nextWeightMs(members, DEFAULT_SLOW_START, 31_000)).to.equal(5000);
    expect(nextWeightMs(members, DEFAULT_SLOW_START, 60_000)).to.equal(undefined);
  });
});
