// Small worlds with made-up policies, all in one corner of the address space, so that networks, members and clients meet.
import fc from 'fast-check';
import { scanAddress, showAddress } from '../../src/base/ip.ts';
import { nearestNetwork, showNetwork } from '../../src/base/network.ts';
import { type MmdbInput, MmdbWriter } from './mmdb-writer.ts';
import { endOf, numberOf, octetsOfNumber } from './plain-address.ts';

/** A world, steered RRsets in it, and clients. */
export interface SteeringCase {
  /** networks.csv. */
  readonly networks: string;
  /** Networks of a database in MaxMind's schema and what it says of them. */
  readonly database: readonly (readonly [string, { readonly [field: string]: MmdbInput }])[];
  readonly steered: readonly SteeredRecords[];
  /** Addresses in presentation format. */
  readonly clients: readonly string[];
}

/** The data of an RRset, and what stands at `_steer`. */
export interface SteeredRecords {
  readonly records: readonly string[];
  readonly lines: readonly string[];
}

/** The octets of a case's database. */
export function databaseOf({ database }: SteeringCase): Buffer {
  const writer = new MmdbWriter({ aliases: true });
  // Something always, so that the file is not refused.
  writer.insert('100.64.0.0/10', { country: { iso_code: 'NZ' } });
  for (const [network, record] of sorted(database)) writer.insert(network, record);
  return writer.build();
}

/** Cases whose clients are near the borders of what their world is made of. */
export function steeringCases(): fc.Arbitrary<SteeringCase> {
  return fc
    .record({
      own: fc.uniqueArray(fc.tuple(network(64), facts()), { selector: ([first]) => first, maxLength: 8 }),
      database: fc.array(fc.tuple(network(64), record()), { maxLength: 6 }),
      steered: fc.array(steeredRecords(), { minLength: 1, maxLength: 4 }),
      others: fc.array(address(), { minLength: 1, maxLength: 4 }),
    })
    .map(({ own, database, steered, others }) => {
      const words = steered.flatMap(({ lines }) => lines).flatMap((line) => line.split(' '));
      const nets = words.flatMap((word) => (word.startsWith('net=') ? word.slice(4).split(',') : []));
      const borders = [...own.map(([net]) => net), ...database.map(([net]) => net), ...nets];
      return {
        networks: ['prefix,latitude,longitude,country,continent,asn,isp', ...own.map(String)].join('\n'),
        database,
        steered,
        clients: [...new Set([...borders.flatMap(edges), ...others])],
      };
    });
}

function steeredRecords(): fc.Arbitrary<SteeredRecords> {
  return fc
    .record({
      rank: fc.subarray(['net', 'isp', 'asn', 'country', 'continent', 'distance']).chain(shuffled),
      policy: fc.tuple(
        fc.constantFrom('', 'within=0', 'within=500', 'within=2000', 'within=9000'),
        fc.constantFrom('', '', 'min=0', 'min=2', 'min=60%'),
        fc.constantFrom('', 'need=2', 'need=3'),
        fc.constantFrom('', '', 'quorum=2'),
        fc.constantFrom('', '', '', 'order=weighted', 'take=1', 'order=sticky', 'order=sticky prefix=18/100'),
      ),
      family: fc.constantFrom('A', 'AAAA', 'CNAME'),
      members: fc.array(memberWords(), { minLength: 1, maxLength: 6 }),
      down: fc.array(fc.tuple(fc.nat(5), fc.constantFrom('m.', 'n.')), { maxLength: 3 }),
    })
    .map(({ rank, policy, family, members, down }) => {
      const records = members.map((_, i) => RECORDS[family]?.[i] ?? '');
      const words = [rank.length > 0 ? `rank=${rank.join(',')}` : '', ...policy].filter(
        (word) => word !== '',
      );
      const verdicts = down.flatMap(([i, by]) =>
        records[i] === undefined ? [] : [`${records[i]} down by=${by}`],
      );
      return {
        records,
        lines: [
          words.length === 0 ? 'order=rotate' : words.join(' '),
          ...records.map((member, i) => `${member} ${members[i]}`.trimEnd()),
          ...new Set(verdicts),
        ],
      };
    });
}

// --- addresses ---

/** Networks within 198.51.0.0/16 and 2001:db8::/48, and those that hold them. */
function network(longest: number): fc.Arbitrary<string> {
  const ipv4 = fc.tuple(corner(4), fc.integer({ min: 14, max: 32 }));
  const ipv6 = fc.tuple(corner(16), fc.integer({ min: 30, max: longest }));
  return fc.oneof(ipv4, ipv6).map(([octets, length]) => {
    const nearest = nearestNetwork(`${showAddress(octets)}/${length}`);
    return nearest === undefined ? '198.51.100.0/24' : showNetwork(nearest);
  });
}

/** An address of few different bits, so that many agree in most of them. */
function corner(length: 4 | 16): fc.Arbitrary<Uint8Array> {
  const octet = fc.constantFrom(0, 0, 1, 127, 128, 255);
  const start = length === 4 ? [198, 51] : [0x20, 1, 0xd, 0xb8, 0];
  return fc
    .array(octet, { minLength: length - start.length, maxLength: length - start.length })
    .map((rest) => Uint8Array.from([...start, ...rest]));
}

