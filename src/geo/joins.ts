import { KeptNumbers, type NumberRoom } from './kept-numbers.ts';
import { trailingZeros } from './prefix.ts';

/** What there is to know of items in a row, by 16 of them. */
export interface JoinSource {
  /**
   * Of the items from 16 × `word` on, which are joined to the one before them: bit i for the i-th. The first item of all is not,
   * and the place after the last one neither; bits after that are set.
   */
  joinsOf(word: number): number;
}

/** How much may still be looked at for the client at hand: about so many classes of locations. */
export interface Effort {
  left: number;
}

/**
 * Which items in a row are joined to the one before: found out when it matters, and kept as far as the room allows.
 *
 * A number has 16 bits, one for an item each. A bit of the second level says that all 16 bits of a number of the first are set, and
 * so on: a run of joined items is passed over in a few steps however long it is. An upper bit that is not set says nothing:
 * look below.
 */
export class Joins {
  /** Whether {@link first} or {@link last} stopped at items that were not looked at. */
  isOpen = false;
  readonly #source: JoinSource;
  readonly #effort: Effort;
  readonly #kept: KeptNumbers;
  /** Where the numbers of each level begin. */
  readonly #levels: Int32Array;
  /** The number of the first level that was found last to be {@link ODD}. */
  #odd = -1;

  constructor(room: NumberRoom, count: number, source: JoinSource, effort: Effort) {
    this.#source = source;
    this.#effort = effort;
    const levels = [0];
    let length = 0;
    // One bit more than items: the place after the last one is joined to nothing.
    for (let bits = count + 1; bits > 1; ) {
      bits = (bits + NUMBER_MASK) >>> NUMBER_BITS;
      length += bits;
      levels.push(length);
    }
    this.#levels = Int32Array.from(levels);
    this.#kept = new KeptNumbers(room, length);
  }

  /** The first of the items up to `item` that are known to be joined. */
  first(item: number): number {
    this.isOpen = false;
    let level = 0;
    let at = item;
    for (;;) {
      const number = this.#number(level, at >>> NUMBER_BITS);
      const unset = ~number & ((2 << (at & NUMBER_MASK)) - 1);
      if (unset === 0) {
        at >>>= NUMBER_BITS;
        level++;
        if (number === FULL && this.#isPassed(level, at)) return at << NUMBER_BITS;
        at--;
      } else if (level > 0) {
        level--;
        at = (((at & ~NUMBER_MASK) + (31 - Math.clz32(unset))) << NUMBER_BITS) + NUMBER_MASK;
      } else {
        this.isOpen = number === NOT_KEPT;
        return this.isOpen ? at : (at & ~NUMBER_MASK) + (31 - Math.clz32(unset));
      }
    }
  }

  /** The last of the items from `item` on that are known to be joined. */
  last(item: number): number {
    this.isOpen = false;
    let level = 0;
    let at = item + 1;
    for (;;) {
      const number = this.#number(level, at >>> NUMBER_BITS);
      const unset = ~number & (FULL << (at & NUMBER_MASK)) & FULL;
      if (unset === 0) {
        at >>>= NUMBER_BITS;
        level++;
        if (number === FULL && this.#isPassed(level, at)) return (at << NUMBER_BITS) + NUMBER_MASK;
        at++;
      } else if (level > 0) {
        level--;
        at = ((at & ~NUMBER_MASK) + trailingZeros(unset)) << NUMBER_BITS;
      } else {
        this.isOpen = number === NOT_KEPT;
        return (this.isOpen ? at : (at & ~NUMBER_MASK) + trailingZeros(unset)) - 1;
      }
    }
  }

  /** Finds out whether `item`, and those about it, are joined to the ones before them. False: the effort is spent. */
  look(item: number): boolean {
    if (this.#effort.left <= 0) return false;
    const word = item >>> NUMBER_BITS;
    const number = this.#source.joinsOf(word);
    if (number === ODD) {
      this.#odd = word;
      return true;
    }
    this.#effort.left -= NUMBER_MASK + 1;
    this.#kept.set(word, number ^ ODD);
    if (number === FULL) this.#raise(1, word);
    return true;
  }

  /** Keeps nothing any longer. */
  forget(): void {
    this.#kept.forget();
  }

  #number(level: number, word: number): number {
    if (level > 0) return this.#kept.get((this.#levels[level] ?? 0) + word);
    const number = this.#kept.get(word);
    if (number !== 0) return number ^ ODD;
    return word === this.#odd ? ODD : NOT_KEPT;
  }

  /**
   * Keeps (again: the room may have taken it) that a number is full. True: nothing to pass it by was kept and the effort is
   * spent.
   */
  #isPassed(level: number, at: number): boolean {
    if (((this.#number(level, at >>> NUMBER_BITS) >>> (at & NUMBER_MASK)) & 1) === 1) return false;
    this.#raise(level, at);
    this.isOpen = level === 1 && this.#effort.left-- <= 0;
    return this.isOpen;
  }

  #raise(firstLevel: number, word: number): void {
    let at = word;
    for (let level = firstLevel; level < this.#levels.length - 1; level++) {
      const index = (this.#levels[level] ?? 0) + (at >>> NUMBER_BITS);
      const number = this.#kept.get(index) | (1 << (at & NUMBER_MASK));
      this.#kept.set(index, number);
      if (number !== FULL) return;
      at >>>= NUMBER_BITS;
    }
  }
}

const NUMBER_BITS = 4;
const NUMBER_MASK = 15;
const FULL = 0xffff;
/**
 * 0 cannot be kept, and none of 16 being joined is not rare. So the first level is kept with these bits inverted, and what cannot
 * be kept is this number, which is as good as never found; it is looked for again then.
 */
const ODD = 0x69a6;
/** Has no bit set that stands for an item. */
const NOT_KEPT = -0x1_0000;
