import type { Effects } from '../base/effects.ts';
import type { Timers } from '../base/timers.ts';
import { type DampingRules, UNDAMPED } from './damping.ts';
import { decide, nextDecision, type WatchedMember } from './decision.ts';
import type { DecisionJournal } from './decision-journal.ts';
import type { Presence, Wish } from './guards.ts';
import {
  adoptRules,
  isHealthy,
  isHurried,
  type Outcome,
  observe,
  type Step,
  startMember,
  type WindowRules,
} from './member-state.ts';
import { type Pace, Schedule, type ScheduleReport } from './schedule.ts';
import {
  type Around,
  chooseWitnesses,
  clearSight,
  lookAround,
  restartAfterBlindness,
  type Sight,
  type SightRules,
} from './sight.ts';

/** One probe of a target, and how often it looks. */
export interface WatchedProbe {
  readonly rules: WindowRules;
  readonly intervalMs: number;
  readonly fastMs: number;
  readonly jitterMs: number;
  /** Never rejects, and ends in time by itself. */
  readonly probe: { run(signal: AbortSignal): Promise<Outcome> };
}

/** A name and its members. */
export interface WatchedName {
  /** Unique: a name, with its type where there are two. */
  readonly name: string;
  readonly keep: number;
  readonly damping: DampingRules;
  readonly members: readonly { readonly member: string; readonly probes: readonly WatchedProbe[] }[];
}

/** What is watched. References are never pulled: they tell our network's failures from those of the targets. */
export interface WatchPlan {
  readonly names: readonly WatchedName[];
  readonly references: readonly { readonly label: string; readonly probes: readonly WatchedProbe[] }[];
  readonly sight: SightRules;
}

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
  #members = new Map<string, Member>();
  #references = new Map<string, Target>();
  #sight: Sight;
  #decidedMs = Number.NEGATIVE_INFINITY;
  #isPending = false;
  #isStopped = false;
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
    const rules = this.#plan.names.find((each) => each.name === name);
    return (rules?.members ?? []).flatMap(({ member }) => this.#members.get(keyOf(name, member)) ?? []);
  }

  /** Watches otherwise from now on. What is known of members that stay is kept. */
  setPlan(plan: WatchPlan): void {
    const [oldMembers, oldReferences] = [this.#members, this.#references];
    this.#plan = plan;
    this.#members = new Map();
    this.#references = new Map();
    for (const { name, members } of plan.names) {
      for (const { member, probes } of members) {
        const key = keyOf(name, member);
        const old = oldMembers.get(key);
        const fresh = { damping: UNDAMPED, presence: 'unknown' as const, wish: undefined };
        const next: Member = { ...fresh, ...old, ...this.#targetFor(key, old, probes), name, member };
        this.#members.set(key, next);
        this.#addTasks(next, old);
      }
    }
    for (const { label, probes } of plan.references) {
      const key = `reference ${label}`;
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
    for (const target of this.#members.values()) {
      if (target.name === name) target.presence = presences.get(target.member) ?? 'unknown';
    }
    this.#toTell.add(name);
    this.#decideSoon();
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
    if (this.#sight.kind !== 'clear' || isUnsettled(target)) this.#decideSoon();
    return isHurried(target.state) || (isUnsettled(target) && this.#sight.kind !== 'blind')
      ? 'fast'
      : 'usual';
  }

  #callWitnesses(): void {
    const witnesses = chooseWitnesses([...this.#members.values()], [...this.#references.values()]);
    for (const { key, probes } of witnesses) {
      for (const i of probes.keys()) this.#schedule.runSoon(`${key} ${i}`);
    }
  }

  #take(target: Target, { state, change }: Step): void {
    target.state = state;
    if (change === undefined) return;
    if (isMember(target)) {
      const { name, member } = target;
      this.#options.journal.record({ kind: 'state', name, member, ...change });
    }
    this.#decideSoon();
  }

  #warn({ warnings, name, member }: Member, i: number, text: string | undefined): void {
    if (warnings.get(i) === text) return;
    if (text === undefined) warnings.delete(i);
    else {
      warnings.set(i, text);
      this.#options.journal.record({ kind: 'warning', name, member, atMs: this.nowMs, text });
    }
  }

  // --- deciding ---

  /** With the next turn, once for all that has happened until then; when much happens, in short intervals. */
  #decideSoon(): void {
    if (this.#isPending || this.#isStopped) return;
    this.#isPending = true;
    const waitMs = Math.max(this.#decidedMs + GAP_MS - this.nowMs, 0);
    this.#cancelDecision = this.#options.timers.after(waitMs, () => {
      this.#isPending = false;
      this.#decide();
    });
  }

  #decide(): void {
    const nowMs = this.nowMs;
    this.#decidedMs = nowMs;
    const around = this.#lookAround(nowMs);
    let next: number | undefined;
    for (const rules of this.#plan.names) {
      const before = this.membersOf(rules.name);
      const { members, happenings } = decide(before, rules, around, nowMs);
      const isNew = members.some(({ wish }, i) => wish.want !== before[i]?.wish?.want);
      for (const { member, damping, wish } of members) {
        const target = this.#members.get(keyOf(rules.name, member));
        if (target !== undefined) Object.assign(target, { damping, wish });
      }
      for (const happening of happenings) this.#options.journal.record(happening);
      const wishes = members.map(({ wish }) => wish);
      if (this.#toTell.delete(rules.name) || isNew) this.#options.onWishes(rules.name, wishes);
      const due = nextDecision(members, nowMs);
      if (due !== undefined) next = Math.min(next ?? due, due);
    }
    this.#cancelHold();
    if (next !== undefined) {
      const waitMs = Math.min(Math.ceil(next - nowMs), MAX_WAIT_MS);
      this.#cancelHold = this.#options.timers.after(waitMs, () => this.#decideSoon());
    }
  }

  #lookAround(nowMs: number): Around {
    const look = (): Around => {
      const targets = [...this.#members.values()].map(({ state }) => state);
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

interface Target {
  readonly key: string;
  state: WatchedMember['state'];
  readonly probes: readonly WatchedProbe[];
  /** The last one of each probe that was told. */
  readonly warnings: Map<number, string>;
}

interface Member extends Target {
  readonly name: string;
  readonly member: string;
  damping: WatchedMember['damping'];
  presence: Presence;
  wish: Wish | undefined;
}

/** Between two decisions, when much happens: looking at all targets costs about a millisecond for 2,000. */
const GAP_MS = 20;

/** Longest timer. */
const MAX_WAIT_MS = 3_600_000;

function keyOf(name: string, member: string): string {
  return `member ${name} ${member}`;
}

function isMember(target: Target | Member): target is Member {
  return 'member' in target;
}

/** Its probes fail and it is in: a decision waits, for witnesses. */
function isUnsettled(target: Target | Member): boolean {
  return (
    isMember(target) &&
    target.presence === 'in' &&
    isHealthy(target.state) === false &&
    target.wish?.want !== 'out' &&
    target.wish?.reason !== 'kept'
  );
}
