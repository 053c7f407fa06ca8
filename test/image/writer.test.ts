import { expect } from 'chai';
import { BlockWord, NodeWord, RRsetWord } from '../../src/image/layout.ts';
import { ImageReader } from '../../src/image/lookup.ts';
import { NameKey } from '../../src/image/name-key.ts';
import { tierCounter } from '../../src/image/tier-counter.ts';
import type { ZoneImageWriter } from '../../src/image/writer.ts';
import { Rcode, RRType } from '../../src/wire/iana.ts';
import type { DomainName } from '../../src/wire/name.ts';
import type { Owner } from '../../src/zone/record.ts';
import type { ServedOwner, TurnCounters } from '../../src/zone/served.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { ask, imageOf, responderOn } from '../support/answering.ts';
import { keyOf, MemoryZone, memoryZone } from '../support/memory-zone.ts';
import { name, rr } from '../support/rr.ts';

const HEAD = '@ SOA ns h 1 2 3 4 5\n@ NS ns\n';

function zoneOf(apex: string, text: string): MemoryZone {
  return memoryZone(apex, HEAD + text);
}

/** The owner of these lines, which all begin with its name. */
function ownerOf(...lines: string[]): Owner {
  const zone = new MemoryZone(
    name('example.test'),
    lines.map((line) => rr(line)),
  );
  return [...zone.owners()][0] ?? expect.fail('no owner');
}

function gone(text: string): Owner {
  return { name: name(text), rrsets: [] };
}

function nodeOf(image: ZoneImageWriter, text: string): { reader: ImageReader; node: number } {
  const reader = new ImageReader(image.memory);
  const key = new NameKey();
  const wire = name(text);
  key.load(wire, 0, wire.length);
  return { reader, node: reader.find(key, 0) };
}

/** The rotation counter of an RRset; 0 when it has none. */
function counterOf(image: ZoneImageWriter, text: string, type: number): number {
  const { reader, node } = nodeOf(image, text);
  const rrset = node === 0 ? 0 : reader.rrset(node, type);
  return rrset === 0 ? 0 : (reader.words[rrset + RRsetWord.COUNTER] ?? 0);
}

const DIGEST = 'ab'.repeat(20);
const TWO = ['www A 192.0.2.1', 'www A 192.0.2.2'];

describe('rotation counters in the image', () => {
  const APEX = name('example.test');
  const WWW = 'www.example.test';

  it('stay with an RRset whose members change, and when something else at its owner is written', () => {
    const image = imageOf([zoneOf('example.test', TWO.join('\n'))]);
    const counter = counterOf(image, WWW, RRType.A);
    image.apply(APEX, [ownerOf(...TWO, 'www A 192.0.2.3')]);
    expect(counterOf(image, WWW, RRType.A)).to.equal(counter);
    image.apply(APEX, [ownerOf(...TWO, 'www TXT x', 'www AAAA 2001:db8::1', 'www AAAA 2001:db8::2')]);
    expect(counterOf(image, WWW, RRType.A)).to.equal(counter);
    expect(counterOf(image, WWW, RRType.AAAA)).to.not.equal(counter);
  });

  it('are given to somebody else when the RRset is gone or holds one record only', () => {
    const image = imageOf([zoneOf('example.test', TWO.join('\n'))]);
    const counter = counterOf(image, WWW, RRType.A);
    image.apply(APEX, [ownerOf('www A 192.0.2.1')]);
    image.apply(APEX, [ownerOf('b A 192.0.2.1', 'b A 192.0.2.2'), ownerOf('c A 192.0.2.1', 'c A 192.0.2.2')]);
    const counters = ['b.example.test', 'c.example.test'].map((text) => counterOf(image, text, RRType.A));
    expect(counters).to.include(counter);
    expect(new Set(counters).size).to.equal(2);
    image.apply(APEX, [gone('b.example.test')]);
    image.apply(APEX, [ownerOf(...TWO)]);
    expect(counters[0]).to.equal(counterOf(image, WWW, RRType.A));
  });

  it('stay when the image is made again, and when a nested zone comes or goes', () => {
    const zone = zoneOf('example.test', [...TWO, 'a.b A 192.0.2.1', 'a.b A 192.0.2.2'].join('\n'));
    const views = new Map<string, ZoneView>();
    const image = imageOf([zone], views);
    const before = [WWW, 'a.b.example.test'].map((text) => counterOf(image, text, RRType.A));
    image.rebuild();
    expect([WWW, 'a.b.example.test'].map((text) => counterOf(image, text, RRType.A))).to.deep.equal(before);
    image.addZone(name('b.example.test'));
    expect(counterOf(image, WWW, RRType.A)).to.equal(before[0]);
    expect(counterOf(image, 'a.b.example.test', RRType.A)).to.equal(0);
    image.removeZone(name('b.example.test'));
    expect(counterOf(image, WWW, RRType.A)).to.equal(before[0]);
    expect(counterOf(image, 'a.b.example.test', RRType.A)).to.not.be.oneOf([0, before[0]]);
  });

  it('do not run out when the image is made again and zones come and go', () => {
    const zone = zoneOf('example.test', [...TWO, 'b A 192.0.2.1', 'b A 192.0.2.2'].join('\n'));
    const image = imageOf([zone]);
    const other = zoneOf('other.test', TWO.join('\n'));
    let highest = 0;
    for (let i = 0; i < 20; i++) {
      image.rebuild();
      image.addZone(other.apex);
      image.apply(other.apex, other.owners());
      highest = Math.max(highest, counterOf(image, 'www.other.test', RRType.A));
      image.removeZone(other.apex);
    }
    expect(highest).to.equal(3);
  });
});

