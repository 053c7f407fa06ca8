// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is $GENERATE's own syntax
import { expect } from 'chai';
import { showName } from '../../src/wire/name.ts';
import { scanLines, scanZone } from '../support/zone-files.ts';

describe('zonefile: what an entry may look like', () => {
  it('RFC 1035 §5.1: a record is owner, TTL, class, type and data', () => {
    expect(scanLines('www 300 IN A 192.0.2.1\n')).to.deep.equal(['www.example.test. 300 A 192.0.2.1']);
  });

  it('RFC 1035 §5.1: TTL and class come in either order, and both may be left out', () => {
    const lines = scanLines(
      '$TTL 60\na 300 IN A 192.0.2.1\nb IN 300 A 192.0.2.1\nc IN A 192.0.2.1\nd 300 A 192.0.2.1\ne A 192.0.2.1\n',
    );
    expect(lines.map((line) => line.split(' ')[1])).to.deep.equal(['300', '300', '60', '300', '60']);
  });

  it('RFC 1035 §5.1: an owner that is left out is the one before', () => {
    expect(scanLines('www 300 A 192.0.2.1\n    300 A 192.0.2.2\n\t300 A 192.0.2.3\n')).to.deep.equal([
      'www.example.test. 300 A 192.0.2.1',
      'www.example.test. 300 A 192.0.2.2',
      'www.example.test. 300 A 192.0.2.3',
    ]);
  });

  it('an owner may look like a type, a class, a TTL', () => {
    expect(scanLines('a 1 A 192.0.2.1\nin 1 IN A 192.0.2.1\n300 1 A 192.0.2.1\nns 1 NS ns\n')).to.have.length(
      4,
    );
  });

  it('RFC 1035 §5.1: @ is the origin, a name without a final dot is below it', () => {
    expect(scanLines('@ 1 NS @\nx 1 NS y\nx. 1 NS y.\n')).to.deep.equal([
      'example.test. 1 NS example.test.',
      'x.example.test. 1 NS y.example.test.',
      'x. 1 NS y.',
    ]);
  });

  it('RFC 1035 §2.3.3: owners are folded, the case of names in data is kept', () => {
    expect(scanLines('WwW 1 CNAME HosT\n')).to.deep.equal(['www.example.test. 1 CNAME HosT.example.test.']);
  });

  it('types and classes are read in any case; TYPEn and CLASS1 too', () => {
    expect(
      scanLines('a 1 in a 192.0.2.1\nb 1 CLASS1 TYPE1 192.0.2.1\nc 1 iN tYpE28 2001:DB8::1\n'),
    ).to.deep.equal([
      'a.example.test. 1 A 192.0.2.1',
      'b.example.test. 1 A 192.0.2.1',
      'c.example.test. 1 AAAA 2001:db8::1',
    ]);
  });

  it('RFC 3597 §5: data of any type in the generic form', () => {
    expect(scanLines('a 1 A \\# 4 C0000201\nb 1 TYPE65280 \\# 4 0A 000001\n')).to.deep.equal([
      'a.example.test. 1 A 192.0.2.1',
      'b.example.test. 1 TYPE65280 \\# 4 0A000001',
    ]);
  });

  it('RFC 1035 §5.1: parentheses take an entry over lines, comments inside', () => {
    const soa = '@ 1 SOA ns1 host ( 7 ; serial (not this one)\n 7200 ; refresh\n\n900\n1209600 300 )\n';
    expect(scanLines(soa)).to.deep.equal([
      'example.test. 1 SOA ns1.example.test. host.example.test. 7 7200 900 1209600 300',
    ]);
  });

  it('parentheses touch words, nest, and may stand anywhere', () => {
    expect(scanLines('a(1)A(192.0.2.1)\n(b 1 (A\n) 192.0.2.2\n)\nc 1 A 192.0.2.3')).to.have.length(3);
  });

  it('white space at the beginning of a continued line is no owner left out', () => {
    expect(scanLines('a 1 TXT ( x\n  y\nz )\nb 1 TXT c\n')).to.deep.equal([
      'a.example.test. 1 TXT "x" "y" "z"',
      'b.example.test. 1 TXT "c"',
    ]);
  });

  it('comments end with their line, also in the middle of a word', () => {
    expect(scanLines('; a ( " comment\n  ; another\na 1 A 192.0.2.1;x\n')).to.have.length(1);
  });

  it('quoted strings keep spaces, semicolons, parentheses', () => {
    expect(scanLines('a 1 TXT "x ; ( y" "" z"w"\n')).to.deep.equal([
      'a.example.test. 1 TXT "x ; ( y" "" "z" "w"',
    ]);
  });

  it('an escaped quotation mark does not end a quoted string, nor begin one', () => {
    expect(scanLines('a 1 TXT "x\\"y" x\\"y "\\\\"\n')).to.deep.equal([
      'a.example.test. 1 TXT "x\\"y" "x\\"y" "\\\\"',
    ]);
  });

  it('an escaped line end may stand in a quoted string, as in BIND', () => {
    const { records } = scanZone('a 1 TXT "x\\\ny"\nb 1 A 192.0.2.1\n');
    expect(records.map(({ rdata }) => rdata)).to.deep.equal([
      Uint8Array.of(3, 120, 10, 121),
      Uint8Array.of(192, 0, 2, 1),
    ]);
    expect(records.map(({ line }) => line)).to.deep.equal([1, 3]);
  });

  it('RFC 1035 §5.1: \\DDD and \\X in names', () => {
    const { records } = scanZone('a\\.b\\032\\; 1 A 192.0.2.1\n\\@ 1 A 192.0.2.1\n\\065 1 A 192.0.2.1\n');
    expect(records.map(({ owner }) => showName(owner))).to.deep.equal([
      'a\\.b\\032\\;.example.test.',
      '\\@.example.test.',
      'a.example.test.',
    ]);
  });

  it('an escaped space does not end a word', () => {
    expect(scanLines('a\\ b 1 A 192.0.2.1\n')).to.deep.equal(['a\\032b.example.test. 1 A 192.0.2.1']);
  });

  it('octets above 127 are what they are', () => {
    expect(scanLines('caf\xe9 1 TXT "\xff"\n')).to.deep.equal(['caf\\233.example.test. 1 TXT "\\255"']);
  });

  it('CRLF ends a line', () => {
    expect(scanLines('\r\na 1 A 192.0.2.1\r\n  1 A 192.0.2.2\r\nb 1 TXT ( x\r\n y )\r\n')).to.have.length(3);
  });

  it('a final line end may be missing', () => {
    expect(scanLines('a 1 A 192.0.2.1')).to.have.length(1);
    expect(scanLines('a 1 TXT "x"')).to.have.length(1);
    expect(scanLines('; nothing')).to.have.length(0);
    expect(scanLines('')).to.have.length(0);
  });

  it('a UTF-8 byte order mark is no part of the first owner', () => {
    expect(scanLines('\xef\xbb\xbfa 1 A 192.0.2.1\n')).to.deep.equal(['a.example.test. 1 A 192.0.2.1']);
  });

  it('RFC 9460 §2.1: a parameter value in quotes belongs to its key', () => {
    expect(scanLines('a 1 HTTPS 1 . alpn="h2,h3" port=443\n')[0]).to.include('port=443');
    expect(scanLines('a 1 TXT k="v"\n')).to.deep.equal(['a.example.test. 1 TXT "k=" "v"']);
  });

  it('more words than a lexer begins with', () => {
    const words = Array.from({ length: 1000 }, (_, i) => `w${i}`);
    expect(scanLines(`a 1 TXT ${words.join(' ')}\n`)[0]?.split(' ')).to.have.length(1003);
  });

  it('a record knows its file and the line it begins on', () => {
    const { records } = scanZone('\n\na 1 TXT (\n x )\n$INCLUDE more\nb 1 A 192.0.2.1\n', {
      files: { more: '\nc 1 A 192.0.2.1' },
    });
    expect(records.map(({ path, line }) => `${path}:${line}`)).to.deep.equal(['zone:3', 'more:2', 'zone:6']);
  });

  it('slices of any size give the same records', () => {
    const file = '$TTL 5\n\na A 192.0.2.1\n$GENERATE 1-3 h$ A 192.0.2.$\n\nb A 192.0.2.2';
    expect(scanLines(file, { slice: 1 })).to.deep.equal(scanLines(file));
  });
});

