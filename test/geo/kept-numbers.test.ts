import { expect } from 'chai';
import fc from 'fast-check';
import { KeptNumbers, NumberRoom } from '../../src/geo/kept-numbers.ts';

const MAPS = 4;
const LENGTH = 20_000;
const CHUNK_OCTETS = 4096;

describe('numbers that are kept as long as there is room', () => {
  const step = fc.record({
    map: fc.nat(MAPS - 1),
    index: fc.nat(LENGTH - 1),
    value: fc.integer({ min: 1, max: 0xffff }),
    what: fc.constantFrom('set', 'set', 'set', 'get', 'get', 'forget'),
  });

  it('law: what was set or nothing, never anything else, and never more than the room', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.array(step, { maxLength: 300 }), (chunks, steps) => {
        const room = new NumberRoom(chunks * CHUNK_OCTETS);
        const maps = Array.from({ length: MAPS }, () => new KeptNumbers(room, LENGTH));
        const models = maps.map(() => new Map<number, number>());
        for (const { map, index, value, what } of steps) {
          const [numbers, model] = [maps[map], models[map]];
          if (numbers === undefined || model === undefined) continue;
          if (what === 'set') {
            numbers.set(index, value);
            model.set(index, value);
            expect(numbers.get(index)).to.equal(value);
          } else if (what === 'forget') {
            numbers.forget();
            model.clear();
          }
          expect(numbers.get(index)).to.be.oneOf([0, model.get(index) ?? 0]);
          expect(room.usedOctets).to.be.at.most(Math.max(1, chunks) * CHUNK_OCTETS);
        }
        for (const [i, numbers] of maps.entries()) {
          for (let index = 0; index < LENGTH; index++) {
            const there = numbers.get(index);
            if (there !== 0) expect(there).to.equal(models[i]?.get(index));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps everything while there is room', () => {
    const room = new NumberRoom(10 * CHUNK_OCTETS);
    const numbers = new KeptNumbers(room, LENGTH);
    for (let index = 0; index < LENGTH; index++) numbers.set(index, 1 + (index % 65_535));
    for (let index = 0; index < LENGTH; index++) expect(numbers.get(index)).to.equal(1 + (index % 65_535));
    expect(room.usedOctets).to.equal(10 * CHUNK_OCTETS);
  });

  it('takes away what was not asked for lately', () => {
    const room = new NumberRoom(3 * CHUNK_OCTETS);
    const [asked, left, wanting] = [1, 2, 3].map(() => new KeptNumbers(room, LENGTH));
    asked?.set(0, 1);
    left?.set(0, 2);
    left?.set(4000, 3);
    wanting?.set(0, 4); // the hand goes round once: nobody is spared
    asked?.set(0, 5);
    for (let i = 1; i < 8; i++) {
      expect(asked?.get(0)).to.equal(5);
      wanting?.set(i * 2048, 6);
    }
    expect(left?.get(0)).to.equal(0);
    expect(left?.get(4000)).to.equal(0);
  });

  it('gives its room back when it forgets', () => {
    const room = new NumberRoom(2 * CHUNK_OCTETS);
    const [one, other] = [new KeptNumbers(room, LENGTH), new KeptNumbers(room, LENGTH)];
    one.set(0, 1);
    one.set(5000, 2);
    one.forget();
    expect(room.usedOctets).to.equal(0);
    other.set(1, 3);
    other.set(9000, 4);
    expect([one.get(0), one.get(1), one.get(5000), other.get(1), other.get(9000)]).to.eql([0, 0, 0, 3, 4]);
    expect(other.get(0)).to.equal(0);
  });
});
