import { expect } from 'chai';
import { isInRanges, scanStatusRange, showStatusRanges } from '../../../src/monitor/probes/status-range.ts';

describe('ranges of HTTP status', () => {
  it('are read as one status, from one to another, or all that begin so', () => {
    expect(scanStatusRange('204')).to.deep.equal({ from: 204, to: 204 });
    expect(scanStatusRange('200-299')).to.deep.equal({ from: 200, to: 299 });
    expect(scanStatusRange('3xx')).to.deep.equal({ from: 300, to: 399 });
    for (const text of ['', '20', '2000', '600', '6xx', '299-200', '200-', '2XX ', 'ok']) {
      expect(scanStatusRange(text), text).to.equal(undefined);
    }
  });

  it('are shown as they are read, and know what is in them', () => {
    const ranges = [
      { from: 200, to: 299 },
      { from: 401, to: 401 },
    ];
    expect(showStatusRanges(ranges)).to.equal('200-299 or 401');
    expect([199, 200, 299, 300, 401].map((status) => isInRanges(status, ranges))).to.deep.equal([
      false,
      true,
      true,
      false,
      true,
    ]);
  });
});
