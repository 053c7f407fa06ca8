// In which order the members of a choice stand in an answer: STEERING.md §3 steps 7 and 8, §4.
import type { ClientPlace } from '../geo/client-place.ts';
import { ChoiceWord, TierWord } from './choices.ts';
import type { Chooser } from './chooser.ts';
import type { Shuffler } from './shuffle.ts';
import { clientKey } from './sticky.ts';

/** Whose turn it is: the counters of one RRset. */
export interface Turns {
  /** The next ticket of the tier with this tag; each is given out once, whoever asks. */
  ticket(tag: number): number;
}

/** Orders the members of choices. One per thread, refilled; allocates nothing but for a set larger than all before. */
export class Arrangement {
  /** Members by their numbers in the choosing, which are those of their records; the first is answered first. */
  picks: Uint16Array = new Uint16Array(64);
  count = 0;
  readonly #shuffler: Shuffler;

  constructor(shuffler: Shuffler) {
    this.#shuffler = shuffler;
  }

  /** Picks at most `most` of the members of a choice. */
  arrange(chooser: Chooser, choice: number, most: number, place: ClientPlace, turns: Turns): void {
    const { words } = chooser;
    const tiers = words[choice + ChoiceWord.TIERS] ?? 0;
    const wanted = Math.min(most, words[choice + ChoiceWord.MEMBERS] ?? 0);
    const firstTier = choice + ChoiceWord.FIRST_TIER;
    const firstMember = firstTier + TierWord.WORDS * tiers;
    if (this.picks.length < chooser.choosing.members.length) {
      this.picks = new Uint16Array(2 * chooser.choosing.members.length);
    }
    this.count = 0;
    for (let tier = firstTier, from = 0; this.count < wanted; tier += TierWord.WORDS) {
      const end = words[tier + TierWord.END] ?? 0;
      this.#arrangeTier(chooser, tier, firstMember + from, end - from, wanted - this.count, place, turns);
      from = end;
    }
  }

  /** Picks at most `most` of the `size` members of a tier, which stand in the chooser's words from `at` on. */
  #arrangeTier(
    chooser: Chooser,
    tier: number,
    at: number,
    size: number,
    most: number,
    place: ClientPlace,
    turns: Turns,
  ): void {
    const { words } = chooser;
    const { order, prefix } = chooser.choosing;
    const take = Math.min(size, most);
    const tag = words[tier + TierWord.TAG] ?? 0;
    if (tag === 0 || order === 'fixed') {
      this.#around(words, at, size, 0, take);
    } else if (order === 'rotate') {
      this.#around(words, at, size, turns.ticket(tag) % size, take);
    } else if (order === 'weighted') {
      this.#around(words, at, size, chooser.weightedTurns(tier, at, size).at(turns.ticket(tag)), take);
    } else {
      const { picks, count } = this;
      for (let i = 0; i < size; i++) picks[count + i] = words[at + i] ?? 0;
      if (order === 'shuffle') this.#shuffler.order(picks, count, size, take);
      else if (place.family === 4)
        chooser.sticky.order(picks, count, size, clientKey(place.words, 1, prefix.ipv4), take);
      else chooser.sticky.order(picks, count, size, clientKey(place.words, 4, prefix.ipv6), take);
      this.count += take;
    }
  }

  /** Picks `take` of a tier's members, beginning with the one numbered `first` and going around. */
  #around(words: Int32Array, at: number, size: number, first: number, take: number): void {
    const { picks } = this;
    for (let i = 0, next = first; i < take; i++) {
      picks[this.count++] = words[at + next] ?? 0;
      if (++next === size) next = 0;
    }
  }
}
