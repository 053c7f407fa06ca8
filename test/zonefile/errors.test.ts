// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is $GENERATE's own syntax
import { expect } from 'chai';
import { ZoneFileError } from '../../src/zonefile/errors.ts';
import { scanErrors, scanLines, scanZone } from '../support/zone-files.ts';

describe('zonefile: what is reported, and where', () => {
  const cases: readonly (readonly [title: string, file: string, ...messages: string[]])[] = [
    ['nothing after the owner', 'www\n', '1:4: RR type expected, but the entry ends here'],
    ['no type', 'www 300 IN ; A\n', '1:11: RR type expected, but the entry ends here'],
    [
      'an unknown type',
      'www 300 AAA 192.0.2.1\n',
      "1:9: RR type expected, found 'AAA'; did you mean AAAA or CAA?",
    ],
    [
      'exchanged letters',
      'www 300 IN CNMAE x\n',
      "1:12: RR type expected, found 'CNMAE'; did you mean CNAME?",
    ],
    [
      'a word that is nothing',
      'www banana A 192.0.2.1\n',
      "1:5: TTL, class or RR type expected, found 'banana'",
    ],
    ['a type number too high', 'www 1 TYPE65536 \\# 0\n', "1:7: RR type expected, found 'TYPE65536'"],
    ['a meta type', 'www 1 ANY x\n', "1:7: 'ANY' is not a type that a zone can have data of"],
    ['a quoted type', 'www 1 "A" 192.0.2.1\n', '1:7: TTL, class or type expected, found a quoted string'],
    ['two TTLs', 'www 300 IN 400 A 192.0.2.1\n', "1:12: type expected, found a second TTL '400'"],
    ['two classes', 'www IN 1 IN A 192.0.2.1\n', "1:10: type expected, found a second class 'IN'"],
    ['a letter in a TTL', 'www 3OO A 192.0.2.1\n', "1:5: TTL, class or type expected, found '3OO'"],
    [
      'a TTL with a number without its unit',
      'www 1h30 A 192.0.2.1\n',
      "1:5: TTL, class or type expected, found '1h30'",
    ],
    [
      'RFC 2181 §8: a TTL too high',
      'www 2147483648 A 192.0.2.1\n',
      "1:5: the TTL '2147483648' is over 2147483647 seconds (RFC 2181 §8)",
    ],
    [
      'another class',
      'www 1 CH TXT x\n',
      "1:7: class IN expected, found class 'CH'; no other class is served",
    ],
    [
      'no TTL anywhere',
      'a A 192.0.2.1\nb A 192.0.2.1\n',
      '1:3: TTL expected before the type: there is no $TTL and no TTL in a record before',
    ],
    ['no data', 'www 1 A\n', '1:8: IPv4 address expected, but the record ends here'],
    ['bad data', 'www 1 A 192.0.2.300\n', "1:9: IPv4 address expected, found '192.0.2.300'"],
    ['too much data', 'www 1 A 192.0.2.1 192.0.2.2\n', "1:19: end of record expected, found '192.0.2.2'"],
    [
      'bad data on a continued line',
      '@ 1 SOA a b (\n 1 2 3\n  x 5 )\n',
      "3:3: expire in seconds, or as 1w2d3h4m5s, expected, found 'x'",
    ],
    [
      'no owner before',
      '  1 A 192.0.2.1\n 1 A 192.0.2.2\n',
      '1:3: owner expected: the line begins with white space, but there is no record before it',
    ],
    ['an empty label', 'a..b 1 A 192.0.2.1\n', "1:1: not a domain name: 'a..b' (empty label)"],
    ['a bad escape', 'a\\999 1 A 192.0.2.1\n', "1:1: '\\999' is not \\DDD with DDD up to 255 in 'a\\999'"],
    ['a lone backslash', 'a 1 CNAME b\\\n', "1:11: 'b\\' ends with a lone backslash"],
    [
      'a type at the beginning of the line',
      'NS ns1\n',
      "1:1: 'NS' stands where the owner is expected and 'ns1' is no type; a record with the owner of the one before must begin with white space",
    ],
    [
      'a directive after white space',
      'a 1 A 192.0.2.1\n $TTL 5\n',
      "2:2: type expected, found '$TTL'; a directive must stand at the beginning of its line",
    ],
    [
      'a quoted string that is not closed',
      'a 1 TXT "x\nb 1 A 192.0.2.x\n',
      '1:9: this quoted string is not closed on its line',
      "2:7: IPv4 address expected, found '192.0.2.x'",
    ],
    [
      'a quoted string that ends with the file',
      'a 1 TXT "x',
      '1:9: this quoted string is not closed on its line',
    ],
    [
      'a parenthesis that is not closed',
      '@ 1 SOA a b (\n 1 2 3 4\nb 1 A x\n 1 A y',
      "1:13: this '(' is never closed",
      "3:7: IPv4 address expected, found 'x'",
      "4:6: IPv4 address expected, found 'y'",
    ],
    ['the outer of two that are not closed', 'a 1 TXT ( x ( y )\n', "1:9: this '(' is never closed"],
    [
      'a parenthesis too many',
      'a 1 A 192.0.2.1 )\nb 1 A x',
      "1:17: ')' without a '(' before it",
      "2:7: IPv4 address expected, found 'x'",
    ],
    [
      'a NUL octet',
      'a 1 TXT x\0\n',
      '1:10: a NUL octet; the file must be plain text, such as ASCII or UTF-8',
    ],
    ['UTF-16', '\xff\xfea\0', '1:1: the file is in UTF-16; it must be plain octets, such as ASCII or UTF-8'],
    ['the column after a byte order mark', '\xef\xbb\xbfa 1 A x', "1:7: IPv4 address expected, found 'x'"],
    [
      'an unknown directive',
      '$ORIGN x.\n',
      "1:1: unknown directive '$ORIGN'; did you mean $ORIGIN?; an owner that begins so is '\\$ORIGN'",
    ],
    ['$TTL without a TTL', '$TTL\n', '1:5: a TTL expected after $TTL, but the line ends here'],
    ['$TTL with something else', '$TTL x\n', "1:6: TTL such as 3600 or 1h30m expected, found 'x'"],
    ['$TTL with two', '$TTL 1 2\n', "1:8: end of line expected after $TTL, found '2'"],
    [
      '$ORIGIN without a name',
      '$ORIGIN ; x\n',
      '1:8: a domain name expected after $ORIGIN, but the line ends here',
    ],
    ['$ORIGIN with a bad name', '$ORIGIN a..\n', "1:9: not a domain name: 'a..' (empty label)"],
    [
      '$INCLUDE without a file',
      '$INCLUDE\n',
      '1:9: a file name expected after $INCLUDE, but the line ends here',
    ],
    ['$INCLUDE of what cannot be read', '$INCLUDE none\n', "1:10: cannot include 'none': no file 'none'"],
    [
      '$GENERATE without all of it',
      '$GENERATE 1-2\n',
      '1:14: $GENERATE range owner [ttl] [class] type rdata expected, but the line ends here',
    ],
    ['$GENERATE without data', '$GENERATE 1-2 a 1 A\n', '1:20: record data expected, but the line ends here'],
    [
      '$GENERATE with a bad range',
      '$GENERATE 1 a 1 A 192.0.2.1\n',
      "1:11: a range such as 1-100 or 0-254/2 expected, found '1'",
    ],
    ['$GENERATE backwards', '$GENERATE 2-1 a 1 A 192.0.2.1\n', "1:11: the range '2-1' ends before it begins"],
    [
      '$GENERATE without a step',
      '$GENERATE 1-2/0 a 1 A 192.0.2.1\n',
      "1:11: the range '1-2/0' has a step of 0",
    ],
    [
      '$GENERATE of too many',
      '$GENERATE 0-1048576 a$ 1 A 192.0.2.1\n',
      '1:11: 1048577 records would be generated; 1048576 more are let in this zone file',
    ],
    [
      '$GENERATE with a bad place',
      '$GENERATE 1-2 a${1,2,q} 1 A 192.0.2.1\n',
      "1:15: '${1,2,q}' is not ${offset[,width[,base]]} with a base of d, o, x, X, n or N",
    ],
    [
      '$GENERATE with an open brace',
      '$GENERATE 1-2 a${1 1 A 192.0.2.1\n',
      "1:15: '${1' is not ${offset[,width[,base]]} with a base of d, o, x, X, n or N",
    ],
    [
      '$GENERATE below zero',
      '$GENERATE 1-2 a${-2} 1 A 192.0.2.1\n',
      '1:15: $ is 1, and the offset -2 makes it -1 (with 1 for $)',
    ],
    [
      '$GENERATE of bad data, once',
      '$GENERATE 254-900 a 1 A 192.0.2.$\n',
      "1:25: IPv4 address expected, found '192.0.2.256' (with 256 for $)",
    ],
  ];
  for (const [title, file, ...messages] of cases) {
    it(title, () => {
      expect(scanErrors(file)).to.deep.equal(messages.map((message) => `zone:${message}`));
    });
  }

  it('what is found is shown safely for a terminal, and not at any length', () => {
    expect(scanErrors('a 1 \x1b[2J x\n')).to.deep.equal(["zone:1:5: RR type expected, found '\\027[2J'"]);
    expect(scanErrors(`a 1 ${'x'.repeat(1e6)}\n`)[0]).to.have.length.lessThan(700);
  });

  it('every error is a ZoneFileError with its place', () => {
    const [error] = scanZone('\n\na 1 A x').errors;
    expect(error).to.be.instanceOf(ZoneFileError);
    expect(error).to.include({
      path: 'zone',
      line: 3,
      column: 7,
      code: 'WP_ZONE_FILE',
      name: 'ZoneFileError',
    });
    expect(error?.what).to.equal("IPv4 address expected, found 'x'");
  });

  it('all errors of a file are reported, and what is right is read', () => {
    const { errors, lines } = scanZone(
      'a 1 A x\nb 1 A 192.0.2.1\n\nc 1 MX x y\n$FOO\nd 1 A ( y\n)\ne 1 A 192.0.2.2\n',
    );
    expect(errors.map(({ line }) => line)).to.deep.equal([1, 4, 5, 6]);
    expect(lines).to.have.length(2);
  });

  it('after an owner that cannot be read, records with its owner are no errors of their own', () => {
    expect(scanErrors('a..b 1 A 192.0.2.1\n 1 A 192.0.2.2\n')).to.have.length(1);
  });

  it('an error in data leaves the owner for the records that follow', () => {
    expect(scanZone('a 1 A x\n 1 A 192.0.2.2\n').lines).to.deep.equal(['a.example.test. 1 A 192.0.2.2']);
  });

  it('after maxErrors one more says that there are more, and the scan ends', () => {
    const { errors, records } = scanZone(`${'a 1 A x\n'.repeat(9)}a 1 A 192.0.2.1\n`, { maxErrors: 3 });
    expect(errors.map(({ line, what }) => `${line} ${what}`)).to.deep.equal([
      "1 IPv4 address expected, found 'x'",
      "2 IPv4 address expected, found 'x'",
      "3 IPv4 address expected, found 'x'",
      '4 … and more errors from here on',
    ]);
    expect(records).to.deep.equal([]);
  });

  it('exactly maxErrors are all there is', () => {
    expect(scanErrors('a 1 A x\n'.repeat(3), { maxErrors: 3 })).to.have.length(3);
  });

  it('the default bound is 100', () => {
    expect(scanErrors('a 1 A x\n'.repeat(1000))).to.have.length(101);
  });
});

