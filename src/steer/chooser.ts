// Which members answer which client: STEERING.md §3 steps 4 to 6 and 10, worked out once per location and kept.
import type { ClientPlace } from '../geo/client-place.ts';
import { KeptNumbers, type NumberRoom } from '../geo/kept-numbers.ts';
import { KnownNetworks } from '../geo/known-networks.ts';
import { ScopeFinder } from '../geo/scope.ts';
import type { GeoTables } from '../geo/tables.ts';
import type { Choosing } from './choosing.ts';
import { isPerClient } from './choosing.ts';
import { mix } from './hash.ts';
import { Ranking } from './ranking.ts';
import { memberKey, StickyTurns } from './sticky.ts';
import { WeightedTurns } from './weighted.ts';

/** Where in {@link Chooser.words} a choice has what; then {@link TierWord}s for each tier, then the members. */
export const ChoiceWord = { TIERS: 0, MEMBERS: 1, FIRST_TIER: 2 } as const;

/** What is said of each tier of a choice. */
export const TierWord = {
  /** Where the tier's members end, counted from the first member of the choice. */
  END: 0,
  /**
   * Tells the counter of the tier from others of the RRset: made of the members that answer in it and in the tiers before
   * it, so that all clients who get the same members take turns together. 0 where there are no turns to take.
   */
  TAG: 1,
  WORDS: 2,
} as const;

/**
 * Chooses among the members of one RRset. One per thread, choosing and tables; for a location it has met it allocates
 * nothing. What it keeps is bounded: by the room, and by {@link MAX_CHOICES}.
 */
export class Chooser {
  readonly choosing: Choosing;
  readonly ranking: Ranking;
  /** Whether clients at different places may get different members. */
  readonly isPerClient: boolean;
  readonly usesSubnet: boolean;
  /** Whether answers depend on the client in any way: on where it is, or, `sticky`, on its address. */
  readonly isTold: boolean;
  readonly sticky: StickyTurns;
  /** The most records of an answer. */
  readonly take: number;
  /** All choices met so far, one after the other; see {@link ChoiceWord}. */
  words: Int32Array = new Int32Array(64);
  readonly #weighted = new Map<number, WeightedTurns>();
  readonly #tables: GeoTables;
  readonly #room: NumberRoom;
  readonly #networkRoom: NumberRoom;
  /** What each member adds to the tags of its tiers; it depends on the member alone, not on its number. */
  readonly #tags: Int32Array;
  readonly #answering: number;
  /** Where a choice begins in {@link words}, by its class; class 0 is nobody's. */
  #places: number[] = [0];
  #length = 0;
  /** Classes by a hash of their choices. */
  #classes = new Map<number, number>();
  /** For each kind of address: the class of each location. */
  #kept: (KeptNumbers | undefined)[] = [];
  #scopes: ScopeFinder | undefined;
  /** Numbers of {@link #knownClasses} and {@link #knownScopes}: the class of a network, and its length. */
  #networks: KnownNetworks | undefined;
  #knownClasses: number[] = [0];
  #knownScopes: number[] = [0];
  readonly #knownNumbers = new Map<number, number>();
  readonly #always: number;
  #nobodies = 0;

  /** `networkRoom` is for {@link KnownNetworks}: it may be taken away from all others by one whom all of the world asks. */
  constructor(choosing: Choosing, tables: GeoTables, room: NumberRoom, networkRoom: NumberRoom = room) {
    this.choosing = choosing;
    this.isPerClient = isPerClient(choosing);
    this.usesSubnet = choosing.ecs === 'on';
    this.isTold = this.isPerClient || choosing.order === 'sticky';
    this.take = Math.min(choosing.take, ALL);
    this.#tables = tables;
    this.#room = room;
    this.#networkRoom = networkRoom;
    this.ranking = new Ranking(choosing, tables);
    const keys = choosing.members.map(({ member }) => memberKey(Buffer.from(member)));
    this.#tags = Int32Array.from(keys, (key) => mix(TAG_START, key));
    this.sticky = new StickyTurns(
      keys,
      choosing.members.map(({ weight }) => weight),
    );
    this.#answering = choosing.members.filter(({ isAnswering }) => isAnswering).length;
    this.#always = this.isPerClient ? 0 : this.#add(0, 0);
  }

