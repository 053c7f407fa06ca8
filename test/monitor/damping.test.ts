import { expect } from 'chai';
import fc from 'fast-check';
import {
  addPull,
  type Damping,
  type DampingRules,
  DEFAULT_DAMPING,
  isHeld,
  PULL_PENALTY,
  penaltyAt,
  UNDAMPED,
} from '../../src/monitor/damping.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 10, 22, 10);

/** Pulls at these times after T0. */
function pulled(rules: DampingRules, ...atMs: readonly number[]): Damping {
  let damping = UNDAMPED;
  for (const each of atMs) damping = addPull(damping, rules, T0 + each);
  return damping;
}

const anyRules: fc.Arbitrary<DampingRules> = fc
  .record({
    halfLifeMs: fc.integer({ min: 1, max: 86_400_000 }),
    reuse: fc.integer({ min: 1, max: 5000 }),
    above: fc.integer({ min: 0, max: 10_000 }),
    maxHoldMs: fc.integer({ min: 0, max: 7 * 86_400_000 }),
  })
  .map(({ above, ...rules }) => ({ ...rules, suppress: rules.reuse + above }));
const anyPauses = fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 1, maxLength: 20 });

describe('monitor/damping', () => {
  it('halves a penalty in each half-life, in a straight line within one', () => {
    const damping = pulled(DEFAULT_DAMPING, 0);
    const after = [0, 2.5, 5, 7.5, 10, 50].map((minutes) =>
      penaltyAt(damping, DEFAULT_DAMPING, T0 + minutes * MINUTE),
    );
    expect(after).to.deep.equal([1000, 750, 500, 375, 250, 0]);
  });

  it('holds nobody for one or two pulls, and for three in a short while until a stated time', () => {
    expect(pulled(DEFAULT_DAMPING, 0).heldUntilMs).to.equal(undefined);
    expect(pulled(DEFAULT_DAMPING, 0, MINUTE).heldUntilMs).to.equal(undefined);
    const held = pulled(DEFAULT_DAMPING, 0, MINUTE, 2 * MINUTE);
    expect(held).to.deep.include({ pulls: 3, penalty: 2710 });
    expect(((held.heldUntilMs ?? 0) - T0) / MINUTE).to.be.within(9, 10);
    expect(isHeld(held, T0 + 9 * MINUTE)).to.equal(true);
    expect(isHeld(held, held.heldUntilMs ?? 0)).to.equal(false);
    expect(pulled(DEFAULT_DAMPING, 0, 10 * MINUTE, 20 * MINUTE).heldUntilMs).to.equal(undefined);
  });

  it('counts pulls anew when nothing is left of the penalty', () => {
    expect(pulled(DEFAULT_DAMPING, 0, MINUTE, 200 * MINUTE).pulls).to.equal(1);
  });

  it('lets go when the clock was set back, instead of holding for as long as it was set back', () => {
    const held = pulled(DEFAULT_DAMPING, 0, 0, 0);
    expect(isHeld(held, T0 - 1000)).to.equal(true);
    expect(isHeld(held, T0 - 60 * MINUTE)).to.equal(false);
  });

  describe('laws', () => {
    function afterPauses(rules: DampingRules, pauses: readonly number[]): { damping: Damping; atMs: number } {
      let damping = UNDAMPED;
      let atMs = T0;
      for (const pause of pauses) {
        atMs += pause;
        damping = addPull(damping, rules, atMs);
      }
      return { damping, atMs };
    }

    it('the stated time is the first at which the penalty has come down to reuse, or the longest hold', () => {
      fc.assert(
        fc.property(anyRules, anyPauses, (rules, pauses) => {
          const { damping, atMs } = afterPauses(rules, pauses);
          const until = damping.heldUntilMs;
          if (until === undefined) {
            expect(damping.penalty).to.be.at.most(rules.suppress);
            return;
          }
          expect(until).to.be.within(atMs, atMs + rules.maxHoldMs);
          if (until > atMs) expect(penaltyAt(damping, rules, until - 1)).to.be.above(rules.reuse);
          if (until < atMs + rules.maxHoldMs)
            expect(penaltyAt(damping, rules, until)).to.be.at.most(rules.reuse);
        }),
      );
    });

    it('the first pull holds nobody when suppress is at least what a pull costs', () => {
      fc.assert(
        fc.property(anyRules, (rules) => {
          fc.pre(rules.suppress >= PULL_PENALTY);
          expect(pulled(rules, 0).heldUntilMs).to.equal(undefined);
        }),
      );
    });

    it('a penalty is a whole number, bounded, and never rises by itself', () => {
      fc.assert(
        fc.property(anyRules, anyPauses, fc.nat(10 ** 8), fc.nat(10 ** 8), (rules, pauses, a, b) => {
          const { damping, atMs } = afterPauses(rules, pauses);
          expect(Number.isSafeInteger(damping.penalty)).to.equal(true);
          expect(damping.penalty).to.be.within(0, 2 ** 22);
          const [sooner, later] = [Math.min(a, b), Math.max(a, b)];
          const at = (ms: number) => penaltyAt(damping, rules, atMs + ms);
          expect(at(later)).to.be.at.most(at(sooner));
        }),
      );
    });
  });
});