describe('blocks of counters in the image', () => {
  const APEX = name('example.test');
  const WWW = 'www.example.test';
  const FIRST_BLOCK = 1 << 22;

  it('come with a plan that has a counter for each tier, and go with it', () => {
    const image = imageOf([zoneOf('example.test', TWO.join('\n'))]);
    const counters = new Int32Array(image.memory.counters);
    const one = counterOf(image, WWW, RRType.A);
    counters[one] = 5;
    image.apply(APEX, [steered('per tier', ...TWO)]);
    expect(counterOf(image, WWW, RRType.A)).to.equal(FIRST_BLOCK);
    expect(counters[FIRST_BLOCK]).to.equal(5);
    image.apply(APEX, [steered('per tier', ...TWO, 'www A 192.0.2.3')]);
    expect(counterOf(image, WWW, RRType.A)).to.equal(FIRST_BLOCK);
    image.apply(APEX, [steered('none', ...TWO)]);
    expect(counterOf(image, WWW, RRType.A)).to.equal(0);
    image.apply(APEX, [steered('one', ...TWO)]);
    expect(counterOf(image, WWW, RRType.A)).to.equal(one);
    image.apply(APEX, [gone(WWW)]);
    image.apply(APEX, [{ ...steered('per tier', ...TWO), name: name('b.example.test') }]);
    expect(counterOf(image, 'b.example.test', RRType.A)).to.equal(FIRST_BLOCK);
  });

  it('stay when the image is made again, and do not run out', () => {
    const zone = new MemoryZone(APEX, [rr('@ SOA ns h 1 2 3 4 5'), rr('@ NS ns')]);
    const image = imageOf([zone]);
    const before: number[] = [];
    for (let i = 0; i < 20; i++) {
      image.beginBulk();
      image.apply(APEX, [steered('per tier', ...TWO)]);
      image.apply(APEX, [steered(i % 2 === 0 ? 'per tier' : 'one', ...TWO)]);
      image.endBulk();
      if (i % 2 === 0) before.push(counterOf(image, WWW, RRType.A));
    }
    expect(Math.max(...before)).to.be.at.most(FIRST_BLOCK + BlockWord.WORDS);
    const last = counterOf(image, WWW, RRType.A);
    image.beginBulk();
    image.endBulk();
    expect(counterOf(image, WWW, RRType.A)).to.equal(last);
  });

  it('are changed for new ones when they are full of tiers and the RRset is written again', () => {
    const image = imageOf([zoneOf('example.test', '')]);
    image.apply(APEX, [steered('per tier', ...TWO)]);
    const block = counterOf(image, WWW, RRType.A);
    const counters = new Int32Array(image.memory.counters);
    for (let tag = 1; tag <= BlockWord.TIERS; tag++) tierCounter(counters, block, tag);
    image.apply(APEX, [steered('per tier', ...TWO)]);
    const next = counterOf(image, WWW, RRType.A);
    expect(next).to.equal(block + BlockWord.WORDS);
    image.apply(APEX, [{ ...steered('per tier', ...TWO), name: name('b.example.test') }]);
    expect(counterOf(image, 'b.example.test', RRType.A)).to.equal(block);
    expect(counters.subarray(block, next).every((word) => word === 0)).to.equal(true);
  });

  function steered(counters: TurnCounters, ...lines: string[]): ServedOwner {
    const { name: owner, rrsets } = ownerOf(...lines);
    const choosing = new TextEncoder().encode('how');
    const plan = { choosing, counters, lowTtl: 1, highTtl: 1, settledAt: 0 };
    return { name: owner, rrsets: rrsets.map((rrset) => ({ ...rrset, plan })) };
  }
});

