// Why the members of a steered RRset stand in their tiers: STEERING.md §3 step 5, in words.
import type { GeoTables } from '../../geo/tables.ts';
import type { Choosing } from '../../steer/choosing.ts';
import type { RankWord } from '../../steer/policy-line.ts';
import type { Ranking } from '../../steer/ranking.ts';
import type { SteeredChoice } from '../trace.ts';
import type { ExplainedTier } from './explanation.ts';

/** All tiers for the client of a choice, the most wanted first, as the ranking itself makes them. */
export function explainTiers(choice: SteeredChoice, tables: GeoTables): readonly ExplainedTier[] {
  const { choosing } = choice;
  const tiers = rankedTiers(choice);
  const words = new RankWords(choice, tables);
  const nameOf = (member: number): string => choosing.members[member]?.member ?? '';
  return tiers.map((members, i) => {
    const before = tiers[i - 1];
    const taken = choice.tiers.findIndex((answering) => members.includes(answering[0] ?? -1));
    const answering = choice.tiers[taken] ?? members.filter((member) => isAnswering(choosing, member));
    return {
      number: i + 1,
      members: members.map(nameOf),
      answering: answering.map(nameOf),
      isTaken: taken >= 0,
      what: words.common(members),
      why: before === undefined ? undefined : words.difference(before, members),
      counter: taken < 0 ? undefined : choice.turns[taken],
    };
  });
}

/** The members of each tier, as numbers. */
export function rankedTiers({ ranking, kind, location }: SteeredChoice): readonly (readonly number[])[] {
  ranking.rank(kind, location);
  return Array.from({ length: ranking.tierCount }, (_, i) => {
    const from = i === 0 ? 0 : (ranking.ends[i - 1] ?? 0);
    return [...ranking.order.subarray(from, ranking.ends[i])];
  });
}

/** Says whether a member has a record to answer. */
export function isAnswering(choosing: Choosing, member: number): boolean {
  return choosing.members[member]?.isAnswering === true;
}

/** Metres as people say them. */
export function showKm(metres: number): string {
  const km = metres / 1000;
  if (km > 0 && km < 10) return `${km.toFixed(1)} km`;
  return `${Math.round(km).toLocaleString('en-US')} km`;
}

/** How members stand by the rank words, for one client. */
class RankWords {
  readonly #choosing: Choosing;
  readonly #ranking: Ranking;
  readonly #kind: number;
  readonly #location: number;
  readonly #tables: GeoTables;
  /** Biased distances by member; all tiers ask for them again and again, and there may be thousands. */
  readonly #metresOf: readonly (number | undefined)[];
  /** Distances of a group, the least first, by what divides groups. */
  readonly #groups = new Map<string, readonly number[]>();

  constructor({ choosing, ranking, kind, location }: SteeredChoice, tables: GeoTables) {
    this.#choosing = choosing;
    this.#ranking = ranking;
    this.#kind = kind;
    this.#location = location;
    this.#tables = tables;
    this.#metresOf = choosing.members.map((_, member) => ranking.distance(member, location)?.biased);
  }

