/**
 * A number, 0 or more, for each of many keys, 0 or more; both below 2³¹. Key and number lie side by side in one array, since
 * a map of a million is mostly waiting for memory.
 */
export class NumberMap {
  #slots: Int32Array;
  #count = 0;

  constructor(expected = 1024) {
    this.#slots = new Int32Array(2 * 2 ** Math.ceil(Math.log2(2 * Math.max(8, expected))));
  }

  /** The number of a key; -1: it has none. */
  get(key: number): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    for (let slot = slotOf(key, mask); ; slot = (slot + 2) & mask) {
      const there = slots[slot] ?? 0;
      if (there === key + 1) return slots[slot + 1] ?? 0;
      if (there === 0) return -1;
    }
  }

  /** Gives a number to a key that has none. */
  add(key: number, value: number): void {
    if (4 * ++this.#count > this.#slots.length) this.#grow();
    this.#put(key, value);
  }

  #put(key: number, value: number): void {
    const mask = this.#slots.length - 2;
    let slot = slotOf(key, mask);
    while (this.#slots[slot] !== 0) slot = (slot + 2) & mask;
    this.#slots[slot] = key + 1;
    this.#slots[slot + 1] = value;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot] !== 0) this.#put((old[slot] ?? 0) - 1, old[slot + 1] ?? 0);
    }
  }
}

/** An even place. */
function slotOf(key: number, mask: number): number {
  const hash = Math.imul(key, 0x9e37_79b1);
  return (hash ^ (hash >>> 15)) & mask;
}