describe('zonefile: errors in $INCLUDE', () => {
  it('an error in an included file names that file', () => {
    expect(scanErrors('$INCLUDE f\na 1 A y', { files: { f: '\na 1 A x' } })).to.deep.equal([
      "f:2:7: IPv4 address expected, found 'x'",
      "zone:2:7: IPv4 address expected, found 'y'",
    ]);
  });

  it('a parenthesis does not reach over the end of an included file', () => {
    expect(scanErrors('$INCLUDE f\na 1 A 192.0.2.1', { files: { f: 'a 1 TXT (' } })).to.deep.equal([
      "f:1:9: this '(' is never closed",
    ]);
  });

  it('a circle is reported with the files it goes through', () => {
    expect(scanErrors('$INCLUDE f', { files: { f: '$INCLUDE g', g: '$INCLUDE f' } })).to.deep.equal([
      'g:1:10: $INCLUDE goes in a circle: zone → f → g → f',
    ]);
    expect(scanErrors('$INCLUDE zone', { files: { zone: '' } })).to.have.length(1);
  });

  it('the same file twice is no circle', () => {
    expect(scanLines('$INCLUDE f a\n$INCLUDE f b\n', { files: { f: 'x 1 A 192.0.2.1' } })).to.have.length(2);
  });

  it('a chain of files has a bound', () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, `$INCLUDE f${i + 1}`]));
    expect(scanErrors('$INCLUDE f0', { files })).to.deep.equal([
      "f14:1:10: 'f15' would be file 17 in a chain of $INCLUDE; 16 is the most",
    ]);
  });

  it('files that include the next twice end', () => {
    const files = Object.fromEntries(
      Array.from({ length: 15 }, (_, i) => [
        `f${i}`,
        i === 14 ? '' : `$INCLUDE f${i + 1}\n$INCLUDE f${i + 1}\n`,
      ]),
    );
    expect(scanErrors('$INCLUDE f0', { files })[0]).to.match(
      /would be \$INCLUDE number 10001; 10000 are the most$/,
    );
  });
});

