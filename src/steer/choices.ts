// What is chosen for clients at a place: STEERING.md §3 step 6. Each choice is kept once, however many get it.
import { type Choosing, isPerClient } from './choosing.ts';
import { mix } from './hash.ts';
import type { Ranking } from './ranking.ts';

/** Where in {@link Choices.words} a choice has what; then {@link TierWord}s for each tier, then the members. */
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

/** The choices met so far. A choice has a number, its class: clients of one class get the same. */
export class Choices {
  /** All choices, one after the other; see {@link ChoiceWord}. */
  words: Int32Array = new Int32Array(64);
  readonly #choosing: Choosing;
  readonly #isPerClient: boolean;
  readonly #ranking: Ranking;
  /** What each member adds to the tags of its tiers; it depends on the member alone, not on its number. */
  readonly #tags: Int32Array;
  readonly #answering: number;
  /** Where a choice begins in {@link words}, by its class; class 0 is nobody's. */
  #places: number[] = [0];
  #length = 0;
  /** Classes by a hash of their choices. */
  #classes = new Map<number, number>();
  #nobodies = 0;

  /** `keys`: the `memberKey` of each member. */
  constructor(choosing: Choosing, ranking: Ranking, keys: readonly number[]) {
    this.#choosing = choosing;
    this.#isPerClient = isPerClient(choosing);
    this.#ranking = ranking;
    this.#tags = Int32Array.from(keys, (key) => mix(TAG_START, key));
    this.#answering = choosing.members.filter(({ isAnswering }) => isAnswering).length;
  }

  /** Where the choice of a class begins in {@link words}. */
  placeOf(found: number): number {
    return this.#places[found] ?? 0;
  }

  /** Whether so much is kept that it is to be forgotten. */
  get isFull(): boolean {
    return this.#places.length > MAX_CHOICES || this.#length > MAX_WORDS;
  }

  /** Forgets all choices, and which number is whose class. */
  forget(): void {
    this.#classes = new Map();
    this.#places = [0];
    this.#length = 0;
  }

  /** The members of each tier of a choice, by their numbers. For people and tests: allocates. */
  tiersAt(choice: number): readonly (readonly number[])[] {
    const { words } = this;
    const count = words[choice + ChoiceWord.TIERS] ?? 0;
    const firstTier = choice + ChoiceWord.FIRST_TIER;
    const firstMember = firstTier + TierWord.WORDS * count;
    const ends = Array.from(
      { length: count },
      (_, i) => words[firstTier + TierWord.WORDS * i + TierWord.END] ?? 0,
    );
    return ends.map((end, i) => [...words.subarray(firstMember + (ends[i - 1] ?? 0), firstMember + end)]);
  }

  /** Takes the tiers that were just ranked, and returns the class: a new one, or the one that has this choice already. */
  add(): number {
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
    const { order, ends, tierCount } = this.#ranking;
    const members = order.length;
    if (at + ChoiceWord.FIRST_TIER + TierWord.WORDS * tierCount + members > this.words.length) {
      const grown = new Int32Array(2 * this.words.length + 4 * members + 8);
      grown.set(this.words);
      this.words = grown;
    }
    const { words } = this;
    const { need } = this.#choosing;
    const firstMember = at + ChoiceWord.FIRST_TIER + TierWord.WORDS * tierCount;
    let written = 0;
    let tiers = 0;
    let before = 0;
    for (let tier = 0, from = 0; tier < tierCount && written < need; tier++) {
      const to = ends[tier] ?? 0;
      const taken = this.#takeTier(from, to, firstMember + written);
      const inTurn = this.#isPerClient ? taken : to - from;
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
    const { order } = this.#ranking;
    for (const least of [1, 0]) {
      let count = 0;
      for (let i = from; i < to; i++) {
        const member = order[i] ?? 0;
        if (member >= this.#answering || (this.#choosing.members[member]?.weight ?? 1) < least) continue;
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

/** Choices kept; each takes some hundred octets. */
const MAX_CHOICES = 16_384;
/** Words of the choices kept, where members or tiers are many: 4 MiB. */
const MAX_WORDS = 1 << 20;
/** From here on a class holds for the query in hand alone. Below it is room for those that turn up while one scope is looked for. */
export const NO_CLASS: number = MAX_CHOICES + 8192;

/** Up to here insertion is the quickest way to sort members. */
const FEW = 32;

const HASH_START = 0x2545_f491;
const TAG_START = 0x517c_c1b7;
