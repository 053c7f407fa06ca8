import { scanAddress, showAddress } from '../../src/base/ip.ts';
import { commonBits, heldIPv4 } from './plain-address.ts';
import { type PlainFacts, type PlainGeography, units } from './plain-geography.ts';

/** A member as its line has it. */
interface PlainMember {
  readonly name: string;
  readonly position: PlainFacts['position'];
  readonly bias: number;
  readonly weight: number;
  readonly backup: boolean;
  readonly words: ReadonlyMap<string, readonly string[]>;
  readonly nets: readonly PlainNet[];
  readonly answers: boolean;
}

/** A network of `net=`. */
export interface PlainNet {
  readonly address: Uint8Array;
  /** Bits. */
  readonly length: number;
}

/** What a client gets: tiers of members, each in the order of their text. */
export type Tiers = readonly (readonly string[])[];

/** A client: its address, and what is known of it. */
export interface PlainClient {
  readonly address: Uint8Array;
  readonly facts: PlainFacts;
}

/**
 * Which members a client gets: STEERING.md §3, steps 1 to 6, word by word, for one RRset. It compiles nothing and keeps
 * nothing, and so is slow.
 */
export class PlainSteering {
  /** The members in the order of the records. */
  readonly members: readonly PlainMember[];
  readonly rank: readonly string[];
  /** Networks that members are for, when `rank` asks for them. */
  readonly nets: readonly PlainNet[];
  /** Bits of the networks that `sticky` keeps together; otherwise 0. */
  readonly kept: { readonly ipv4: number; readonly ipv6: number };
  readonly #within: number;
  readonly #need: number;
  /** A distance came so near half a metre that it might be rounded the other way by another formula. */
  wasClose = false;

  /** `records`: the data of the RRset; `lines`: all that is at `_steer`; `now`: seconds since 1970. */
  constructor(records: readonly string[], lines: readonly string[], geography: PlainGeography, now = 0) {
    const split = lines.map((line) => line.trim().split(/ +/));
    const policy = new Map(
      split.find(([first = '']) => first.includes('='))?.map((word) => pairOf(word)) ?? [],
    );
    this.rank = policy.get('rank')?.split(',') ?? [];
    this.#within = Number(policy.get('within') ?? 100);
    this.#need = Number(policy.get('need') ?? 1);
    const [ipv4 = 0, ipv6 = 0] =
      policy.get('order') === 'sticky' ? (policy.get('prefix') ?? '24/56').split('/').map(Number) : [];
    this.kept = { ipv4, ipv6 };
    const names = records.map(sameText);
    const linesOf = (name: string) => split.filter(([first = '']) => sameText(first) === name);
    const states = names.map((name) => stateOf(linesOf(name), Number(policy.get('quorum') ?? 1), now));
    const answering = new Set(answeringOf(states, policy.get('min') ?? '1'));
    this.members = names.map((name, i) => {
      const [, ...words] = linesOf(name).find(([, second]) => second !== 'down') ?? [];
      const pairs = new Map(words.map((word) => pairOf(word)));
      return {
        name,
        position: positionOf(name, pairs.get('at'), geography),
        bias: Number(pairs.get('bias') ?? 0),
        weight: Number(pairs.get('weight') ?? 1),
        backup: words.includes('backup'),
        words: new Map([...pairs].map(([key, value]) => [key, valuesOf(key, value)])),
        nets: pairs.get('net')?.split(',').map(netOf) ?? [],
        answers: answering.has(i),
      };
    });
    this.nets = this.rank.includes('net') ? this.members.flatMap(({ nets }) => nets) : [];
  }

  /** Step 5: all members, whatever their health. */
  tiersOf(client: PlainClient): Tiers {
    return this.#tiers(client).map(namesOf);
  }

  /** Step 6: the tiers taken, with their members that answer. Clients of which this is the same are of one class. */
  takenOf(client: PlainClient): Tiers {
    return this.#taken(this.#tiers(client)).map(namesOf);
  }

