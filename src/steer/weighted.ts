// `order=weighted`: who is first in an answer with a given ticket (STEERING.md §3 step 7).

/**
 * Smooth weighted round robin, by the ticket instead of from one answer to the next, so that threads that share a
 * counter need to share nothing else.
 *
 * Law: over any {@link period} tickets side by side each member is first exactly as often as its weight says, the
 * weights divided by what they have in common.
 */
export class WeightedTurns {
  /** Tickets after which everything comes again. */
  readonly period: number;
  readonly #table: Uint16Array | undefined;
  readonly #deadlines: Deadlines | undefined;

  /**
   * `weights` are whole numbers from 0 to 65,535, of at most 65,535 members and at least one. Who has 0 is never
   * first, unless all have. `largestTable` is for tests.
   */
  constructor(weights: readonly number[], largestTable = LARGEST_TABLE) {
    const shares = sharesOf(weights);
    this.period = shares.reduce((sum, share) => sum + share, 0);
    if (this.period <= largestTable && this.period * shares.length <= MOST_STEPS) {
      this.#table = smoothTable(shares, this.period);
    } else {
      this.#deadlines = new Deadlines(shares, this.period);
    }
  }

  /** The index of the member that is first with `ticket`, a whole number not below 0. Allocates nothing. */
  at(ticket: number): number {
    const turn = ticket % this.period;
    return this.#table?.[turn] ?? this.#deadlines?.at(turn) ?? 0;
  }
}

/** Turns; at two octets each. */
const LARGEST_TABLE = 16_384;
/** Of turns times members: a table is made on a query thread, in a few milliseconds. */
const MOST_STEPS = 1 << 20;

/** The weights in lowest terms; all 1 when all are 0. */
function sharesOf(weights: readonly number[]): readonly number[] {
  let common = 0;
  for (const weight of weights) common = greatestCommonDivisor(common, weight);
  return common === 0 ? weights.map(() => 1) : weights.map((weight) => weight / common);
}

function greatestCommonDivisor(a: number, b: number): number {
  let [greater, less] = [a, b];
  while (less !== 0) [greater, less] = [less, greater % less];
  return greater;
}

/**
 * The order of nginx's upstream servers: in each turn everybody gains its share, the richest is first and pays the sum
 * of all shares. Nobody is ever a whole turn before its time, and all end with what they began with: nothing.
 */
function smoothTable(shares: readonly number[], period: number): Uint16Array {
  const table = new Uint16Array(period);
  const gains = Int32Array.from(shares);
  const gained = new Int32Array(shares.length);
  for (let turn = 0; turn < period; turn++) {
    let richest = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < gains.length; i++) {
      const has = (gained[i] ?? 0) + (gains[i] ?? 0);
      gained[i] = has;
      if (has <= most) continue;
      most = has;
      richest = i;
    }
    gained[richest] = most - period;
    table[turn] = richest;
  }
  return table;
}

/**
 * Much the same without a table: of a member with the share s of the period P turn k is due at (2k + 1) P / 2s; turns are
 * taken in the order of these times, at the same time the greater share first, then the lower index. Members of one
 * share are one group here. All numbers are whole ones below 2^53.
 */
class Deadlines {
  readonly #period: number;
  /** Shares that are there, greatest first; how many members have each, and where in {@link #members} they begin. */
  readonly #shares: Float64Array;
  readonly #counts: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #members: Uint16Array;
  /** Scratch: the groups that have turns in one unit of time, in their order, and what turns these are. */
  readonly #due: Uint16Array;
  readonly #turns: Float64Array;

  constructor(shares: readonly number[], period: number) {
    this.#period = period;
    const indices = shares.map((_, i) => i).filter((i) => shares[i] !== 0);
    indices.sort((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0) || a - b);
    this.#members = Uint16Array.from(indices);
    const sorted = indices.map((i) => shares[i] ?? 0);
    const starts = sorted.flatMap((share, i) => (share === sorted[i - 1] ? [] : [i]));
    this.#starts = Uint32Array.from(starts);
    this.#shares = Float64Array.from(starts, (start) => sorted[start] ?? 0);
    this.#counts = Uint32Array.from(starts, (start, i) => (starts[i + 1] ?? sorted.length) - start);
    this.#due = new Uint16Array(starts.length);
    this.#turns = new Float64Array(starts.length);
  }

  at(turn: number): number {
    // Up to a time t each member has had t s / P turns, half a turn more or less: all together t, half their number
    // more or less.
    const half = this.#members.length / 2;
    let low = Math.max(0, Math.floor(turn - half) - 1);
    let high = Math.min(this.#period, Math.ceil(turn + half) + 1);
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#takenUntil(middle) > turn) high = middle;
      else low = middle;
    }
    return this.#dueAfter(low, turn - this.#takenUntil(low));
  }

  /** The turns that are due at a time or before it. */
  #takenUntil(time: number): number {
    let taken = 0;
    for (let i = 0; i < this.#shares.length; i++) taken += (this.#counts[i] ?? 0) * this.#ofEach(i, time);
    return taken;
  }

  /**
   * The same for a member of group `i`. The quotient has 17 bits and the divisor 33: what is not whole is too far from
   * it to be rounded to it.
   */
  #ofEach(i: number, time: number): number {
    const period = this.#period;
    return Math.floor((2 * time * (this.#shares[i] ?? 0) + period) / (2 * period));
  }

  /** Who has turn number `rank` of those that are due after `time`, and not after `time` + 1: at most one each. */
  #dueAfter(time: number, rank: number): number {
    let due = 0;
    for (let i = 0; i < this.#shares.length; i++) {
      const turn = this.#ofEach(i, time);
      if (this.#ofEach(i, time + 1) > turn) this.#insert(i, turn, due++);
    }
    let left = rank;
    for (let place = 0; place < due; place++) {
      const group = this.#due[place] ?? 0;
      const count = this.#counts[group] ?? 0;
      if (left < count) return this.#members[(this.#starts[group] ?? 0) + left] ?? 0;
      left -= count;
    }
    return 0; // not reached: more than `rank` are due
  }

  /** Puts a group in among those found before it, which have greater shares. */
  #insert(group: number, turn: number, count: number): void {
    const share = this.#shares[group] ?? 0;
    let place = count;
    for (; place > 0; place--) {
      const other = this.#due[place - 1] ?? 0;
      const otherTurn = this.#turns[place - 1] ?? 0;
      if ((2 * otherTurn + 1) * share <= (2 * turn + 1) * (this.#shares[other] ?? 0)) break;
      this.#due[place] = other;
      this.#turns[place] = otherTurn;
    }
    this.#due[place] = group;
    this.#turns[place] = turn;
  }
}
