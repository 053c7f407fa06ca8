/** How members are damped that go up and down all the time: the idea of RFC 2439 §4.2, in whole numbers. */
export interface DampingRules {
  /** In this time a penalty halves. Milliseconds, at least 1. */
  readonly halfLifeMs: number;
  /** Above this penalty a member is held down. A pull costs {@link PULL_PENALTY}. */
  readonly suppress: number;
  /** It is let go when its penalty has come down to this; at least 1, at most `suppress`. */
  readonly reuse: number;
  /** Nobody is held longer than this after its last pull. Milliseconds. */
  readonly maxHoldMs: number;
}

/** What a member has on its account. */
export interface Damping {
  /** As it was at `atMs`; a whole number. */
  readonly penalty: number;
  /** When it was last raised; milliseconds since 1970. */
  readonly atMs: number;
  /** How often it has been pulled since the penalty last was nothing. */
  readonly pulls: number;
  /** Until when it is held down; milliseconds since 1970. */
  readonly heldUntilMs: number | undefined;
}

/** What one change from healthy to unhealthy costs. */
export const PULL_PENALTY = 1000;

/** Three pulls within some two minutes hold a member for up to half an hour; one or two never do. */
export const DEFAULT_DAMPING: DampingRules = {
  halfLifeMs: 300_000,
  suppress: 2500,
  reuse: 1000,
  maxHoldMs: 1_800_000,
};

/** Nothing has happened yet. */
export const UNDAMPED: Damping = { penalty: 0, atMs: 0, pulls: 0, heldUntilMs: undefined };

/**
 * A member has become unhealthy. When its penalty is now too high, it is held down until a time that is known from
 * now on, and moves only when it is pulled again.
 *
 * Laws: `heldUntilMs` is never more than `maxHoldMs` away; up to it the penalty is above `reuse` (unless `maxHoldMs`
 * says so), from then on it is not; with `suppress >= PULL_PENALTY` the first pull holds nobody.
 */
export function addPull(damping: Damping, rules: DampingRules, nowMs: number): Damping {
  const before = penaltyAt(damping, rules, nowMs);
  const penalty = Math.min(before + PULL_PENALTY, ceilingOf(rules));
  const isTooHigh = penalty > rules.suppress || isHeld(damping, nowMs);
  return {
    penalty,
    atMs: nowMs,
    pulls: before === 0 ? 1 : damping.pulls + 1,
    heldUntilMs: isTooHigh ? nowMs + Math.min(msUntil(penalty, rules), rules.maxHoldMs) : undefined,
  };
}

/** Whether the member is to stay out although it may be healthy. */
export function isHeld({ heldUntilMs, atMs }: Damping, nowMs: number): boolean {
  // a clock that was set back must not hold anybody longer than was said
  return heldUntilMs !== undefined && nowMs < heldUntilMs && nowMs >= atMs - MAX_BACK_MS;
}

/** The penalty now, rounded down. It halves in each half-life, and goes down in a straight line within one. */
export function penaltyAt({ penalty, atMs }: Damping, { halfLifeMs }: DampingRules, nowMs: number): number {
  const elapsedMs = Math.max(nowMs - atMs, 0);
  const halvings = Math.floor(elapsedMs / halfLifeMs);
  if (halvings >= MAX_HALVINGS) return 0;
  const restMs = elapsedMs - halvings * halfLifeMs;
  // both sides are whole and below 2^53: 2^22 times 2^31
  return Math.floor((penalty * (2 * halfLifeMs - restMs)) / (2 ** halvings * 2 * halfLifeMs));
}

// --- helpers ---

/** After so many half-lives nothing is left of any penalty. */
const MAX_HALVINGS = 22;

/** Highest penalty: so many pulls in one moment. */
const MAX_PENALTY = 2 ** 22 - 1;

/** How far a clock may be set back without anybody being let go. */
const MAX_BACK_MS = 60_000;

/** The highest penalty that is down to `reuse` after `maxHoldMs`, so that nobody owes for longer (RFC 2439 §4.2). */
function ceilingOf({ halfLifeMs, maxHoldMs, reuse, suppress }: DampingRules): number {
  const halvings = Math.min(Math.floor(maxHoldMs / halfLifeMs), MAX_HALVINGS);
  const restMs = Math.min(maxHoldMs - halvings * halfLifeMs, halfLifeMs - 1);
  const ceiling = Math.floor((reuse * 2 ** halvings * 2 * halfLifeMs) / (2 * halfLifeMs - restMs));
  // a hold that is too short for `suppress` must not switch damping off
  return Math.min(Math.max(ceiling, suppress + 1), MAX_PENALTY);
}

/** Milliseconds until `penalty` has come down to `reuse`: the inverse of {@link penaltyAt}, exact to one. */
function msUntil(penalty: number, rules: DampingRules): number {
  const { halfLifeMs, reuse } = rules;
  if (penalty <= reuse) return 0;
  let halvings = 0;
  while (penalty >= (reuse + 1) * 2 ** (halvings + 1)) halvings++;
  // smallest rest with penalty × (2h − rest) < (reuse + 1) × 2^halvings × 2h
  const scale = 2 ** halvings * 2 * halfLifeMs;
  const restMs = Math.floor((penalty * 2 * halfLifeMs - (reuse + 1) * scale) / penalty) + 1;
  return halvings * halfLifeMs + Math.max(restMs, 0);
}