describe('zonefile: names that miss their final dot', () => {
  const warn = (file: string) => scanZone(file).warnings.map(({ message }) => message);

  it('an owner', () => {
    expect(warn('ns1.example.test 1 A 192.0.2.1\nns1.example.test 1 A 192.0.2.2\n')).to.deep.equal([
      "zone:1:1: 'ns1.example.test' ends with the origin but has no final dot; was 'ns1.example.test.' meant?",
    ]);
  });

  it('a name in data, wherever it stands', () => {
    expect(
      warn(
        '@ 1 NS ns1.Example.test\n@ 1 MX 10 mail.example.test\n@ 1 SOA ns1.example.test. h.example.test 1 2 3 4 5',
      ),
    ).to.deep.equal([
      "zone:1:8: 'ns1.Example.test' ends with the origin but has no final dot; was 'ns1.Example.test.' meant?",
      "zone:2:11: 'mail.example.test' ends with the origin but has no final dot; was 'mail.example.test.' meant?",
      "zone:3:27: 'h.example.test' ends with the origin but has no final dot; was 'h.example.test.' meant?",
    ]);
  });

  it('$ORIGIN', () => {
    expect(warn('$ORIGIN sub.example.test\n')).to.have.length(1);
  });

  it('not where the name was written out with its dot, nor in text', () => {
    expect(
      warn('a.example.test.example.test. 1 NS b.example.test.example.test.\na 1 TXT ns1.example.test'),
    ).to.deep.equal([]);
  });
});
