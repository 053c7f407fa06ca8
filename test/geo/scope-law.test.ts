// Scopes against a plain look at every place where the class may change, with networks of members and without.
import { expect } from 'chai';
import fc from 'fast-check';
import { type Network, nearestNetwork, showNetwork } from '../../src/base/network.ts';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import { ipv4In, ipv4Within } from '../../src/geo/locate.ts';
import { NetSegments } from '../../src/geo/net-segments.ts';
import { ScopeFinder } from '../../src/geo/scope.ts';
import { tablesOf } from '../support/geo.ts';

interface World {
  /** Networks and what is said of them: a number from 1. */
  readonly lines: readonly { readonly network: Network; readonly asn: number }[];
  readonly members: readonly (readonly Network[])[];
  /** How many classes there may be. */
  readonly classes: number;
}

const HELD = ['::ffff:0:0/96', '64:ff9b::/96', '2001::/32', '2002::/16'].map(net);
const BY_96 = ['::/64', '64:ff9b::/64'].map(net);

// --- what is plainly so ---

/** Addresses as whole numbers. */
function plainClass(world: World, bits: number, address: bigint): string {
  if (bits === 128 && HELD.some((network) => holds(network, bits, address))) return 'held';
  const apart = bits === 128 && BY_96.some((network) => holds(network, bits, address));
  const asn = longest(world.lines, bits, address)?.asn ?? 0;
  const matches = world.members.map(
    (networks) =>
      longest(
        networks.map((network) => ({ network })),
        bits,
        address,
      )?.network.prefixLength ?? -1,
  );
  return `${apart ? address >> 32n : ''} ${classOf(world, asn, matches)}`;
}

function classOf({ classes }: World, asn: number, matches: readonly number[]): number {
  return matches.reduce((sum, match, member) => sum + (match + 1) * (5 * member + 3), 7 * asn) % classes;
}

function longest<T extends { readonly network: Network }>(
  all: readonly T[],
  bits: number,
  address: bigint,
): T | undefined {
  const holding = all.filter(({ network }) => holds(network, bits, address));
  return holding.sort((a, b) => b.network.prefixLength - a.network.prefixLength)[0];
}

/** The shortest prefix in which all is of one class: looked at wherever something begins or has ended. */
function plainScope(world: World, bits: number, address: bigint): number {
  const networks = [...world.lines.map(({ network }) => network), ...world.members.flat(), ...HELD, ...BY_96];
  const points = networks.flatMap((network) => {
    if (8 * network.address.length !== bits) return [];
    const first = numberOf(network.address);
    return [first, first + (1n << BigInt(bits - network.prefixLength))];
  });
  points.push(((address >> 32n) ^ 1n) << 32n);
  const wanted = plainClass(world, bits, address);
  const others = points.filter(
    (point) => point < 1n << BigInt(bits) && plainClass(world, bits, point) !== wanted,
  );
  let scope = 0;
  const isShared = (other: bigint) => (other ^ address) >> BigInt(bits - scope) === 0n;
  const hasOther = () =>
    others.some(isShared) || plainClass(world, bits, firstOf(address, bits, scope)) !== wanted;
  while (hasOther()) scope++;
  return scope;
}

function firstOf(address: bigint, bits: number, prefixLength: number): bigint {
  const host = BigInt(bits - prefixLength);
  return (address >> host) << host;
}

function holds(network: Network, bits: number, address: bigint): boolean {
  const host = BigInt(bits - network.prefixLength);
  return 8 * network.address.length === bits && numberOf(network.address) >> host === address >> host;
}

