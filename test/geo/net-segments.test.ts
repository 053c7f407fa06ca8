import { expect } from 'chai';
import fc from 'fast-check';
import { isInNetwork, type Network, nearestNetwork, scanNetwork } from '../../src/base/network.ts';
import { NetSegments } from '../../src/geo/net-segments.ts';

const ipv4Net = fc
  .tuple(fc.constantFrom(0, 1, 8, 22, 23, 24, 25, 26, 30, 31, 32), fc.nat(3), fc.nat(255))
  .map(([length, third, fourth]) => net(`198.51.${third}.${fourth}/${length}`));
const ipv6Net = fc
  .tuple(fc.constantFrom(0, 3, 32, 47, 48, 63, 64, 65, 96, 120, 127, 128), fc.nat(3), fc.nat(15))
  .map(([length, third, last]) => net(`2001:db8:${third}:800::${last}/${length}`));
const nets = fc.array(fc.array(fc.oneof(ipv4Net, ipv6Net), { maxLength: 6 }), { maxLength: 4 });

/** Length of the longest network of each member. */
function plainMatches(members: readonly (readonly Network[])[], address: Uint8Array): readonly number[] {
  return members.map((networks) =>
    Math.max(-1, ...networks.filter((network) => isInNetwork(network, address)).map((n) => n.prefixLength)),
  );
}

function net(text: string): Network {
  const network = nearestNetwork(text);
  if (network === undefined) throw new Error(text);
  return network;
}

function wordsOf(octets: Uint8Array): Int32Array {
  const view = new DataView(octets.buffer, octets.byteOffset);
  return Int32Array.from({ length: octets.length / 4 }, (_, i) => view.getUint32(4 * i));
}

describe('segments of networks', () => {
  it('law: a kind says what matches, of each member the longest, and is one for all addresses of which that is the same', () => {
    const ipv4 = fc.tuple(fc.nat(3), fc.nat(255)).map(([a, b]) => Uint8Array.from([198, 51, a, b]));
    const ipv6 = fc
      .tuple(fc.nat(3), fc.constantFrom(7, 8, 9), fc.nat(255), fc.nat(16))
      .map(([a, b, c, d]) =>
        Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, a, b, 0, 0, c < 200 ? 0 : c, 0, 0, 0, 0, 0, d]),
      );
    const anywhere = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), ipv4, ipv6);
    fc.assert(
      fc.property(nets, fc.array(anywhere, { minLength: 20, maxLength: 40 }), (members, addresses) => {
        const segments = new NetSegments(members);
        const seen = new Map<string, number>([[members.map(() => -1).join(), 0]]);
        const corners = members.flat().map(({ address }) => address);
        for (const address of [...corners, ...addresses]) {
          const words = wordsOf(address);
          const kind = address.length === 4 ? segments.ipv4Kind(words[0] ?? 0) : segments.ipv6Kind(words);
          const expected = plainMatches(members, address);
          expect(members.map((_, member) => segments.match(kind, member))).to.eql(expected);
          const key = expected.join();
          expect(seen.get(key) ?? kind).to.equal(kind);
          seen.set(key, kind);
          expect(kind).to.be.below(segments.kindCount);
        }
        expect(new Set(seen.values()).size).to.equal(seen.size);
      }),
    );
  });

  it('are one, of kind 0, when nobody names a network', () => {
    const segments = new NetSegments([[], []]);
    expect([segments.kindCount, segments.ipv4Kinds.length, segments.ipv6Kinds.length]).to.eql([1, 1, 1]);
    expect(segments.match(0, 1)).to.equal(-1);
    expect(segments.ipv4Kind(0xffff_ffff)).to.equal(0);
  });

  it('are no more than there are changes of what matches', () => {
    const network = (text: string) => scanNetwork(text) ?? net('0.0.0.0/0');
    const segments = new NetSegments([
      [network('192.0.2.0/25'), network('192.0.2.128/25')],
      [network('255.255.255.0/24'), network('0.0.0.0/8')],
    ]);
    expect([...segments.ipv4Starts]).to.eql([0, 0x0100_0000, 0xc000_0200, 0xc000_0300, 0xffff_ff00]);
    expect(segments.ipv4Kinds[1]).to.equal(0);
    expect(segments.ipv4Kinds[3]).to.equal(0);
    expect(segments.kindCount).to.equal(4);
    expect(segments.match(segments.ipv4Kind(0xc000_02ff), 0)).to.equal(25);
  });
});
