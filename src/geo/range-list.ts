/**
 * A number for every address of one family: where each range begins and what number it has, in order, beginning with
 * the first address. Neighbours of one number are one range.
 *
 * A key is two 32-bit words: for IPv4 the address and 0, for IPv6 the upper 64 bits.
 */
export class RangeList {
  /** The addresses end after this many bits: 32 or 64. */
  readonly bits: 32 | 64;
  high: Uint32Array;
  low: Uint32Array;
  values: Uint32Array;
  length = 0;

  constructor(bits: 32 | 64, expected = 1024) {
    this.bits = bits;
    this.high = new Uint32Array(expected);
    this.low = new Uint32Array(bits === 64 ? expected : 0);
    this.values = new Uint32Array(expected);
  }

  /** From this key on the number is `value`. Keys come in rising order; the same key again replaces what was said. */
  append(high: number, low: number, value: number): void {
    const last = this.length - 1;
    if (last >= 0 && this.high[last] === high && (this.bits === 32 || this.low[last] === low)) {
      this.length = last;
      this.append(high, low, value);
      return;
    }
    if (last >= 0 && this.values[last] === value) return;
    if (this.length === this.values.length) this.#grow();
    this.high[this.length] = high;
    if (this.bits === 64) this.low[this.length] = low;
    this.values[this.length++] = value;
  }

  /** The number of a key. */
  find(high: number, low: number): number {
    let from = 0;
    let to = this.length;
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      const there = this.high[middle] ?? 0;
      if (there < high || (there === high && (this.low[middle] ?? 0) <= low)) from = middle;
      else to = middle;
    }
    return this.values[from] ?? 0;
  }

  #grow(): void {
    const { high, low, values } = this;
    this.high = new Uint32Array(2 * values.length);
    this.high.set(high);
    this.values = new Uint32Array(2 * values.length);
    this.values.set(values);
    if (this.bits === 32) return;
    this.low = new Uint32Array(2 * values.length);
    this.low.set(low);
  }
}

/** A list in which every address has the number 0. */
export function emptyRanges(bits: 32 | 64): RangeList {
  const list = new RangeList(bits, 16);
  list.append(0, 0, 0);
  return list;
}

/** Writes ranges with gaps between them into a {@link RangeList}; gaps have the number 0. */
export class RangeWriter {
  readonly list: RangeList;

  constructor(bits: 32 | 64, expected?: number) {
    this.list = new RangeList(bits, expected);
    this.list.append(0, 0, 0);
  }

  /** From the first key to the last, both included, the number is `value`. Ranges come in order. */
  write(fromHigh: number, fromLow: number, toHigh: number, toLow: number, value: number): void {
    const { list } = this;
    list.append(fromHigh, fromLow, value);
    if (list.bits === 32) {
      if (toHigh < MAX_WORD) list.append(toHigh + 1, 0, 0);
    } else if (toLow < MAX_WORD) list.append(toHigh, toLow + 1, 0);
    else if (toHigh < MAX_WORD) list.append(toHigh + 1, 0, 0);
  }
}

const MAX_WORD = 0xffff_ffff;
