import { expect } from 'chai';
import { NEGATIVE_SOA, NodeFlag, NodeWord, RECORD_HEAD, RRsetWord } from '../../src/image/layout.ts';
import { countersFor, NodeComposer } from '../../src/image/node-composer.ts';
import { RRType } from '../../src/wire/iana.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const APEX = name('example.test');

/** Composes the owner of these records; every rotating RRset gets counter 5. */
function compose(records: string, flags = 0): { composer: NodeComposer; types: number[]; places: number[] } {
  const [owner] = memoryZone('example.test', records).owners();
  if (owner === undefined) expect.fail('no owner');
  const composer = new NodeComposer();
  composer.compose(owner, { flags, zone: 7, apex: APEX, occluderLabels: 0, below: 0, counterOf: () => 5 });
  const directory = NodeWord.NAME + ((owner.name.length + 3) >>> 2);
  const types: number[] = [];
  const places: number[] = [];
  for (let i = 0; i < (composer.words[NodeWord.RRSETS] ?? 0); i++) {
    types.push(composer.words[directory + 2 * i] ?? 0);
    places.push(composer.words[directory + 2 * i + 1] ?? 0);
  }
  return { composer, types, places };
}

function flagsOf(records: string, flags = 0): number {
  return (compose(records, flags).composer.words[0] ?? 0) & 0xffff;
}

describe('image/node-composer', () => {
  it('writes records as they stand in a message, the owner as a pointer to the question', () => {
    const { composer, places } = compose('www 300 A 192.0.2.1');
    const at = ((places[0] ?? 0) + RRsetWord.TABLE) * 4;
    const octets = new Uint8Array(composer.words.buffer).slice(at, at + RECORD_HEAD + 4);
    expect(Buffer.from(octets).toString('hex')).to.equal('c00c000100010000012c0004c0000201');
  });

  it('keeps RRsets in the order of their types; the SOA for negative answers comes last, with the lower TTL', () => {
    const { composer, types, places } = compose(
      '@ 60 TXT x\n@ 3600 SOA ns h 1 2 3 4 300\n@ 60 NS ns',
      NodeFlag.APEX,
    );
    expect(types).to.deep.equal([RRType.NS, RRType.SOA, RRType.TXT, NEGATIVE_SOA]);
    const ttls = [1, 3].map((i) => {
      const record = ((places[i] ?? 0) + RRsetWord.TABLE + 2) * 4;
      return new DataView(composer.words.buffer).getUint32(record + 6);
    });
    expect(ttls).to.deep.equal([3600, 300]);
  });

  it('lets address and CNAME RRsets of several records rotate, and nothing else', () => {
    const counters = (records: string): number[] => {
      const { composer, places } = compose(records);
      return places.map((place) => composer.words[place + RRsetWord.COUNTER] ?? 0);
    };
    expect(counters('a A 192.0.2.1\na A 192.0.2.2\na AAAA 2001:db8::1\na TXT x\na TXT y')).to.deep.equal([
      5, 0, 0,
    ]);
    expect(counters('a CNAME b\na CNAME c')).to.deep.equal([5]);
    expect(countersFor({ type: RRType.A, ttl: 1, rdatas: [] })).to.equal('none');
  });

  it('says what must be asked first: cut, DNAME, CNAME', () => {
    expect(flagsOf('a NS b')).to.equal(NodeFlag.CUT);
    expect(flagsOf('@ NS b', NodeFlag.APEX)).to.equal(NodeFlag.APEX);
    expect(flagsOf('a DNAME b')).to.equal(NodeFlag.DNAME);
    expect(flagsOf('a CNAME b')).to.equal(NodeFlag.CNAME);
  });

  it('RFC 4592 §4.2, §4.4: an asterisk label delegates and redirects nothing', () => {
    expect(flagsOf('* NS b')).to.equal(0);
    expect(flagsOf('* DNAME b')).to.equal(0);
  });

  it('writes long and short nodes one after the other', () => {
    const composer = new NodeComposer();
    const head = { flags: 0, zone: 0, apex: APEX, occluderLabels: 0, below: 0, counterOf: () => 0 };
    const rdatas = Array.from({ length: 100 }, (_, i) => new Uint8Array(1000).fill(i));
    composer.compose({ name: APEX, rrsets: [{ type: RRType.TXT, ttl: 1, rdatas }] }, head);
    expect(composer.length).to.be.greaterThan(25_000);
    composer.compose({ name: APEX, rrsets: [] }, head);
    expect(composer.length).to.equal(NodeWord.NAME + 4);
  });

  it('keeps no more of an RRset than shows that it cannot be sent', () => {
    const composer = new NodeComposer();
    const head = { flags: 0, zone: 0, apex: APEX, occluderLabels: 0, below: 0, counterOf: () => 0 };
    const rdatas = Array.from({ length: 1000 }, () => new Uint8Array(65_535));
    composer.compose({ name: APEX, rrsets: [{ type: RRType.TXT, ttl: 1, rdatas }] }, head);
    expect(composer.length * 4).to.be.within(65_535, 1 << 24);
  });
});
