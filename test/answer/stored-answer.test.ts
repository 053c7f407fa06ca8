import { expect } from 'chai';
import { answeringZone } from '../../src/answer/answering-zone.ts';
import { answerStored, type FindAnsweringZone } from '../../src/answer/stored-answer.ts';
import { scanType } from '../../src/rdata/table.ts';
import { showRcode } from '../../src/wire/iana.ts';
import { scanName } from '../../src/wire/name.ts';
import { hosting } from '../support/hosted.ts';
import { type MemoryZone, memoryZone } from '../support/memory-zone.ts';
import { name, showRecord } from '../support/rr.ts';

const ZONE = memoryZone(
  'example.test',
  `@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300
@ 3600 NS ns1
ns1 3600 A 192.0.2.53
www 60 A 192.0.2.3
www 60 A 192.0.2.1
www 60 A 192.0.2.2
www 60 AAAA 2001:db8::1
_steer.www 60 TXT "order=rotate take=1 min=2"
_steer.www 60 TXT "192.0.2.1 state=out"
_steer.www 60 TXT "192.0.2.2 down by=mon. until=2026-11-22T10:00:00Z"
cdn 60 CNAME b.cdn.example.
cdn 60 CNAME a.cdn.example.
cdn 60 CNAME www
_steer.cdn 60 TXT "order=rotate"
alias 60 CNAME www
out 60 CNAME www.other.test.
*.wild 60 A 192.0.2.9
_steer.*.wild 60 TXT "order=rotate"
child 300 NS ns.child
ns.child 300 A 192.0.2.54
child 300 DS 7 13 1 0123456789012345678901234567890123456789
`,
);
/** 2026-11-22T09:58:41Z */
const NOW_SECONDS = 1_795_341_521;

describe('answers from stored records', () => {
  it('a steered RRset is whole, in canonical order, with its stored TTL, whoever is down', () => {
    expect(asked('www A')).to.deep.equal([
      'NOERROR aa; raw view: 1 of 3 live, fails open',
      'www.example.test. 60 A 192.0.2.1',
      'www.example.test. 60 A 192.0.2.2',
      'www.example.test. 60 A 192.0.2.3',
    ]);
  });

  it('a verdict that has lapsed is not counted', () => {
    expect(asked('www A', NOW_SECONDS + 3600)[0]).to.equal('NOERROR aa; raw view: 2 of 3 live');
  });

  it('STEERING.md §8: _steer lines are records as others are', () => {
    expect(asked('_steer.cdn TXT')).to.deep.equal([
      'NOERROR aa; raw view',
      '_steer.cdn.example.test. 60 TXT "order=rotate"',
    ]);
  });

  it('STEERING.md §9: of several CNAMEs all are answered and none is followed', () => {
    const all = [
      'NOERROR aa; raw view: 3 of 3 live',
      'cdn.example.test. 60 CNAME a.cdn.example.',
      'cdn.example.test. 60 CNAME b.cdn.example.',
      'cdn.example.test. 60 CNAME www.example.test.',
    ];
    expect(asked('cdn A')).to.have.members(all);
    expect(asked('cdn CNAME')).to.have.members(all);
  });

  it('a single CNAME is followed to the raw RRset', () => {
    expect(asked('alias A')).to.have.lengthOf(5);
    expect(asked('alias A')[0]).to.equal('NOERROR aa; raw view: 1 of 3 live, fails open');
  });

  it('an alias into a zone that may not be read raw ends the answer', () => {
    expect(asked('out A')).to.deep.equal([
      'NOERROR aa; raw view',
      'out.example.test. 60 CNAME www.other.test.',
    ]);
  });

  it('ANY is every RRset of the name', () => {
    expect(asked('www ANY')).to.deep.equal([
      'NOERROR aa; raw view: A 1 of 3 live, fails open, AAAA 1 of 1 live',
      'www.example.test. 60 A 192.0.2.1',
      'www.example.test. 60 A 192.0.2.2',
      'www.example.test. 60 A 192.0.2.3',
      'www.example.test. 60 AAAA 2001:db8::1',
    ]);
  });

  it('a name made from a wildcard is steered by the lines of the wildcard', () => {
    expect(asked('x.wild A')).to.deep.equal([
      'NOERROR aa; raw view: 1 of 1 live',
      'x.wild.example.test. 60 A 192.0.2.9',
    ]);
  });

  it('SOA below the apex is a negative answer with the SOA (RFC 2308 §3), NXDOMAIN or NODATA', () => {
    const soa = 'example.test. 300 SOA ns1.example.test. hostmaster.example.test. 7 7200 900 1209600 300';
    expect(asked('www SOA')).to.deep.equal(['NOERROR aa; raw view', soa]);
    expect(asked('_acme-challenge.new SOA')).to.deep.equal(['NXDOMAIN aa; raw view', soa]);
  });

  it('NS at a delegation is read from the authority section, as terraform does', () => {
    const answer = answerStored(name('child.example.test'), 2, onlyZone(ZONE), NOW_SECONDS);
    expect(answer?.isAuthoritative).to.equal(false);
    expect(answer?.parts.map(({ section }) => section)).to.deep.equal(['authority', 'additional']);
  });

  it('RFC 4035 §3.1.4.1: DS at a delegation is the parent zone’s data', () => {
    expect(asked('child DS')[0]).to.equal('NOERROR aa; raw view');
  });

  it('owners are spelt as in the question', () => {
    const answer = answerStored(scanName('WwW.Example.test.', undefined), 1, onlyZone(ZONE), NOW_SECONDS);
    expect(answer?.parts[0]?.records.map(showRecord)[0]).to.equal('WwW.Example.test. 60 A 192.0.2.1');
  });

  it('a name outside of what may be read is not answered', () => {
    expect(answerStored(name('www.other.test'), 1, onlyZone(ZONE), NOW_SECONDS)).to.equal(undefined);
  });
});

/** RCODE, AA and note; then the records of all sections. */
function asked(question: string, nowSeconds = NOW_SECONDS): string[] {
  const [owner = '', type = ''] = question.split(' ');
  const answer = answerStored(name(`${owner}.example.test`), scanType(type) ?? 0, onlyZone(ZONE), nowSeconds);
  if (answer === undefined) throw new Error('not answered');
  const head = `${showRcode(answer.rcode)}${answer.isAuthoritative ? ' aa' : ''}; ${answer.note}`;
  return [head, ...answer.parts.flatMap(({ records }) => records.map(showRecord))];
}

function onlyZone(zone: MemoryZone): FindAnsweringZone {
  return (owner, type) => answeringZone(hosting(zone), owner, type);
}
