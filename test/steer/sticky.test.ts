import { expect } from 'chai';
import fc from 'fast-check';
import { scanAddress } from '../../src/base/ip.ts';
import { scramble } from '../../src/steer/hash.ts';
import { clientKey, drawLot, memberKey, StickyTurns } from '../../src/steer/sticky.ts';

/** Keys of members as those of 192.0.2.0, 192.0.2.1 and so on. */
function keysOf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => memberKey(Uint8Array.of(192, 0, 2 + (i >> 8), i)));
}

/** The keys of clients in as many networks. */
function clients(count: number): number[] {
  return Array.from({ length: count }, (_, i) => clientKey(Int32Array.of(0x0a00_0000 + (i << 8)), 1, 24));
}

function orderOf(turns: StickyTurns, members: readonly number[], client: number, front?: number): number[] {
  const into = Uint16Array.from([9, ...members, 9]);
  turns.order(into, 1, members.length, client, front);
  expect([into[0], into.at(-1)]).to.deep.equal([9, 9]);
  return [...into.subarray(1, -1)];
}

function words(text: string): Int32Array {
  const octets = scanAddress(text) ?? expect.fail(text);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return Int32Array.from({ length: octets.length / 4 }, (_, i) => view.getUint32(4 * i));
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('steer/sticky: weighted rendezvous hashing (STEERING.md §3 step 7)', () => {
  const weighted = fc.array(fc.nat({ max: 65_535 }), { minLength: 1, maxLength: 60 });

  it('a member that goes takes nobody with it but its own clients', () => {
    fc.assert(
      fc.property(weighted, fc.nat(), fc.nat(), (weights, client, chosen) => {
        const turns = new StickyTurns(keysOf(weights.length), weights);
        const all = range(weights.length);
        const gone = chosen % weights.length;
        const before = orderOf(turns, all, client);
        const after = orderOf(
          turns,
          all.toReversed().filter((member) => member !== gone),
          client,
        );
        expect(after).to.deep.equal(before.filter((member) => member !== gone));
      }),
    );
  });

  it('a member whose weight grows takes clients from others and gives none away', () => {
    const [few, many] = [
      [3, 2, 2],
      [3, 3, 2],
    ].map((weights) => new StickyTurns(keysOf(3), weights));
    for (const client of clients(2_000)) {
      const before = orderOf(few ?? expect.fail(), range(3), client)[0];
      const after = orderOf(many ?? expect.fail(), range(3), client)[0];
      if (after !== before) expect(after).to.equal(1);
    }
  });

  it('the members in front are right, however many are asked for, and the rest are all there', () => {
    fc.assert(
      fc.property(weighted, fc.nat(), fc.nat({ max: 70 }), (weights, client, front) => {
        const turns = new StickyTurns(keysOf(weights.length), weights);
        const all = range(weights.length);
        const order = orderOf(turns, all, client);
        const some = orderOf(turns, all, client, front);
        expect(some.slice(0, front)).to.deep.equal(order.slice(0, front));
        expect(some.toSorted((a, b) => a - b)).to.deep.equal(all);
        expect(orderOf(turns, order, client)).to.deep.equal(order);
      }),
    );
  });

  it('members have shares after their weights', () => {
    const N = 40_000;
    for (const weights of [
      [1, 1, 1, 1],
      [1, 2, 3, 4],
      [1, 100],
      [65_535, 65_535, 30_000],
      range(40).map(() => 5),
    ]) {
      const turns = new StickyTurns(keysOf(weights.length), weights);
      const counts = weights.map(() => 0);
      for (const client of clients(N)) {
        const first = orderOf(turns, range(weights.length), client, 1)[0] ?? 0;
        counts[first] = (counts[first] ?? 0) + 1;
      }
      const total = weights.reduce((a, b) => a + b);
      for (const [i, weight] of weights.entries()) {
        const share = weight / total;
        const deviation = Math.sqrt(N * share * (1 - share));
        expect(Math.abs((counts[i] ?? 0) - N * share), `${weights} ${i}`).to.be.lessThan(4 * deviation);
      }
    }
  });

  it('the clients of a member that goes spread over the others after their weights', () => {
    const N = 40_000;
    const turns = new StickyTurns(keysOf(3), [2, 1, 3]);
    const moved = clients(N).map((client) => orderOf(turns, range(3), client));
    const own = moved.filter(([first]) => first === 0);
    const toLast = own.filter(([, second]) => second === 2).length;
    expect(toLast / own.length).to.be.within(0.73, 0.77);
  });

  it('weight 0 comes after every other weight', () => {
    const turns = new StickyTurns(keysOf(4), [0, 1, 0, 1]);
    const orders = clients(200).map((client) => orderOf(turns, range(4), client));
    expect(new Set(orders.map((order) => order.join())).size).to.equal(4);
    for (const order of orders) expect(order.slice(0, 2).toSorted()).to.deep.equal([1, 3]);
  });

  it('members of one key are in the order of their places', () => {
    expect(orderOf(new StickyTurns([7, 7, 7], [1, 1, 1]), [2, 0, 1], 5)).to.deep.equal([0, 1, 2]);
  });

  it('is the same on every machine and in every version', () => {
    const turns = new StickyTurns(keysOf(5), [1, 2, 3, 4, 5]);
    const orders = clients(4).map((client) => orderOf(turns, range(5), client).join(''));
    expect(orders).to.deep.equal(['34201', '43120', '41320', '43102']);
    expect(keysOf(2)).to.deep.equal([3_692_978_151 | 0, 3_273_270_052 | 0]);
    expect(clientKey(words('2001:db8::1'), 4, 56)).to.equal(1_592_379_220);
  });
});

describe('steer/sticky: the key of a client', () => {
  it('is that of its network', () => {
    const key = (text: string, prefixLength: number): number => {
      const of = words(text);
      return clientKey(of, of.length, prefixLength);
    };
    expect(key('192.0.2.1', 24)).to.equal(key('192.0.2.254', 24));
    expect(key('192.0.2.1', 24)).to.not.equal(key('192.0.3.1', 24));
    expect(key('192.0.2.1', 32)).to.not.equal(key('192.0.2.2', 32));
    expect(key('192.0.2.1', 0)).to.equal(key('203.0.113.1', 0));
    expect(key('2001:db8:0:ff::', 56)).to.equal(key('2001:db8::1', 56));
    expect(key('2001:db8:0:ff::', 57)).to.not.equal(key('2001:db8::1', 57));
    expect(key('2001:db8::1', 128)).to.not.equal(key('2001:db8::2', 128));
    expect(key('::', 24)).to.not.equal(key('0.0.0.0', 24));
  });

  it('is hardly ever that of another network', () => {
    expect(new Set(clients(20_000)).size).to.be.greaterThan(19_997);
  });
});

describe('steer/sticky: lots', () => {
  it('are -log2 of a number between 0 and 1, as whole numbers', () => {
    const check = (hash: number): void => {
      const exact = -Math.log2((hash + 0.5) / 2 ** 32) * 2 ** 31;
      expect(lotOf(hash)).to.satisfy(Number.isInteger);
      expect(Math.abs(lotOf(hash) - exact), `${hash}`).to.be.lessThan(2 ** 5 + 1);
    };
    for (const hash of [0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff]) check(hash);
    fc.assert(fc.property(fc.nat({ max: 0xffff_ffff }), check));
    for (let i = 0; i < 5_000; i++) check(scramble(i) >>> 0);
  });

  it('times the greatest weight are below 2^53, and fall as hashes rise', () => {
    expect(lotOf(0) * 65_535).to.be.lessThan(2 ** 53);
    expect(lotOf(0xffff_ffff)).to.be.at.least(0);
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_fffe }), (hash) => {
        expect(lotOf(hash)).to.be.at.least(lotOf(hash + 1));
      }),
    );
  });
});

function lotOf(hash: number): number {
  const lots = new Float64Array(1);
  drawLot(lots, 0, hash);
  return lots[0] ?? Number.NaN;
}
