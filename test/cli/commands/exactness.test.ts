import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  findFlaw,
  findShares,
  judgeRotation,
  type RotatingAnswer,
} from '../../../src/cli/commands/exactness.ts';
import { WeightedTurns } from '../../../src/steer/weighted.ts';

function answer(transport: 'udp' | 'tcp', ...addresses: string[]): RotatingAnswer {
  return { transport, aliases: [], addresses };
}

/** The definition of STEERING.md §4 word for word: any n consecutive answers start with each member exactly once. */
function isExactByDefinition(firsts: readonly string[], members: readonly string[]): boolean {
  for (let start = 0; start + members.length <= firsts.length; start++) {
    const window = firsts.slice(start, start + members.length);
    if (members.some((member) => window.filter((first) => first === member).length !== 1)) return false;
  }
  return true;
}

describe('cli/exactness', () => {
  it('law: a series of at least n answers has no flaw exactly when STEERING.md §4 holds of it', () => {
    const members = ['a', 'b', 'c', 'd'];
    const series = fc.integer({ min: 1, max: 4 }).chain((n) => {
      const own = members.slice(0, n);
      // Half of the series are rotations with at most one answer changed, so that both verdicts come up.
      const rotated = fc.record({
        length: fc.integer({ min: n, max: 12 }),
        at: fc.nat(11),
        by: fc.nat(n - 1),
      });
      const nearly = rotated.map(({ length, at, by }) =>
        Array.from({ length }, (_, i) => own[(i + (i === at ? by : 0)) % n] ?? 'a'),
      );
      const any = fc.array(fc.constantFrom(...own), { minLength: n, maxLength: 12 });
      return fc.oneof(nearly, any).map((firsts) => ({ own, firsts }));
    });
    fc.assert(
      fc.property(series, ({ own, firsts }) => {
        expect(findFlaw(firsts, own.length) === undefined).to.equal(isExactByDefinition(firsts, own));
      }),
      { numRuns: 1000 },
    );
  });

  it('law: a rotation of any order, from any start, split over transports at will, is exact', () => {
    const orders = fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(
        orders,
        fc.nat(15),
        fc.array(fc.boolean(), { minLength: 17, maxLength: 40 }),
        (order, start, byTcp) => {
          const answers = byTcp.map((isTcp, i) => {
            const turn = (start + i) % order.length;
            return answer(isTcp ? 'tcp' : 'udp', ...order.slice(turn), ...order.slice(0, turn));
          });
          const verdict = judgeRotation(answers);
          expect(verdict.flaw).to.equal(undefined);
          expect(verdict.isTooFew).to.equal(false);
          expect(verdict.members).to.have.members(order);
        },
      ),
    );
  });

  it('names the first answer out of turn and the one it repeats', () => {
    expect(findFlaw(['a', 'b', 'c', 'a', 'c'], 3)).to.deep.equal({ at: 4, sameAs: 2 });
    expect(findFlaw(['a', 'a'], 3)).to.deep.equal({ at: 1, sameAs: 0 });
  });

  it('law: weighted turns are exact by shares, from any start; with one answer out of turn they are not', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.nat(40), fc.nat(1000), (own, start, wrong) => {
        const turns = new WeightedTurns(own);
        const common = own.reduce((sum, weight) => sum + weight, 0) / turns.period;
        const firsts = Array.from({ length: 2 * turns.period + 1 }, (_, i) => `m${turns.at(start + i)}`);
        const shares = findShares(firsts);
        expect(shares?.period).to.equal(turns.period);
        for (const [i, weight] of own.entries()) expect(shares?.turns.get(`m${i}`)).to.equal(weight / common);
        // Where each answer has another a period before or behind it, none may change.
        firsts[wrong % firsts.length] = 'somebody else';
        expect(findShares(firsts)).to.equal(undefined);
      }),
    );
  });

  it('finds no shares where several counters turn, where one is always first, and in less than two rounds', () => {
    expect(findShares([...'aabbccaabbcc'])).to.equal(undefined);
    expect(findShares([...'aabaabbaabaab'])).to.equal(undefined);
    expect(findShares([...'aaaaaa'])).to.equal(undefined);
    expect(findShares([...'aabaa'])).to.equal(undefined);
    expect(findShares([...'aabaab'])).to.deep.equal({
      period: 3,
      turns: new Map(Object.entries({ a: 2, b: 1 })),
    });
  });

  it('counts a member that is in the answers but never first', () => {
    const verdict = judgeRotation([
      answer('udp', 'a', 'b', 'c'),
      answer('udp', 'b', 'a', 'c'),
      answer('udp', 'a', 'b', 'c'),
      answer('udp', 'b', 'a', 'c'),
    ]);
    expect(verdict.members).to.deep.equal(['a', 'b', 'c']);
    expect(verdict.flaw).to.deep.equal({ at: 2, sameAs: 0 });
    expect([...(verdict.shares?.turns.keys() ?? [])]).to.deep.equal(['a', 'b']);
  });

  it('knows which transports are exact alone', () => {
    const verdict = judgeRotation([
      answer('udp', 'a', 'b'),
      answer('tcp', 'a', 'b'),
      answer('udp', 'b', 'a'),
      answer('tcp', 'a', 'b'),
      answer('udp', 'a', 'b'),
      answer('tcp', 'a', 'b'),
    ]);
    expect(verdict.exactAlone).to.deep.equal(['udp']);
  });

  it('finds the alias that turns behind one that stays', () => {
    const chain = (last: string): RotatingAnswer => ({
      transport: 'udp',
      aliases: ['cdn.test', last],
      addresses: ['192.0.2.1'],
    });
    const verdict = judgeRotation([chain('x.test'), chain('y.test'), chain('x.test')]);
    expect(verdict).to.include({ turning: 'aliases', isTooFew: false, flaw: undefined });
    expect(verdict.members).to.deep.equal(['x.test', 'y.test']);
  });
});