describe('the image writer', () => {
  const APEX = name('example.test');

  it('begins a new generation when garbage piles up, and loses nothing', () => {
    const image = imageOf([zoneOf('example.test', `${TWO.join('\n')}\nkept.deep TXT stays`)]);
    const text = 'x'.repeat(200);
    for (let i = 0; i < 20_000; i++) image.apply(APEX, [ownerOf(`big TXT ${text} ${i}`)]);
    const { generation, octets } = image.statistics();
    expect(generation).to.be.greaterThan(2);
    expect(octets).to.be.lessThan(4e6);
    const responder = responderOn(image);
    expect(ask(responder, 'kept.deep.example.test', RRType.TXT).answers).to.have.length(1);
    expect(ask(responder, 'deep.example.test', RRType.TXT).rcode).to.equal(Rcode.NOERROR);
    expect(ask(responder, 'www.example.test', RRType.A).answers).to.have.length(2);
  });

  it('a group of new names in a small zone does not make a new generation', () => {
    const image = imageOf([zoneOf('example.test', '')]);
    const before = image.statistics().generation;
    for (let i = 0; i < 400; i += 20) {
      const group = Array.from({ length: 20 }, (_, j) => ownerOf(`h${i + j} A 192.0.2.1`));
      image.apply(APEX, group);
    }
    expect(image.statistics().generation).to.equal(before);
  });

  it('adds and removes one name for ever in the same memory, and finds as fast as before', () => {
    const image = imageOf([zoneOf('example.test', '')]);
    const on = [ownerOf('a.b.c A 192.0.2.1')];
    const off = [gone('a.b.c.example.test')];
    for (let i = 0; i < 100_000; i++) {
      image.apply(APEX, on);
      image.apply(APEX, off);
    }
    const { nodes, octets } = image.statistics();
    expect(nodes).to.equal(1);
    expect(octets).to.be.lessThan(4e6);
    expect(ask(responderOn(image), 'a.b.c.example.test', RRType.A).rcode).to.equal(Rcode.NXDOMAIN);
  });

  it('shows nothing of a bulk change before its end', () => {
    const image = imageOf([zoneOf('example.test', '')]);
    const responder = responderOn(image);
    image.beginBulk();
    image.apply(APEX, [ownerOf('new A 192.0.2.1')]);
    image.addZone(name('other.test'));
    for (const each of [responder, responderOn(image)]) {
      expect(ask(each, 'new.example.test', RRType.A).rcode).to.equal(Rcode.NXDOMAIN);
      expect(ask(each, 'other.test', RRType.A).rcode).to.equal(Rcode.REFUSED);
    }
    image.endBulk();
    expect(ask(responderOn(image), 'new.example.test', RRType.A).answers).to.have.length(1);
  });

  it('makes room for a zone of any size in one bulk change', () => {
    const owners = Array.from({ length: 30_000 }, (_, i) => `h${i} A 192.0.2.1`);
    const zone = zoneOf('example.test', owners.join('\n'));
    const responder = responderOn(imageOf([zone]));
    for (const i of [0, 1, 9_999, 29_999])
      expect(ask(responder, `h${i}.example.test`, RRType.A).answers).to.have.length(1);
  });

  it('hosts ten thousand zones within one, added in one bulk change', () => {
    const views = new Map<string, ZoneView>();
    const parent = zoneOf('example.test', `z5 NS ns.z5\nz5 DS 1 13 1 ${DIGEST}\nx.z7 TXT hidden\nmine TXT x`);
    const children = Array.from({ length: 10_000 }, (_, i) => zoneOf(`z${i}.example.test`, 'x A 192.0.2.1'));
    const image = imageOf([parent, ...children], views);
    const responder = responderOn(image);
    expect(ask(responder, 'x.z9999.example.test', RRType.A).answers).to.have.length(1);
    expect(ask(responder, 'x.z7.example.test', RRType.TXT).answers).to.have.length(0);
    expect(ask(responder, 'z5.example.test', RRType.DS).answers).to.have.length(1);
    expect(ask(responder, 'mine.example.test', RRType.TXT).answers).to.have.length(1);
    image.removeZone(name('z7.example.test'));
    expect(ask(responderOn(image), 'x.z7.example.test', RRType.TXT).answers).to.have.length(1);
  });

  it('takes the DS of a zone from the zone right above it only', () => {
    const far = zoneOf('test', `c.b NS ns.c.b\nc.b DS 1 13 1 ${DIGEST}`);
    const near = zoneOf('b.test', `c NS ns.c\nc DS 2 13 1 ${DIGEST}`);
    const own = zoneOf('c.b.test', '');
    for (const order of [
      [far, near, own],
      [near, own, far],
    ]) {
      const { answers } = ask(responderOn(imageOf(order)), 'c.b.test', RRType.DS);
      expect(answers.map(({ rdata }) => rdata[1])).to.deep.equal([2]);
    }
  });

  it('takes no DS from a zone above that does not delegate', () => {
    const views = new Map<string, ZoneView>();
    const image = imageOf([zoneOf('test', `b DS 1 13 1 ${DIGEST}`), zoneOf('b.test', '')], views);
    expect(ask(responderOn(image), 'b.test', RRType.DS).answers).to.have.length(0);
    image.apply(name('test'), [{ ...ownerOf('x NS ns', `x DS 1 13 1 ${DIGEST}`), name: name('b.test') }]);
    expect(ask(responderOn(image), 'b.test', RRType.DS).answers).to.have.length(1);
  });

  it('hosts the root zone, and zones of one label in it', () => {
    const root = memoryZone(
      '.',
      '@ SOA ns.test. h.test. 1 2 3 4 5\n@ NS ns.test.\nexample NS ns.example.\nx TXT y',
    );
    const test = zoneOf('test', 'a A 192.0.2.1');
    const responder = responderOn(imageOf([root, test]));
    expect(ask(responder, '.', RRType.SOA).answers).to.have.length(1);
    expect(ask(responder, 'no.such', RRType.A)).to.include({ rcode: Rcode.NXDOMAIN });
    expect(ask(responder, 'no.such', RRType.A).authorities).to.have.length(1);
    expect(ask(responder, 'a.example', RRType.A).authorities[0]?.type).to.equal(RRType.NS);
    expect(ask(responder, 'a.test', RRType.A).answers).to.have.length(1);
    expect(ask(responder, 'test', RRType.NS).flags.aa).to.equal(true);
  });

  it('holds names of 127 labels and of 255 octets, binary labels and upper case in questions', () => {
    const deep = 'a.'.repeat(127);
    const long = `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(59)}.a`;
    const binary = '\\000\\255\\046x.a';
    expect([deep, long].map((text) => name(text).length)).to.deep.equal([255, 255]);
    const records = [deep, long, binary].map((owner) => ({ ...rr('@ A 192.0.2.1'), owner: name(owner) }));
    const zone = new MemoryZone(name('a'), [rr('@ SOA ns h 1 2 3 4 5', 'a'), rr('@ NS ns', 'a'), ...records]);
    const responder = responderOn(imageOf([zone]));
    for (const owner of [deep, long, binary, long.toUpperCase()])
      expect(ask(responder, owner, RRType.A).answers, owner).to.have.length(1);
    expect(ask(responder, 'a.'.repeat(60), RRType.A).rcode).to.equal(Rcode.NOERROR);
    expect(ask(responder, `b.${'a.'.repeat(126)}`, RRType.A).rcode).to.equal(Rcode.NXDOMAIN);
  });

  it('holds RRsets that no response can hold', () => {
    const many = Array.from({ length: 6000 }, (_, i) => `many A 192.0.${i >> 8}.${i & 255}`);
    const zone = new MemoryZone(APEX, [rr('@ SOA ns h 1 2 3 4 5'), rr('@ NS ns')]);
    const image = imageOf([zone]);
    const rdatas = Array.from({ length: 300 }, (_, i) => new Uint8Array(65_535).fill(i));
    image.apply(APEX, [
      ownerOf(...many),
      { name: name('huge.example.test'), rrsets: [{ type: 65280, ttl: 60, rdatas }] },
      ownerOf('small A 192.0.2.1'),
    ]);
    const responder = responderOn(image);
    for (const [owner, type] of [
      ['many', RRType.A],
      ['huge', 65280],
    ] as const) {
      const reply = ask(responder, `${owner}.example.test`, type);
      expect(reply.flags.tc).to.equal(true);
      expect(reply.answers).to.have.length(0);
    }
    expect(ask(responder, 'small.example.test', RRType.A).answers).to.have.length(1);
  });

  it('leaves steering records out, and names that they alone would make exist', () => {
    const zone = zoneOf('example.test', '_steer.a.b TXT "order=rotate"');
    const responder = responderOn(imageOf([zone]));
    expect(ask(responder, '_steer.a.b.example.test', RRType.TXT).rcode).to.equal(Rcode.NXDOMAIN);
    expect(ask(responder, 'b.example.test', RRType.TXT).rcode).to.equal(Rcode.NXDOMAIN);
  });

  it('counts what nothing leads to any more', () => {
    const image = imageOf([zoneOf('example.test', TWO.join('\n'))]);
    const before = image.statistics();
    image.apply(APEX, [ownerOf(...TWO)]);
    const after = image.statistics();
    expect(after.octets - before.octets).to.equal(after.garbage - before.garbage);
    expect(after.nodes).to.equal(before.nodes);
  });
});

