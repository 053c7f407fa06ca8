import { expect } from 'chai';
import { NameKey, wildcardHash } from '../../src/image/name-key.ts';
import { scanName, type WireName } from '../../src/wire/name.ts';

function keyOf(text: string): NameKey {
  const key = new NameKey();
  const wire = scanName(text, undefined);
  expect(key.load(wire, 0, wire.length)).to.equal(wire.length);
  return key;
}

/** A name of these label lengths, without its root label unless it is asked for. */
function labels(...sizes: number[]): Uint8Array {
  return Uint8Array.from(sizes.flatMap((size) => [size, ...new Array<number>(size).fill(0x61)]));
}

describe('image/name-key', () => {
  it('folds to lower case and cuts into labels', () => {
    const key = keyOf('WwW.Example.test.');
    expect(Buffer.from(key.folded.subarray(0, key.length)).toString('latin1')).to.equal(
      '\x03www\x07example\x04test\x00',
    );
    expect([...key.starts.subarray(0, key.labels + 1)]).to.deep.equal([0, 4, 12, 17]);
  });

  it('gives every suffix the hash it has as a name', () => {
    const key = keyOf('a.b.Example.test.');
    for (const [label, text] of [
      'a.b.example.test.',
      'b.EXAMPLE.test.',
      'example.test.',
      'test.',
      '.',
    ].entries())
      expect(key.hashes[label]).to.equal(keyOf(text).hashes[0]);
  });

  it('knows the hash of the asterisk below a suffix', () => {
    expect(wildcardHash(keyOf('example.test.').hashes[0] ?? 0)).to.equal(keyOf('*.example.test.').hashes[0]);
    expect(wildcardHash(keyOf('.').hashes[0] ?? 0)).to.equal(keyOf('*.').hashes[0]);
  });

  it('takes the root, 127 labels, 255 octets and any octet in a label', () => {
    expect(keyOf('.').labels).to.equal(0);
    expect(keyOf('a.'.repeat(127)).labels).to.equal(127);
    const longest: WireName = scanName(`${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(61)}.`, undefined);
    expect(new NameKey().load(longest, 0, 255)).to.equal(255);
    expect(keyOf('\\000\\255.\\200A.').folded.subarray(1, 6)).to.deep.equal(
      Uint8Array.of(0, 255, 2, 200, 0x61),
    );
  });

  it('takes no pointer, no over-long label or name, and no name that goes on past the end; it stays as it was', () => {
    const key = keyOf('kept.test.');
    for (const [octets, end] of [
      [Uint8Array.of(1, 0x61, 0xc0, 0), 4],
      [Uint8Array.of(...labels(64), 0), 66],
      [Uint8Array.of(...labels(63, 63, 63, 62), 0), 256],
      [Uint8Array.of(...labels(3), 0), 4],
      [Uint8Array.of(...labels(3)), 4],
      [Uint8Array.of(), 0],
    ] as const)
      expect(key.load(octets, 0, end)).to.equal(0);
    expect([key.labels, key.length]).to.deep.equal([2, 11]);
    expect(Buffer.from(key.folded.subarray(0, 5)).toString('latin1')).to.equal('\x04kept');
  });

  it('reads from any place', () => {
    const key = new NameKey();
    expect(key.load(Uint8Array.of(9, 9, 1, 0x42, 0, 9), 2, 6)).to.equal(3);
    expect(key.hashes[0]).to.equal(keyOf('b.').hashes[0]);
  });
});
