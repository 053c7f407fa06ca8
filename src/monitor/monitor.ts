import type { Effects } from '../base/effects.ts';
import type { Timers } from '../base/timers.ts';
import { showName } from '../wire/name.ts';
import { decide } from './decision.ts';
import { DecisionJournal } from './decision-journal.ts';
import { Hook, type HookReport } from './hooks.ts';
import { isHealthy, isHurried, observe, type Step } from './member-state.ts';
import type { MonitorPlan } from './monitor-plan.ts';
import type { ProbeResult } from './probes/probe-run.ts';
import { type Pace, Schedule, type ScheduleReport } from './schedule.ts';
import { ServerWatch } from './server-watch.ts';
import {
  type Around,
  chooseWitnesses,
  clearSight,
  lookAround,
  restartAfterBlindness,
  type Sight,
} from './sight.ts';
import type { Alarm } from './updater/alarms.ts';
import type { Updater } from './updater/updater.ts';
import type { UpdaterEvents } from './updater/updater-tools.ts';
import type { UpdatedZone } from './updater/watched.ts';
import { WatchList, type ZoneWatch } from './watch-list.ts';
import {
  type MemberWatch,
  type NameWatch,
  type ProbeMaker,
  presenceOf,
  type ReferenceWatch,
  type TargetWatch,
} from './watches.ts';

/** What a monitor works with. */
export interface MonitorOptions {
  readonly plan: MonitorPlan;
  readonly effects: Effects;
  readonly timers: Timers;
  readonly makeProbe: ProbeMaker;
  /** Makes what tells the servers; `new Updater` with its tools. */
  makeUpdater(zones: readonly UpdatedZone[], events: UpdaterEvents): MonitoredServers;
}

/** What tells the servers what is wanted; {@link Updater} is one. */
export type MonitoredServers = Pick<
  Updater,
  'start' | 'want' | 'known' | 'alarms' | 'settled' | 'configure' | 'close'
>;

/**
 * Watches members and has those pulled that fail.
 *
 * ```text
 *  schedule ─► probe ─► member-state ──┐                        ┌─► decision-journal ─► log, hooks
 *                          sight ──────┼─► decision (guards) ───┤
 *  updater: what the server holds ─────┘     damping            └─► updater: what is wanted
 * ```
 *
 * Decisions are made for the names of which something is new, at once and then at most every {@link PAUSE_MS}.
 */
export class Monitor {
  readonly journal: DecisionJournal;
  readonly watched: WatchList;
  readonly #effects: Effects;
  readonly #timers: Timers;
  readonly #updater: MonitoredServers;
  readonly #servers: ServerWatch;
  readonly #schedule: Schedule;
  readonly #dirty = new Set<NameWatch>();
  #plan: MonitorPlan;
  #hooks: readonly Hook[] = [];
  #sight: Sight;
  /** Names in which somebody waits for a witness, or for a time. */
  #waiting: ReadonlySet<NameWatch> = new Set();
  #isDue = false;
  #decidedMs = Number.NEGATIVE_INFINITY;
  #stopTicking: () => void = () => {};
  #isStopped = false;