function address(): fc.Arbitrary<string> {
  const any = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const held = corner(4).chain((ipv4) =>
    fc.constantFrom(
      [...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], ...ipv4],
      [...[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], ...ipv4],
      [0x20, 2, ...ipv4, ...new Uint8Array(10)],
      [0x20, 1, 0, 0, ...new Uint8Array(8), ...ipv4.map((octet) => octet ^ 0xff)],
    ),
  );
  const octets = fc.oneof(
    corner(4),
    corner(16),
    held.map((array) => Uint8Array.from(array)),
    any(4),
    any(16),
  );
  return octets.map(showAddress);
}

/** The first and the last address of a network, and those before and behind it. */
function edges(net: string): readonly string[] {
  const [host = '', length] = net.split('/');
  const octets = scanAddress(host);
  if (octets === undefined) return [];
  const bits = 8 * octets.length;
  const first = numberOf(octets);
  const next = endOf(first, length === undefined ? bits : Number(length), bits);
  return [first - 1n, first, next - 1n, next]
    .filter((at) => at >= 0n && at < 1n << BigInt(bits))
    .map((at) => showAddress(octetsOfNumber(at, bits)));
}

// --- what is known ---

const COUNTRIES = ['DE', 'FR', 'US', 'BR', 'ZA'] as const;
const ISPS = ['telecom', 'unicom', 'Mobile'] as const;
const PLACES = [
  '52.5,13.4',
  '48.9,2.4',
  '40.7,-74',
  '-23.6,-46.6',
  '0,0',
  '90,0',
  '0.0001,-180',
  '52.6,13.5',
] as const;

/** Fields of networks.csv after the prefix. */
function facts(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(',', ...PLACES),
      fc.constantFrom('', '', ...COUNTRIES),
      fc.constantFrom('', '', 'EU', 'NA'),
      fc.constantFrom('', '64496', 'AS64497'),
      fc.constantFrom('', ...ISPS),
    )
    .map((fields) => fields.join(','));
}

function record(): fc.Arbitrary<{ readonly [field: string]: MmdbInput }> {
  return fc
    .record({
      country: fc.constantFrom('', ...COUNTRIES),
      place: fc.constantFrom('', ...PLACES, '37.751,-97.822', '51.2993,9.491'),
      radius: fc.constantFrom(5, 999, 1000),
      asn: fc.constantFrom(0, 64_496, 64_498),
      isp: fc.constantFrom('', 'China Telecom', 'Unicom', 'TELECOM'),
    })
    .map(({ country, place, radius, asn, isp }) => {
      const [latitude = 0, longitude = 0] = place.split(',').map(Number);
      return {
        note: 'made up',
        ...(country === '' ? {} : { country: { iso_code: country } }),
        ...(place === '' ? {} : { location: { latitude, longitude, accuracy_radius: radius } }),
        ...(asn === 0 ? {} : { autonomous_system_number: asn }),
        ...(isp === '' ? {} : { isp }),
      };
    });
}

// --- members ---

const RECORDS: Readonly<Record<string, readonly string[]>> = {
  A: ['198.51.0.1', '198.51.1.128', '198.51.127.0', '198.51.255.255', '192.0.2.1', '198.51.128.0'],
  AAAA: [
    '2001:db8::1',
    '2001:db8:0:80::',
    '2001:db8:ff::',
    '::ffff:198.51.0.1',
    '2002:c633:1::',
    '2001:db8:7f::',
  ],
  CNAME: [
    'a.example.test.',
    'b.example.test.',
    'c.example.test.',
    'd.example.test.',
    'e.example.test.',
    'f.example.test.',
  ],
};

/** Few words, so that members often agree. */
function memberWords(): fc.Arbitrary<string> {
  const list = (key: string, item: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.nat(2), fc.uniqueArray(item, { minLength: 1, maxLength: 3 }))
      .map(([chance, items]) => (chance > 0 ? '' : `${key}=${items.join(',')}`));
  return fc
    .tuple(
      fc.constantFrom('', '', ...PLACES.slice(0, 4).map((at) => `at=${at}`), 'at=0.0001,180'),
      fc.constantFrom('', '', '', 'weight=0', 'weight=3'),
      list('net', network(128)),
      list('isp', fc.constantFrom('telecom', 'UNICOM', 'mobile', 'china_telecom')),
      list('asn', fc.constantFrom('64496', '64497', '64498')),
      list('country', fc.constantFrom(...COUNTRIES)),
      list('continent', fc.constantFrom('EU', 'NA', 'SA')),
      fc.constantFrom('', '', '', 'bias=30', 'bias=-50', 'bias=99'),
      fc.constantFrom('', '', '', 'backup'),
      fc.constantFrom('', '', '', '', 'state=out', 'state=up'),
    )
    .map((words) => words.filter((word) => word !== '').join(' '));
}

// --- helpers ---

function shuffled(words: string[]): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray(words, { minLength: words.length });
}

/** Shorter networks first: those within them take their addresses. */
function sorted<T>(database: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  return database.toSorted(([a], [b]) => Number(a.split('/')[1]) - Number(b.split('/')[1]));
}
