import { expect } from 'chai';
import * as fc from 'fast-check';
import { findFlaw, judgeRotation, type RotatingAnswer } from '../../../src/cli/commands/exactness.ts';

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

  it('counts a member that is in the answers but never first', () => {
    const verdict = judgeRotation([
      answer('udp', 'a', 'b', 'c'),
      answer('udp', 'b', 'a', 'c'),
      answer('udp', 'a', 'b', 'c'),
      answer('udp', 'b', 'a', 'c'),
    ]);
    expect(verdict.members).to.deep.equal(['a', 'b', 'c']);
    expect(verdict.flaw).to.deep.equal({ at: 2, sameAs: 0 });
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
