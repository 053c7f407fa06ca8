import { expect } from 'chai';
import fc from 'fast-check';
import { WaypostError } from '../../src/base/errors.ts';
import { scanRdata } from '../../src/rdata/table.ts';
import { Words } from '../../src/rdata/words.ts';
import { RRType } from '../../src/wire/iana.ts';
import { foldName, scanName } from '../../src/wire/name.ts';
import { EntryLexer } from '../../src/zonefile/lexer.ts';
import {
  NameScanner,
  scanIPv4Octets,
  scanIPv6Octets,
  scanStringOctets,
} from '../../src/zonefile/octet-words.ts';

const origin = scanName('Example.test.', undefined);
const octetsOf = (text: string) => Buffer.from(`<${text}>`, 'latin1');

/** What the slow way reads; `undefined` where it fails. */
function slowly(type: number, ...texts: string[]): Uint8Array | undefined {
  try {
    return scanRdata(type, new Words(texts), origin);
  } catch (error) {
    if (error instanceof WaypostError) return undefined;
    throw error;
  }
}

describe('zonefile/octet-words: the fast way reads what the slow way reads', () => {
  const scanner = new NameScanner();
  const name = (text: string, fold = false) =>
    scanner.scan(octetsOf(text), 1, text.length + 1, fold ? foldName(origin) : origin, fold);
  const groups = fc.array(
    fc.constantFrom(':', '::', '0', '1', 'dB8', 'fFfF', '12345', '2001', 'g', '1.2.3.4'),
    { maxLength: 16 },
  );

  it('every IPv4 address, and nothing else', () => {
    const words = fc.array(fc.constantFrom('.', '.', '0', '1', '25', '255', '256', 'x'), { maxLength: 9 });
    const check = (text: string) => {
      expect(scanIPv4Octets(octetsOf(text), 1, text.length + 1)).to.deep.equal(slowly(RRType.A, text));
    };
    for (const text of [
      '192.0.2.1',
      '0.0.0.0',
      '255.255.255.255',
      '01.2.3.4',
      '1.2.3',
      '1.2.3.',
      '1.2.3.4.5',
      '',
    ])
      check(text);
    fc.assert(
      fc.property(
        words.map((parts) => parts.join('')),
        check,
      ),
    );
  });

  it('every IPv6 address without a dotted quad, and nothing else', () => {
    const check = (text: string) => {
      const fast = scanIPv6Octets(octetsOf(text), 1, text.length + 1);
      if (!text.includes('.')) expect(fast, text).to.deep.equal(slowly(RRType.AAAA, text));
      else expect(fast).to.equal(undefined);
    };
    for (const text of [
      '::',
      '::1',
      '1::',
      '2001:db8::1',
      '1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7::',
      '::2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7:8:',
      ':',
      ':1',
      '1:',
      '1:::2',
      '1::2::3',
      '1::2:3:4:5:6:7:8',
      '',
    ]) {
      check(text);
    }
    fc.assert(
      fc.property(
        groups.map((parts) => parts.join('')),
        check,
      ),
    );
    fc.assert(
      fc.property(
        groups.map((parts) => parts.join(':')),
        check,
      ),
    );
  });

  it('every name without escapes, and nothing else', () => {
    const labels = fc.array(fc.constantFrom('a', 'B', '.', '@', '*', '\xe9', 'x'.repeat(40), '\\.'), {
      maxLength: 14,
    });
    const check = (text: string) => {
      const slow = slowly(RRType.NS, text);
      const fast = name(text);
      if (fast !== undefined || !(text.includes('\\') || text === '.'))
        expect(fast, text).to.deep.equal(slow);
      if (fast !== undefined) expect(name(text, true), text).to.deep.equal(foldName(fast));
    };
    const long = `${'x'.repeat(63)}.`;
    for (const text of [
      '@',
      'a',
      'a.',
      'a..b',
      '.a',
      '',
      'x'.repeat(63),
      'x'.repeat(64),
      long.repeat(3),
      `${long.repeat(3)}${'y'.repeat(48)}`,
      `${long.repeat(3)}${'y'.repeat(49)}`,
      `${long.repeat(3)}${'y'.repeat(61)}.`,
      `${long.repeat(3)}${'y'.repeat(62)}.`,
    ]) {
      check(text);
    }
    fc.assert(
      fc.property(
        labels.map((parts) => parts.join('')),
        check,
      ),
    );
  });

  it('character-strings without escapes', () => {
    const texts = fc.array(fc.constantFrom('a', '', 'x y', '\xff', '\\"', 'z'.repeat(255), 'z'.repeat(256)), {
      maxLength: 5,
    });
    const check = (strings: readonly string[]) => {
      const lexer = new EntryLexer(
        Buffer.from(`TXT ${strings.map((text) => `"${text}"`).join(' ')}`, 'latin1'),
      );
      lexer.next();
      const fast = scanStringOctets(lexer, 1);
      if (fast !== undefined) expect(fast).to.deep.equal(slowly(RRType.TXT, ...strings));
      else
        expect(
          strings.length === 0 || strings.some((text) => text.includes('\\') || text.length > 255),
        ).to.equal(true);
    };
    fc.assert(fc.property(texts, check));
  });
});