describe('zonefile: TTL', () => {
  const ttls = (file: string) => scanLines(file).map((line) => Number(line.split(' ')[1]));

  it("BIND's units, in any case", () => {
    expect(
      ttls('a 1w2d3h4m5s A 192.0.2.1\na 1H30M A 192.0.2.1\na 90 A 192.0.2.1\na 2147483647 A 192.0.2.1'),
    ).to.deep.equal([604_800 + 2 * 86_400 + 3 * 3600 + 4 * 60 + 5, 5400, 90, 2_147_483_647]);
  });

  it('RFC 2308 §4: $TTL holds for what follows, and wins over the TTL of the record before', () => {
    expect(
      ttls('$TTL 1h\na A 192.0.2.1\na 5 A 192.0.2.2\na A 192.0.2.3\n$TTL 7\na A 192.0.2.4\n'),
    ).to.deep.equal([3600, 5, 3600, 7]);
  });

  it('RFC 1035 §5.1: without $TTL it is the TTL of the record before, with a warning', () => {
    const { records, warnings } = scanZone('a 5 A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\n');
    expect(records.map(({ ttl }) => ttl)).to.deep.equal([5, 5, 5]);
    expect(warnings.map(({ message }) => message)).to.deep.equal([
      'zone:2:3: no TTL and no $TTL; the TTL of the record before is used (RFC 1035 §5.1)',
    ]);
  });

  it("without any TTL it is the SOA's minimum, with a warning", () => {
    const { records, warnings, errors } = scanZone('@ SOA ns host 1 2 3 4 55\n@ NS ns\n');
    expect(errors).to.deep.equal([]);
    expect(records.map(({ ttl }) => ttl)).to.deep.equal([55, 55]);
    expect(warnings.map(({ message }) => message)).to.deep.equal([
      "zone:1:3: no TTL and no $TTL; the SOA's minimum of 55 s is used",
    ]);
  });
});

