import { expect } from 'chai';
import { Generation } from '../../src/image/generation.ts';
import { Header, NodeWord } from '../../src/image/layout.ts';
import { ImageReader } from '../../src/image/lookup.ts';
import { NameKey } from '../../src/image/name-key.ts';
import { NodeComposer } from '../../src/image/node-composer.ts';
import { name } from '../support/rr.ts';

const SIZE = { nodes: 0, zones: 4, heapWords: 1 << 16 };

/** Writes a node of no records; returns its hash and place. */
function put(generation: Generation, text: string): { hash: number; node: number } {
  const owner = name(text);
  const composer = new NodeComposer();
  composer.compose(
    { name: owner, rrsets: [] },
    { flags: 0, zone: 0, apex: name('test'), occluderLabels: 0, below: 0, counterOf: () => 0 },
  );
  const key = keyOf(text);
  const node = generation.append(composer.words, composer.length);
  const hash = key.hashes[0] ?? 0;
  generation.insert(hash, node, key.labels);
  return { hash, node };
}

function keyOf(text: string): NameKey {
  const key = new NameKey();
  const owner = name(text);
  key.load(owner, 0, owner.length);
  return key;
}

function readerOf(generation: Generation): ImageReader {
  return new ImageReader({ image: generation.buffer, counters: new SharedArrayBuffer(4) });
}

describe('image/generation', () => {
  it('finds what was put in, and not what was removed or replaced', () => {
    const generation = new Generation(3, SIZE);
    const nodes = ['a.test', 'b.test', 'c.test'].map((text) => put(generation, text));
    const reader = readerOf(generation);
    expect(nodes.map(({ node }) => node)).to.deep.equal(
      ['a.test', 'B.TEST', 'c.test'].map((text) => reader.find(keyOf(text), 0)),
    );
    generation.remove(nodes[1]?.hash ?? 0, nodes[1]?.node ?? 0);
    expect(reader.find(keyOf('b.test'), 0)).to.equal(0);
    expect([...generation.nodes()].sort()).to.deep.equal([nodes[0]?.node, nodes[2]?.node].sort());
    expect(generation.header(Header.NODES)).to.equal(2);
    expect(generation.header(Header.GARBAGE)).to.equal(generation.nodeWords(nodes[1]?.node ?? 0));
  });

  it('uses the slots of removed nodes again', () => {
    const generation = new Generation(0, SIZE);
    for (let i = 0; i < 1000; i++) {
      const { hash, node } = put(generation, 'a.test');
      generation.remove(hash, node);
    }
    expect(generation.header(Header.SLOTS_USED)).to.equal(1);
  });

  it('has no room when the heap ends, or two thirds of the slots are in use', () => {
    const generation = new Generation(0, { nodes: 0, zones: 4, heapWords: 100 });
    expect(generation.hasRoom(100, 1)).to.equal(true);
    expect(generation.hasRoom(101, 1)).to.equal(false);
    expect(generation.hasRoom(1, 682)).to.equal(true);
    expect(generation.hasRoom(1, 683)).to.equal(false);
  });

  it('copies what is kept, without garbage', () => {
    const old = new Generation(0, SIZE);
    const gone = put(old, 'gone.test');
    const kept = put(old, 'kept.test');
    put(old, 'dropped.test');
    old.remove(gone.hash, gone.node);
    const next = new Generation(1, SIZE);
    old.copyTo(next, (node) => node === kept.node);
    const reader = readerOf(next);
    expect(reader.labels(reader.find(keyOf('kept.test'), 0))).to.equal(2);
    expect(reader.find(keyOf('dropped.test'), 0)).to.equal(0);
    expect(next.header(Header.HEAP_NEXT) - next.header(Header.HEAP_START)).to.equal(old.nodeWords(kept.node));
  });

  it('takes back a change to the word', () => {
    const generation = new Generation(0, SIZE);
    const { hash, node } = put(generation, 'a.test');
    const before = generation.words.slice(0, generation.header(Header.HEAP_NEXT));
    generation.beginChange();
    expect(generation.header(Header.SEQUENCE)).to.equal(1);
    put(generation, 'a.much.deeper.test');
    generation.set(node + NodeWord.BELOW, 7);
    generation.setZone(2, node, 99);
    generation.remove(hash, node);
    generation.takeBack();
    generation.endChange();
    const after = generation.words.slice(0, before.length);
    expect(generation.header(Header.SEQUENCE)).to.equal(2);
    before[Header.SEQUENCE] = 2;
    expect(after).to.deep.equal(before);
  });

  it('is not read by who expects another layout', () => {
    const image = new SharedArrayBuffer(4096);
    expect(() => new ImageReader({ image, counters: image })).to.throw('not a zone image');
  });
});
