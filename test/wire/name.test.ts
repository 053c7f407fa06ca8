import { expect } from 'chai';
import { MalformedMessageError, PresentationError } from '../../src/wire/errors.ts';
import {
  childName,
  compareNames,
  equalNames,
  foldName,
  isSubdomain,
  labelCount,
  parentName,
  parseName,
  ROOT,
  scanName,
  showName,
  showRelativeName,
} from '../../src/wire/name.ts';
import { WireReader } from '../../src/wire/reader.ts';
import { hexOf, octetsOf } from '../support/rdata.ts';

const name = (text: string) => scanName(text, undefined);
const L63 = 'a'.repeat(63);
/** 255 octets: three labels of 63 and one of 61. */
const LONGEST = `${L63}.${L63}.${L63}.${'a'.repeat(61)}.`;

describe('wire/name: text', () => {
  it('RFC 1035 §5.1: reads and shows names', () => {
    for (const [text, hex, shown] of [
      ['.', '00', '.'],
      ['example.', '076578616D706C6500', 'example.'],
      ['WWW.Example.', '03575757074578616D706C6500', 'WWW.Example.'],
      ['a\\.b.c.', '03612E62016300', 'a\\.b.c.'],
      ['\\097\\000\\255.', '036100FF00', 'a\\000\\255.'],
      ['\\@\\$\\;\\(\\)\\"\\\\.', '0740243B2829225C00', '\\@\\$\\;\\(\\)\\"\\\\.'],
      ['a b.', '0361206200', 'a\\032b.'],
      ['\xe4.', '01E400', '\\228.'],
      ['*._tcp.', '012A045F74637000', '*._tcp.'],
    ] as const) {
      expect(hexOf(name(text)), text).to.equal(hex);
      expect(showName(octetsOf(hex)), text).to.equal(shown);
    }
  });

  it('completes relative names with the origin; @ is the origin', () => {
    const origin = name('Example.test.');
    for (const [text, shown] of [
      ['@', 'Example.test.'],
      ['www', 'www.Example.test.'],
      ['a.b', 'a.b.Example.test.'],
      ['www.', 'www.'],
      ['a\\.', 'a\\..Example.test.'],
      ['a\\@b', 'a\\@b.Example.test.'],
    ] as const) {
      expect(showName(scanName(text, origin)), text).to.equal(shown);
    }
    expect(showName(scanName('www', ROOT))).to.equal('www.');
    expect(() => name('www')).to.throw(
      PresentationError,
      "not a domain name: 'www' (relative name without an origin)",
    );
    expect(() => name('w\\119w')).to.throw('relative name without an origin');
    expect(() => name('@')).to.throw("'@' without an origin");
  });

  it('RFC 1035 §2.3.4: labels have at most 63 octets, names 255', () => {
    expect(name(LONGEST).length).to.equal(255);
    expect(scanName(LONGEST.slice(0, -1), ROOT).length).to.equal(255);
    expect(name(LONGEST.replace('a', '\\097')).length).to.equal(255);
    const origin = name('test.');
    for (const [text, why] of [
      [`${L63}a.`, 'label over 63 octets'],
      [`${L63}a`, 'label over 63 octets'],
      [`\\097${L63}.`, 'label over 63 octets'],
      [`${L63}.${L63}.${L63}.${'a'.repeat(62)}.`, 'name over 255 octets'],
      [`${L63}.${L63}.${L63}.${'a'.repeat(61)}\\097.`, 'name over 255 octets'],
      [LONGEST.slice(0, -1), 'name over 255 octets with its origin'],
      [LONGEST.slice(0, -1).replace('a', '\\097'), 'name over 255 octets with its origin'],
      [`${'a.'.repeat(200)}`, 'name over 255 octets'],
    ] as const) {
      expect(() => scanName(text, origin), text).to.throw(PresentationError, why);
    }
  });

  it('refuses what is not a name', () => {
    for (const [text, why] of [
      ['', 'empty name'],
      ['..', 'empty label'],
      ['.a.', 'empty label'],
      ['a..b.', 'empty label'],
      ['a\\.b..', 'empty label'],
      ['a\\', 'ends with a lone backslash'],
      ['a\\25.', 'is not \\DDD'],
      ['a\\256.', 'is not \\DDD'],
      ['中.', "character '中' is not an octet"],
      ['\\中.', "character '中' is not an octet"],
    ] as const) {
      expect(() => scanName(text, ROOT), text).to.throw(PresentationError, why);
    }
  });

  it('shows names relative to an origin', () => {
    const relative = (text: string, origin: string) => showRelativeName(name(text), name(origin));
    expect(relative('www.example.', 'example.')).to.equal('www');
    expect(relative('a.b.EXAMPLE.', 'example.')).to.equal('a.b');
    expect(relative('example.', 'example.')).to.equal('@');
    expect(relative('www.test.', 'example.')).to.equal('www.test.');
    expect(relative('www.test.', '.')).to.equal('www.test.');
  });
});

