// The blind-monitor guard: when much fails at once, it is rather our own network that has failed.
import { hasFailures, isHealthy, type MemberState, type Step, startAnew } from './member-state.ts';

/** When the monitor no longer trusts what it sees. */
export interface SightRules {
  /** It doubts itself when more than this share of all targets fails at once: 1 to 100. */
  readonly percent: number;
  /** "At once": failures that began within this time. What has failed for longer counts neither way. Milliseconds. */
  readonly freshMs: number;
  /** How long the share must have been below, before it trusts itself again. Milliseconds. */
  readonly calmMs: number;
}

/** Half of all targets within a minute. */
export const DEFAULT_SIGHT: SightRules = { percent: 50, freshMs: 60_000, calmMs: 10_000 };

/**
 * How far the monitor trusts what it sees.
 *
 * ```text
 *           too many fail, no references
 *   clear ───────────────────────────────────────────────► blind ◄──┐
 *    ▲  │   too many fail            references fail         ▲ │      │ references fail
 *    │  └─────────────► checking ────────────────────────────┘ │      │
 *    │                     └─────────────► theirs ◄────────────┘──────┘
 *    └─ calm again, from any of them         references pass
 * ```
 *
 * `clear` and `theirs` may pull; `checking` (the references have not been heard since) and `blind` never do. Whoever
 * leaves `blind` must see the targets anew ({@link restartAfterBlindness}): what was seen meanwhile says nothing.
 */
export interface Sight {
  readonly kind: 'clear' | 'checking' | 'blind' | 'theirs';
  /** When it was last clear; milliseconds since 1970. */
  readonly sinceMs: number;
  /** When too many failed, the last time. */
  readonly exceededMs: number;
  /** How many targets fail freshly, and of how many. */
  readonly failing: number;
  readonly of: number;
  /** How many reference targets pass, of how many. */
  readonly passingReferences: number;
  readonly references: number;
}

/** The monitor sees otherwise than before. */
export interface SightChange {
  readonly from: Sight['kind'];
  readonly to: Sight['kind'];
  readonly atMs: number;
  readonly sight: Sight;
  /** What was seen while blind says nothing: all members go through {@link restartAfterBlindness}. */
  readonly isRestart: boolean;
}

/** What looking around has shown; {@link mayPull} asks it about single members. */
export interface Around {
  readonly sight: Sight;
  readonly change: SightChange | undefined;
  readonly references: readonly Glimpse[];
  /** The targets that count, the last heard first. */
  readonly targets: readonly Glimpse[];
  /** Of the first so many targets, how many fail. */
  readonly failingAmong: Uint32Array;
  readonly percent: number;
}

/** What was last heard of one target. */
export interface Glimpse {
  /** When the probe began whose result says how it is. */
  readonly startedMs: number;
  readonly isFailing: boolean;
}

/** Targets whose last results together say that the network works; fewer when there are fewer. */
export const SAMPLE = 5;

/** To begin with. */
export function clearSight(nowMs: number): Sight {
  const none = { failing: 0, of: 0, passingReferences: 0, references: 0 };
  return { kind: 'clear', sinceMs: nowMs, exceededMs: Number.NEGATIVE_INFINITY, ...none };
}

/** Looks at all targets and references. Costs a sort of the targets: for each decision, not for each result. */
export function lookAround(
  before: Sight,
  targets: readonly MemberState[],
  references: readonly MemberState[],
  rules: SightRules,
  nowMs: number,
): Around {
  const horizonMs = (before.kind === 'clear' ? nowMs : before.sinceMs) - rules.freshMs;
  const counted = targets.filter(({ failingSinceMs = horizonMs }) => failingSinceMs >= horizonMs);
  const failing = counted.filter(({ failures }) => failures > 0).length;
  const isExceeded = failing * 100 > rules.percent * counted.length;
  const seen = references.map(glimpse);
  const kind = kindOf(before, seen, isExceeded, rules, nowMs);
  const sight: Sight = {
    kind,
    sinceMs: kind === 'clear' || before.kind === 'clear' ? nowMs : before.sinceMs,
    exceededMs: isExceeded ? nowMs : before.exceededMs,
    failing,
    of: counted.length,
    passingReferences: seen.filter(passes).length,
    references: seen.length,
  };
  const glimpses = counted.map(glimpse).sort((a, b) => b.startedMs - a.startedMs);
  return {
    sight,
    change: changeOf(before, sight, nowMs),
    references: seen,
    targets: glimpses,
    failingAmong: countFailing(glimpses),
    percent: rules.percent,
  };
}

/**
 * Whether what this member's probes say may be acted on by pulling it: only with a witness that our network works.
 * A witness has been probed after the member's first failure was known, and the member has failed again since:
 * more than half of the references, or {@link SAMPLE} targets of which no larger share fails than the rules allow.
 * When too many fail at once only references are believed. A member that passes again is not pulled for what was
 * before: it fails again, or it recovers.
 *
 * Law: with every target and reference failing, nobody may be pulled, at no time from the first failure on.
 */
