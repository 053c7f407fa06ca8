// Which members answer which client: STEERING.md §3 steps 4 to 6 and 10, worked out once per location and kept.
import type { ClientPlace } from '../geo/client-place.ts';
import { KeptNumbers, type NumberRoom } from '../geo/kept-numbers.ts';
import { KnownNetworks } from '../geo/known-networks.ts';
import { ScopeFinder } from '../geo/scope.ts';
import type { GeoTables } from '../geo/tables.ts';
import { Choices, NO_CLASS } from './choices.ts';
import { type Choosing, isPerClient } from './choosing.ts';
import { Ranking } from './ranking.ts';
import { memberKey, StickyTurns } from './sticky.ts';
import { WeightedTurns } from './weighted.ts';

/**
 * Chooses among the members of one RRset. One per thread, choosing and tables; for a location it has met it allocates
 * nothing. What it keeps is bounded: by the room, and by {@link Choices}.
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
  readonly #choices: Choices;
  readonly #weighted = new Map<number, WeightedTurns>();
  readonly #tables: GeoTables;
  readonly #room: NumberRoom;
  readonly #networkRoom: NumberRoom;
  /** For each kind of address: the class of each location. */
  #kept: (KeptNumbers | undefined)[] = [];
  #scopes: ScopeFinder | undefined;
  /** Numbers of {@link #knownClasses} and {@link #knownScopes}: the class of a network, and its length. */
  #networks: KnownNetworks | undefined;
  #knownClasses: number[] = [0];
  #knownScopes: number[] = [0];
  readonly #knownNumbers = new Map<number, number>();
  readonly #worthKeeping: number;
  /** Until {@link #networks} are there. */
  #scopesFound = 0;
  readonly #always: number;

  /** `networkRoom` is for {@link KnownNetworks}: it may be taken away from all others by one whom all of the world asks. */
  constructor(
    choosing: Choosing,
    tables: GeoTables,
    room: NumberRoom,
    networkRoom: NumberRoom = room,
    worthKeeping = WORTH_KEEPING,
  ) {
    this.#worthKeeping = worthKeeping;
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
    this.#choices = new Choices(choosing, this.ranking, keys);
    this.sticky = new StickyTurns(
      keys,
      choosing.members.map(({ weight }) => weight),
    );
    this.#always = this.isPerClient ? 0 : this.#classFor(0, 0);
  }

  /** All choices met so far: `Choices.words`. */
  get words(): Int32Array {
    return this.#choices.words;
  }

  /** The members of each tier of a choice, by their numbers. For people and tests: allocates. */
  tiersAt(choice: number): readonly (readonly number[])[] {
    return this.#choices.tiersAt(choice);
  }

  /** The choice for a client: where it begins in {@link words}. `place` matters where {@link isPerClient}. */
  choiceAt(place: ClientPlace): number {
    const choices = this.#choices;
    if (this.#always !== 0) return choices.placeOf(this.#always);
    if (choices.isFull) this.forget();
    const known = this.#knownAt(place);
    return choices.placeOf(known === 0 ? this.#classAt(place) : (this.#knownClasses[known] ?? 0));
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
    this.#choices.forget();
    this.#weighted.clear();
  }

  /** Whose turn it is in the tier whose words begin at `tier`, its members at `at`: by weight. */
  weightedTurns(tier: number, at: number, count: number): WeightedTurns {
    const known = this.#weighted.get(tier);
    if (known !== undefined) return known;
    const weights: number[] = [];
    const { members } = this.choosing;
    for (let i = at; i < at + count; i++) weights.push(members[this.words[i] ?? 0]?.weight ?? 1);
    const turns = new WeightedTurns(weights);
    this.#weighted.set(tier, turns);
    return turns;
  }

  // --- networks that have one class, and are in none that has ---

  #knownAt(place: ClientPlace): number {
    return this.#networks === undefined ? 0 : this.#networks.get(place);
  }

  #keep(place: ClientPlace, scope: number): void {
    const found = this.#classAt(place);
    if (found >= NO_CLASS) return; // it holds for this query alone
    if (this.#networks === undefined && ++this.#scopesFound < this.#worthKeeping) return;
    const key = found * SCOPES + scope;
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
    const found = this.#classFor(kind, location);
    if (found < NO_CLASS) kept.set(location, found);
    return found;
  }

  /** The class of clients at a location whose address is of a kind. */
  #classFor(kind: number, location: number): number {
    this.ranking.rank(kind, location);
    return this.#choices.add();
  }
}

// --- helpers ---

/** More than there are members; as a number that V8 keeps without an object, which `Infinity` is not. */
export const ALL = 0xffff;

/** Members ranked while one scope is looked for, about: nobody who asks should wait for more than half a millisecond. */
const RANKED_PER_SCOPE = 16_384;
/** Classes: below the least nothing is looked at, and above the most it is the looking that takes time. */
const LEAST_EFFORT = 1;
const MOST_EFFORT = 1024;

/** Scopes to be found before networks are kept: their table has some ten thousand octets, and many choosings are asked little. */
const WORTH_KEEPING = 64;
/** A scope is below this: of IPv6 with `net=` it may have 128 bits. */
const SCOPES = 256;
/** What can be said of networks; as many numbers as are kept. */
const MAX_KNOWN = 65_535;
