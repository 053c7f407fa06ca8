import { expect } from 'chai';
import fc from 'fast-check';
import { WeightedTurns } from '../../src/steer/weighted.ts';

const NO_TABLE = 0;
const FORMS = [16_384, NO_TABLE];

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Who is first with the tickets of one period from `from` on. */
function firsts(turns: WeightedTurns, from = 0): number[] {
  return Array.from({ length: turns.period }, (_, i) => turns.at(from + i));
}

/** The most tickets side by side with which each member is first, the period going round. */
function longestRuns(sequence: readonly number[], members: number): number[] {
  const longest = Array.from({ length: members }, () => 0);
  let run = 0;
  for (const [i, member] of [...sequence, ...sequence].entries()) {
    run = i > 0 && member === sequence[(i - 1) % sequence.length] ? run + 1 : 1;
    longest[member] = Math.max(longest[member] ?? 0, run);
  }
  return longest;
}

const weightsUpTo = (max: number) => fc.array(fc.nat({ max }), { minLength: 1, maxLength: 8 });

describe('steer/weighted: smooth weighted round robin (STEERING.md §3 step 7)', () => {
  it('over any period side by side each member is first as often as its weight says, with and without a table', () => {
    fc.assert(
      fc.property(weightsUpTo(30), fc.nat(1e6), (weights, from) => {
        for (const form of FORMS) {
          const turns = new WeightedTurns(weights, form);
          const counts = weights.map(() => 0);
          for (const member of firsts(turns, from)) counts[member] = (counts[member] ?? 0) + 1;
          const expected = sum(weights) === 0 ? weights.map(() => 1) : weights;
          for (const [i, count] of counts.entries()) {
            expect(count * sum(expected)).to.equal((expected[i] ?? 0) * turns.period);
          }
        }
      }),
    );
  });

  it('is the order that nginx has', () => {
    expect(firsts(new WeightedTurns([5, 1, 1]))).to.deep.equal([0, 0, 1, 0, 2, 0, 0]);
    expect(firsts(new WeightedTurns([1, 3]))).to.deep.equal([1, 0, 1, 1]);
  });

  it('equal weights, whatever they are, are plain rotation', () => {
    for (const form of FORMS) {
      for (const weight of [0, 1, 7, 65_535]) {
        expect(firsts(new WeightedTurns([weight, weight, weight], form))).to.deep.equal([0, 1, 2]);
      }
    }
    expect(firsts(new WeightedTurns([100, 200, 0]))).to.deep.equal([1, 0, 1]);
    expect(firsts(new WeightedTurns([9]))).to.deep.equal([0]);
  });

  it('with a table nobody is a whole turn before its time', () => {
    const positive = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(positive, (weights) => {
        const counts = weights.map(() => 0);
        for (const [i, member] of firsts(new WeightedTurns(weights)).entries()) {
          counts[member] = (counts[member] ?? 0) + 1;
          const due = ((i + 1) * (weights[member] ?? 0)) / sum(weights);
          expect(counts[member]).to.be.lessThan(due + 1);
        }
      }),
    );
  });

  it('with a table nobody is first twice as often on end as it must be, and of two members not once more', () => {
    const positive = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(positive, (weights) => {
        const runs = longestRuns(firsts(new WeightedTurns(weights)), weights.length);
        for (const [i, weight] of weights.entries()) {
          const least = Math.ceil(weight / (sum(weights) - weight));
          expect(runs[i]).to.be.at.most(weights.length === 2 ? least : 2 * least);
        }
      }),
    );
  });

  it('without a table it is the same order as sorting all due times', () => {
    fc.assert(
      fc.property(weightsUpTo(400), fc.nat(5_000), (weights, from) => {
        fc.pre(sum(weights) > 0);
        const turns = new WeightedTurns(weights, NO_TABLE);
        const due = weights.flatMap((weight, member) => {
          const share = (weight * turns.period) / sum(weights);
          return Array.from({ length: share }, (_, k) => ({ member, share, at: (2 * k + 1) / share }));
        });
        due.sort((a, b) => a.at - b.at || b.share - a.share || a.member - b.member);
        const some = Array.from({ length: 100 }, (_, i) => (from + i) % turns.period);
        expect(some.map((ticket) => turns.at(ticket))).to.deep.equal(some.map((i) => due[i]?.member));
      }),
    );
  });

  it('the greatest weights are exact, over a period that no table could hold', () => {
    const weights = [65_535, 65_534, 65_533];
    const turns = new WeightedTurns(weights);
    expect(turns.period).to.equal(196_602);
    const counts = weights.map(() => 0);
    for (const member of firsts(turns, 2 ** 31 - 1_000)) counts[member] = (counts[member] ?? 0) + 1;
    expect(counts).to.deep.equal(weights);
  });

  it('of very many members with very large weights the greatest are first at first, and last at last', () => {
    const weights = Array.from({ length: 2_000 }, (_, i) => 65_535 - i);
    const turns = new WeightedTurns(weights);
    expect(turns.period).to.equal(sum(weights));
    const from = turns.period - 1_000;
    const before = Array.from({ length: 2_000 }, (_, i) => turns.at(from + i));
    const greatest = Array.from({ length: 1_000 }, (_, i) => i);
    expect(before.slice(0, 1_000)).to.deep.equal(greatest.toReversed());
    expect(before.slice(1_000)).to.deep.equal(greatest);
  });
});