  /** Does nothing before {@link start}. */
  constructor({ plan, effects, timers, makeProbe, makeUpdater }: MonitorOptions) {
    this.#plan = plan;
    this.#effects = effects;
    this.#timers = timers;
    this.journal = new DecisionJournal(effects.log);
    this.#sight = clearSight(effects.nowMs());
    this.#schedule = new Schedule({ timers, effects, parallel: plan.parallel });
    this.watched = new WatchList({
      effects,
      schedule: this.#schedule,
      makeProbe,
      onResult: (target, probe, result, startedMs) => this.#takeResult(target, probe, result, startedMs),
    });
    this.watched.adopt(plan);
    this.#servers = new ServerWatch({
      effects,
      journal: this.journal,
      watched: this.watched,
      known: (apex) => this.#updater.known(apex),
      alarms: (apex) => this.#updater.alarms(apex),
      onNews: (names) => this.#decide(names),
    });
    this.#updater = makeUpdater(
      plan.zones.map(({ zone }) => zone),
      this.#servers,
    );
    this.#adoptHooks(plan);
    this.journal.listen((happening) => {
      for (const hook of this.#hooks) hook.tell(happening);
    });
  }

  /** Begins to probe, and to learn what the servers hold. */
  start(): void {
    this.#updater.start();
    const stops = [
      this.#timers.every(TICK_MS, () => this.#tick()),
      this.#timers.every(REFRESH_MS, () => this.#servers.refresh()),
    ];
    this.#stopTicking = () => {
      for (const stop of stops) stop();
    };
  }

  /**
   * Goes over to another plan and forgets nothing of what was seen. How many probes run in parallel stays. Resolves when the
   * servers are looked after by it.
   */
  async reload(plan: MonitorPlan): Promise<void> {
    const zones = plan.zones.map((planned) => {
      const same = this.watched.zones.get(showName(planned.zone.apex))?.plan;
      return same?.mark === planned.mark ? { ...planned, zone: same.zone } : planned;
    });
    this.#plan = { ...plan, zones };
    this.watched.adopt(this.#plan);
    this.#adoptHooks(this.#plan);
    await this.#updater.configure(zones.map(({ zone }) => zone));
    this.#decide([...this.watched.names()]);
  }

  /** Probes everybody as soon as there are places. */
  probeAll(): void {
    for (const { probes } of [...this.watched.members(), ...this.watched.references]) {
      for (const { id } of probes) this.#schedule.runSoon(id);
    }
  }

  /**
   * Resolves when it is decided of every member how it is, servers have been told, and have answered; or when that does not
   * come about in the time that all probes take at most, and some more.
   */
  async decided(): Promise<void> {
    const endMs = this.#timers.nowMs() + longestMs(this.#plan) + GRACE_MS;
    while (!this.#isDecided() && this.#timers.nowMs() < endMs && !this.#isStopped)
      await this.#pause(TICK_MS / 10);
    const rest = Math.max(endMs - this.#timers.nowMs(), 0);
    await Promise.race([this.#updater.settled(), this.#pause(rest)]);
    this.#decide([]);
    await Promise.race([this.#updater.settled(), this.#pause(rest)]);
  }

  #isDecided(): boolean {
    const zones = [...this.watched.zones.values()];
    const isHeard = zones.every((zone) => zone.isKnown || this.alarms(zone).length > 0);
    const members = [...this.watched.members()];
    return (
      isHeard &&
      members.every(({ state, wish }) => isHealthy(state) !== undefined && wish?.reason !== 'unwitnessed')
    );
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#timers.after(ms, resolve));
  }

  /** Ends probes, hooks and updates. What was said to servers stays; leases end by themselves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopTicking();
    this.#schedule.stop();
    for (const hook of this.#hooks) hook.stop();
    await this.#updater.close();
  }

  // --- for reports ---

  get plan(): MonitorPlan {
    return this.#plan;
  }

  get sight(): Sight {
    return this.#sight;
  }

  get scheduleReport(): ScheduleReport {
    return this.#schedule.report;
  }

  get hookReports(): readonly HookReport[] {
    return this.#hooks.map(({ report }) => report);
  }

  /** What is in the way of what is wanted in a zone. */
  alarms({ plan }: ZoneWatch): readonly Alarm[] {
    return this.#updater.alarms(plan.zone.apex);
  }

  // --- results ---

  #takeResult(target: TargetWatch, probe: number, result: ProbeResult, startedMs: number): Pace {
    const { state: before } = target;
    const member = memberIn(target);
    this.#step(target, observe(before, probe, result, startedMs, this.#effects.nowMs()));
    const { state } = target;
    if (member !== undefined) {
      this.#takeWarning(member, probe, result);
      if (before.failures === 0 && state.failures > 0) this.#callWitnesses();
      if (state.failures > 0 || before.failures > 0 || isHealthy(state) !== isHealthy(before)) {
        this.#mark(member.name);
      }
    }
    if (this.#sight.kind !== 'clear') for (const name of this.watched.names()) this.#mark(name);
    for (const name of this.#waiting) this.#mark(name);
    // whoever is not known yet is soon, and whoever may be down is made sure of
    return isHurried(state) || state.standing === 'unknown' ? 'fast' : 'usual';
  }

  #step(target: TargetWatch, { state, change }: Step): void {
    target.state = state;
    const member = memberIn(target);
    if (change === undefined || member === undefined) return;
    this.journal.record({ kind: 'state', name: member.name.text, member: member.member, ...change });
    this.#mark(member.name);
  }

  #takeWarning({ name, member, warnings }: MemberWatch, probe: number, { warning }: ProbeResult): void {
    if (warning === undefined) {
      warnings.delete(probe);
    } else if (warnings.get(probe) !== warning) {
      warnings.set(probe, warning);
      const atMs = this.#effects.nowMs();
      this.journal.record({ kind: 'warning', atMs, name: name.text, member, text: warning });
    }
  }

  /** Somebody has begun to fail: whoever can tell whether it is our own network is probed at once. */
  #callWitnesses(): void {
    const targets: readonly TargetWatch[] = [...this.watched.members()];
    for (const { probes } of chooseWitnesses<TargetWatch>(targets, this.watched.references)) {
      for (const { id } of probes) this.#schedule.runSoon(id);
    }
  }

  // --- decisions ---

  #mark(name: NameWatch): void {
    this.#dirty.add(name);
    if (this.#isDue || this.#isStopped) return;
    this.#isDue = true;
    const waitMs = this.#decidedMs + PAUSE_MS - this.#timers.nowMs();
    const call = (): void => {
      this.#isDue = false;
      this.#decide([]);
    };
    if (waitMs > 0) this.#timers.after(waitMs, call);
    else this.#timers.soon(call);
  }

  /** Decides on these names, and on those that are marked. */
  #decide(names: Iterable<NameWatch>): void {
    if (this.#isStopped) return;
    for (const name of names) this.#dirty.add(name);
    const around = this.#lookAround();
    const waiting = new Set(this.#waiting);
    for (const name of this.#dirty) {
      if (this.#decideName(name, around)) waiting.add(name);
      else waiting.delete(name);
    }
    this.#waiting = waiting;
    this.#dirty.clear();
    this.#decidedMs = this.#timers.nowMs();
  }

  #lookAround(): Around {
    const { references } = this.watched;
    const look = (): Around =>
      lookAround(
        this.#sight,
        [...this.watched.members()].map(({ state }) => state),
        references.map(({ state }) => state),
        this.#plan.sight,
        this.#effects.nowMs(),
      );
    const around = look();
    this.#sight = around.sight;
    const { change } = around;
    if (change === undefined) return around;
    this.journal.record({ kind: 'sight', ...change });
    for (const name of this.watched.names()) this.#dirty.add(name);
    if (change.to !== 'clear') {
      for (const { probes } of references) for (const { id } of probes) this.#schedule.runSoon(id);
    }
    if (!change.isRestart) return around;
    for (const member of this.watched.members()) {
      this.#step(member, restartAfterBlindness(member.state, this.#effects.nowMs()));
    }
    return { ...look(), sight: this.#sight };
  }

  /** Returns whether somebody in it waits for a witness, or for a time. */
  #decideName(name: NameWatch, around: Around): boolean {
    const nowMs = this.#effects.nowMs();
    const members = [...name.members.values()];
    // nothing can be said to a server of which nothing is known; what was decided before stands until then
    if (members.every(({ known }) => known === undefined)) return false;
    const rules = { name: name.text, keep: name.plan.keep, damping: this.#plan.damping };
    const decision = decide(
      members.map((each) => {
        const { member, state, damping, wish } = each;
        return { member, state, damping, wish, presence: presenceOf(each) };
      }),
      rules,
      around,
      nowMs,
    );
    for (const happening of decision.happenings) this.journal.record(happening);
    let isWaiting = false;
    for (const [i, { wish, damping }] of decision.members.entries()) {
      const member = members[i];
      if (member === undefined) continue;
      member.damping = damping;
      if (member.wish?.want !== wish.want) member.wantedMs = nowMs;
      member.wish = wish;
      this.#want(member);
      isWaiting ||= wish.reason === 'unwitnessed' || wish.reason === 'held' || wish.reason === 'kept';
    }
    return isWaiting;
  }

  /** Says to the updater what was decided. To leave a member is to say that it stays as the server has it. */
  #want({ name, member, wish, known }: MemberWatch): void {
    if (wish === undefined || known === undefined) return;
    const { kind } = known.standing;
    const wanted = wish.want === 'leave' ? (kind === 'in' || kind === 'out' ? kind : undefined) : wish.want;
    if (wanted !== undefined) this.#updater.want(name.apex, name.name, member, wanted, wish.why);
  }

  /** What becomes other by time alone: holds end, calm comes back. */
  #tick(): void {
    if (this.#sight.kind !== 'clear') for (const name of this.watched.names()) this.#mark(name);
    for (const name of this.#waiting) this.#mark(name);
  }

  #adoptHooks({ hooks }: MonitorPlan): void {
    for (const hook of this.#hooks) hook.stop();
    this.#hooks = hooks.map((options) => new Hook(options, this.#effects, this.#timers));
  }
}

// --- helpers ---

/** Between two decisions; milliseconds. Each looks at all targets. */
const PAUSE_MS = 20;
const TICK_MS = 1000;
const REFRESH_MS = 10_000;

/** What a server may take to answer, beside the probes; milliseconds. */
const GRACE_MS = 10_000;

/** The time in which every probe of a plan has filled its window. */
function longestMs({ zones, references }: MonitorPlan): number {
  const probes = [
    ...zones.flatMap(({ names, found }) => [...names.values(), found].flatMap((name) => name.probes)),
    ...references.map(({ probe }) => probe),
  ];
  const times = probes.map(
    ({ rules, fastMs, options }) => rules.window * (fastMs + (options.timeoutMs ?? 1000)),
  );
  return Math.max(0, ...times);
}

function memberIn(target: TargetWatch | MemberWatch | ReferenceWatch): MemberWatch | undefined {
  return 'member' in target ? target : undefined;
}
