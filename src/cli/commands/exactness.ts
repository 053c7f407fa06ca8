/** How a question was asked. */
export type Transport = 'udp' | 'tcp';

/** One answer of a server, as far as rotation goes. */
export interface RotatingAnswer {
  readonly transport: Transport;
  /** Targets of the CNAME records, in the order of the answer. */
  readonly aliases: readonly string[];
  /** The addresses, in the order of the answer. */
  readonly addresses: readonly string[];
}

/** An answer that came out of turn. */
export interface Flaw {
  /** Which answer, counted from 0. */
  readonly at: number;
  /** The latest answer before it that started with the same member. */
  readonly sameAs: number;
}

/** Turns that come again and again without being one for each member: of weights, or of the first of several tiers. */
export interface Shares {
  /** After so many answers everything comes again. */
  readonly period: number;
  /** How often each member is first in so many answers, for those that ever are; they have no common divisor. */
  readonly turns: ReadonlyMap<string, number>;
}

/** What a series of answers says about the rotation. */
export interface RotationVerdict {
  /** Whether it is CNAME records that take turns, or the addresses. */
  readonly turning: 'aliases' | 'addresses';
  /** Who was first in each answer. */
  readonly firsts: readonly string[];
  /** Everybody who was seen in the place that turns, in the order of appearance. */
  readonly members: readonly string[];
  /** Too few answers to tell: at least one more than members. */
  readonly isTooFew: boolean;
  /** The first answer out of turn, if there is one; all answers together share one counter when there is none. */
  readonly flaw: Flaw | undefined;
  /** With a flaw: how the members share the answers all the same, if they do exactly. */
  readonly shares: Shares | undefined;
  /** The transports whose own answers, taken alone, are exact. */
  readonly exactAlone: readonly Transport[];
}

/** Judges answers in the order in which they were asked for, one after another. */
export function judgeRotation(answers: readonly RotatingAnswer[]): RotationVerdict {
  const depth = turningAlias(answers);
  const inTurn = answers.map(({ aliases, addresses }) =>
    depth === undefined ? addresses : aliases.slice(depth, depth + 1),
  );
  const firsts = inTurn.map(([first = '']) => first);
  const members = [...new Set([...firsts, ...inTurn.flat()])];
  const exactAlone = (['udp', 'tcp'] as const).filter((transport) => {
    const own = firsts.filter((_, i) => answers[i]?.transport === transport);
    return own.length > members.length && findFlaw(own, members.length) === undefined;
  });
  const isTooFew = firsts.length <= members.length;
  const flaw = findFlaw(firsts, members.length);
  return {
    turning: depth === undefined ? 'addresses' : 'aliases',
    firsts,
    members,
    isTooFew,
    flaw,
    shares: flaw === undefined || isTooFew ? undefined : findShares(firsts),
    exactAlone,
  };
}

/**
 * The first answer that starts with a member whose turn it was not; `memberCount` is how many members there are.
 *
 * Law: there is none exactly when every `memberCount` consecutive answers start with each member once, which is when no
 * member comes back before all the others were first.
 */
export function findFlaw(firsts: readonly string[], memberCount: number): Flaw | undefined {
  const lastSeen = new Map<string, number>();
  for (const [at, first] of firsts.entries()) {
    const sameAs = lastSeen.get(first);
    if (sameAs !== undefined && at - sameAs < memberCount) return { at, sameAs };
    lastSeen.set(first, at);
  }
  return undefined;
}

/**
 * The shares in which members are first, when the series is at least two rounds of the same turns and more than one member
 * is ever first. Turns that all come several times in a round are those of several counters, and no shares: the weights
 * of one counter are taken in lowest terms.
 */
export function findShares(firsts: readonly string[]): Shares | undefined {
  for (let period = 2; 2 * period <= firsts.length; period++) {
    if (!firsts.every((first, i) => i < period || first === firsts[i - period])) continue;
    const turns = new Map<string, number>();
    for (const first of firsts.slice(0, period)) turns.set(first, (turns.get(first) ?? 0) + 1);
    const common = [...turns.values()].reduce(greatestCommonDivisor);
    return common === 1 && turns.size > 1 ? { period, turns } : undefined; // a longer period repeats this one
  }
  return undefined;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Which alias of the chain differs between the answers, counted from 0; `undefined` when all chains are the same. */
function turningAlias(answers: readonly RotatingAnswer[]): number | undefined {
  const [first] = answers;
  const length = Math.max(0, ...answers.map(({ aliases }) => aliases.length));
  for (let depth = 0; depth < length; depth++) {
    if (answers.some(({ aliases }) => aliases[depth] !== first?.aliases[depth])) return depth;
  }
  return first !== undefined && first.addresses.length === 0 && length > 0 ? length - 1 : undefined;
}
