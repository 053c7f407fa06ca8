import { endOf, heldIPv4, numberOf, octetsOfNumber } from './plain-address.ts';
import { NOTHING_KNOWN, type PlainFacts, type PlainGeography } from './plain-geography.ts';
import type { PlainSteering } from './plain-steering.ts';

/** The world of a geography, walked through once for many policies. */
export class PlainWorld {
  readonly ipv4: Segments;
  readonly ipv6: Segments;

  constructor(geography: PlainGeography) {
    const numbers = new Map<string, number>();
    const facts: PlainFacts[] = [];
    this.ipv4 = new Segments(geography, 4, numbers, facts);
    this.ipv6 = new Segments(geography, 6, numbers, facts);
  }
}

/** Segments of one family, the facts numbered. */
class Segments {
  readonly bits: 32 | 64;
  readonly facts: readonly PlainFacts[];
  readonly starts: BigUint64Array;
  /** Numbers of `facts`; -1: looked up as IPv4. */
  readonly numbers: Int32Array;

  constructor(geography: PlainGeography, family: 4 | 6, known: Map<string, number>, facts: PlainFacts[]) {
    this.bits = family === 4 ? 32 : 64;
    this.facts = facts;
    let [starts, numbers] = [new BigUint64Array(1024), new Int32Array(1024)];
    let count = 0;
    let last: { readonly facts: PlainFacts | undefined; readonly number: number } | undefined;
    for (const segment of geography.segments(family)) {
      const number =
        last?.facts === segment.facts && last !== undefined ? last.number : numbered(segment.facts);
      last = { facts: segment.facts, number };
      if (count > 0 && numbers[count - 1] === number) continue;
      if (count === starts.length) {
        const [more, moreNumbers] = [new BigUint64Array(2 * count), new Int32Array(2 * count)];
        more.set(starts);
        moreNumbers.set(numbers);
        [starts, numbers] = [more, moreNumbers];
      }
      starts[count] = segment.start;
      numbers[count++] = number;
    }
    this.starts = starts.slice(0, count);
    this.numbers = numbers.slice(0, count);

    function numbered(said: PlainFacts | undefined): number {
      if (said === undefined) return -1;
      const { position, country, continent, asn, isp } = said;
      const key = `${position?.latitude},${position?.longitude},${country},${continent},${asn},${isp}`;
      const number = known.get(key) ?? facts.push(said) - 1;
      known.set(key, number);
      return number;
    }
  }

  /** The facts of the address that is this number. */
  factsAt(at: bigint): PlainFacts | undefined {
    let [from, to] = [0, this.starts.length];
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if ((this.starts[middle] ?? 0n) <= at) from = middle;
      else to = middle;
    }
    return this.facts[this.numbers[from] ?? 0];
  }
}

/** What is wrong with a scope; `undefined`: nothing. */
export type Judgement = 'not valid' | 'not maximal' | undefined;

/**
 * Judges the scopes of one policy. The classes of the whole world are worked out, every network of every source and of `net=`,
 * so that a scope is judged with certainty: *valid*, all of its addresses have the client's class; *maximal*, one bit shorter
 * not all have. Addresses that hold IPv4 are of no class of IPv6, and IPv6 goes no further than to /64 (without `net=`); in a /64
 * that has such addresses, to /96.
 */
export class ScopeJudge {
  readonly #steering: PlainSteering;
  readonly #classes = new Map<string, number>();
  readonly #ipv4: Runs;
  readonly #ipv6: Runs;

  constructor(world: PlainWorld, steering: PlainSteering) {
    this.#steering = steering;
    this.#ipv4 = this.#runs(world.ipv4);
    this.#ipv6 = this.#runs(world.ipv6);
  }

  /** How many classes of clients there are. */
  get classCount(): number {
    return this.#classes.size;
  }

  /** The number of the class of an address, as the walk has it. */
  classAt(address: Uint8Array): number {
    const held = heldIPv4(address);
    if (held !== undefined) return this.classAt(held.address);
    return this.#runsOf(address).classAt(numberOf(address));
  }

  /** The number of the class of these tiers taken. */
  classOf(taken: readonly (readonly string[])[]): number {
    const key = JSON.stringify(taken);
    const number = this.#classes.get(key) ?? this.#classes.size;
    this.#classes.set(key, number);
    return number;
  }

