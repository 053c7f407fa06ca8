import { FACT_WORDS, FactFlag, type FactSet, FactWord, newFactSet, OriginShift } from './facts.ts';
import { RangeList } from './range-list.ts';
import { RowSet } from './row-set.ts';

/** What one source, or several together, say of all addresses. */
export interface Layer {
  /** Numbers of `facts`. */
  readonly ipv4: RangeList;
  readonly ipv6: RangeList;
  readonly facts: FactSet;
}

/** Where a layer comes from. */
export interface SourceNote {
  /** The path, for people. */
  readonly name: string;
  /** What it is: its makers' name of it (`GeoLite2-City`), or the kind of text file. */
  readonly kind: string;
  /** Seconds since 1970; `undefined` where the file does not say. */
  readonly built: number | undefined;
  /** What is to be shown beside results, for data whose licence wants that. */
  readonly attribution: string | undefined;
}

/** One source, read. */
export interface Source {
  readonly note: SourceNote;
  readonly layer: Layer;
}

/** What is said by the upper layer, and by the lower one where the upper says nothing: field by field. */
export function overlay(upper: Layer, lower: Layer): Layer {
  const pairs = new PairNumbers(upper.facts, lower.facts);
  return {
    ipv4: mergeRanges(upper.ipv4, lower.ipv4, (a, b) => pairs.of(a, b)),
    ipv6: mergeRanges(upper.ipv6, lower.ipv6, (a, b) => pairs.of(a, b)),
    facts: pairs.facts,
  };
}

/** The facts of every pair that occurs. */
class PairNumbers {
  readonly facts = newFactSet();
  readonly #upper: FactSet;
  readonly #lower: FactSet;
  readonly #pairs = new RowSet(2);
  readonly #factsOf: number[] = [];
  /** Of pairs with nothing above; -1: not yet known. The operator's own networks are few. */
  readonly #below: Int32Array;
  readonly #pair = new Int32Array(2);
  readonly #row = new Int32Array(FACT_WORDS);

  constructor(upper: FactSet, lower: FactSet) {
    this.#upper = upper;
    this.#lower = lower;
    this.#below = new Int32Array(Math.max(1, lower.count)).fill(-1);
  }

  of(upper: number, lower: number): number {
    if (upper !== 0) return this.#ofBoth(upper, lower);
    let number = this.#below[lower] ?? -1;
    if (number < 0) {
      number = this.#joined(0, lower);
      this.#below[lower] = number;
    }
    return number;
  }

  #ofBoth(upper: number, lower: number): number {
    this.#pair[0] = upper;
    this.#pair[1] = lower;
    const pair = this.#pairs.add(this.#pair);
    if (pair === this.#factsOf.length) this.#factsOf.push(this.#joined(upper, lower));
    return this.#factsOf[pair] ?? 0;
  }

  #joined(above: number, below: number): number {
    const [upper, lower, row] = [this.#upper, this.#lower, this.#row];
    const originAbove = upper.word(above, FactWord.ORIGIN);
    const originBelow = lower.word(below, FactWord.ORIGIN);
    let origin = (originAbove | originBelow) & (FactFlag.WIDE_RADIUS | FactFlag.DEFAULT_POINT);
    const positionAbove = (originAbove & FactFlag.POSITION) !== 0;
    const position = positionAbove ? originAbove : originBelow;
    origin |= position & (FactFlag.POSITION | (SOURCE_MASK << OriginShift.POSITION));
    const [placed, number] = positionAbove ? ([upper, above] as const) : ([lower, below] as const);
    row[FactWord.LATITUDE] = placed.word(number, FactWord.LATITUDE);
    row[FactWord.LONGITUDE] = placed.word(number, FactWord.LONGITUDE);
    for (const [word, shift] of SIMPLE_FIELDS) {
      const isAbove = upper.word(above, word) !== 0;
      row[word] = isAbove ? upper.word(above, word) : lower.word(below, word);
      origin |= (isAbove ? originAbove : originBelow) & (SOURCE_MASK << shift);
    }
    row[FactWord.ORIGIN] = origin;
    return this.facts.add(row);
  }
}

const SOURCE_MASK = 0x0f;
/** A source that says a country says its continent too, so both are one field. */
const SIMPLE_FIELDS = [
  [FactWord.COUNTRY, OriginShift.COUNTRY],
  [FactWord.ASN, OriginShift.ASN],
  [FactWord.ISP, OriginShift.ISP],
] as const;

/** Both lists at once, from the first address to the last; `join` makes one number of two. */
export function mergeRanges(
  upper: RangeList,
  lower: RangeList,
  join: (upper: number, lower: number) => number,
): RangeList {
  const merged = new RangeList(upper.bits, Math.max(upper.length, lower.length));
  let [i, j] = [0, 0];
  while (i < upper.length || j < lower.length) {
    const order = compareStarts(upper, i, lower, j);
    const [list, at] = order <= 0 ? ([upper, i] as const) : ([lower, j] as const);
    if (order <= 0) i++;
    if (order >= 0) j++;
    const number = join(upper.values[i - 1] ?? 0, lower.values[j - 1] ?? 0);
    merged.append(list.high[at] ?? 0, list.low[at] ?? 0, number);
  }
  return merged;
}

/** Which of two ranges begins first: below 0, the one of `a`. A list that is at its end comes last. */
function compareStarts(a: RangeList, i: number, b: RangeList, j: number): number {
  if (i === a.length) return 1;
  if (j === b.length) return -1;
  return (a.high[i] ?? 0) - (b.high[j] ?? 0) || (a.low[i] ?? 0) - (b.low[j] ?? 0);
}