export function mayPull(around: Around, member: MemberState): boolean {
  const { kind } = around.sight;
  if (kind === 'blind' || kind === 'checking') return false;
  const sinceMs = member.failingSinceMs;
  if (sinceMs === undefined) return isHealthy(member) === true; // it is to be held
  // who needs only one failure cannot fail again first
  const untilMs = member.failures > 1 ? glimpse(member).startedMs : Number.POSITIVE_INFINITY;
  if (isWitnessed(around.references, sinceMs, untilMs)) return true;
  return kind === 'clear' && isSampleFine(around, glimpse(member), sinceMs, untilMs);
}

/** Forgets what a member's probes said while the monitor was blind; one that never failed keeps its results. */
export function restartAfterBlindness(member: MemberState, nowMs: number): Step {
  if (!hasFailures(member)) return { state: member, change: undefined };
  return startAnew(member, 'the monitor was blind: it is to be seen anew', nowMs);
}

/**
 * Whom to probe at once when a target has failed for the first time, so that there are witnesses when it is decided:
 * the references, or without them the passing targets that were heard longest ago.
 */
export function chooseWitnesses<T extends { readonly state: MemberState }>(
  targets: readonly T[],
  references: readonly T[],
): readonly T[] {
  if (references.length > 0) return references;
  const oldest: { readonly target: T; readonly startedMs: number }[] = [];
  for (const target of targets) {
    if (target.state.failures > 0) continue;
    const { startedMs } = glimpse(target.state);
    const last = oldest.at(-1);
    if (oldest.length === SAMPLE && last !== undefined && last.startedMs <= startedMs) continue;
    if (oldest.length === SAMPLE) oldest.pop();
    oldest.push({ target, startedMs });
    oldest.sort((a, b) => a.startedMs - b.startedMs);
  }
  return oldest.map(({ target }) => target);
}

// --- helpers ---

function kindOf(
  before: Sight,
  references: readonly Glimpse[],
  isExceeded: boolean,
  { calmMs }: SightRules,
  nowMs: number,
): Sight['kind'] {
  const isCalm = before.kind === 'clear' || nowMs - before.exceededMs >= calmMs;
  if (!isExceeded && isCalm) return 'clear';
  if (references.length === 0) return 'blind';
  const sinceMs = before.kind === 'clear' ? nowMs : before.sinceMs;
  const heard = references.filter(({ startedMs }) => startedMs >= sinceMs);
  const passing = heard.filter(passes).length;
  const majority = majorityOf(references);
  if (passing >= majority) return 'theirs';
  if (heard.length - passing > references.length - majority) return 'blind';
  return before.kind === 'clear' ? 'checking' : before.kind;
}

function changeOf(before: Sight, sight: Sight, atMs: number): SightChange | undefined {
  const { kind: from } = before;
  const { kind: to } = sight;
  return from === to ? undefined : { from, to, atMs, sight, isRestart: from === 'blind' };
}

/** The failure is what counts while something fails, whatever the member's other probes say. */
function glimpse({ lately, failures }: MemberState): Glimpse {
  const isFailing = failures > 0;
  const told = isFailing ? lately.findLast(({ passed }) => !passed) : lately.at(-1);
  return { startedMs: told?.startedMs ?? Number.NEGATIVE_INFINITY, isFailing };
}

function passes({ isFailing, startedMs }: Glimpse): boolean {
  return !isFailing && startedMs > Number.NEGATIVE_INFINITY;
}

function majorityOf(all: readonly unknown[]): number {
  return Math.floor(all.length / 2) + 1;
}

function countFailing(glimpses: readonly Glimpse[]): Uint32Array {
  const counts = new Uint32Array(glimpses.length + 1);
  for (const [i, { isFailing }] of glimpses.entries()) counts[i + 1] = (counts[i] ?? 0) + (isFailing ? 1 : 0);
  return counts;
}

function isWitnessed(references: readonly Glimpse[], sinceMs: number, untilMs: number): boolean {
  const heard = references.filter((each) => passes(each) && each.startedMs >= sinceMs);
  return heard.length >= majorityOf(references) && heard.some(({ startedMs }) => startedMs <= untilMs);
}

function isSampleFine(around: Around, own: Glimpse, sinceMs: number, untilMs: number): boolean {
  const { targets, failingAmong, percent } = around;
  const heard = targets.findLastIndex(({ startedMs }) => startedMs >= sinceMs) + 1;
  // the member's first failure began before it was known, and counts all the same
  const more = own.startedMs < sinceMs ? 1 : 0;
  if (heard + more < Math.min(targets.length, SAMPLE)) return false;
  if (((failingAmong[heard] ?? 0) + more) * 100 > percent * (heard + more)) return false;
  return targets.slice(0, heard).some((each) => passes(each) && each.startedMs <= untilMs);
}
