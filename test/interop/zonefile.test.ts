// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is $GENERATE's own syntax

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { foldName, scanName } from '../../src/wire/name.ts';
import { showZone } from '../../src/zonefile/writer.ts';
import { groupRecords, type Scan, scanZone } from '../support/zone-files.ts';

const HEAD = '$TTL 1h30m\n@ SOA ns1 host ( 7 2h 15m ; comment )\n 2w 300 )\n@ NS ns1\nns1 A 192.0.2.53\n';

/** The rest of zone files that BIND reads, by what they show. */
const READ: Readonly<Record<string, string>> = {
  'owners, TTLs, classes':
    'a 300 IN A 192.0.2.1\n  IN 400 AAAA 2001:db8::1\n\tTXT x\nb a 192.0.2.2\nB A 192.0.2.3\nin IN A 192.0.2.4\n',
  'units in any order and case':
    'a 1W2d3H4m5S A 192.0.2.1\nb 5s1h A 192.0.2.1\nc 0 A 192.0.2.1\nd 1h1h A 192.0.2.1\n',
  'parentheses anywhere': '(a 300) (IN) A (192.0.2.1)\nb(300)A(192.0.2.2)\nc ( ( 300 A )\n192.0.2.3 )\n',
  'strings and escapes': 'a TXT "x;(y" z"w" "" \\"q\\" \\065\\b "\\065\\"" x\\ y caf\xe9 "tab\there"\n',
  'an escaped line end in quotes': 'a TXT "x\\\ny"\nb A 192.0.2.1\n',
  'escapes in owners':
    'a\\.b A 192.0.2.1\n\\@ A 192.0.2.2\n\\032x A 192.0.2.3\n\\$y A 192.0.2.4\n* A 192.0.2.5\n\\065z A 192.0.2.6\n',
  CRLF: 'a A 192.0.2.1\r\n  A 192.0.2.2\r\nb TXT ( x\r\n y )\r\n\r\n; c\r\n',
  'no final line end': 'a A 192.0.2.1',
  '$ORIGIN and $TTL':
    '$ORIGIN sub\na A 192.0.2.1\n$ttl 5\n$origin deep.example.test.\na A 192.0.2.1\n@ A 192.0.2.2\n',
  $INCLUDE:
    'a A 192.0.2.1\n$INCLUDE included.inc sub\n A 192.0.2.2\n$INCLUDE "included.inc"\nlast A 192.0.2.3\n',
  $GENERATE:
    '$GENERATE 1-20/3 h$ A 192.0.2.$\n$GENERATE 0-2 h${10,4,d} 60 IN CNAME x${1,0,X}.other.test.\n$GENERATE 5-6 ${4096,9,n}.r PTR h$$$.y\n',
  '$GENERATE with bases': '$GENERATE 9-20 o${0,3,o}x${0,2,x}n${0,0,n}N${200,7,N} TXT "v=${-9} \\$ w"\n',
  'generic data': 'a A \\# 4 C0000201\nb TYPE65280 \\# 4 0A 000001\nc TYPE1 192.0.2.1\nd CLASS1 TXT x\n',
  'a parameter in quotes':
    'a HTTPS 1 . alpn="h2,h3" port=443\nb SVCB 1 x key65000="a b" ipv4hint=192.0.2.1\n',
  'many types':
    'a MX 10 b\na SRV 1 2 3 b\na CAA 0 issue "ca.test"\na NAPTR 1 2 "u" "sip+E2U" "!^.*$!x!" .\na HINFO x "y z"\na LOC 52 22 23 N 4 53 32 E -2m 0m 10000m 10m\n' +
    'a SSHFP 1 1 123456789abcdef67890123456789abcdef67890\na TLSA 3 1 1 ( 0123456789abcdef0123456789abcdef\n 0123456789abcdef0123456789abcdef )\n',
};

