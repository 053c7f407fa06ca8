import { isDeepStrictEqual } from 'node:util';
import type { Effects } from '../base/effects.ts';
import type { Timers } from '../base/timers.ts';
import { showName } from '../wire/name.ts';
import { DecisionJournal } from './decision-journal.ts';
import type { Wish } from './guards.ts';
import { Hook, type HookOptions, type HookReport } from './hooks.ts';
import type { LoadOptions, LoadReader } from './load/readers.ts';
import { isHealthy } from './member-state.ts';
import type { MonitorPlan } from './monitor-plan.ts';
import {
  type MemberGroup,
  type MonitoredMember,
  type MonitoredName,
  type MonitoredZone,
  MonitoredZones,
  type ProbeMaker,
  presenceOf,
} from './monitored-zones.ts';
import { ServerWatch } from './server-watch.ts';
import type { Alarm } from './updater/alarms.ts';
import type { Updater } from './updater/updater.ts';
import type { UpdaterEvents } from './updater/updater-tools.ts';
import type { UpdatedZone } from './updater/watched.ts';
import { Watch } from './watch.ts';
import { Weights } from './weights.ts';

/** What a monitor works with. */
export interface MonitorOptions {
  readonly plan: MonitorPlan;
  readonly effects: Effects;
  readonly timers: Timers;
  readonly makeProbe: ProbeMaker;
  /** `makeLoadReader` with its timers. */
  readonly makeReader: (options: LoadOptions) => LoadReader;
  /** Makes what tells the servers; `new Updater` with its tools. */
  makeUpdater(zones: readonly UpdatedZone[], events: UpdaterEvents): MonitoredServers;
}

/** What tells the servers what is wanted; {@link Updater} is one. */
export type MonitoredServers = Pick<
  Updater,
  'start' | 'want' | 'weigh' | 'known' | 'alarms' | 'settled' | 'configure' | 'close'
>;

/**
 * Watches members and has those pulled that fail.
 *
 * ```text
 *   monitor.toml ─► plan ─► monitored-zones ─► watch: probes, states, guards, decisions
 *                              ▲ members          ▲ presence        │ wishes
 *                              │                  │                 ▼
 *                           server-watch ◄──── updater: what servers hold, and are told
 *                              │                                    │
 *                              └──────► decision-journal ◄──────────┘ ─► log, hooks, reports
 * ```
 */
export class Monitor {
  readonly journal: DecisionJournal;
  readonly zones: MonitoredZones;
  readonly #effects: Effects;
  readonly #timers: Timers;
  readonly #updater: MonitoredServers;
  readonly #servers: ServerWatch;
  readonly #watch: Watch;
  readonly #weights: Weights;
  #plan: MonitorPlan;
  #hooks: readonly { readonly options: HookOptions; readonly hook: Hook }[] = [];
  #isPlanDue = false;
  #stopRefreshing: () => void = () => {};
  #isStopped = false;

