// Who is how near to whom: STEERING.md §3 step 5.
import { scanAddress } from '../base/ip.ts';
import { biasedMetres, distanceMetres, type UnitVector, unitVector } from '../geo/distance.ts';
import { packCode, UNITS_PER_DEGREE } from '../geo/facts.ts';
import { locate } from '../geo/locate.ts';
import { NetSegments } from '../geo/net-segments.ts';
import type { GeoTables } from '../geo/tables.ts';
import type { Choosing, ChoosingMember } from './choosing.ts';
import type { RankWord } from './policy-line.ts';

/** Where a member is taken to be. */
export interface MemberPlace {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Its line says so; otherwise the tables say it of the member's address. */
  readonly isSaid: boolean;
}

/**
 * Sorts the members of one RRset into tiers for a client. One per thread and choosing; ranking allocates nothing.
 *
 * Every desired member is ranked, whatever its health: so pulling one moves only its own clients.
 */
export class Ranking {
  /** The `net=` networks of the members; where `net` is no rank word, none. */
  readonly segments: NetSegments;
  /** Per member; `undefined` where it is not known. */
  readonly places: readonly (MemberPlace | undefined)[];
  /** After {@link rank}: members, the most wanted first. */
  readonly order: Uint16Array;
  /** After {@link rank}: where in {@link order} each tier ends. */
  readonly ends: Uint16Array;
  tierCount = 0;
  readonly #tables: GeoTables;
  readonly #words: readonly RankWord[];
  readonly #within: number;
  readonly #bias: readonly number[];
  readonly #vectors: readonly (UnitVector | undefined)[];
  readonly #matches: Readonly<Record<MatchWord, readonly Int32Array[]>>;
  /** Those that are no backup first. */
  readonly #base: Uint16Array;
  readonly #backupAt: number;
  readonly #keys: Float64Array;
  // The client that is ranked for.
  #kind = 0;
  #location = 0;
  #client: UnitVector | undefined;

