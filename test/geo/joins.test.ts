import { expect } from 'chai';
import fc from 'fast-check';
import { Joins } from '../../src/geo/joins.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';

/** Items of which some are joined to the one before. */
function worldOf(edges: readonly number[], count: number) {
  const isEdge = new Set([0, count, ...edges.filter((edge) => edge < count)]);
  const sorted = [...isEdge].sort((a, b) => a - b);
  const world = {
    looks: 0,
    joinsOf(word: number): number {
      world.looks++;
      let joins = 0;
      for (let i = 0; i < 16; i++) if (!isEdge.has(16 * word + i)) joins |= 1 << i;
      return joins;
    },
    first: (item: number) => sorted.findLast((edge) => edge <= item) ?? 0,
    last: (item: number) => (sorted.find((edge) => edge > item) ?? count) - 1,
  };
  return world;
}

/** As far as it goes when everything that is open is looked at. */
function firstOf(joins: Joins, item: number): number {
  for (let first = item; ; ) {
    first = joins.first(first);
    if (!joins.isOpen || !joins.look(first)) return first;
  }
}

function lastOf(joins: Joins, item: number): number {
  for (let last = item; ; ) {
    last = joins.last(last);
    if (!joins.isOpen || !joins.look(last + 1)) return last;
  }
}

/** The number that cannot be kept, many times over. */
const odd = Array.from({ length: 2000 }, (_, i) => i).filter((i) => ((0x69a6 >> (i & 15)) & 1) === 0);
const count = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20_000 }));
const edges = fc.oneof(
  fc.array(fc.nat(20_000), { maxLength: 12 }),
  fc.constant([]),
  fc.constant(odd),
  // None of many in a row is joined to the one before.
  fc.nat(500).map((from) => Array.from({ length: 70 }, (_, i) => from + i)),
);
const items = fc.array(fc.nat(20_000), { minLength: 1, maxLength: 20 });

describe('items that are joined to the one before', () => {
  it('law: runs end where a plain look at every item says', () => {
    fc.assert(
      fc.property(count, edges, items, (length, cuts, asked) => {
        const world = worldOf(cuts, length);
        const joins = new Joins(new NumberRoom(1e6), length, world, { left: Number.POSITIVE_INFINITY });
        for (const some of asked) {
          const item = some % length;
          expect(firstOf(joins, item), `first of ${item}`).to.equal(world.first(item));
          expect(lastOf(joins, item), `last of ${item}`).to.equal(world.last(item));
        }
      }),
    );
  });

  it('law: with little effort at a time too short, never too long, and right in the end', () => {
    fc.assert(
      fc.property(
        count,
        edges,
        fc.nat(20_000),
        fc.integer({ min: 1, max: 50 }),
        (length, cuts, some, little) => {
          const world = worldOf(cuts, length);
          const effort = { left: 0 };
          const joins = new Joins(new NumberRoom(1e6), length, world, effort);
          const item = some % length;
          const calls = 2 + 2 * Math.ceil(length / 16);
          for (let call = 0; call < calls; call++) {
            effort.left = little;
            expect(firstOf(joins, item)).to.be.within(world.first(item), item);
            effort.left = little;
            expect(lastOf(joins, item)).to.be.within(item, world.last(item));
          }
          expect([firstOf(joins, item), lastOf(joins, item)]).to.eql([world.first(item), world.last(item)]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('law: never too long when the room takes away what was kept', () => {
    fc.assert(
      fc.property(edges, items, (cuts, asked) => {
        const length = 600_000;
        const world = worldOf(cuts, length);
        const effort = { left: 0 };
        const joins = new Joins(new NumberRoom(3 * 4096), length, world, effort);
        for (const some of asked) {
          effort.left = 40_000;
          const item = (some * 29) % length;
          expect(firstOf(joins, item)).to.be.within(world.first(item), item);
          expect(lastOf(joins, item)).to.be.within(item, world.last(item));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('looks at nothing twice, and passes over a long run in a few steps', () => {
    const world = worldOf([], 1_000_000);
    const joins = new Joins(new NumberRoom(1e6), 1_000_000, world, { left: Number.POSITIVE_INFINITY });
    expect([firstOf(joins, 777_777), lastOf(joins, 777_777)]).to.eql([0, 999_999]);
    expect(world.looks).to.equal(Math.floor(1_000_000 / 16) + 1);
    expect([firstOf(joins, 5), lastOf(joins, 999_998)]).to.eql([0, 999_999]);
    expect(world.looks).to.equal(Math.floor(1_000_000 / 16) + 1);
    joins.forget();
    joins.first(5);
    expect(joins.isOpen).to.equal(true);
  });
});
