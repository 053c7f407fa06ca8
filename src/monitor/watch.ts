import type { Effects } from '../base/effects.ts';
import type { Timers } from '../base/timers.ts';
import { UNDAMPED } from './damping.ts';
import { decide, nextDecision, type WatchedMember } from './decision.ts';
import type { DecisionJournal } from './decision-journal.ts';
import type { Presence, Wish } from './guards.ts';
import { adoptRules, isHurried, observe, type Step, startMember } from './member-state.ts';
import { type Pace, Schedule, type ScheduleReport } from './schedule.ts';
import {
  type Around,
  chooseWitnesses,
  clearSight,
  lookAround,
  restartAfterBlindness,
  type Sight,
} from './sight.ts';
import type { WatchedName, WatchedProbe, WatchPlan } from './watch-plan.ts';
import {
  isCounted,
  isMember,
  isUnsettled,
  type MemberTarget,
  memberKey,
  referenceKey,
  type Target,
} from './watched-target.ts';

/** How the watch is joined with the rest of the program. */
export interface WatchOptions {
  readonly timers: Timers;
  readonly effects: Pick<Effects, 'nowMs' | 'randomOctets' | 'log'>;
  /** Probes that may run at one time. */
  readonly parallel: number;
  readonly journal: DecisionJournal;
  /** What is wanted of a name, or what the server holds of it, has changed: told with all its members. */
  readonly onWishes: (name: string, wishes: readonly Wish[]) => void;
}

