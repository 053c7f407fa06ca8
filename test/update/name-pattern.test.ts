import { expect } from 'chai';
import fc from 'fast-check';
import { matchesPattern, scanNamePattern } from '../../src/update/name-pattern.ts';
import { name } from '../support/rr.ts';

const APEX = name('example.test');

function matches(pattern: string, ...owners: string[]): boolean[] {
  const scanned = scanNamePattern(pattern, APEX);
  return owners.map((owner) =>
    matchesPattern(scanned, owner === '@' ? APEX : name(`${owner}.example.test`), APEX),
  );
}

describe('patterns of names', () => {
  it('an exact name is that name in any case', () => {
    expect(matches('WWW', 'www', 'www.www', 'ww', '@')).to.deep.equal([true, false, false, false]);
    expect(matches('a.b', 'a.b', 'b', 'x.a.b')).to.deep.equal([true, false, false]);
  });

  it('@ is the apex', () => {
    expect(matches('@', '@', 'www')).to.deep.equal([true, false]);
  });

  it('* is exactly one label', () => {
    expect(matches('*', 'www', '@', 'a.b')).to.deep.equal([true, false, false]);
    expect(matches('*.lab', 'x.lab', 'lab', 'y.x.lab', '*.lab')).to.deep.equal([true, false, false, true]);
    expect(matches('a.*.b', 'a.x.b', 'a.b')).to.deep.equal([true, false]);
  });

  it('** is any number of labels, none included', () => {
    expect(matches('**', '@', 'www', 'a.b.c')).to.deep.equal([true, true, true]);
    expect(matches('**.lab', 'lab', 'x.lab', 'y.x.lab', 'xlab')).to.deep.equal([true, true, true, false]);
    expect(
      matches('_acme-challenge.**', '_acme-challenge', '_acme-challenge.www', 'www', 'x._acme-challenge'),
    ).to.deep.equal([true, true, false, false]);
    expect(matches('a.**.z', 'a.z', 'a.m.n.z', 'a', 'z', 'a.z.y')).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(matches('*.**', '@', 'x', 'x.y')).to.deep.equal([false, true, true]);
  });

  it('\\* is the asterisk itself', () => {
    expect(matches('\\*.lab', '*.lab', 'x.lab')).to.deep.equal([true, false]);
  });

  it('an escaped dot does not divide labels', () => {
    expect(matches('a\\.b', 'a\\.b', 'a.b')).to.deep.equal([true, false]);
  });

  it('names of other zones are never meant', () => {
    expect(matchesPattern(scanNamePattern('**', APEX), name('other.test'), APEX)).to.equal(false);
    expect(matchesPattern(scanNamePattern('**', APEX), name('test'), APEX)).to.equal(false);
  });

  it('an absolute name is taken when it is in the zone', () => {
    expect(matches('www.example.test.', 'www', '@')).to.deep.equal([true, false]);
    expect(matches('example.test.', '@')).to.deep.equal([true]);
    expect(matches('**.example.test.', '@', 'a.b')).to.deep.equal([true, true]);
    expect(() => scanNamePattern('www.other.test.', APEX)).to.throw(
      "'www.other.test.' is not in zone example.test.",
    );
  });

  it('a forgotten final dot is told', () => {
    expect(() => scanNamePattern('www.example.test', APEX)).to.throw("did you mean 'www'?");
    expect(() => scanNamePattern('example.test', APEX)).to.throw("did you mean '@'?");
  });

  it('what stands for a part of a label, twice **, and empty labels are errors', () => {
    for (const text of ['web*', '*a.lab', '***', '**.a.**', 'a..b', '', '.a', '.']) {
      expect(() => scanNamePattern(text, APEX), text).to.throw();
    }
  });

  it('the root zone has patterns too', () => {
    const root = name('.');
    expect(matchesPattern(scanNamePattern('**.test', root), name('a.test'), root)).to.equal(true);
    expect(matchesPattern(scanNamePattern('test.', root), name('test'), root)).to.equal(true);
    expect(matchesPattern(scanNamePattern('@', root), root, root)).to.equal(true);
  });

  it('law: a pattern matches as the regular expression of its labels does', () => {
    const label = fc.constantFrom('a', 'b', 'c');
    const pattern = fc
      .array(fc.oneof(label, fc.constant('*')), { minLength: 1, maxLength: 4 })
      .chain((labels) =>
        fc.option(fc.nat(labels.length), { nil: undefined }).map((at) => {
          return at === undefined ? labels : [...labels.slice(0, at), '**', ...labels.slice(at)];
        }),
      );
    fc.assert(
      fc.property(pattern, fc.array(label, { maxLength: 5 }), (parts, labels) => {
        const source = parts.map((part) =>
          part === '**' ? '([a-z]+\\.)*' : `${part === '*' ? '[a-z]+' : part}\\.`,
        );
        const expected = new RegExp(`^${source.join('')}$`).test(labels.map((part) => `${part}.`).join(''));
        const owner = labels.length === 0 ? '@' : labels.join('.');
        expect(matches(parts.join('.'), owner)).to.deep.equal([expected]);
      }),
      { numRuns: 3000 },
    );
  });
});
