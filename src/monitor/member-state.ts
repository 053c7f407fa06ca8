/** How a member stands. It is always exactly one of these. */
export type Standing = 'unknown' | 'up' | 'suspect' | 'down' | 'recovering';

/**
 * One probe's rule: healthy when at least `threshold` of the last `window` results passed, so unhealthy when more than
 * `window - threshold` of them failed. Before the window is full, whichever of the two has been reached.
 */
export interface WindowRules {
  /** 1 to {@link MAX_WINDOW}. */
  readonly window: number;
  /** 1 to `window`. */
  readonly threshold: number;
}

/** One result as it is kept for evidence. */
export interface Sighting {
  /** Which of the member's probes, from 0. */
  readonly probe: number;
  readonly passed: boolean;
  /** When the probe began and when it ended; milliseconds since 1970. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly latencyMs: number;
  /** One line. */
  readonly detail: string;
  readonly warning: string | undefined;
}

/** What a probe hands over; the probes' own result fits. */
export interface Outcome {
  readonly passed: boolean;
  readonly latencyMs: number;
  readonly detail: string;
  readonly warning?: string;
  /** It says nothing about the member: nothing changes. */
  readonly inconclusive?: true;
}

/** What is known of one member. Its size is bounded, whatever happens. */
export interface MemberState {
  readonly standing: Standing;
  /** Since when it stands so; milliseconds since 1970. */
  readonly sinceMs: number;
  /** Why, in one line. */
  readonly why: string;
  /** The last {@link EVIDENCE} results of all its probes, the newest last. */
  readonly lately: readonly Sighting[];
  readonly tallies: readonly Tally[];
  /** Results that have failed in a row, of any of its probes: from the first failure until all pass again. */
  readonly failures: number;
  /** When the first of these failures was known; `undefined` while all pass. */
  readonly failingSinceMs: number | undefined;
}

/** The results of one probe that still count, one bit each. */
export interface Tally {
  readonly rules: WindowRules;
  /** How many there are, at most `window`. */
  readonly heard: number;
  /** Bit 0 is the newest; 1 is a pass. */
  readonly bits: number;
}

/** A member has come to stand otherwise. */
export interface StateChange {
  readonly from: Standing;
  readonly to: Standing;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** How long it stood so before. */
  readonly lastedMs: number;
  readonly why: string;
  /** The results it was decided on, the newest last. */
  readonly evidence: readonly Sighting[];
}

/** A step of the machine; `change` when the member now stands otherwise. */
export interface Step {
  readonly state: MemberState;
  readonly change: StateChange | undefined;
}

/** Results kept for logs and status. */
export const EVIDENCE = 5;

/** Widest window: the results fit into the bits of one small integer. */
export const MAX_WINDOW = 30;

/** A member of which nothing has been heard. `rules`: of each of its probes, at least one. */
export function startMember(rules: readonly WindowRules[], nowMs: number): MemberState {
  return {
    standing: 'unknown',
    sinceMs: nowMs,
    why: 'not probed yet',
    lately: [],
    tallies: rules.map((each) => ({ rules: each, heard: 0, bits: 0 })),
    failures: 0,
    failingSinceMs: undefined,
  };
}

/**
 * Takes one result of one probe.
 *
 * ```text
 *                enough passed            a probe failed
 *   unknown ───────────────────────► up ◄────────────────► suspect     healthy: at least `threshold`
 *      │                              ▲   all pass again      │        of the last `window` passed
 *      │                              │                       │
 *      │ too many failed              │ enough passed         │ too many failed
 *      │                              │                       ▼
 *      └──────────────────────► recovering ◄────────────────► down     unhealthy: the others
 *                                         all pass / one fails
 * ```
 *
 * So the window says whether it is healthy, and the last results say which of two: while healthy, `suspect` when the
 * last result failed (it is probed again soon: {@link isHurried}); while unhealthy, `recovering` when it passed. With
 * several probes all must be healthy, one that is unhealthy is enough to be down, and the last results of all count.
 *
 * Laws: a single lost probe makes nobody down when `threshold < window`. Down means that the results at hand say so.
 * What pulls is what puts back: the same window and threshold; only a failed result leads to down, only a passed one
 * to up.
 */
export function observe(
  state: MemberState,
  probe: number,
  outcome: Outcome,
  startedMs: number,
  nowMs: number,
): Step {
  const tally = state.tallies[probe];
  if (tally === undefined || outcome.inconclusive === true) return { state, change: undefined };
  const { passed, latencyMs, detail, warning } = outcome;
  const sighting = { probe, passed, startedMs, endedMs: nowMs, latencyMs, detail, warning };
  const tallies = state.tallies.with(probe, addTo(tally, passed));
  const isFailing = tallies.some(hasFailedLast);
  const failures = isFailing ? state.failures + (passed ? 0 : 1) : 0;
  const next = {
    ...state,
    lately: [...state.lately, sighting].slice(-EVIDENCE),
    tallies,
    failures,
    failingSinceMs: isFailing ? (state.failingSinceMs ?? nowMs) : undefined,
  };
  return settle(state, next, nowMs);
}

