import { expect } from 'chai';
import { scanType } from '../../src/rdata/table.ts';
import { showRcode } from '../../src/wire/iana.ts';
import { scanRecords } from './memory-zone.ts';
import { ReferenceAnswerer } from './reference-answerer.ts';
import { name, showRecord } from './rr.ts';

const APEX = '@ SOA ns1 hostmaster 1 7200 900 1209600 60\n@ NS ns1\nns1 A 192.0.2.53\n';

describe('reference answerer', () => {
  describe('RFC 4592 §2.2.1: the example of the document', () => {
    const server = hosting({
      'example.test': `
*              TXT   "this is a wildcard"
*              MX    10 host1
sub.*          TXT   "this is not a wildcard"
host1          A     192.0.2.1
_ssh._tcp.host1 SRV  0 0 22 host1
_ssh._tcp.host2 SRV  0 0 22 host1
subdel         NS    ns.example.
`,
    });
    const cases: [question: string, expected: string][] = [
      ['host3.example.test MX', 'NOERROR aa: host3.example.test. 300 MX 10 host1.example.test.'],
      ['host3.example.test A', 'NOERROR aa: | SOA'],
      ['foo.bar.example.test TXT', 'NOERROR aa: foo.bar.example.test. 300 TXT "this is a wildcard"'],
      ['host1.example.test MX', 'NOERROR aa: | SOA'],
      ['sub.*.example.test MX', 'NOERROR aa: | SOA'],
      ['_telnet._tcp.host1.example.test SRV', 'NXDOMAIN aa: | SOA'],
      ['host.subdel.example.test A', 'NOERROR: | subdel.example.test. 300 NS ns.example.'],
      ['ghost.*.example.test MX', 'NXDOMAIN aa: | SOA'],
      ['host2.example.test A', 'NOERROR aa: | SOA'],
      ['*.example.test TXT', 'NOERROR aa: *.example.test. 300 TXT "this is a wildcard"'],
    ];
    for (const [question, expected] of cases) {
      it(question, () => {
        expect(ask(server, question)).to.equal(expected);
      });
    }
  });

  describe('aliases', () => {
    const server = hosting({
      'example.test': `
a     CNAME b
b     CNAME www.other.test.
gone  CNAME nowhere.other.test.
out   CNAME www.example.
cut   CNAME www.dept.other.test.
ring  CNAME gnir
gnir  CNAME ring
self  CNAME self
old   60 DNAME other.test.
long  DNAME ${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(60)}.${'w'.repeat(60)}.
*.w   CNAME www.other.test.
`,
      'other.test': 'www A 192.0.2.1\ndept NS ns.dept\nns.dept A 192.0.2.54',
    });
    const www = 'www.other.test. 300 A 192.0.2.1';
    const cases: [title: string, question: string, expected: string][] = [
      [
        'are followed into other zones served here',
        'a.example.test A',
        `NOERROR aa: a.example.test. 300 CNAME b.example.test., b.example.test. 300 CNAME www.other.test., ${www}`,
      ],
      [
        'are not followed for their own type',
        'a.example.test CNAME',
        'NOERROR aa: a.example.test. 300 CNAME b.example.test.',
      ],
      [
        'RFC 6604 §3: give the RCODE of the last name',
        'gone.example.test A',
        'NXDOMAIN aa: gone.example.test. 300 CNAME nowhere.other.test. | SOA',
      ],
      [
        'end where the zones end',
        'out.example.test A',
        'NOERROR aa: out.example.test. 300 CNAME www.example.',
      ],
      [
        'may end in a referral',
        'cut.example.test A',
        'NOERROR aa: cut.example.test. 300 CNAME www.dept.other.test. | dept.other.test. 300 NS ns.dept.other.test. | ns.dept.other.test. 300 A 192.0.2.54',
      ],
      [
        'end when they come round',
        'ring.example.test A',
        'NOERROR aa: ring.example.test. 300 CNAME gnir.example.test., gnir.example.test. 300 CNAME ring.example.test.',
      ],
      [
        'end at themselves',
        'self.example.test A',
        'NOERROR aa: self.example.test. 300 CNAME self.example.test.',
      ],
      [
        'RFC 6672 §3.1: are made from a DNAME, with its TTL',
        'www.old.example.test A',
        `NOERROR aa: old.example.test. 60 DNAME other.test., www.old.example.test. 60 CNAME www.other.test., ${www}`,
      ],
      [
        'made from a DNAME are not followed for their own type',
        'www.old.example.test CNAME',
        'NOERROR aa: old.example.test. 60 DNAME other.test., www.old.example.test. 60 CNAME www.other.test.',
      ],
      ['RFC 6672 §2.3: are not made for the owner of a DNAME', 'old.example.test A', 'NOERROR aa: | SOA'],
      [
        'may stand at a wildcard',
        'x.w.example.test A',
        `NOERROR aa: x.w.example.test. 300 CNAME www.other.test., ${www}`,
      ],
    ];
    for (const [title, question, expected] of cases) {
      it(title, () => {
        expect(ask(server, question)).to.equal(expected);
      });
    }

    it('RFC 6672 §2.2: make YXDOMAIN when the name becomes too long', () => {
      expect(ask(server, 'a-label-of-twenty.long.example.test A')).to.match(
        /^YXDOMAIN aa: long\.example\.test\. 300 DNAME/,
      );
    });
  });

  describe('zones in zones', () => {
    const server = hosting({
      test: 'child NS ns.child\nchild DS 1 13 1 0123456789012345678901234567890123456789\nns.child A 192.0.2.54\nx.child A 192.0.2.55',
      'child.test': 'www A 192.0.2.1',
      'lost.test': '',
      'lone.example': 'dept NS ns.example.',
    });
    const cases: [title: string, question: string, expected: string][] = [
      ['the nearest apex answers', 'x.child.test A', 'NXDOMAIN aa: | SOA'],
      [
        'DS is the parent side’s',
        'child.test DS',
        'NOERROR aa: child.test. 300 DS 1 13 1 0123456789012345678901234567890123456789',
      ],
      ['DS at an apex that its parent does not delegate is NODATA', 'lost.test DS', 'NOERROR aa: | SOA'],
      ['DS at an apex without its parent here is NODATA', 'lone.example DS', 'NOERROR aa: | SOA'],
      ['DS at a cut without one is NODATA', 'dept.lone.example DS', 'NOERROR aa: | SOA'],
      [
        'DS below a cut is a referral',
        'x.dept.lone.example DS',
        'NOERROR: | dept.lone.example. 300 NS ns.example.',
      ],
      ['other names are refused', 'www.example A', 'REFUSED:'],
    ];
    for (const [title, question, expected] of cases) {
      it(title, () => {
        expect(ask(server, question)).to.equal(expected);
      });
    }
  });

  it('does not know steering lines, nor what would only exist by them', () => {
    const server = hosting({
      'example.test': '_steer.www TXT "order=rotate"\nwww A 192.0.2.1\n_steer.ent TXT "order=rotate"',
    });
    expect(ask(server, '_steer.www.example.test TXT')).to.equal('NXDOMAIN aa: | SOA');
    expect(ask(server, 'ent.example.test A')).to.equal('NXDOMAIN aa: | SOA');
  });

  it('RFC 8482 §4.1: answers ANY with the RRset of the lowest type', () => {
    const server = hosting({ 'example.test': 'www TXT "x"\nwww A 192.0.2.1' });
    expect(ask(server, 'www.example.test ANY')).to.equal('NOERROR aa: www.example.test. 300 A 192.0.2.1');
  });

  it('RFC 2308 §5: gives a negative answer the lower of the SOA’s TTL and MINIMUM', () => {
    const server = hosting({ 'example.test': '' });
    const [soa] = server.answer({ qname: name('x.example.test'), qtype: 1 }).authority;
    expect(soa?.ttl).to.equal(60);
  });
});

function hosting(zones: Record<string, string>): ReferenceAnswerer {
  return new ReferenceAnswerer(
    Object.entries(zones).map(([apex, text]) => ({
      apex: name(apex),
      records: scanRecords(APEX + text, name(apex)),
    })),
  );
}

/** `RCODE aa: answer | authority | additional`, without what is empty at the end; an SOA is only `SOA`. */
function ask(server: ReferenceAnswerer, question: string): string {
  const [qname = '', qtype = ''] = question.split(' ');
  const said = server.answer({ qname: name(qname), qtype: scanType(qtype) ?? 0 });
  const sections = [said.answer, said.authority, said.additional].map((records) =>
    records
      .map(showRecord)
      .map((line) => (/ SOA /.test(line) ? 'SOA' : line))
      .join(', '),
  );
  if (said.answer.some((rr) => rr.type === 15)) sections[2] = '';
  return `${showRcode(said.rcode)}${said.aa ? ' aa' : ''}: ${sections.join(' | ')}`
    .replace(/[ |]+$/, '')
    .replace(/ +\|/, ' |');
}