/** The rest of zone files that BIND refuses. */
const REFUSED: Readonly<Record<string, string>> = {
  'an unknown type': 'a AAA 192.0.2.1\n',
  'no type': 'a 300 IN\n',
  'a TTL without its unit': 'a 1h30 A 192.0.2.1\n',
  'an open quote': 'a TXT "x\n',
  'an open parenthesis': 'a TXT ( x\n',
  'a parenthesis too many': 'a A 192.0.2.1 )\n',
  'too much data': 'a A 192.0.2.1 192.0.2.2\n',
  'a bad escape': 'a TXT \\999\n',
  'an empty label': 'a..b A 192.0.2.1\n',
  'a label of 64 octets': `${'a'.repeat(64)} A 192.0.2.1\n`,
  'another class': 'a CH A 192.0.2.1\n',
  'a missing file': '$INCLUDE missing.inc\n',
  'a circle': '$INCLUDE zone\n',
  'an unknown directive': '$ORIGN x\n',
  'a range backwards': '$GENERATE 2-1 a$ A 192.0.2.1\n',
  'an open brace': '$GENERATE 1-2 a${1 A 192.0.2.1\n',
};

const INCLUDED = 'x A 192.0.2.4\n$ORIGIN deep\ny A 192.0.2.5\n';
const version = spawnSync('named-compilezone', ['-v']);

describe('zone files: the same as named-compilezone', () => {
  let folder = '';

  before(function () {
    if (version.error !== undefined) {
      console.log('    skipped: named-compilezone (bind9-utils) is not installed');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'waypost-zonefile-'));
    writeFileSync(join(folder, 'included.inc'), INCLUDED);
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  /** The zone as BIND writes it, one record on a line; `undefined` when it refuses. */
  function compile(file: string): string | undefined {
    writeFileSync(join(folder, 'zone'), file, 'latin1');
    const options = ['-i', 'none', '-k', 'ignore', '-n', 'ignore', '-F', 'text', '-s', 'full', '-o', '-'];
    const { status, stdout } = spawnSync('named-compilezone', [...options, 'example.test', 'zone'], {
      cwd: folder,
    });
    return status === 0 ? stdout.toString('latin1') : undefined;
  }

  function scan(file: string): Scan {
    return scanZone(file, { files: { 'included.inc': INCLUDED, zone: file } });
  }

  for (const [title, rest] of Object.entries(READ)) {
    it(title, () => {
      const ours = scan(HEAD + rest);
      expect(ours.errors.map(String)).to.deep.equal([]);
      const theirs = compile(HEAD + rest);
      expect(theirs, 'BIND refuses it').not.to.equal(undefined);
      expect(listed(ours)).to.deep.equal(listed(scanZone(theirs ?? '')));
    });
  }

  for (const [title, rest] of Object.entries(READ)) {
    it(`BIND reads what the writer shows: ${title}`, () => {
      const ours = scan(HEAD + rest);
      const apex = foldName(scanName('example.test.', undefined));
      const theirs = compile([...showZone(apex, groupRecords(ours.records))].join(''));
      expect(theirs, 'BIND refuses it').not.to.equal(undefined);
      expect(listed(scanZone(theirs ?? ''))).to.deep.equal(listed(ours));
    });
  }

  for (const [title, rest] of Object.entries(REFUSED)) {
    it(`refused by both: ${title}`, () => {
      expect(scan(HEAD + rest).errors).not.to.have.length(0);
      expect(compile(HEAD + rest)).to.equal(undefined);
    });
  }
});

/** BIND gives an RRset one TTL and sorts, so do we: the first TTL, each record once, in order. */
function listed({ lines, errors }: Scan): readonly string[] {
  expect(errors.map(String)).to.deep.equal([]);
  const ttls = new Map<string, string>();
  const unified = lines.map((line) => {
    const [owner = '', ttl = '', type = '', ...data] = line.split(' ');
    const key = `${owner} ${type}`;
    if (!ttls.has(key)) ttls.set(key, ttl);
    return `${owner} ${ttls.get(key)} ${type} ${data.join(' ')}`;
  });
  return [...new Set(unified)].sort();
}