describe('zonefile: $ORIGIN and $INCLUDE', () => {
  it('RFC 1035 §5.1: $ORIGIN completes what follows; a relative one is below the origin so far', () => {
    expect(scanLines('$ORIGIN sub\na 1 A 192.0.2.1\n$origin other.test.\na 1 NS b\n')).to.deep.equal([
      'a.sub.example.test. 1 A 192.0.2.1',
      'a.other.test. 1 NS b.other.test.',
    ]);
  });

  it('an owner is read anew after $ORIGIN', () => {
    expect(scanLines('a 1 A 192.0.2.1\n$ORIGIN b\na 1 A 192.0.2.1\n')).to.deep.equal([
      'a.example.test. 1 A 192.0.2.1',
      'a.b.example.test. 1 A 192.0.2.1',
    ]);
  });

  it('RFC 1035 §5.1: $INCLUDE leaves origin and owner as they were', () => {
    const lines = scanLines('a 1 A 192.0.2.1\n$INCLUDE f sub\n 1 A 192.0.2.2\nb 1 A 192.0.2.3\n', {
      files: { f: 'x 1 A 192.0.2.4\n$ORIGIN deep\ny 1 A 192.0.2.5' },
    });
    expect(lines).to.deep.equal([
      'a.example.test. 1 A 192.0.2.1',
      'x.sub.example.test. 1 A 192.0.2.4',
      'y.deep.sub.example.test. 1 A 192.0.2.5',
      'a.example.test. 1 A 192.0.2.2',
      'b.example.test. 1 A 192.0.2.3',
    ]);
  });

  it('an included file begins with the origin and owner of its includer', () => {
    const lines = scanLines('$ORIGIN o\na 1 A 192.0.2.1\n$INCLUDE f', {
      files: { f: ' 1 A 192.0.2.2\nb 1 A 192.0.2.3' },
    });
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal([
      'a.o.example.test.',
      'a.o.example.test.',
      'b.o.example.test.',
    ]);
  });

  it('$TTL in an included file holds after it, as in BIND', () => {
    expect(scanLines('$TTL 1\n$INCLUDE f\na A 192.0.2.1', { files: { f: '$TTL 2' } })).to.deep.equal([
      'a.example.test. 2 A 192.0.2.1',
    ]);
  });

  it('file names may be quoted and in UTF-8; every file is told', () => {
    const { files, errors } = scanZone('$INCLUDE "a b"\n$INCLUDE caf\xc3\xa9\n$INCLUDE "a b"', {
      files: { 'a b': '', café: '' },
    });
    expect(errors).to.deep.equal([]);
    expect(files).to.deep.equal(['zone', 'a b', 'café', 'a b']);
  });
});