  constructor({ rank, within, members }: Choosing, tables: GeoTables) {
    this.#tables = tables;
    this.#words = rank;
    this.#within = within * 1000;
    this.#bias = members.map(({ bias }) => bias);
    this.segments = new NetSegments(rank.includes('net') ? members.map(({ net }) => net) : []);
    this.places = members.map((member) => placeOf(member, tables));
    this.#vectors = this.places.map((at) => at && unitVector(at.latitude, at.longitude));
    this.#matches = {
      isp: members.map(({ isp }) =>
        numbersOf(isp, (names) => names.flatMap((name) => tables.ispNumbers(name))),
      ),
      asn: members.map(({ asn }) => numbersOf(asn, (numbers) => numbers)),
      country: members.map(({ country }) => numbersOf(country, (codes) => codes.map(packCode))),
      continent: members.map(({ continent }) => numbersOf(continent, (codes) => codes.map(packCode))),
    };
    const all = members.map((_, i) => i);
    const isBackup = (i: number): boolean => members[i]?.backup === true;
    this.#base = Uint16Array.from([...all.filter((i) => !isBackup(i)), ...all.filter(isBackup)]);
    this.#backupAt = all.filter((i) => !isBackup(i)).length;
    this.order = new Uint16Array(members.length);
    this.ends = new Uint16Array(members.length);
    this.#keys = new Float64Array(members.length);
  }

  /**
   * Ranks all members for clients at a location whose address is of a kind of {@link segments}. The result stands in
   * {@link order}, {@link ends} and {@link tierCount}.
   */
  rank(kind: number, location: number): void {
    this.#kind = kind;
    this.#location = location;
    this.#client = this.#words.includes('distance') ? this.#vectorAt(location) : undefined;
    this.tierCount = 0;
    this.order.set(this.#base);
    if (this.#backupAt > 0) this.#split(0, this.#backupAt, 0);
    if (this.#backupAt < this.order.length) this.#split(this.#backupAt, this.order.length, 0);
  }

  /** How far a member is from a location, before and after its bias; metres. `undefined` where either is not known. */
  distance(
    member: number,
    location: number,
  ): { readonly metres: number; readonly biased: number } | undefined {
    const [client, place] = [this.#vectorAt(location), this.#vectors[member]];
    if (client === undefined || place === undefined) return undefined;
    const metres = distanceMetres(client, place);
    return { metres, biased: biasedMetres(metres, this.#bias[member] ?? 0) };
  }

  /** Whether clients at a location, with an address of this kind, are among those a member is for. */
  matches(member: number, word: Exclude<RankWord, 'distance'>, kind: number, location: number): boolean {
    if (word === 'net') return this.segments.match(kind, member) >= 0;
    const fact = this.#fact(word, location);
    return fact !== 0 && this.#matches[word][member]?.includes(fact) === true;
  }

  // --- tiers ---

  /** Divides the members of a group by the rank word numbered `word` and those after it. */
  #split(from: number, to: number, word: number): void {
    const by = this.#words[word];
    if (by === undefined || to - from === 1) {
      this.ends[this.tierCount++] = to;
      return;
    }
    if (by === 'distance' && this.#client === undefined) {
      this.#split(from, to, word + 1);
      return;
    }
    const { order } = this;
    const keys = this.#keys;
    for (let i = from; i < to; i++) keys[i] = this.#key(by, order[i] ?? 0);
    this.#sort(from, to);
    const tolerance = by === 'distance' ? this.#within : 0;
    for (let start = from; start < to; ) {
      const most = (keys[start] ?? 0) + tolerance;
      let end = start + 1;
      while (end < to && (keys[end] ?? 0) <= most) end++;
      this.#split(start, end, word + 1);
      start = end;
    }
  }

  /** How a member stands by one rank word: less is better. */
  #key(by: RankWord, member: number): number {
    if (by === 'net') return -this.segments.match(this.#kind, member);
    if (by !== 'distance') return this.#isFor(by, member) ? 0 : 1;
    const place = this.#vectors[member];
    if (place === undefined || this.#client === undefined) return NOWHERE_METRES;
    return biasedMetres(distanceMetres(this.#client, place), this.#bias[member] ?? 0);
  }

  #isFor(word: MatchWord, member: number): boolean {
    const fact = this.#fact(word, this.#location);
    const wanted = this.#matches[word][member];
    if (fact === 0 || wanted === undefined) return false;
    for (let i = 0; i < wanted.length; i++) if (wanted[i] === fact) return true;
    return false;
  }

  /** What is known of a location, as a number; 0: nothing. */
  #fact(word: MatchWord, location: number): number {
    const tables = this.#tables;
    if (word === 'isp') return tables.isp(location);
    if (word === 'asn') return tables.asn(location) | 0;
    return word === 'country' ? tables.country(location) : tables.continent(location);
  }

  #vectorAt(location: number): UnitVector | undefined {
    const tables = this.#tables;
    if (!tables.isPlaced(location)) return undefined;
    return unitVector(
      tables.latitude(location) / UNITS_PER_DEGREE,
      tables.longitude(location) / UNITS_PER_DEGREE,
    );
  }

  /** By keys, equal ones in the order they have or that of their numbers. Insertion: mostly members are few. */
  #sort(from: number, to: number): void {
    if (to - from > FEW) {
      this.#sortMany(from, to);
      return;
    }
    const { order } = this;
    const keys = this.#keys;
    for (let i = from + 1; i < to; i++) {
      const key = keys[i] ?? 0;
      const member = order[i] ?? 0;
      let place = i;
      for (; place > from && (keys[place - 1] ?? 0) > key; place--) {
        keys[place] = keys[place - 1] ?? 0;
        order[place] = order[place - 1] ?? 0;
      }
      keys[place] = key;
      order[place] = member;
    }
  }

  /** As {@link #sort}, in a time that does not grow with the square of their number: a key and a member as one number. */
  #sortMany(from: number, to: number): void {
    const { order } = this;
    const keys = this.#keys;
    for (let i = from; i < to; i++) keys[i] = (keys[i] ?? 0) * MEMBERS + (order[i] ?? 0);
    keys.subarray(from, to).sort();
    for (let i = from; i < to; i++) {
      const key = Math.floor((keys[i] ?? 0) / MEMBERS);
      order[i] = (keys[i] ?? 0) - key * MEMBERS;
      keys[i] = key;
    }
  }
}

// --- helpers ---

/** Up to here insertion is the quickest. */
const FEW = 32;
/** Members have numbers below this. */
const MEMBERS = 65_536;
/** Farther than any place is, with any bias and any tolerance; metres. A member more is still a whole number. */
const NOWHERE_METRES = 2 ** 36;

type MatchWord = Exclude<RankWord, 'net' | 'distance'>;

/** Most members name nothing. */
function numbersOf<T>(said: readonly T[], wanted: (said: readonly T[]) => readonly number[]): Int32Array {
  return said.length === 0 ? NONE : Int32Array.from(wanted(said));
}

const NONE = new Int32Array(0);

function placeOf({ member, at }: ChoosingMember, tables: GeoTables): MemberPlace | undefined {
  if (at !== undefined)
    return { latitude: inUnits(at.latitude), longitude: inUnits(at.longitude), isSaid: true };
  const address = scanAddress(member);
  if (address === undefined) return undefined;
  const location = locate(tables, address, 0, address.length);
  if (!tables.isPlaced(location)) return undefined;
  const latitude = tables.latitude(location) / UNITS_PER_DEGREE;
  return { latitude, longitude: tables.longitude(location) / UNITS_PER_DEGREE, isSaid: false };
}

/** Members' places are as exact as clients'. */
function inUnits(degrees: number): number {
  return Math.round(degrees * UNITS_PER_DEGREE) / UNITS_PER_DEGREE;
}
