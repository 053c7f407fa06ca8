import { expect } from 'chai';
import * as fc from 'fast-check';
import { editDistance, suggestionFor } from '../../src/base/suggest.ts';

const KNOWN = ['listen', 'zones', 'data', 'threads', 'max-connections', 'max-connections-per-client'];

describe('base/suggest', () => {
  it('finds the word behind a letter too few, too many, wrong or swapped', () => {
    expect(suggestionFor('thread', KNOWN)).to.equal('threads');
    expect(suggestionFor('listten', KNOWN)).to.equal('listen');
    expect(suggestionFor('deta', KNOWN)).to.equal('data');
    expect(suggestionFor('zoens', KNOWN)).to.equal('zones');
  });

  it('does not count case, nor an underscore for a hyphen', () => {
    expect(suggestionFor('MAX_CONNECTIONS', KNOWN)).to.equal('max-connections');
  });

  it('completes a beginning that only one word has', () => {
    expect(suggestionFor('max-connections-per', KNOWN)).to.equal('max-connections-per-client');
    expect(suggestionFor('max', KNOWN)).to.equal(undefined);
  });

  it('says nothing when nothing is near', () => {
    expect(suggestionFor('frobnicate', KNOWN)).to.equal(undefined);
  });

  it('law: the distance is 0 for equal words only, symmetric, and at most the longer length', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).to.equal(a === b);
        expect(distance).to.equal(editDistance(b, a));
        expect(distance).to.be.at.most(Math.max(a.length, b.length));
      }),
    );
  });
});