describe('zonefile: $GENERATE', () => {
  const generate = (line: string) => scanLines(`$TTL 1\n$GENERATE ${line}\n`);

  it('makes a record for every number, both ends included', () => {
    expect(generate('1-3 h$ A 192.0.2.$')).to.deep.equal([
      'h1.example.test. 1 A 192.0.2.1',
      'h2.example.test. 1 A 192.0.2.2',
      'h3.example.test. 1 A 192.0.2.3',
    ]);
  });

  it('steps', () => {
    expect(generate('0-7/3 $ A 192.0.2.$').map((line) => line.split('.')[0])).to.deep.equal(['0', '3', '6']);
  });

  it('takes TTL and class in either order', () => {
    expect(generate('1-1 a 9 IN A 192.0.2.$')).to.deep.equal(['a.example.test. 9 A 192.0.2.1']);
    expect(generate('1-1 a IN 9 A 192.0.2.$')).to.deep.equal(['a.example.test. 9 A 192.0.2.1']);
  });

  it('${offset,width,base}', () => {
    const owner = (word: string) => generate(`10-10 ${word} A 192.0.2.1`)[0]?.split('.example')[0];
    expect(owner('h${5}')).to.equal('h15');
    expect(owner('h${-5}')).to.equal('h5');
    expect(owner('h${0,4}')).to.equal('h0010');
    expect(owner('h${0,4,d}')).to.equal('h0010');
    expect(owner('h${0,3,o}')).to.equal('h012');
    expect(owner('h${161,0,x}')).to.equal('hab');
    expect(owner('h${161,4,X}')).to.equal('h00ab');
    expect(owner('${161,0,n}')).to.equal('b.a');
    expect(owner('${161,7,n}')).to.equal('b.a.0.0');
    expect(owner('${161,0,N}')).to.equal('b.a');
    expect(owner('$-$')).to.equal('10-10');
  });

  it('$$ and \\$ are dollar signs', () => {
    expect(generate('1-1 a TXT $$x')).to.deep.equal(['a.example.test. 1 TXT "$x"']);
    expect(generate('1-1 a TXT \\$x')).to.deep.equal(['a.example.test. 1 TXT "$x"']);
    expect(generate('1-1 \\$$ A 192.0.2.1')).to.deep.equal(['\\$1.example.test. 1 A 192.0.2.1']);
  });

  it('data in one pair of quotes is the text of all the data, as in BIND', () => {
    expect(generate('1-1 @ MX "10 mail$"')).to.deep.equal(['example.test. 1 MX 10 mail1.example.test.']);
    expect(generate('1-1 @ TXT "a b$"')).to.deep.equal(['example.test. 1 TXT "a" "b1"']);
  });

  it('data in several words', () => {
    expect(generate('1-1 @ MX 10 mail$')).to.deep.equal(['example.test. 1 MX 10 mail1.example.test.']);
    expect(generate('1-1 @ TXT "a $" "b $"')).to.deep.equal(['example.test. 1 TXT "a 1" "b 1"']);
  });

  it('leaves the owner of the record before as it was', () => {
    expect(scanLines('a 1 A 192.0.2.1\n$GENERATE 1-2 h$ 1 A 192.0.2.1\n 1 A 192.0.2.2\n')[3]).to.match(
      /^a\.example/,
    );
  });
});