describe('wire/name: octets', () => {
  const parse = (hex: string, offset = 0, end?: number) => {
    const reader = new WireReader(octetsOf(hex), offset, end);
    return { text: showName(parseName(reader)), offset: reader.offset };
  };

  it('RFC 1035 §4.1.4: follows pointers backwards and stands behind the first', () => {
    expect(parse('076578616D706C6500FF')).to.deep.equal({ text: 'example.', offset: 9 });
    expect(parse('076578616D706C6500 03575757C000 FF', 9)).to.deep.equal({
      text: 'WWW.example.',
      offset: 15,
    });
    expect(parse('0000 016100 0162C002 0163C005 C009 FF', 13)).to.deep.equal({ text: 'c.b.a.', offset: 15 });
    expect(parse('00 C000', 1)).to.deep.equal({ text: '.', offset: 3 });
  });

  for (const [what, hex, offset, why] of [
    ['a pointer to itself', 'C000', 0, 'compression pointer does not point backwards at octet 0'],
    ['a pointer into the name it ends', '0161C000', 0, 'does not point backwards'],
    ['a pointer forwards', 'C00200', 0, 'does not point backwards'],
    ['two pointers to each other', 'C002C000', 2, 'does not point backwards'],
    ['a loop through a label', '0161C004 0162C000', 4, 'does not point backwards'],
    ['a label that runs into the name that points to it', '0361C000 C000', 4, 'name runs past its end'],
    ['labels that never end before the pointer', '0161 C000', 2, 'name runs past its end'],
    ['half a pointer', '00C0', 1, 'half a compression pointer at octet 1'],
    ['no octets', '', 0, 'name runs past its end'],
    ['a label past the end', '0361', 0, 'label runs past its end'],
    ['no root label', '0161', 0, 'name runs past its end'],
    ['label type 01', '4161', 0, 'label type 0x41'],
    ['label type 10', '8161', 0, 'label type 0x81'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parse(hex, offset)).to.throw(MalformedMessageError, why);
    });
  }

  it('refuses a long chain of pointers, which nobody needs and which costs time', () => {
    const chain = (length: number) =>
      `00${Array.from({ length }, (_, i) => (0xc000 + (i === 0 ? 0 : 2 * i - 1)).toString(16)).join('')}`;
    expect(parse(chain(127), 2 * 126 + 1)).to.deep.equal({ text: '.', offset: 2 * 127 + 1 });
    expect(() => parse(chain(128), 2 * 127 + 1)).to.throw(
      MalformedMessageError,
      'too many compression pointers',
    );
  });

  it('does not read past the part of the message it was given', () => {
    expect(() => parse('0161000000', 0, 2)).to.throw(MalformedMessageError, 'name runs past its end');
    expect(() => parse('016100', 0, 1)).to.throw(MalformedMessageError, 'label runs past its end');
  });

  it('RFC 1035 §3.1: a name has at most 255 octets, pointers or not', () => {
    const longest = hexOf(name(LONGEST));
    expect(parse(longest).offset).to.equal(255);
    expect(() => parse(`${longest}0161C000`, 255)).to.throw(
      MalformedMessageError,
      'name over 255 octets at octet 255',
    );
    expect(() => parse(`${longest.slice(0, -2)}016100`)).to.throw(
      MalformedMessageError,
      'name over 255 octets',
    );
  });
});

describe('wire/name: relations', () => {
  it('RFC 4343: folds A to Z and nothing else', () => {
    expect(hexOf(foldName(name('aZ\\091\\064\\219.')))).to.equal('05617A5B40DB00');
    const buffer = Buffer.from('014100', 'hex');
    expect(hexOf(foldName(parseName(new WireReader(buffer))))).to.equal('016100');
    expect(hexOf(buffer)).to.equal('014100');
    const folded = name('example.test.');
    expect(foldName(folded)).to.equal(folded);
  });

  it('RFC 4034 §6.1: orders names as in its example', () => {
    const ordered = [
      'example.',
      'a.example.',
      'yljkjljk.a.example.',
      'Z.a.example.',
      'zABC.a.EXAMPLE.',
      'z.example.',
      '\\001.z.example.',
      '*.z.example.',
      '\\200.z.example.',
    ].map(name);
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(Math.sign(compareNames(a, b)), `${showName(a)} ${showName(b)}`).to.equal(Math.sign(i - j));
      }
    }
  });

  it('knows equal names and subdomains', () => {
    expect(equalNames(name('WWW.example.'), name('www.EXAMPLE.'))).to.equal(true);
    expect(equalNames(name('www.example.'), name('www2.example.'))).to.equal(false);
    expect(isSubdomain(name('a.b.example.'), name('EXAMPLE.'))).to.equal(true);
    expect(isSubdomain(name('example.'), name('example.'))).to.equal(true);
    expect(isSubdomain(name('example.'), ROOT)).to.equal(true);
    expect(isSubdomain(ROOT, name('example.'))).to.equal(false);
    expect(isSubdomain(name('notexample.'), name('example.'))).to.equal(false);
    // the octets of `example.` are the end of this name, but inside a label
    expect(isSubdomain(name('x\\007example.'), name('example.'))).to.equal(false);
  });

  it('counts, removes and adds labels', () => {
    expect([ROOT, name('a.'), name('a\\.b.c.')].map(labelCount)).to.deep.equal([0, 1, 2]);
    const parent = parentName(name('a.b.'));
    expect(parent === undefined ? '' : showName(parent)).to.equal('b.');
    expect(parentName(ROOT)).to.equal(undefined);
    expect(showName(childName(octetsOf('2A'), name('a.')))).to.equal('*.a.');
    expect(() => childName(octetsOf(''), ROOT)).to.throw(PresentationError);
    expect(() => childName(octetsOf('61'.repeat(64)), ROOT)).to.throw(PresentationError);
    expect(() => childName(octetsOf('61'), name(LONGEST))).to.throw(PresentationError);
  });
});