  /** Both at once. */
  choose(client: PlainClient): { readonly tiers: Tiers; readonly taken: Tiers } {
    const tiers = this.#tiers(client);
    return { tiers: tiers.map(namesOf), taken: this.#taken(tiers).map(namesOf) };
  }

  #taken(tiers: readonly PlainMember[][]): PlainMember[][] {
    const taken: PlainMember[][] = [];
    let inHand = 0;
    for (const tier of tiers) {
      if (inHand >= this.#need) break;
      const alive = tier.filter(({ answers }) => answers);
      const weighty = alive.filter(({ weight }) => weight > 0);
      const chosen = weighty.length > 0 ? weighty : alive;
      if (chosen.length > 0) taken.push(chosen);
      inHand += chosen.length;
    }
    return taken;
  }

  #tiers(client: PlainClient): PlainMember[][] {
    let groups = apart(this.members, ({ backup }) => (backup ? 1 : 0));
    for (const word of this.rank) {
      groups = groups.flatMap((group) =>
        word === 'distance' ? this.#byDistance(group, client) : apart(group, keyOf(word, client)),
      );
    }
    return groups;
  }

  /** Nearest first; at most `within` farther than the nearest that is left shares its tier. */
  #byDistance(group: readonly PlainMember[], { facts }: PlainClient): PlainMember[][] {
    const { position } = facts;
    if (position === undefined) return [[...group]];
    const metres = (member: PlainMember) => this.#metres(position, member);
    let left = group
      .filter((member) => member.position !== undefined)
      .map((member) => ({ member, metres: metres(member) }));
    const tiers: PlainMember[][] = [];
    while (left.length > 0) {
      const reach = Math.min(...left.map((each) => each.metres)) + 1000 * this.#within;
      tiers.push(left.filter((each) => each.metres <= reach).map(({ member }) => member));
      left = left.filter((each) => each.metres > reach);
    }
    const placeless = group.filter((member) => member.position === undefined);
    return placeless.length > 0 ? [...tiers, placeless] : tiers;
  }

  #metres(from: NonNullable<PlainFacts['position']>, { position, bias }: PlainMember): number {
    if (position === undefined) return Number.POSITIVE_INFINITY;
    const exact = greatCircle(from, position);
    if (Math.abs(exact - Math.floor(exact) - 0.5) < CLOSE) this.wasClose = true;
    const metres = Math.round(exact);
    // "positive d×(1−b/100), negative d/(1+b/100)", to the nearest whole metre.
    return bias >= 0
      ? Math.floor((2 * metres * (100 - bias) + 100) / 200)
      : Math.floor((200 * metres + 100 + bias) / (2 * (100 + bias)));
  }
}

/** Metres; what two formulas may differ by. */
const CLOSE = 1e-5;

/** The mean radius of IUGG, metres. */
const RADIUS = 6_371_008.8;

/** Vincenty's formula on a sphere: true at every distance. */
function greatCircle(a: NonNullable<PlainFacts['position']>, b: NonNullable<PlainFacts['position']>): number {
  const radians = (tenThousandths: number) => (tenThousandths / 10_000) * (Math.PI / 180);
  const [phi, other, lambda] = [radians(a.latitude), radians(b.latitude), radians(b.longitude - a.longitude)];
  const across = Math.cos(other) * Math.sin(lambda);
  const along = Math.cos(phi) * Math.sin(other) - Math.sin(phi) * Math.cos(other) * Math.cos(lambda);
  const apartness = Math.sin(phi) * Math.sin(other) + Math.cos(phi) * Math.cos(other) * Math.cos(lambda);
  return RADIUS * Math.atan2(Math.hypot(across, along), apartness);
}

// --- matching ---

/** Groups of one key, the lowest key first. */
function apart(group: readonly PlainMember[], key: (member: PlainMember) => number): PlainMember[][] {
  const keys = [...new Set(group.map(key))].sort((a, b) => a - b);
  return keys.map((wanted) => group.filter((member) => key(member) === wanted));
}