/** Runs all probes, keeps the state of all members, and says what is wanted of each name. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #schedule: Schedule;
  readonly #epochMs: number;
  #plan: WatchPlan;
  #members = new Map<string, MemberTarget>();
  /** The members of each name, in the order of the plan. */
  #names = new Map<string, { readonly rules: WatchedName; readonly members: MemberTarget[] }>();
  #references = new Map<string, Target>();
  #sight: Sight;
  #decidedMs = Number.NEGATIVE_INFINITY;
  #isPending = false;
  #isStopped = false;
  #isCalling = false;
  /** Names to decide on; while the sight is not clear it is all of them. */
  readonly #toDecide = new Set<string>();
  /** Names whose wishes are told with the next decision, although they may be the same. */
  readonly #toTell = new Set<string>();
  #cancelDecision: () => void = () => {};
  #cancelHold: () => void = () => {};

  /** Begins at once. */
  constructor(options: WatchOptions, plan: WatchPlan) {
    this.#options = options;
    this.#schedule = new Schedule(options);
    this.#epochMs = options.effects.nowMs() - options.timers.nowMs();
    this.#sight = clearSight(this.nowMs);
    this.#plan = plan;
    this.setPlan(plan);
  }

  /** Milliseconds since 1970 by a clock that only goes forward: it is set when the watch begins. */
  get nowMs(): number {
    return this.#epochMs + this.#options.timers.nowMs();
  }

  get sight(): Sight {
    return this.#sight;
  }

  get schedule(): ScheduleReport {
    return this.#schedule.report;
  }

  /** The members of a name as they are now, in the order of the plan. */
  membersOf(name: string): readonly WatchedMember[] {
    return this.#names.get(name)?.members ?? [];
  }

  /** Watches otherwise from now on. What is known of members that stay is kept. */
  setPlan(plan: WatchPlan): void {
    const [oldMembers, oldReferences] = [this.#members, this.#references];
    this.#plan = plan;
    this.#members = new Map();
    this.#references = new Map();
    this.#names = new Map();
    for (const rules of plan.names) {
      const { name } = rules;
      const members: MemberTarget[] = [];
      this.#names.set(name, { rules, members });
      this.#toDecide.add(name);
      for (const { member, probes } of rules.members) {
        const key = memberKey(name, member);
        const old = oldMembers.get(key);
        const fresh = { damping: UNDAMPED, presence: 'unknown' as const, wish: undefined, hasBeenUp: false };
        const next: MemberTarget = { ...fresh, ...old, ...this.#targetFor(key, old, probes), name, member };
        this.#members.set(key, next);
        members.push(next);
        this.#addTasks(next, old);
      }
    }
    for (const { label, probes } of plan.references) {
      const key = referenceKey(label);
      const old = oldReferences.get(key);
      const next = this.#targetFor(key, old, probes);
      this.#references.set(key, next);
      this.#addTasks(next, old);
    }
    for (const [key, old] of [...oldMembers, ...oldReferences]) {
      if (!this.#members.has(key) && !this.#references.has(key)) this.#removeTasks(old, 0);
    }
    this.#decideSoon();
  }

  /** What the server holds of a name; members that are not told of are unknown. */
  setPresence(name: string, presences: ReadonlyMap<string, Presence>): void {
    const members = this.#names.get(name)?.members;
    if (members === undefined) return;
    for (const target of members) target.presence = presences.get(target.member) ?? 'unknown';
    this.#toTell.add(name);
    this.#decideSoon(name);
  }

  /** Ends for ever. */
  stop(): void {
    this.#isStopped = true;
    this.#schedule.stop();
    this.#cancelDecision();
    this.#cancelHold();
  }

  // --- probing ---

  #targetFor(key: string, old: Target | undefined, probes: readonly WatchedProbe[]): Target {
    const rules = probes.map((each) => each.rules);
    const state =
      old === undefined ? startMember(rules, this.nowMs) : adoptRules(old.state, rules, this.nowMs).state;
    return { key, state, probes, warnings: old?.warnings ?? new Map() };
  }

  #addTasks(target: Target, old: Target | undefined): void {
    const { key } = target;
    for (const [i, { intervalMs, fastMs, jitterMs }] of target.probes.entries()) {
      const run = (signal: AbortSignal): Promise<Pace> => this.#probe(key, i, signal);
      this.#schedule.add({ id: `${key} ${i}`, intervalMs, fastMs, jitterMs, run });
    }
    if (old !== undefined) this.#removeTasks(old, target.probes.length);
  }

  #removeTasks({ key, probes }: Target, from: number): void {
    for (let i = from; i < probes.length; i++) this.#schedule.remove(`${key} ${i}`);
  }

  async #probe(key: string, i: number, signal: AbortSignal): Promise<Pace> {
    const startedMs = this.nowMs;
    const begun = this.#members.get(key) ?? this.#references.get(key);
    const outcome = await begun?.probes[i]?.probe.run(signal);
    // it may be another one by now, or gone
    const target = this.#members.get(key) ?? this.#references.get(key);
    if (outcome === undefined || target === undefined || signal.aborted) return 'usual';
    const failures = target.state.failures;
    this.#take(target, observe(target.state, i, outcome, startedMs, this.nowMs));
    if (isMember(target)) {
      this.#warn(target, i, outcome.warning);
      if (failures === 0 && target.state.failures > 0) this.#callWitnesses();
    }
    if (this.#sight.kind !== 'clear') this.#decideSoon();
    else if (isUnsettled(target)) this.#decideSoon(target.name);
    return isHurried(target.state) || (isUnsettled(target) && this.#sight.kind !== 'blind')
      ? 'fast'
      : 'usual';
  }

  /** Has the witnesses probed at once, for all failures of a short while together. */
  #callWitnesses(): void {
    if (this.#isCalling || this.#sight.kind === 'blind') return;
    this.#isCalling = true;
    this.#options.timers.after(CALL_MS, () => {
      this.#isCalling = false;
      const witnesses = chooseWitnesses([...this.#members.values()], [...this.#references.values()]);
      for (const { key, probes } of witnesses) {
        for (const i of probes.keys()) this.#schedule.runSoon(`${key} ${i}`);
      }
    });
  }

  #take(target: Target, { state, change }: Step): void {
    target.state = state;
    if (isMember(target) && state.standing === 'up') target.hasBeenUp = true;
    if (change === undefined) return;
    if (isMember(target)) {
      const { name, member } = target;
      this.#options.journal.record({ kind: 'state', name, member, ...change });
      this.#decideSoon(name);
    } else this.#decideSoon();
  }

  #warn({ warnings, name, member }: MemberTarget, i: number, text: string | undefined): void {
    if (warnings.get(i) === text) return;
    if (text === undefined) warnings.delete(i);
    else {
      warnings.set(i, text);
      this.#options.journal.record({ kind: 'warning', name, member, atMs: this.nowMs, text });
    }
  }

  // --- deciding ---

  /** With the next turn, once for all that has happened until then; when much happens, in short intervals. */
  #decideSoon(name?: string): void {
    if (name !== undefined) this.#toDecide.add(name);
    if (this.#isPending || this.#isStopped) return;
    this.#isPending = true;
    const gapMs = this.#sight.kind === 'blind' ? BLIND_GAP_MS : GAP_MS;
    const waitMs = Math.max(this.#decidedMs + gapMs - this.nowMs, 0);
    this.#cancelDecision = this.#options.timers.after(waitMs, () => {
      this.#isPending = false;
      this.#decide();
    });
  }

  #decide(): void {
    const nowMs = this.nowMs;
    this.#decidedMs = nowMs;
    const wasClear = this.#sight.kind === 'clear';
    const around = this.#lookAround(nowMs);
    const isAll = !wasClear || around.sight.kind !== 'clear';
    const names = isAll ? [...this.#names.keys()] : [...this.#toDecide];
    this.#toDecide.clear();
    for (const name of names) this.#decideOn(name, around, nowMs);
    this.#waitForHolds(nowMs);
  }

  #decideOn(name: string, around: Around, nowMs: number): void {
    const known = this.#names.get(name);
    if (known === undefined) return;
    const { members, happenings } = decide(known.members, known.rules, around, nowMs);
    const isNew = members.some(({ wish }, i) => wish.want !== known.members[i]?.wish?.want);
    for (const [i, target] of known.members.entries()) {
      target.damping = members[i]?.damping ?? target.damping;
      target.wish = members[i]?.wish;
    }
    for (const happening of happenings) this.#options.journal.record(happening);
    const isToTell = this.#toTell.delete(name);
    if (isNew || isToTell) {
      const wishes = members.map(({ wish }) => wish);
      this.#options.onWishes(name, wishes);
    }
  }

  #waitForHolds(nowMs: number): void {
    this.#cancelHold();
    const next = nextDecision([...this.#members.values()], nowMs);
    if (next === undefined) return;
    const waitMs = Math.min(Math.ceil(next - nowMs), MAX_WAIT_MS);
    this.#cancelHold = this.#options.timers.after(waitMs, () => {
      for (const { name, damping } of this.#members.values()) {
        if (damping.heldUntilMs !== undefined) this.#toDecide.add(name);
      }
      this.#decideSoon();
    });
  }

  #lookAround(nowMs: number): Around {
    const look = (): Around => {
      const targets = [...this.#members.values()].filter(isCounted).map(({ state }) => state);
      const references = [...this.#references.values()].map(({ state }) => state);
      return lookAround(this.#sight, targets, references, this.#plan.sight, nowMs);
    };
    const around = look();
    this.#sight = around.sight;
    const { change } = around;
    if (change === undefined) return around;
    this.#options.journal.record({ kind: 'sight', ...change });
    if (change.to === 'checking') this.#callWitnesses();
    if (!change.isRestart) return around;
    for (const target of this.#members.values())
      this.#take(target, restartAfterBlindness(target.state, nowMs));
    return look();
  }
}

// --- helpers ---

/** Between two decisions, when much happens: looking at all targets costs about a millisecond for 2,000. */
const GAP_MS = 20;
/** So long witnesses wait for others that need them too: much less than `fast`. */
const CALL_MS = 5;
/** While nothing is pulled anyway. */
const BLIND_GAP_MS = 200;

/** Longest timer. */
const MAX_WAIT_MS = 3_600_000;
