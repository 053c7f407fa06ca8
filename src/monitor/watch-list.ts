import { isDeepStrictEqual } from 'node:util';
import type { Effects } from '../base/effects.ts';
import { showName } from '../wire/name.ts';
import type { MonitorPlan, PlannedZone } from './monitor-plan.ts';
import type { ProbeResult } from './probes/probe-run.ts';
import type { Pace, Schedule } from './schedule.ts';
import type { KnownName } from './updater/known-name.ts';
import {
  adoptPlan,
  type MemberWatch,
  type NameWatch,
  type ProbeMaker,
  type ReferenceWatch,
  type TargetWatch,
  watchMember,
  watchName,
  watchReference,
} from './watches.ts';

/** A zone as it is watched. */
export interface ZoneWatch {
  plan: PlannedZone;
  /** By `showName`. */
  readonly names: Map<string, NameWatch>;
  /** Whether it is known what the server holds. */
  isKnown: boolean;
  /** Alarms that have been told: their reasons, by what they are about. */
  readonly told: Map<string, string>;
}

/** What a watch list works with. */
export interface WatchListOptions {
  readonly effects: Pick<Effects, 'nowMs'>;
  readonly schedule: Schedule;
  readonly makeProbe: ProbeMaker;
  /** Takes a result of a probe of a target; says when to look again. */
  onResult(target: TargetWatch, probe: number, result: ProbeResult, startedMs: number): Pace;
}

/** Who is watched: zones, names, members and references, each with its tasks in the schedule. */
export class WatchList {
  readonly #options: WatchListOptions;
  readonly #zones = new Map<string, ZoneWatch>();
  #references: readonly ReferenceWatch[] = [];
  #tasks: ReadonlySet<string> = new Set();

  constructor(options: WatchListOptions) {
    this.#options = options;
  }

  /** By `showName`, in the order of the plan. */
  get zones(): ReadonlyMap<string, ZoneWatch> {
    return this.#zones;
  }

  get references(): readonly ReferenceWatch[] {
    return this.#references;
  }

  /** All names of all zones. */
  *names(): IterableIterator<NameWatch> {
    for (const { names } of this.#zones.values()) yield* names.values();
  }

  /** All members of all names. */
  *members(): IterableIterator<MemberWatch> {
    for (const { members } of this.names()) yield* members.values();
  }

  /** Goes over to a plan. What is in both goes on as it is. */
  adopt(plan: MonitorPlan): void {
    const before = new Map(this.#zones);
    this.#zones.clear();
    for (const planned of plan.zones) {
      const apex = showName(planned.zone.apex);
      const watch = before.get(apex) ?? { plan: planned, names: new Map(), isKnown: false, told: new Map() };
      if (watch.plan.zone !== planned.zone) forgetServer(watch);
      watch.plan = planned;
      this.#zones.set(apex, watch);
      this.#adoptNames(watch);
    }
    this.#adoptReferences(plan);
    this.#schedule();
  }

  /** Takes the members that a name was found to have, and where they stand. Returns its watch. */
  take(zone: ZoneWatch, known: KnownName): NameWatch {
    const { apex } = zone.plan.zone;
    const { name, members } = known.watched;
    const text = showName(name);
    const watch = zone.names.get(text) ?? watchName(apex, name, zone.plan.names.get(text) ?? zone.plan.found);
    zone.names.set(text, watch);
    const isOther =
      members === 'auto' && !isDeepStrictEqual([...known.members.keys()], [...watch.members.keys()]);
    if (isOther) this.#keepMembers(watch, [...known.members.keys()]);
    for (const [member, each] of watch.members) each.known = known.members.get(member);
    if (isOther) this.#schedule();
    return watch;
  }

  /** Forgets names that were found by patterns and are no longer there. */
  forgetMissing(zone: ZoneWatch, known: readonly KnownName[]): void {
    const there = new Set(known.map(({ watched }) => showName(watched.name)));
    const gone = [...zone.names.keys()].filter((text) => !zone.plan.names.has(text) && !there.has(text));
    for (const text of gone) zone.names.delete(text);
    if (gone.length > 0) this.#schedule();
  }

  // --- helpers ---

  #adoptNames({ plan, names }: ZoneWatch): void {
    const { effects, makeProbe } = this.#options;
    const { zone } = plan;
    for (const { name, members } of zone.names) {
      const text = showName(name);
      const planned = plan.names.get(text) ?? plan.found;
      const watch = names.get(text) ?? watchName(zone.apex, name, planned);
      names.set(text, watch);
      watch.plan = planned;
      if (members !== 'auto') {
        this.#keepMembers(
          watch,
          members.map(({ text: member }) => member),
        );
      }
    }
    const isFound = (zone.patterns?.length ?? 0) > 0;
    for (const [text, watch] of names) {
      if (plan.names.has(text)) continue;
      if (isFound) watch.plan = plan.found;
      else names.delete(text);
    }
    for (const { members } of names.values()) {
      for (const member of members.values()) adoptPlan(member, makeProbe, effects.nowMs());
    }
  }

  #adoptReferences({ references }: MonitorPlan): void {
    const { effects, makeProbe } = this.#options;
    const before = new Map(this.#references.map((each) => [each.planned.name, each]));
    this.#references = references.map((planned) => {
      const next = watchReference(planned, makeProbe, effects.nowMs());
      const same = before.get(planned.name);
      return same !== undefined && isDeepStrictEqual(same.planned, planned)
        ? { ...next, state: same.state }
        : next;
    });
  }

  /** Exactly these members, in this order; those that are there go on as they are. */
  #keepMembers(name: NameWatch, members: readonly string[]): void {
    const { effects, makeProbe } = this.#options;
    const before = new Map(name.members);
    name.members.clear();
    for (const member of members) {
      name.members.set(member, before.get(member) ?? watchMember(name, member, makeProbe, effects.nowMs()));
    }
  }

  /** Makes the tasks those of the targets that there are. */
  #schedule(): void {
    const { schedule } = this.#options;
    const tasks = new Set<string>();
    const targets: TargetWatch[] = [...this.members(), ...this.#references];
    for (const { probes } of targets) for (const { id } of probes) tasks.add(id);
    for (const id of this.#tasks) if (!tasks.has(id)) schedule.remove(id);
    for (const target of targets) {
      for (const [i, { id }] of target.probes.entries()) this.#scheduleProbe(target, i, id);
    }
    this.#tasks = tasks;
  }

  #scheduleProbe(target: TargetWatch, i: number, id: string): void {
    const { effects, schedule, onResult } = this.#options;
    const planned = target.probes[i]?.planned;
    if (planned === undefined) return;
    const { intervalMs, fastMs, jitterMs } = planned;
    schedule.add({
      id,
      intervalMs,
      fastMs,
      jitterMs,
      run: async (signal) => {
        const startedMs = effects.nowMs();
        const result = await target.probes[i]?.probe.run(signal);
        return result === undefined || signal.aborted ? 'usual' : onResult(target, i, result, startedMs);
      },
    });
  }
}

function forgetServer(watch: ZoneWatch): void {
  watch.isKnown = false;
  for (const { members } of watch.names.values()) {
    for (const member of members.values()) member.known = undefined;
  }
}
