import { expect } from 'chai';
import fc from 'fast-check';
import { median, ratiosWithinRounds, summarize } from './statistics.ts';

describe('bench statistics', () => {
  it('takes the middle value, or the mean of the two middle ones', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 3, 2])).to.equal(2.5);
    expect(median([10, 9])).to.equal(9.5);
    expect(median([])).to.be.NaN;
  });

  it('keeps the median between the lowest and the highest, and leaves its input alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const copy = [...values];
        const summary = summarize(values);
        expect(values).to.deep.equal(copy);
        expect(summary?.count).to.equal(values.length);
        expect(summary?.median).to.be.within(Math.min(...values), Math.max(...values));
      }),
    );
  });

  it('has no summary of nothing', () => {
    expect(summarize([])).to.equal(undefined);
  });

  it('takes ratios only in the rounds where both sides were measured', () => {
    expect(ratiosWithinRounds([10, undefined, 30, 40], [5, 5, undefined, 20])).to.deep.equal([2, 2]);
    expect(ratiosWithinRounds([10], [])).to.deep.equal([]);
    expect(ratiosWithinRounds([10], [0])).to.deep.equal([]);
  });
});
