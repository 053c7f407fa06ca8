import { expect } from 'chai';
import { findNumber, threadsOf } from './status.ts';

describe('bench status', () => {
  it('finds a number wherever it is nested', () => {
    expect(findNumber({ imageOctets: 5 }, 'imageOctets')).to.equal(5);
    expect(findNumber({ a: 1, image: [{ imageOctets: 6 }] }, 'imageOctets')).to.equal(6);
    expect(findNumber({ imageOctets: 'many' }, 'imageOctets')).to.equal(undefined);
    expect(findNumber(undefined, 'imageOctets')).to.equal(undefined);
  });

  it('reads the threads, and leaves out what does not look like one', () => {
    const status = { threads: [{ heapUsed: 1, answered: 2, more: 3 }, { heapUsed: 1 }, 7] };
    expect(threadsOf(status)).to.deep.equal([{ heapUsed: 1, answered: 2 }]);
    expect(threadsOf({})).to.deep.equal([]);
    expect(threadsOf(undefined)).to.deep.equal([]);
  });
});
