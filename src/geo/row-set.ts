/**
 * Different rows of 32-bit words, each with the number it was given when it came first, from 0 on.
 * A hash table with open addressing over one array: a million rows cost no objects.
 */
export class RowSet {
  /** Words of a row. */
  readonly width: number;
  #words: Int32Array;
  #slots: Int32Array;
  #count = 0;

  constructor(width: number, expected = 1024) {
    this.width = width;
    this.#words = new Int32Array(width * expected);
    this.#slots = new Int32Array(slotsFor(expected));
  }

  /** How many rows there are. */
  get count(): number {
    return this.#count;
  }

  /** The rows one after the other; shares memory until the next row is added. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#count * this.width);
  }

  /** One word of a row. */
  word(row: number, place: number): number {
    return this.#words[row * this.width + place] ?? 0;
  }

  /** The number of the row in the first words of `row`; a new one is added. */
  add(row: Int32Array): number {
    const { width } = this;
    const mask = this.#slots.length - 1;
    let slot = hashOf(row, 0, width) & mask;
    for (;;) {
      const found = (this.#slots[slot] ?? 0) - 1;
      if (found < 0) return this.#append(row, slot);
      const at = found * width;
      let i = 0;
      while (i < width && this.#words[at + i] === row[i]) i++;
      if (i === width) return found;
      slot = (slot + 1) & mask;
    }
  }

  #append(row: Int32Array, slot: number): number {
    const number = this.#count++;
    const at = number * this.width;
    if (at === this.#words.length) {
      const larger = new Int32Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
    for (let i = 0; i < this.width; i++) this.#words[at + i] = row[i] ?? 0;
    this.#slots[slot] = number + 1;
    if (2 * this.#count > this.#slots.length) this.#spread();
    return number;
  }

  #spread(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#count; row++) {
      let slot = hashOf(this.#words, row * this.width, this.width) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
  }
}

/** A power of two, twice as many as rows. */
function slotsFor(rows: number): number {
  return 2 ** Math.ceil(Math.log2(2 * Math.max(8, rows)));
}

function hashOf(words: Int32Array, from: number, width: number): number {
  let hash = 0;
  for (let i = 0; i < width; i++) {
    hash = Math.imul(hash ^ (words[from + i] ?? 0), 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
