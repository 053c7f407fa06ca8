import { readFileSync } from 'node:fs';
import type { GeoTables } from '../../src/geo/tables.ts';
import { Chance, EMBEDDED, tablesOf } from './geo.ts';
import { PlainGeography } from './plain-geography.ts';
import { PlainWorld } from './plain-scope.ts';

/** How many random clients a differential law tries: `WAYPOST_LAW_IPV4` and `WAYPOST_LAW_IPV6`. */
export const LAW_CLIENTS = {
  ipv4: Number(process.env['WAYPOST_LAW_IPV4'] ?? 10_000),
  ipv6: Number(process.env['WAYPOST_LAW_IPV6'] ?? 2000),
};

/** One set of sources, compiled, and as they are. */
export interface LawWorld {
  readonly name: string;
  readonly tables: GeoTables;
  readonly geography: PlainGeography;
  /** All networks walked through; takes seconds, and for city databases minutes. */
  world(): PlainWorld;
}

/**
 * The worlds that laws are tried in: networks of documentation prefixes over the embedded country database, and over the city
 * databases of `WAYPOST_CITY` (paths with a colon between them) where that is set.
 */
export function lawWorlds(): readonly LawWorld[] {
  made ??= [
    lawWorld('country database', [EMBEDDED]),
    ...(CITY === undefined ? [] : [lawWorld('city database', CITY.split(':'))]),
  ];
  return made;
}

const CITY = process.env['WAYPOST_CITY'];
let made: readonly LawWorld[] | undefined;

function lawWorld(name: string, paths: readonly string[]): LawWorld {
  const databases = paths.map((path) => readFileSync(path));
  const geography = new PlainGeography([LAW_NETWORKS, ...databases]);
  const tables = tablesOf({
    'networks.csv': LAW_NETWORKS,
    ...Object.fromEntries(databases.map((octets, i) => [paths[i], octets])),
  });
  let world: PlainWorld | undefined;
  return {
    name,
    tables,
    geography,
    world() {
      world ??= new PlainWorld(geography);
      return world;
    },
  };
}

/** Networks within each other, with all kinds of blanks. */
const LAW_NETWORKS = `prefix,latitude,longitude,country,continent,asn,isp,note
192.0.2.0/24,39.90,116.40,CN,AS,64496,unicom,Beijing
192.0.2.64/26,,,,,,telecom,
192.0.2.80/28,31.2304,121.4737,CN,,AS64497,Telecom,Shanghai
192.0.2.81/32,,,JP,,,,
192.0.2.128/25,,,,,,,nothing at all
198.51.100.0/24,,,DE,,,,a country alone
198.51.100.0/25,,,,EU,64498,mobile,
198.51.100.128/27,-33.8688,151.2093,,,64499,,
198.51.100.255/32,0,0,,,,,Gulf of Guinea
203.0.113.0/26,90,0,,,,unicom,the pole
203.0.113.64/26,0.0001,179.9999,,,,,the date line
203.0.113.192/26,,,,,,mobile,
2001:db8::/32,-23.5505,-46.6333,BR,SA,64500,telecom,
2001:db8:8000::/33,,,,,,unicom,
2001:db8:aaaa::/48,51.5074,-0.1278,GB,EU,64501,mobile,
2001:db8:aaaa:1::/64,,,FR,,,,
2001:db8:ffff:ffff::/64,1.3521,103.8198,SG,AS,,,
`;

/** Random clients, always the same ones: one in eight from where networks.csv says something, IPv6 at times with IPv4 in it. */
export class LawClients {
  readonly #chance: Chance;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  ipv4(): Uint8Array {
    const chance = this.#chance;
    const address = chance.octets(4);
    const network = DOCUMENTATION[chance.below(24)];
    if (network !== undefined) address.set(network);
    return address;
  }

  ipv6(): Uint8Array {
    const chance = this.#chance;
    const address = chance.ipv6();
    const kind = chance.below(32);
    if (kind < 4) address.set([0x20, 0x01, 0x0d, 0xb8]);
    if (kind === 2 || kind === 3) address.set([0xaa, 0xaa, 0, chance.below(4)], 4);
    const held = HOLDERS[kind - 4];
    if (held === undefined) return address;
    address.set(held.before);
    address.set(
      this.ipv4().map((octet) => octet ^ held.inverted),
      held.before.length,
    );
    return address;
  }
}

const DOCUMENTATION = [
  [192, 0, 2],
  [198, 51, 100],
  [203, 0, 113],
] as const;

/** Mapped, NAT64, 6to4, Teredo. */
const HOLDERS = [
  { before: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], inverted: 0 },
  { before: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], inverted: 0 },
  { before: [0x20, 0x02], inverted: 0 },
  { before: [0x20, 0x01, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8], inverted: 0xff },
] as const;
