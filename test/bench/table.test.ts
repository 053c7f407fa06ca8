import { expect } from 'chai';
import { showCount, showFixed, showMegaoctets, showRange, showTable } from './table.ts';

describe('bench table', () => {
  it('pads the columns, names to the left and figures to the right', () => {
    const text = showTable(['server', 'rate'], [['echo', '215 400'], ['a longer name']]);
    expect(text.split('\n')).to.deep.equal([
      '| server        |    rate |',
      '| ------------- | ------: |',
      '| echo          | 215 400 |',
      '| a longer name |         |',
    ]);
  });

  it('shows counts no finer than they are known', () => {
    expect(showCount(6_003.4)).to.equal('6 003');
    expect(showCount(215_449)).to.equal('215 400');
    expect(showCount(10_000_000)).to.equal('10 000 000');
    expect(showCount(12)).to.equal('12');
  });

  it('shows a dash for what is unknown', () => {
    expect(showCount(undefined)).to.equal('–');
    expect(showFixed(0 / 0, 2)).to.equal('–');
    expect(showMegaoctets(undefined)).to.equal('–');
    expect(showRange(undefined, showCount)).to.equal('–');
  });

  it('shows megaoctets and ranges', () => {
    expect(showMegaoctets(123_450_000)).to.equal('123.5');
    expect(showRange({ median: 2, low: 1, high: 3, count: 3 }, showCount)).to.equal('1–3');
  });
});
