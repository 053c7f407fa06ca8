import { expect } from 'chai';
import fc from 'fast-check';
import { oneLine, quote, showMs, showSize } from '../../../src/monitor/probes/evidence.ts';

describe('evidence', () => {
  it('law: is one printable line of bounded length, whatever came', () => {
    const text = fc
      .array(fc.integer({ min: 0, max: 0x2100 }), { maxLength: 500 })
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 400 }), (input, most) => {
        const line = oneLine(input, most);
        expect(line.length).to.be.at.most(most);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
        expect(line).to.not.match(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]/);
      }),
    );
  });

  it('shows control characters, and leaves the rest as it is', () => {
    expect(oneLine(' a\r\n\tb \x1b[2J \u202eé ')).to.equal('a b \\x1b[2J \\u202eé');
  });

  it('quotes what came, or says that nothing did', () => {
    expect(quote(new Uint8Array())).to.equal('nothing');
    expect(quote(Buffer.from('220 mail\r\n'))).to.equal("'220 mail'");
    expect(quote(Buffer.alloc(100, 'x'))).to.equal(`'${'x'.repeat(60)}…'`);
  });

  it('shows numbers as people read them', () => {
    expect([0, 0.04, 9.96, 12.4, 1000].map(showMs)).to.deep.equal([
      '0 ms',
      '0 ms',
      '10 ms',
      '12 ms',
      '1000 ms',
    ]);
    expect([0, 9999, 10_000, 65_536].map(showSize)).to.deep.equal([
      '0 octets',
      '9999 octets',
      '10 kB',
      '66 kB',
    ]);
  });
});