describe('a change of the image that fails', () => {
  const APEX = name('example.test');

  /** An owner on whose records the writer chokes. */
  function poison(text: string): Owner {
    return {
      name: name(text),
      get rrsets(): never {
        throw new Error('the disk is on fire');
      },
    };
  }

  it('half-way leaves readers with all that was before, and is mended by making everything again', () => {
    const views = new Map<string, ZoneView>();
    const image = imageOf([zoneOf('example.test', `${TWO.join('\n')}\na.cut A 192.0.2.9`)], views);
    const responder = responderOn(image);
    // The second look at the records fails, when the first owners are written already.
    let looks = 0;
    const late: Owner = {
      name: name('z.example.test'),
      get rrsets() {
        if (++looks > 1) throw new Error('the disk is on fire');
        return [];
      },
    };
    const change = [ownerOf('www A 192.0.2.7'), ownerOf('new.ent TXT x'), ownerOf('cut NS ns.cut'), late];
    expect(() => image.apply(APEX, change)).to.throw('the disk is on fire');
    expect(ask(responder, 'www.example.test', RRType.A).answers).to.have.length(2);
    expect(ask(responder, 'ent.example.test', RRType.A).rcode).to.equal(Rcode.NXDOMAIN);
    expect(ask(responder, 'a.cut.example.test', RRType.A).answers).to.have.length(1);
    expect(() => image.apply(APEX, [])).to.throw('must be rebuilt');
    image.rebuild();
    image.apply(APEX, [ownerOf('www A 192.0.2.7')]);
    expect(ask(responderOn(image), 'www.example.test', RRType.A).answers).to.have.length(1);
  });

  it('in bulk is never seen', () => {
    const views = new Map<string, ZoneView>();
    const image = imageOf([zoneOf('example.test', TWO.join('\n'))], views);
    image.beginBulk();
    expect(() => image.apply(APEX, [gone('www.example.test'), poison('b.example.test')])).to.throw('on fire');
    expect(() => image.endBulk()).to.throw('must be rebuilt');
    expect(ask(responderOn(image), 'www.example.test', RRType.A).answers).to.have.length(2);
    image.rebuild();
    image.beginBulk();
    image.endBulk();
    expect(ask(responderOn(image), 'www.example.test', RRType.A).answers).to.have.length(2);
  });

  it('is not forgotten when making everything again fails too', () => {
    const views = new Map<string, ZoneView>();
    const image = imageOf([zoneOf('example.test', TWO.join('\n'))], views);
    const view = views.get(keyOf(APEX)) ?? expect.fail();
    views.clear();
    expect(() => image.rebuild()).to.throw();
    expect(() => image.apply(APEX, [])).to.throw('must be rebuilt');
    expect(() => image.beginBulk()).to.throw('must be rebuilt');
    expect(ask(responderOn(image), 'www.example.test', RRType.A).answers).to.have.length(2);
    views.set(keyOf(APEX), view);
    image.rebuild();
    image.apply(APEX, [gone('www.example.test')]);
    expect(ask(responderOn(image), 'www.example.test', RRType.A).rcode).to.equal(Rcode.NXDOMAIN);
  });

  it('needs a hosted zone', () => {
    const image = imageOf([]);
    expect(() => image.apply(APEX, [])).to.throw('example.test. is not in the image');
    expect(() => image.endBulk()).to.throw('no bulk change');
    image.removeZone(APEX as DomainName);
  });
});

describe('nodes of the image', () => {
  it('count the owners below them', () => {
    const image = imageOf([zoneOf('example.test', 'a.b A 192.0.2.1\nc.b A 192.0.2.1\nb TXT x')]);
    const { reader, node } = nodeOf(image, 'b.example.test');
    expect(reader.words[node + NodeWord.BELOW]).to.equal(2);
  });
});