  /** Begins to probe at once; servers are asked after {@link start}. */
  constructor({ plan, effects, timers, makeProbe, makeReader, makeUpdater }: MonitorOptions) {
    this.#plan = plan;
    this.#effects = effects;
    this.#timers = timers;
    this.journal = new DecisionJournal(effects.log);
    this.zones = new MonitoredZones(plan, makeProbe);
    this.#adoptHooks(plan);
    this.journal.listen((happening) => {
      for (const { hook } of this.#hooks) hook.tell(happening);
    });
    const { journal } = this;
    const onWishes = (key: string, wishes: readonly Wish[]): void => this.#takeWishes(key, wishes);
    this.#watch = new Watch(
      { timers, effects, parallel: plan.parallel, journal, onWishes },
      this.zones.watchPlan(),
    );
    this.#weights = new Weights({
      effects,
      timers,
      journal,
      zones: this.zones,
      makeReader,
      weigh: ({ name }, member, weight) => this.#updater.weigh(name.apex, name.name, member, weight),
    });
    this.#weights.adopt();
    this.#servers = new ServerWatch({
      effects,
      journal,
      zones: this.zones,
      known: (apex) => this.#updater.known(apex),
      alarms: (apex) => this.#updater.alarms(apex),
      onNews: (names, isOther) => this.#takeNews(names, isOther),
      onHeard: (zone) => this.#unsayOld(zone),
    });
    this.#updater = makeUpdater(
      plan.zones.map(({ zone }) => zone),
      this.#servers,
    );
  }

  /** Begins to learn what the servers hold. */
  start(): void {
    this.#updater.start();
    this.#stopRefreshing = this.#timers.every(REFRESH_MS, () => {
      if (this.#servers.refresh()) this.#planSoon();
    });
  }

  /**
   * Goes over to another plan and forgets nothing of what was seen. How many probes run in parallel stays. Resolves when the
   * servers are looked after by it.
   */
  async reload(plan: MonitorPlan): Promise<void> {
    const zones = plan.zones.map((planned) => {
      const same = this.zones.zones.get(showName(planned.zone.apex))?.plan;
      return same?.mark === planned.mark ? { ...planned, zone: same.zone } : planned;
    });
    this.#plan = { ...plan, zones };
    this.zones.adopt(this.#plan);
    this.#adoptHooks(this.#plan);
    this.#watchPlan();
    await this.#updater.configure(zones.map(({ zone }) => zone));
  }

  /**
   * Looks as often as can be until it is decided of every member how it is, servers have been told, and have answered; or
   * until that has not come about in the time that it takes at most.
   */
  async decided(): Promise<void> {
    const { paceMs, longestMs } = paceOf(this.#plan);
    const endMs = this.#timers.nowMs() + longestMs + GRACE_MS;
    while (!this.#isDecided() && this.#timers.nowMs() < endMs && !this.#isStopped) {
      this.#watch.probeAll();
      await this.#pause(paceMs);
    }
    const rest = Math.max(endMs - this.#timers.nowMs(), 0);
    await Promise.race([this.#updater.settled(), this.#pause(rest)]);
  }

  /** Ends probes, hooks and updates. What was said to servers stays; leases end by themselves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopRefreshing();
    this.#watch.stop();
    this.#weights.stop();
    for (const { hook } of this.#hooks) hook.stop();
    await this.#updater.close();
  }

  // --- for reports ---

  get plan(): MonitorPlan {
    return this.#plan;
  }

  /** States and decisions. */
  get watch(): Pick<Watch, 'sight' | 'schedule' | 'references' | 'membersOf'> {
    return this.#watch;
  }

  get hookReports(): readonly HookReport[] {
    return this.#hooks.map(({ hook }) => hook.report);
  }

  /** What is in the way of what is wanted in a zone. */
  alarms({ plan }: MonitoredZone): readonly Alarm[] {
    return this.#updater.alarms(plan.zone.apex);
  }

  // --- between watch and updater ---

  #takeWishes(key: string, wishes: readonly Wish[]): void {
    const group = this.zones.groups.get(key);
    if (group === undefined) return;
    for (const [i, wish] of wishes.entries()) {
      const member = group.members[i];
      if (member !== undefined) this.#want(group, member, wish);
    }
  }

  #want({ name }: MemberGroup, member: MonitoredMember, { want, why }: Wish): void {
    if (member.known === undefined) return;
    const isChange = want !== 'leave' && want !== member.known.standing.kind;
    member.wantedMs = isChange ? (member.wantedMs ?? this.#effects.nowMs()) : undefined;
    this.#updater.want(name.apex, name.name, member.member, want, why);
  }

  #takeNews(names: readonly MonitoredName[], isOther: boolean): void {
    if (isOther) this.#planSoon();
    for (const name of names) for (const group of this.zones.groupsOf(name)) this.#tellPresence(group);
  }

  /** What was wanted before the server was lost is no longer: it is decided anew, with what it holds now. */
  #unsayOld({ names }: MonitoredZone): void {
    for (const { apex, name, members } of names.values()) {
      for (const member of members.keys())
        this.#updater.want(apex, name, member, 'leave', 'it is decided anew');
    }
  }

  #tellPresence({ key, members }: MemberGroup): void {
    this.#watch.setPresence(key, new Map(members.map((each) => [each.member, presenceOf(each)])));
  }

  /** Names come one by one; they are watched together. */
  #planSoon(): void {
    if (this.#isPlanDue) return;
    this.#isPlanDue = true;
    this.#timers.soon(() => {
      this.#isPlanDue = false;
      if (!this.#isStopped) this.#watchPlan();
    });
  }

  #watchPlan(): void {
    this.#watch.setPlan(this.zones.watchPlan());
    this.#weights.adopt();
    for (const group of this.zones.groups.values()) this.#tellPresence(group);
  }

  #adoptHooks({ hooks }: MonitorPlan): void {
    const before = this.#hooks;
    this.#hooks = hooks.map((options) => {
      const same = before.find((each) => isDeepStrictEqual(each.options, options));
      return same ?? { options, hook: new Hook(options, this.#effects, this.#timers) };
    });
    for (const each of before) if (!this.#hooks.includes(each)) each.hook.stop();
  }

  #isDecided(): boolean {
    const zones = [...this.zones.zones.values()];
    if (!zones.every((zone) => zone.isKnown || this.alarms(zone).length > 0)) return false;
    return [...this.zones.groups.keys()].every((key) =>
      this.#watch.membersOf(key).every(({ state, wish }) => {
        return (
          isHealthy(state) !== undefined && wish?.reason !== 'unwitnessed' && wish?.reason !== 'undecided'
        );
      }),
    );
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#timers.after(ms, resolve));
  }
}

// --- helpers ---

/** Between two looks for names that are gone. */
const REFRESH_MS = 10_000;
/** What a server may take to answer, beside the probes; milliseconds. */
const GRACE_MS = 10_000;

/** How soon every probe of a plan may look again, and in which time each has filled its window. */
function paceOf({ zones, references }: MonitorPlan): { readonly paceMs: number; readonly longestMs: number } {
  const probes = [
    ...zones.flatMap(({ names, found }) => [...names.values(), found].flatMap((name) => name.probes)),
    ...references.map(({ probe }) => probe),
  ];
  const paceMs = Math.max(MIN_PACE_MS, ...probes.map(({ fastMs }) => fastMs));
  const times = probes.map(({ rules, options }) => rules.window * (paceMs + (options.timeoutMs ?? 1000)));
  return { paceMs, longestMs: Math.max(0, ...times) };
}

const MIN_PACE_MS = 100;