  /** What the members of a tier have in common. */
  common(members: readonly number[]): string {
    const [first = 0] = members;
    const { rank } = this.#choosing;
    const isBackup = this.#choosing.members[first]?.backup === true;
    const said = rank.map((word) => (word === 'distance' ? this.#reach(members) : this.#match(word, first)));
    if (rank.length === 0) said.push('the policy has no rank');
    return [...(isBackup ? ['backup'] : []), ...said].join(', ');
  }

  /** Why the members of a tier do not stand in the one before: the first rank word by which they differ. */
  difference(before: readonly number[], members: readonly number[]): string {
    const [a = 0] = before;
    const [b = 0] = members;
    const isBackup = (member: number): boolean => this.#choosing.members[member]?.backup === true;
    if (isBackup(a) !== isBackup(b)) return 'backups come after all others';
    for (const [i, word] of this.#choosing.rank.entries()) {
      if (word === 'distance') {
        const why = this.#apart(a, b, this.#choosing.rank.slice(0, i));
        if (why !== undefined) return why;
      } else if (this.#strength(word, a) !== this.#strength(word, b)) {
        return this.#strength(word, b) < 0
          ? `not for the client's ${this.#client(word)}`
          : `for a wider network of the client than those before`;
      }
    }
    return '';
  }

  /** How well a member matches by a word: below 0 it does not; of `net`, the bits of the network. */
  #strength(word: MatchWord, member: number): number {
    if (word === 'net') return this.#ranking.segments.match(this.#kind, member);
    return this.#ranking.matches(member, word, this.#kind, this.#location) ? 0 : -1;
  }

  #match(word: MatchWord, member: number): string {
    const isFor = this.#strength(word, member) >= 0;
    if (!isFor && this.#isUnknown(word)) return `the client's ${WORD_NAMES[word]} is not known`;
    return isFor ? `for the client's ${this.#client(word)}` : `not for the client's ${this.#client(word)}`;
  }

  /** The client by a rank word. */
  #client(word: MatchWord): string {
    if (word === 'net') return WORD_NAMES.net;
    const location = this.#tables.describe(this.#location);
    return `${WORD_NAMES[word]} ${location[word] ?? ''}`.trimEnd();
  }

  #isUnknown(word: MatchWord): boolean {
    return word !== 'net' && this.#tables.describe(this.#location)[word] === undefined;
  }

  /** How far off the members of a tier are. */
  #reach(members: readonly number[]): string {
    if (!this.#tables.isPlaced(this.#location)) return "the client's place is not known";
    const all = members.map((member) => this.#metres(member)).filter((metres) => metres !== undefined);
    if (all.length === 0) return members.length > 1 ? 'of unknown places' : 'of unknown place';
    const [nearest, farthest] = [Math.min(...all), Math.max(...all)];
    const isBiased = members.some((member) => (this.#choosing.members[member]?.bias ?? 0) !== 0);
    const away = isBiased ? 'away, bias counted in' : 'away';
    return nearest === farthest
      ? `${showKm(nearest)} ${away}`
      : `${showKm(nearest)} to ${showKm(farthest)} ${away}`;
  }

  /** Why `b` is too far off to stand with `a`; `undefined` when it is not. `words` divided them before `distance` did. */
  #apart(a: number, b: number, words: readonly RankWord[]): string | undefined {
    const [metresA, metresB] = [this.#metres(a), this.#metres(b)];
    if (metresA === undefined) return undefined;
    if (metresB === undefined) return 'of unknown place, after all that have one';
    const nearest = this.#nearestOfGroup(a, words);
    const within = this.#choosing.within * 1000;
    if (nearest === undefined || metresB <= nearest + within) return undefined;
    return `${showKm(metresB - nearest)} farther than ${showKm(nearest)}, within=${this.#choosing.within}`;
  }

  /** The distance from which `within` is counted for the group in which `a` is. */
  #nearestOfGroup(a: number, words: readonly RankWord[]): number | undefined {
    const { within } = this.#choosing;
    const distances = this.#distancesOfGroup(a, words);
    const own = this.#metres(a) ?? 0;
    let nearest: number | undefined;
    for (const metres of distances) {
      if (metres > own) break;
      if (nearest === undefined || metres > nearest + within * 1000) nearest = metres;
    }
    return nearest;
  }

  /** Of all that neither `backup` nor one of `words` tells from `a`. */
  #distancesOfGroup(a: number, words: readonly RankWord[]): readonly number[] {
    const groupOf = (member: number): string => {
      const strengths = words.map((word) => (word === 'distance' ? 0 : this.#strength(word, member)));
      return [words.length, this.#choosing.members[member]?.backup, ...strengths].join();
    };
    const group = groupOf(a);
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const distances = this.#metresOf
      .filter((_, member) => groupOf(member) === group)
      .filter((metres) => metres !== undefined)
      .sort((x, y) => x - y);
    this.#groups.set(group, distances);
    return distances;
  }

  #metres(member: number): number | undefined {
    return this.#metresOf[member];
  }
}

type MatchWord = Exclude<RankWord, 'distance'>;

const WORD_NAMES = {
  net: 'network',
  isp: 'operator',
  asn: 'AS',
  country: 'country',
  continent: 'continent',
} as const;
