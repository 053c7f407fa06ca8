/** A steered RRset that laws are tried with. */
export interface LawPolicy {
  readonly name: string;
  readonly records: readonly string[];
  readonly lines: readonly string[];
}

/** The twelve sites of a service that is all over the world, by the last octet of their addresses. */
const SITES = [
  '39.9042,116.4074', // Beijing
  '31.2304,121.4737', // Shanghai
  '23.1291,113.2644', // Guangzhou
  '35.6762,139.6503', // Tokyo
  '1.3521,103.8198', // Singapore
  '-33.8688,151.2093', // Sydney
  '51.5074,-0.1278', // London
  '50.1109,8.6821', // Frankfurt
  '40.7128,-74.006', // New York
  '34.0522,-118.2437', // Los Angeles
  '-23.5505,-46.6333', // São Paulo
  '-26.2041,28.0473', // Johannesburg
] as const;

const ADDRESSES = SITES.map((_, i) => `203.0.113.${i + 1}`);

/** The sites with a policy, and words for some of their member lines, by number from 1. */
export function sites(policy: string, more: Readonly<Record<number, string>> = {}): LawPolicy {
  const lines = SITES.map((at, i) => `${ADDRESSES[i]} at=${at} ${more[i + 1] ?? ''}`.trim());
  return { name: policy, records: ADDRESSES, lines: [policy, ...lines] };
}

/** The policy with a name that says more, and more lines. */
export function called(name: string, policy: LawPolicy, ...more: readonly string[]): LawPolicy {
  return { ...policy, name, lines: [...policy.lines, ...more] };
}

/** Policies of all kinds. */
export const LAW_POLICIES: readonly LawPolicy[] = [
  sites('rank=distance within=0'),
  sites('rank=distance'),
  sites('rank=distance within=500'),
  {
    name: 'isp, distance',
    records: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'],
    lines: [
      'rank=isp,distance within=150',
      '192.0.2.1 at=39.90,116.40 isp=unicom',
      '192.0.2.2 at=31.23,121.47 isp=Telecom,mobile',
      '192.0.2.3 at=23.13,113.26 isp=TELECOM',
      '192.0.2.4 at=51.51,-0.13',
    ],
  },
  called(
    'country, continent, distance',
    sites('rank=country,continent,distance', {
      1: 'country=CN,MN',
      2: 'country=cn continent=AS',
      4: 'country=JP,KR continent=AS',
      5: 'continent=AS,OC',
      7: 'country=GB,IE continent=EU',
      8: 'country=DE continent=EU,AF',
      9: 'country=US,CA continent=NA',
      10: 'country=US,MX continent=NA',
      11: 'continent=SA',
    }),
  ),
  {
    name: 'net, asn',
    records: ['2001:db8:1::1', '2001:db8:1::2', '2001:db8:1::3', '2001:db8:1::4', '2001:db8:1::5'],
    lines: [
      'rank=net,asn need=2',
      '2001:db8:1::1 net=192.0.2.0/24,2001:db8::/32,10.0.0.0/8 asn=64496',
      '2001:db8:1::2 net=192.0.2.64/26,198.51.100.0/24,0.0.0.0/1,8000::/1 asn=64497,64498',
      '2001:db8:1::3 net=192.0.2.81,192.0.2.128/25,2001:db8:aaaa::/48 asn=64500',
      '2001:db8:1::4 net=198.51.100.7/32,198.51.100.128/27,2001:db8:aaaa:1::/64,2001:db8:aaaa:2::/66,2000::/3',
      '2001:db8:1::5 net=192.0.2.80/28,2001:db8:aaaa:1:8000::/65,2001:db8:aaaa:2::9/128',
    ],
  },
  {
    name: 'net, distance',
    records: ['203.0.113.1', '203.0.113.70', '198.51.100.130', '192.0.2.80'],
    lines: [
      'rank=net,distance within=250',
      '203.0.113.1 net=192.0.2.0/26,1.0.0.0/8,2400::/12',
      '203.0.113.70 net=198.51.100.0/25,192.0.2.0/25 bias=-20',
      '198.51.100.130 net=2001:db8::/33 bias=30',
    ],
  },
  called(
    'need=3 with backups',
    sites('rank=distance need=3 within=800', {
      1: 'backup',
      4: 'backup',
      5: 'backup',
      9: 'backup',
      11: 'backup',
    }),
  ),
  called(
    'bias',
    sites('rank=distance within=50', {
      1: 'bias=40',
      4: 'bias=-30',
      7: 'bias=99',
      8: 'bias=-99',
      9: 'bias=1',
      10: 'bias=-1',
      12: 'bias=75',
    }),
  ),
  called(
    'weights and the dead',
    sites('rank=distance within=1500 need=2 order=weighted min=20%', {
      1: 'weight=0',
      2: 'weight=7',
      4: 'weight=0',
      5: 'weight=65535',
      7: 'weight=0 state=up',
      8: 'weight=3',
      9: 'state=out',
    }),
    '203.0.113.2 down by=mon-bj.',
    '203.0.113.3 down by=mon-bj.',
    '203.0.113.7 down by=mon-bj.',
    '203.0.113.12 down by=mon-bj.',
  ),
  {
    name: 'aliases, some without a place',
    records: ['a.example.test.', 'b.example.test.', 'c.example.test.', 'd.example.test.', 'e.example.test.'],
    lines: [
      'rank=distance,country need=4',
      'a.example.test. at=39.9,116.4',
      'b.example.test. at=50.11,8.68 country=FR',
      'c.example.test. country=DE,AT',
      'e.example.test. at=50.1,8.6 country=DE',
    ],
  },
  {
    name: 'addresses that say where they are',
    records: [
      '192.0.2.1',
      '192.0.2.81',
      '192.0.2.129',
      '198.51.100.1',
      '198.51.100.255',
      '203.0.113.1',
      '203.0.113.65',
    ],
    lines: [
      'rank=continent,distance within=3000',
      '198.51.100.1 continent=EU',
      '203.0.113.1 continent=AN,NA',
    ],
  },
  called('sticky, over /20 and /40', sites('rank=distance order=sticky prefix=20/40')),
  {
    name: 'fails open',
    records: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
    lines: [
      'rank=country min=3',
      '192.0.2.1 country=DE',
      '192.0.2.2 country=FR state=out',
      '192.0.2.3 country=US',
      '192.0.2.1 down by=m.',
    ],
  },
  {
    name: 'nobody answers',
    records: ['192.0.2.1', '192.0.2.2'],
    lines: ['rank=country min=0', '192.0.2.1 country=DE', '192.0.2.1 down by=m.', '192.0.2.2 down by=m.'],
  },
  called('without a rank', sites('order=rotate need=12', { 3: 'backup' })),
];