  /** The only scope that is right: of a client of 4 or 16 octets, bits. */
  scopeOf(address: Uint8Array): number {
    const held = heldIPv4(address);
    if (held !== undefined) return held.after + this.scopeOf(held.address);
    return Math.max(this.#leastOf(address), this.#runsOf(address).scopeOf(numberOf(address)));
  }

  /** Judges a scope that a client was given. */
  judge(address: Uint8Array, scope: number): Judgement {
    // The same answer for the whole world holds where IPv4 is held, too.
    if (this.#classes.size === 1 && scope === this.#leastOf(address)) return undefined;
    const right = Math.max(this.scopeOf(address), isBesideHeld(address) ? 96 : 0);
    return scope < right ? 'not valid' : scope > right ? 'not maximal' : undefined;
  }

  #leastOf(address: Uint8Array): number {
    const { ipv4, ipv6 } = this.#steering.kept;
    return address.length === 4 ? ipv4 : ipv6;
  }

  #runsOf(address: Uint8Array): Runs {
    return address.length === 4 ? this.#ipv4 : this.#ipv6;
  }

  /** Neighbours of one class are one run. Without `net=` the upper 64 bits of IPv6 say all. */
  #runs(segments: Segments): Runs {
    const family = segments.bits === 32 ? 4 : 16;
    const nets = this.#steering.nets
      .filter(({ address }) => address.length === family)
      .map(({ address, length }) => ({ start: numberOf(address), length }));
    const whole = 8 * family;
    const borders = [...new Set(nets.flatMap((net) => [net.start, endOf(net.start, net.length, whole)]))]
      .filter((border) => border < 1n << BigInt(whole))
      .sort((a, b) => (a < b ? -1 : 1));
    const runs = new Runs(whole, nets.some(({ length }) => length > 64) ? whole : Math.min(64, whole));
    const shift = BigInt(whole - segments.bits);
    const kept = new Int32Array(segments.facts.length).fill(UNSEEN);
    let [border, keptUntil] = [0, 0];
    const classOf = (number: number, at: bigint): number => {
      if (number < 0) return HELD;
      if (border !== keptUntil) kept.fill(UNSEEN); // other members' networks hold from here on
      keptUntil = border;
      if (kept[number] !== UNSEEN) return kept[number] ?? UNSEEN;
      const facts = segments.facts[number] ?? NOTHING_KNOWN;
      const found = this.classOf(this.#steering.takenOf({ address: octetsOfNumber(at, whole), facts }));
      kept[number] = found;
      return found;
    };
    for (let i = 0; i < segments.starts.length; i++) {
      const number = segments.numbers[i] ?? 0;
      let at = (segments.starts[i] ?? 0n) << shift;
      const end =
        i + 1 < segments.starts.length ? (segments.starts[i + 1] ?? 0n) << shift : 1n << BigInt(whole);
      runs.add(at, classOf(number, at));
      while ((borders[border] ?? end) < end) {
        at = borders[border++] ?? end;
        runs.add(at, classOf(number, at));
      }
    }
    return runs;
  }
}

/** Whether a /64 that holds mapped or NAT64 addresses has this one, too, which is none. */
function isBesideHeld(address: Uint8Array): boolean {
  if (address.length === 4 || heldIPv4(address) !== undefined) return false;
  return ['0', '64ff9b0000000000'].includes((numberOf(address) >> 64n).toString(16));
}

const UNSEEN = -2;
const HELD = -1;

/** Runs of addresses of one class, in order. */
class Runs {
  readonly #bits: number;
  readonly #longest: number;
  readonly #starts: bigint[] = [];
  readonly #classes: number[] = [];

  constructor(bits: number, longest: number) {
    this.#bits = bits;
    this.#longest = longest;
  }

  add(start: bigint, number: number): void {
    if (this.#classes.at(-1) === number) return;
    this.#starts.push(start);
    this.#classes.push(number);
  }

  classAt(at: bigint): number {
    return this.#classes[this.#runAt(at)] ?? HELD;
  }

  /** The shortest prefix around `at` within its run. */
  scopeOf(at: bigint): number {
    const run = this.#runAt(at);
    const from = this.#starts[run] ?? 0n;
    const end = this.#starts[run + 1] ?? 1n << BigInt(this.#bits);
    for (let length = 0; length < this.#longest; length++) {
      const to = endOf(at, length, this.#bits);
      if (to <= end && to - (1n << BigInt(this.#bits - length)) >= from) return length;
    }
    return this.#longest;
  }

  #runAt(at: bigint): number {
    let [from, to] = [0, this.#starts.length];
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if ((this.#starts[middle] ?? 0n) <= at) from = middle;
      else to = middle;
    }
    return from;
  }
}