/**
 * Takes back what the results have said, and keeps them as evidence: from now on everything must be seen anew. For
 * results that cannot be trusted, such as those of a monitor that was blind.
 */
export function startAnew(state: MemberState, why: string, nowMs: number): Step {
  const next = { ...startMember(rulesOf(state), nowMs), why, lately: state.lately };
  return { state: next, change: changeTo(state, next, nowMs) };
}

/** Goes on under other rules, without forgetting: of each probe the results that fit into its new window. */
export function adoptRules(state: MemberState, rules: readonly WindowRules[], nowMs: number): Step {
  const tallies = rules.map((each, probe): Tally => {
    const heard = Math.min(state.tallies[probe]?.heard ?? 0, each.window);
    return { rules: each, heard, bits: (state.tallies[probe]?.bits ?? 0) & maskOf(heard) };
  });
  const isFailing = tallies.some(hasFailedLast);
  const next = {
    ...state,
    tallies,
    lately: state.lately.filter(({ probe }) => probe < rules.length),
    failures: isFailing ? state.failures : 0,
    failingSinceMs: isFailing ? state.failingSinceMs : undefined,
  };
  return settle(state, next, nowMs);
}

/** Whether the window says that it is healthy; `undefined` while nothing is decided. */
export function isHealthy(state: MemberState): boolean | undefined {
  switch (state.standing) {
    case 'up':
    case 'suspect':
      return true;
    case 'down':
    case 'recovering':
      return false;
    case 'unknown':
      return undefined;
    default:
      return state.standing satisfies never;
  }
}

/** Whether its probes are to run again after `fast` instead of `interval`: something failed, and it is not down yet. */
export function isHurried(state: MemberState): boolean {
  return state.failures > 0 && isHealthy(state) !== false;
}

/** Whether any of the results that count has failed. */
export function hasFailures({ tallies }: MemberState): boolean {
  return tallies.some((tally) => passesOf(tally) < tally.heard);
}

// --- helpers ---

type Verdict = 'healthy' | 'unhealthy' | 'undecided';

function rulesOf({ tallies }: MemberState): readonly WindowRules[] {
  return tallies.map(({ rules }) => rules);
}

function addTo({ rules, heard, bits }: Tally, passed: boolean): Tally {
  const most = Math.min(heard + 1, rules.window);
  return { rules, heard: most, bits: ((bits << 1) | (passed ? 1 : 0)) & maskOf(most) };
}

function maskOf(bits: number): number {
  return (1 << bits) - 1;
}

function passesOf({ bits }: Tally): number {
  let passes = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) passes++;
  return passes;
}

function hasFailedLast({ heard, bits }: Tally): boolean {
  return heard > 0 && (bits & 1) === 0;
}

function verdictOf(tally: Tally): Verdict {
  const { window, threshold } = tally.rules;
  const passes = passesOf(tally);
  if (passes >= threshold) return 'healthy';
  return tally.heard - passes > window - threshold ? 'unhealthy' : 'undecided';
}

/** `next` with the standing that its results give it. */
function settle(before: MemberState, next: MemberState, nowMs: number): Step {
  const verdicts = next.tallies.map(verdictOf);
  const standing = standingOf(verdicts, next.failures > 0);
  const why = whyOf(next, verdicts);
  if (standing === before.standing) return { state: { ...next, why }, change: undefined };
  const state = { ...next, standing, sinceMs: nowMs, why };
  return { state, change: changeTo(before, state, nowMs) };
}

function standingOf(verdicts: readonly Verdict[], isFailing: boolean): Standing {
  if (verdicts.includes('unhealthy')) return isFailing ? 'down' : 'recovering';
  if (verdicts.includes('undecided')) return 'unknown';
  return isFailing ? 'suspect' : 'up';
}

function changeTo(before: MemberState, after: MemberState, nowMs: number): StateChange | undefined {
  if (before.standing === after.standing) return undefined;
  return {
    from: before.standing,
    to: after.standing,
    atMs: nowMs,
    lastedMs: Math.max(nowMs - before.sinceMs, 0),
    why: after.why,
    evidence: after.lately,
  };
}

/** Says it of the probe that decides: the first unhealthy, else undecided, else failing one, else of the first. */
function whyOf(state: MemberState, verdicts: readonly Verdict[]): string {
  const found = [verdicts.indexOf('unhealthy'), verdicts.indexOf('undecided')].find((at) => at >= 0);
  const failing = state.tallies.findIndex(hasFailedLast);
  const probe = found ?? Math.max(failing, 0);
  const tally = state.tallies[probe];
  if (tally === undefined) return 'it has no probe';
  if (tally.heard === 0) return 'not probed yet';
  const passes = passesOf(tally);
  const failed = tally.heard - passes;
  const counted =
    failed > 0 ? `${failed} of the last ${tally.heard} failed` : `the last ${tally.heard} passed`;
  const last = state.lately.findLast((each) => each.probe === probe && !each.passed);
  const which = state.tallies.length > 1 ? `probe ${probe + 1}: ` : '';
  return `${which}${counted}${failed === 0 || last === undefined ? '' : `: ${last.detail}`}`;
}
