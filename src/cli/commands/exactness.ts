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
  return {
    turning: depth === undefined ? 'addresses' : 'aliases',
    firsts,
    members,
    isTooFew: firsts.length <= members.length,
    flaw: findFlaw(firsts, members.length),
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

/** Which alias of the chain differs between the answers, counted from 0; `undefined` when all chains are the same. */
function turningAlias(answers: readonly RotatingAnswer[]): number | undefined {
  const [first] = answers;
  const length = Math.max(0, ...answers.map(({ aliases }) => aliases.length));
  for (let depth = 0; depth < length; depth++) {
    if (answers.some(({ aliases }) => aliases[depth] !== first?.aliases[depth])) return depth;
  }
  return first !== undefined && first.addresses.length === 0 && length > 0 ? length - 1 : undefined;
}