/** "Members that match the client before those that do not"; `net`: longer match first. */
function keyOf(word: string, { address, facts }: PlainClient): (member: PlainMember) => number {
  // IPv4 within IPv6 is that IPv4 address.
  const plain = heldIPv4(address)?.address ?? address;
  return ({ words, nets }) => {
    const values = words.get(word) ?? [];
    const has = (wanted: string | undefined) => (wanted !== undefined && values.includes(wanted) ? 0 : 1);
    switch (word) {
      case 'net':
        return -Math.max(-1, ...nets.filter((net) => isWithin(plain, net)).map(({ length }) => length));
      case 'isp': {
        const isp = facts.isp?.replaceAll(' ', '_').toLowerCase();
        return values.some((value) => value.toLowerCase() === isp) ? 0 : 1;
      }
      case 'asn':
        return has(facts.asn === undefined ? undefined : `${facts.asn}`);
      case 'country':
        return has(facts.country);
      case 'continent':
        return has(facts.continent);
      default:
        throw new Error(`'${word}' is no rank word`);
    }
  };
}

function isWithin(address: Uint8Array, net: PlainNet): boolean {
  return net.address.length === address.length && commonBits(net.address, address) >= net.length;
}

/** An address alone is the network of that one. */
function netOf(text: string): PlainNet {
  const [host = '', length] = text.split('/');
  const address = scanAddress(host) ?? new Uint8Array(4);
  return { address, length: length === undefined ? 8 * address.length : Number(length) };
}

// --- lines ---

function pairOf(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

/** Codes of countries and continents are in capitals, AS numbers without `AS`. */
function valuesOf(key: string, value: string): readonly string[] {
  if (key === 'asn') return value.split(',').map((item) => item.replace(/^AS/i, ''));
  return (key === 'isp' ? value : value.toUpperCase()).split(',');
}

/** One text for all forms of an address or a name. */
function sameText(text: string): string {
  const address = scanAddress(text);
  return address === undefined ? text.toLowerCase() : showAddress(address);
}

function positionOf(name: string, at: string | undefined, geography: PlainGeography): PlainFacts['position'] {
  if (at !== undefined) {
    const [latitude = 0, longitude = 0] = at.split(',').map(Number);
    return { latitude: units(latitude), longitude: units(longitude) };
  }
  const address = scanAddress(name);
  return address === undefined ? undefined : geography.factsOf(address).position;
}

/** §3 step 2 and §7, of the lines of one member. */
function stateOf(
  lines: readonly (readonly string[])[],
  quorum: number,
  now: number,
): 'live' | 'down' | 'out' {
  const lapsed = (words: readonly string[]) => {
    const until = words.find((word) => word.startsWith('until='))?.slice(6);
    return until !== undefined && Date.parse(until) / 1000 <= now;
  };
  const own = lines.find(([, second]) => second !== 'down') ?? [];
  const state = lapsed(own) ? undefined : own.find((word) => word.startsWith('state='))?.slice(6);
  if (state === 'out') return 'out';
  if (state === 'up') return 'live';
  const judges = lines
    .filter((words) => words[1] === 'down' && !lapsed(words))
    .map((words) => words.find((word) => word.startsWith('by=')) ?? '');
  return new Set(judges).size >= quorum ? 'down' : 'live';
}

/** §3 step 3: the numbers of the members that answer. */
function answeringOf(states: readonly ('live' | 'down' | 'out')[], min: string): readonly number[] {
  const all = states.map((_, i) => i);
  const live = all.filter((i) => states[i] === 'live');
  const least = min.endsWith('%') ? Math.ceil((states.length * Number(min.slice(0, -1))) / 100) : Number(min);
  if (live.length >= least) return live;
  const open = all.filter((i) => states[i] !== 'out');
  return open.length > 0 ? open : all;
}

function namesOf(members: readonly PlainMember[]): readonly string[] {
  const names = members.map(({ name }) => name);
  return names.length > 1 ? names.sort() : names;
}
