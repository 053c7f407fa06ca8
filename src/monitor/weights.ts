import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import type { DecisionJournal } from './decision-journal.ts';
import { type MemberWeight, takeLoad, UNWEIGHED, weightsFor } from './load/member-weight.ts';
import type { LoadOptions, LoadReader } from './load/readers.ts';
import type { PlannedLoad } from './monitor-plan.ts';
import {
  type MemberGroup,
  type MonitoredMember,
  type MonitoredZones,
  presenceOf,
} from './monitored-zones.ts';
import { type Pace, Schedule } from './schedule.ts';

/** What weights are kept with. */
export interface WeightsOptions {
  readonly effects: Effects;
  readonly timers: Timers;
  readonly journal: DecisionJournal;
  readonly zones: MonitoredZones;
  /** Makes what reads a load; `makeLoadReader` with its timers. */
  readonly makeReader: (options: LoadOptions) => LoadReader;
  /** Says what weight a member shall have. */
  weigh(group: MemberGroup, member: string, weight: number): void;
}

/**
 * Has the weights of members follow their load, and come back slowly after a pull, for the names whose plan says so. Loads
 * are read at their intervals; each second it is looked whether any weight is to be another one.
 */
export class Weights {
  readonly #options: WeightsOptions;
  readonly #schedule: Schedule;
  readonly #loads = new Map<string, LoadWatch>();
  readonly #stop: () => void;

  /** Begins at once. */
  constructor(options: WeightsOptions) {
    const { timers, effects } = options;
    this.#options = options;
    this.#schedule = new Schedule({ timers, effects, parallel: PARALLEL });
    this.#stop = timers.every(TICK_MS, () => this.#tick());
  }

  /** Reads the loads of the members that there are now; of those that stay nothing is forgotten. */
  adopt(): void {
    const keys = new Set<string>();
    for (const group of this.#options.zones.groups.values()) {
      const { load } = group.name.plan.weights ?? {};
      if (load === undefined) continue;
      for (const { member } of group.members) {
        const key = keyOf(group, member);
        keys.add(key);
        this.#watchLoad(key, group, member, load);
      }
    }
    for (const key of [...this.#loads.keys()]) {
      if (keys.has(key)) continue;
      this.#loads.delete(key);
      this.#schedule.remove(key);
    }
  }

  /** Ends for ever. */
  stop(): void {
    this.#stop();
    this.#schedule.stop();
  }

  // --- helpers ---

  #watchLoad(key: string, group: MemberGroup, member: string, load: PlannedLoad): void {
    const address = group.name.plan.aims.get(member)?.address ?? member.replace(/\.$/, '');
    const options = aimLoad(load.options, address);
    const before = this.#loads.get(key);
    const isSame = before !== undefined && JSON.stringify(before.options) === JSON.stringify(options);
    const watch: LoadWatch = {
      options,
      load,
      reader: isSame ? before.reader : this.#options.makeReader(options),
      weight: before?.weight ?? UNWEIGHED,
      trouble: before?.trouble,
    };
    this.#loads.set(key, watch);
    const { intervalMs } = load;
    const run = (signal: AbortSignal): Promise<Pace> => this.#read(key, group, member, signal);
    this.#schedule.add({ id: key, intervalMs, fastMs: intervalMs, jitterMs: intervalMs / 10, run });
  }

  async #read(key: string, { key: name }: MemberGroup, member: string, signal: AbortSignal): Promise<Pace> {
    const begun = this.#loads.get(key);
    if (begun === undefined) return 'usual';
    const { timers, effects } = this.#options;
    try {
      const reading = await begun.reader.read(signal);
      const watch = this.#loads.get(key);
      if (watch === undefined) return 'usual';
      watch.trouble = undefined;
      if (reading !== undefined) {
        watch.weight = takeLoad(watch.weight, reading, watch.load.rules, timers.nowMs());
      }
    } catch (error) {
      const watch = this.#loads.get(key);
      const trouble = messageOf(error);
      if (watch === undefined || signal.aborted) return 'usual';
      if (watch.trouble === undefined) {
        effects.log.warn('monitor: a load cannot be read, the weight stays as it is', {
          name,
          member,
          trouble,
        });
      }
      watch.trouble = trouble;
    }
    return 'usual';
  }

  #tick(): void {
    for (const group of this.#options.zones.groups.values()) this.#weigh(group);
  }

  #weigh(group: MemberGroup): void {
    const { weights } = group.name.plan;
    if (weights === undefined) return;
    const nowMs = this.#options.effects.nowMs();
    const members = group.members.map((member) => ({
      weight: this.#loads.get(keyOf(group, member.member))?.weight ?? UNWEIGHED,
      isIn: presenceOf(member) === 'in',
      // who is out gets ready for its slow start
      backSinceMs: presenceOf(member) === 'out' ? nowMs : member.backMs,
    }));
    const next = weightsFor(members, weights.base, weights.slowStart, nowMs);
    for (const [i, member] of group.members.entries()) {
      const weight = next[i];
      if (weight !== undefined) this.#say(group, member, weight);
    }
  }

  #say(group: MemberGroup, entry: MonitoredMember, weight: number): void {
    const { journal, effects, weigh } = this.#options;
    const { member, known } = entry;
    if (known === undefined) entry.saidWeight = undefined;
    if (known?.weight === undefined || entry.saidWeight === weight) return;
    const watch = this.#loads.get(keyOf(group, member));
    const load = watch?.weight.smoothed?.value;
    // until its load has been read once, a member keeps the weight that it has
    if (watch !== undefined && load === undefined && entry.backMs === undefined) return;
    const from = entry.saidWeight ?? known.weight;
    entry.saidWeight = weight;
    weigh(group, member, weight);
    if (from === weight) return;
    const isSlow =
      weight !== watch?.weight.followed.weight && (entry.backMs !== undefined || presenceOf(entry) === 'out');
    const why = isSlow
      ? 'slow start'
      : load === undefined
        ? 'as configured'
        : `load ${Math.round(load * 100) / 100}`;
    journal.record({
      kind: 'weight',
      atMs: effects.nowMs(),
      name: group.key,
      member,
      from,
      to: weight,
      load,
      why,
    });
  }
}

/** The options of a load for one member: `{address}` becomes its address, in brackets where a URL wants them. */
export function aimLoad(options: LoadOptions, address: string): LoadOptions {
  const inUrl = address.includes(':') ? `[${address}]` : address;
  switch (options.kind) {
    case 'http':
    case 'stub-status':
      return { ...options, url: options.url.replaceAll('{address}', inUrl) };
    case 'exec':
      return { ...options, argv: options.argv.map((word) => word.replaceAll('{address}', address)) };
    case 'snmp':
      return { ...options, host: options.host.replaceAll('{address}', address) };
    default:
      return options satisfies never;
  }
}

// --- helpers ---

interface LoadWatch {
  readonly options: LoadOptions;
  readonly load: PlannedLoad;
  readonly reader: LoadReader;
  weight: MemberWeight;
  /** Why it could not be read the last time. */
  trouble: string | undefined;
}

/** Loads that are read at one time. */
const PARALLEL = 64;
const TICK_MS = 1000;

function keyOf({ key }: MemberGroup, member: string): string {
  return `load ${key} ${member}`;
}