function numberOf(octets: Uint8Array): bigint {
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

function octetsOf(bits: number, address: bigint): Uint8Array {
  return Uint8Array.from({ length: bits / 8 }, (_, i) =>
    Number((address >> BigInt(bits - 8 - 8 * i)) & 255n),
  );
}

function expectedScope(world: World, octets: Uint8Array): number {
  const held = octets.length === 16 ? ipv4Within(octets, 0) : 0;
  if (held !== 0) return held + plainScope(world, 32, BigInt(ipv4In(octets, 0) >>> 0));
  return plainScope(world, 8 * octets.length, numberOf(octets));
}

// --- worlds ---

function net(text: string): Network {
  const network = nearestNetwork(text);
  if (network === undefined) throw new Error(text);
  return network;
}

const ipv4Length = fc.oneof(fc.integer({ min: 20, max: 32 }), fc.constantFrom(0, 1, 2, 8));
const ipv4Net = fc
  .tuple(ipv4Length, fc.nat(3), fc.constantFrom(0, 0, 128, 192, 7, 255))
  .map(([length, a, b]) => net(`198.51.${a}.${b}/${length}`));
const ipv6Start = fc
  .tuple(fc.constantFrom('2001:db8', '2001:1', '2003:0', '0:0', '64:ff9b'), fc.nat(3), fc.nat(3))
  .map(([start, third, fourth]) => `${start}:${third}:${fourth}`);
const ipv6Net = fc
  .tuple(ipv6Start, fc.oneof(fc.integer({ min: 44, max: 64 }), fc.constantFrom(0, 3, 16, 31, 32)))
  .map(([start, length]) => net(`${start}::/${length}`));
/** These may be longer than /64. */
const memberNet = fc.oneof(
  ipv4Net,
  ipv6Net,
  fc
    .tuple(ipv6Start, fc.integer({ min: 44, max: 128 }), fc.constantFrom(0, 0, 1, 0xffff), fc.nat(4))
    .map(([start, length, fifth, last]) => net(`${start}:${fifth.toString(16)}:0:0:${last}/${length}`)),
);
const world: fc.Arbitrary<World> = fc.record({
  lines: fc
    .uniqueArray(fc.oneof(ipv4Net, ipv6Net), { maxLength: 40, selector: showNetwork })
    .chain((networks) =>
      fc
        .array(fc.integer({ min: 1, max: 5 }), { minLength: networks.length, maxLength: networks.length })
        .map((asns) => networks.map((network, i) => ({ network, asn: asns[i] ?? 1 }))),
    ),
  members: fc.oneof(
    fc.constant([]),
    fc.array(fc.array(memberNet, { maxLength: 8 }), { maxLength: 3 }),
    fc.array(fc.array(memberNet, { minLength: 20, maxLength: 40 }), { minLength: 1, maxLength: 2 }),
  ),
  classes: fc.constantFrom(1, 2, 3, 100),
});
const strewn = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.tuple(fc.nat(8), fc.nat(255)).map(([a, b]) => Uint8Array.from([198, 51, a, b])),
    fc
      .tuple(fc.nat(8), fc.nat(255))
      .map(([a, b]) => withIn('::ffff:0:0', 12, Uint8Array.from([198, 51, a, b]))),
    fc.tuple(fc.nat(8), fc.nat(255)).map(([a, b]) => withIn('2002::', 2, Uint8Array.from([198, 51, a, b]))),
    fc
      .tuple(ipv6Start, fc.uint8Array({ minLength: 8, maxLength: 8 }))
      .map(([start, low]) => withIn(`${start}::`, 8, low)),
    fc.tuple(ipv6Start, fc.nat(9)).map(([start, last]) => withIn(`${start}::`, 15, Uint8Array.of(last))),
  ),
  { maxLength: 12 },
);

function withIn(start: string, at: number, octets: Uint8Array): Uint8Array {
  const whole = Uint8Array.from(net(start).address);
  whole.set(octets, at);
  return whole;
}

/** Strewn, and where something begins and has just ended. */
function addressesOf({ lines, members }: World, more: readonly Uint8Array[]): readonly Uint8Array[] {
  const networks = [...lines.slice(0, 12).map(({ network }) => network), ...members.flat().slice(0, 12)];
  const edges = networks.flatMap(({ address, prefixLength }) => {
    const bits = 8 * address.length;
    const first = numberOf(address);
    const end = first + (1n << BigInt(bits - prefixLength));
    return [first, first - 1n, end - 1n, end]
      .filter((edge) => edge >= 0n && edge < 1n << BigInt(bits))
      .map((edge) => octetsOf(bits, edge));
  });
  return [...more, ...edges];
}

function finderOf(
  of: World,
  effortPerCall: number,
  room = new NumberRoom(4e6),
): (octets: Uint8Array) => number {
  const text = of.lines.map(({ network, asn }) => `${showNetwork(network)},${asn}`).join('\n');
  const tables = tablesOf({ 'n.csv': `prefix,asn\n${text}\n` });
  const segments = new NetSegments(of.members);
  const byKind = (kind: number, location: number) =>
    classOf(
      of,
      tables.asn(location),
      of.members.map((_, member) => segments.match(kind, member)),
    );
  const finder = new ScopeFinder(tables, segments, byKind, room, effortPerCall);
  const place = new ClientPlace();
  return (octets) => {
    place.set(tables, octets, 0, octets.length);
    return finder.scopeOf(place);
  };
}

describe('the scope of an answer, by networks of members and by location', () => {
  it('law: all within is of one class, and one bit less is too little', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(world, strewn, (of, some) => {
        const scopeOf = finderOf(of, Number.POSITIVE_INFINITY);
        for (const octets of addressesOf(of, some)) {
          expect(scopeOf(octets), octets.join('.')).to.equal(expectedScope(of, octets));
        }
      }),
      { numRuns: 80 },
    );
  });

  it('law: with the least effort never too wide, and in the end just as wide', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(world, strewn, (of, some) => {
        const addresses = addressesOf(of, some);
        const expected = addresses.map((octets) => expectedScope(of, octets));
        const scopeOf = finderOf(of, 1);
        for (let call = 0; call < 60; call++) {
          for (const [i, octets] of addresses.entries())
            expect(scopeOf(octets)).to.be.at.least(expected[i] ?? 0);
        }
        expect(addresses.map(scopeOf)).to.eql(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('law: never too wide where there is no room to keep anything', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(world, strewn, (of, some) => {
        const scopeOf = finderOf(of, 100, new NumberRoom(0));
        for (const octets of addressesOf(of, some)) {
          expect(scopeOf(octets)).to.be.at.least(expectedScope(of, octets));
        }
      }),
      { numRuns: 20 },
    );
  });
});
