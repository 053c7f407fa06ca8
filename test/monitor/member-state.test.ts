import { expect } from 'chai';
import fc from 'fast-check';
import {
  adoptRules,
  EVIDENCE,
  hasFailures,
  isHealthy,
  isHurried,
  MAX_WINDOW,
  type MemberState,
  observe,
  startAnew,
  startMember,
  type WindowRules,
} from '../../src/monitor/member-state.ts';
import { BOOK, outcome, see, seen } from '../support/monitor.ts';

const anyRules = fc
  .integer({ min: 1, max: MAX_WINDOW })
  .chain((window) =>
    fc.record({ window: fc.constant(window), threshold: fc.integer({ min: 1, max: window }) }),
  );
const anyResults = fc.array(fc.boolean(), { maxLength: 80 });

function run(rules: WindowRules, results: readonly boolean[]): MemberState {
  let state = startMember([rules], 0);
  for (const [i, passed] of results.entries()) state = see(state, passed, 1000 * (i + 1));
  return state;
}

describe('monitor/member-state', () => {
  it('goes from unknown to up, suspect, down, recovering and up by the book', () => {
    const standings = [...'++++++---++++'].map((_, i, all) => seen(all.slice(0, i + 1).join('')).standing);
    expect(standings).to.deep.equal([
      ...['unknown', 'unknown', 'up', 'up', 'up', 'up'],
      ...['suspect', 'suspect', 'down', 'recovering', 'recovering', 'up', 'up'],
    ]);
  });

  it('is decided before the window is full, in both directions', () => {
    expect(seen('+++').standing).to.equal('up');
    expect(seen('---').standing).to.equal('down');
    expect(seen('--+').standing).to.equal('unknown');
    expect(seen('--++').standing).to.equal('unknown');
    expect(seen('--+++').standing).to.equal('up');
  });

  it('says what happened: from, to, why, how long it lasted, and the last five results', () => {
    const { change } = observe(seen('++++--', 6000), 0, outcome(false), 6990, 7000);
    expect(change).to.deep.include({
      from: 'suspect',
      to: 'down',
      atMs: 7000,
      lastedMs: 2000,
      why: '3 of the last 5 failed: connection refused',
    });
    expect(change?.evidence.map(({ passed }) => passed)).to.deep.equal([true, true, false, false, false]);
    expect(observe(seen('+++'), 0, outcome(true), 0, 1).change).to.equal(undefined);
  });

  it('is hurried after a first failure until it is decided, and not when it is down', () => {
    const hurried = ['', '+++', '-', '+++-', '+++--', '+++-+', '+++---', '+++---+'].map((results) =>
      isHurried(seen(results)),
    );
    expect(hurried).to.deep.equal([false, false, true, true, true, false, false, false]);
  });

  it('changes nothing for a result that is inconclusive', () => {
    const state = seen('+++--');
    const step = observe(state, 0, { ...outcome(false), inconclusive: true }, 0, 1);
    expect(step).to.deep.equal({ state, change: undefined });
  });

  it('wants all probes of a member to pass: one that is down is enough', () => {
    let state = startMember([BOOK, { window: 1, threshold: 1 }], 0);
    for (const nowMs of [1, 2, 3]) state = see(state, true, nowMs);
    expect(state.standing).to.equal('unknown');
    state = see(state, true, 4, 1);
    expect(state.standing).to.equal('up');
    state = see(state, false, 5, 1);
    expect(state).to.deep.include({ standing: 'down', failingSinceMs: 5, failures: 1 });
    expect(state.why).to.equal('probe 2: 1 of the last 1 failed: connection refused');
    state = see(state, true, 6);
    expect(state).to.deep.include({ standing: 'down', failures: 1 });
    state = see(state, true, 7, 1);
    expect(state).to.deep.include({ standing: 'up', failures: 0, failingSinceMs: undefined });
  });

  it('starts anew: unknown, with the evidence kept', () => {
    const before = seen('+++---');
    const { state, change } = startAnew(before, 'the monitor was blind', 200_000);
    expect(state).to.deep.include({ standing: 'unknown', failures: 0, lately: before.lately });
    expect(change).to.deep.include({ from: 'down', to: 'unknown', why: 'the monitor was blind' });
    expect(hasFailures(state)).to.equal(false);
    expect(see(see(state, true, 1), true, 2).standing).to.equal('unknown');
  });

  it('adopts other rules without forgetting', () => {
    const state = seen('+++-+');
    expect(adoptRules(state, [{ window: 2, threshold: 2 }], 1).state.standing).to.equal('recovering');
    expect(adoptRules(state, [BOOK], 1).change).to.equal(undefined);
    expect(adoptRules(state, [BOOK, BOOK], 1).change).to.deep.include({ from: 'up', to: 'unknown' });
    expect(adoptRules(state, [], 1).state.lately).to.deep.equal([]);
  });

  describe('laws', () => {
    it('a member is healthy exactly when at least `threshold` of its last `window` results passed', () => {
      fc.assert(
        fc.property(anyRules, anyResults, (rules, results) => {
          const last = results.slice(-rules.window);
          const passes = last.filter(Boolean).length;
          const failed = last.length - passes;
          const expected =
            passes >= rules.threshold ? true : failed > rules.window - rules.threshold ? false : undefined;
          const state = run(rules, results);
          expect(isHealthy(state)).to.equal(expected);
          // exactly one standing follows from that and the last result
          const standing =
            expected === undefined
              ? 'unknown'
              : expected
                ? results.at(-1) === true
                  ? 'up'
                  : 'suspect'
                : results.at(-1) === true
                  ? 'recovering'
                  : 'down';
          expect(state.standing).to.equal(standing);
        }),
      );
    });

    it('a single lost probe never makes a member down when threshold < window', () => {
      fc.assert(
        fc.property(anyRules, fc.nat(60), fc.nat(60), (rules, before, after) => {
          fc.pre(rules.threshold < rules.window);
          const results = [...Array<boolean>(before).fill(true), false, ...Array<boolean>(after).fill(true)];
          for (let length = 0; length <= results.length; length++) {
            expect(isHealthy(run(rules, results.slice(0, length)))).to.not.equal(false);
          }
        }),
        { numRuns: 30 },
      );
    });

    it('down comes only with a failed result and its evidence, up only with a passed one', () => {
      fc.assert(
        fc.property(anyRules, anyResults, (rules, results) => {
          let state = startMember([rules], 0);
          for (const [i, passed] of results.entries()) {
            const { state: next, change } = observe(state, 0, outcome(passed), i, i + 1);
            if (change?.to === 'down') {
              expect(passed).to.equal(false);
              expect(next.lately.at(-1)?.passed).to.equal(false);
              expect(change.evidence).to.equal(next.lately);
            }
            if (change?.to === 'up') expect(passed).to.equal(true);
            expect(change === undefined).to.equal(state.standing === next.standing);
            state = next;
          }
        }),
      );
    });

    it('from all failed, putting back needs `threshold` passes; from all passed, pulling the failures left over', () => {
      fc.assert(
        fc.property(anyRules, (rules) => {
          const { window, threshold } = rules;
          const many = (passed: boolean, count: number) => Array<boolean>(count).fill(passed);
          const healthy = (...results: readonly boolean[][]) => isHealthy(run(rules, results.flat()));
          expect(healthy(many(false, window), many(true, threshold - 1))).to.equal(false);
          expect(healthy(many(false, window), many(true, threshold))).to.equal(true);
          expect(healthy(many(true, window), many(false, window - threshold))).to.equal(true);
          expect(healthy(many(true, window), many(false, window - threshold + 1))).to.equal(false);
        }),
      );
    });

    it('memory is bounded', () => {
      fc.assert(
        fc.property(anyRules, anyResults, (rules, results) => {
          const { lately, tallies } = run(rules, results);
          expect(lately.length).to.equal(Math.min(results.length, EVIDENCE));
          expect(tallies.length).to.equal(1);
          expect(tallies[0]?.bits).to.be.within(0, 2 ** rules.window - 1);
        }),
      );
    });
  });
});