  /** The choice for a client: where it begins in {@link words}. `place` matters where {@link isPerClient}. */
  choiceAt(place: ClientPlace): number {
    if (this.#always !== 0) return this.#places[this.#always] ?? 0;
    if (this.#places.length > MAX_CHOICES || this.#length > MAX_WORDS) this.forget();
    const known = this.#knownAt(place);
    return this.#places[known === 0 ? this.#classAt(place) : (this.#knownClasses[known] ?? 0)] ?? 0;
  }

  /**
   * How wide a network has the same choice as the client (step 10); bits. With `sticky` it is not wider than those
   * networks that are kept together.
   */
  scopeAt(place: ClientPlace): number {
    const { order, prefix } = this.choosing;
    const least = order === 'sticky' ? place.offset + (place.family === 4 ? prefix.ipv4 : prefix.ipv6) : 0;
    if (this.#always !== 0) return least;
    const known = this.#knownAt(place);
    if (known !== 0) return Math.max(least, place.offset + (this.#knownScopes[known] ?? 0));
    place.locate(this.#tables);
    this.#scopes ??= this.#scopeFinder();
    const scope = this.#scopes.scopeOf(place);
    if (this.#scopes.isFinal) this.#keep(place, scope - place.offset);
    return Math.max(least, scope);
  }

  /** Apart from {@link scopeAt}, which would make an object for what is bound in here at each call. */
  #scopeFinder(): ScopeFinder {
    const { segments } = this.ranking;
    const effort = Math.floor(RANKED_PER_SCOPE / this.choosing.members.length);
    return new ScopeFinder(
      this.#tables,
      segments,
      (kind, location) => this.#classOf(kind, location),
      this.#room,
      Math.max(LEAST_EFFORT, Math.min(MOST_EFFORT, effort)),
    );
  }

  /** Forgets what is kept of locations. */
  forget(): void {
    if (this.#always !== 0) return;
    for (const kept of this.#kept) kept?.forget();
    this.#scopes?.forget();
    this.#scopes = undefined;
    this.#kept = [];
    this.#networks?.forget();
    this.#knownNumbers.clear();
    this.#knownClasses = [0];
    this.#knownScopes = [0];
    this.#classes = new Map();
    this.#places = [0];
    this.#length = 0;
    this.#weighted.clear();
  }

  /** Whose turn it is in the tier whose words begin at `tier`, its members at `at`: by weight. */
  weightedTurns(tier: number, at: number, count: number): WeightedTurns {
    const known = this.#weighted.get(tier);
    if (known !== undefined) return known;
    const weights: number[] = [];
    for (let i = at; i < at + count; i++) weights.push(this.weightOf(this.words[i] ?? 0));
    const turns = new WeightedTurns(weights);
    this.#weighted.set(tier, turns);
    return turns;
  }

  weightOf(member: number): number {
    return this.choosing.members[member]?.weight ?? 1;
  }

  // --- networks that have one class, and are in none that has ---

  #knownAt(place: ClientPlace): number {
    return this.#networks === undefined ? 0 : this.#networks.get(place);
  }

  #keep(place: ClientPlace, scope: number): void {
    const found = this.#classAt(place);
    if (found >= NO_CLASS) return; // it holds for this query alone
    const key = found * 64 + scope;
    let number = this.#knownNumbers.get(key);
    if (number === undefined) {
      if (this.#knownClasses.length > MAX_KNOWN) return;
      number = this.#knownClasses.push(found) - 1;
      this.#knownScopes.push(scope);
      this.#knownNumbers.set(key, number);
    }
    this.#networks ??= new KnownNetworks(this.#tables, this.#room, this.#networkRoom);
    this.#networks.keep(place, scope, number);
  }

  // --- classes: clients of one class have the same choice ---

  #classAt(place: ClientPlace): number {
    place.locate(this.#tables);
    const { segments } = this.ranking;
    return this.#classOf(segments.kindOf(place, segments.segmentOf(place)), place.location);
  }

  #classOf(kind: number, location: number): number {
    let kept = this.#kept[kind];
    if (kept === undefined) {
      kept = new KeptNumbers(this.#room, this.#tables.locationCount);
      this.#kept[kind] = kept;
    }
    const known = kept.get(location);
    if (known !== 0) return known;
    const found = this.#add(kind, location);
    if (found < NO_CLASS) kept.set(location, found);
    return found;
  }

  /** Ranks, takes tiers, and returns the class: a new one, or the one that has this choice already. */
  #add(kind: number, location: number): number {
    this.ranking.rank(kind, location);
    const at = this.#length;
    const end = this.#write(at);
    const { words } = this;
    let hash = HASH_START;
    for (let i = at; i < end; i++) hash = mix(hash, words[i] ?? 0);
    for (let key = hash & 0x3fff_ffff; ; key++) {
      const known = this.#classes.get(key);
      if (known === undefined) {
        // Until the next query, which forgets all: a class that is like no other.
        if (this.#places.length >= NO_CLASS) return NO_CLASS + ++this.#nobodies;
        this.#classes.set(key, this.#places.length);
        this.#length = end;
        return this.#places.push(at) - 1;
      }
      if (this.#isSame(this.#places[known] ?? 0, at, end)) return known;
    }
  }

  /** Writes the choice for what was just ranked at `at`, and returns where it ends. */
  #write(at: number): number {
    const { order, ends, tierCount } = this.ranking;
    const members = order.length;
    if (at + ChoiceWord.FIRST_TIER + TierWord.WORDS * tierCount + members > this.words.length) {
      const grown = new Int32Array(2 * this.words.length + 4 * members + 8);
      grown.set(this.words);
      this.words = grown;
    }
    const { words } = this;
    const { need } = this.choosing;
    const firstMember = at + ChoiceWord.FIRST_TIER + TierWord.WORDS * tierCount;
    let written = 0;
    let tiers = 0;
    let before = 0;
    for (let tier = 0, from = 0; tier < tierCount && written < need; tier++) {
      const to = ends[tier] ?? 0;
      const taken = this.#takeTier(from, to, firstMember + written);
      const inTurn = this.isPerClient ? taken : to - from;
      from = to;
      if (taken === 0) continue;
      before = mix(before, this.#tagOf(firstMember + written, taken)) || 1;
      written += taken;
      const head = at + ChoiceWord.FIRST_TIER + TierWord.WORDS * tiers++;
      words[head + TierWord.END] = written;
      words[head + TierWord.TAG] = inTurn === 1 ? 0 : before;
    }
    words[at + ChoiceWord.TIERS] = tiers;
    words[at + ChoiceWord.MEMBERS] = written;
    const close = at + ChoiceWord.FIRST_TIER + TierWord.WORDS * tiers;
    words.copyWithin(close, firstMember, firstMember + written);
    return close + written;
  }

  /** Writes those of a tier that answer, in canonical order; of weight 0 only where no other does. Returns how many. */
  #takeTier(from: number, to: number, at: number): number {
    const { order } = this.ranking;
    for (const least of [1, 0]) {
      let count = 0;
      for (let i = from; i < to; i++) {
        const member = order[i] ?? 0;
        if (member >= this.#answering || this.weightOf(member) < least) continue;
        this.words[at + count++] = member;
      }
      if (count > 0) return this.#inRecordOrder(at, count);
    }
    return 0;
  }

  /** A tier's members are in the order of their records, which is the canonical one; not that of their distances. */
  #inRecordOrder(at: number, count: number): number {
    const { words } = this;
    if (count > FEW) {
      words.subarray(at, at + count).sort();
      return count;
    }
    for (let i = at + 1; i < at + count; i++) {
      const member = words[i] ?? 0;
      let place = i;
      for (; place > at && (words[place - 1] ?? 0) > member; place--) words[place] = words[place - 1] ?? 0;
      words[place] = member;
    }
    return count;
  }

  /** What the `count` members that stand in {@link words} from `at` on add to a tag; in any order. */
  #tagOf(at: number, count: number): number {
    let sum = 0;
    for (let i = at; i < at + count; i++) sum = (sum + (this.#tags[this.words[i] ?? 0] ?? 0)) | 0;
    return sum;
  }

  #isSame(known: number, at: number, end: number): boolean {
    const { words } = this;
    for (let i = at; i < end; i++) if (words[known + i - at] !== words[i]) return false;
    return true;
  }
}

// --- helpers ---

/** More than there are members; as a number that V8 keeps without an object, which `Infinity` is not. */
export const ALL = 0xffff;

/** Up to here insertion is the quickest way to sort members. */
const FEW = 32;

/** Members ranked while one scope is looked for, about: nobody who asks should wait for more than half a millisecond. */
const RANKED_PER_SCOPE = 16_384;
/** Classes: below the least nothing is looked at, and above the most it is the looking that takes time. */
const LEAST_EFFORT = 1;
const MOST_EFFORT = 1024;

/** What can be said of networks; as many numbers as are kept. */
const MAX_KNOWN = 65_535;
/** Choices kept; each takes some hundred octets. */
export const MAX_CHOICES = 16_384;
/** Words of the choices kept, where members or tiers are many: 4 MiB. */
const MAX_WORDS = 1 << 20;
/** Room for those that turn up while one scope is looked for. */
const NO_CLASS = MAX_CHOICES + 8192;

const HASH_START = 0x2545_f491;
const TAG_START = 0x517c_c1b7;
