import { isDeepStrictEqual } from 'node:util';
import { showType } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { aimProbe } from './aim.ts';
import type { Presence } from './guards.ts';
import type { MonitorPlan, PlannedName, PlannedProbe, PlannedZone } from './monitor-plan.ts';
import type { ProbeOptions } from './probes/probe-options.ts';
import type { Probe } from './probes/probe-run.ts';
import type { KnownMember, KnownName } from './updater/known-name.ts';
import { memberFromText } from './updater/watched.ts';
import type { WatchedName, WatchedProbe, WatchPlan } from './watch-plan.ts';

/** Makes the probe of these options; `makeProbe` with its tools. */
export type ProbeMaker = (options: ProbeOptions) => Probe;

/** A zone that is looked after. */
export interface MonitoredZone {
  plan: PlannedZone;
  /** By `showName`. */
  readonly names: Map<string, MonitoredName>;
  /** Whether it is known what the server holds. */
  isKnown: boolean;
  /** Alarms that have been told: their reasons, by what they are about. */
  readonly told: Map<string, string>;
}

/** A name that is looked after. */
export interface MonitoredName {
  readonly apex: DomainName;
  readonly name: DomainName;
  /** `showName` of it. */
  readonly text: string;
  plan: PlannedName;
  /** By text, those listed in the order of their list. */
  readonly members: Map<string, MonitoredMember>;
}

/** A member that is looked after. */
export interface MonitoredMember {
  /** Its data in presentation format. */
  readonly member: string;
  /** A, AAAA or CNAME. */
  readonly type: number;
  probes: readonly WatchedProbe[];
  /** As the server has it; `undefined` while that is not known. */
  known: KnownMember | undefined;
  /** When something else began to be wanted of it, and when it was put back last; milliseconds since 1970. */
  wantedMs: number | undefined;
  backMs: number | undefined;
  /** The weight that was last said of it; `undefined`: none since the server was heard. */
  saidWeight: number | undefined;
}

/**
 * Members of a name that are decided on together. Those of both address families are two groups, so that neither kind of
 * client is left without any.
 */
export interface MemberGroup {
  /** Unique among all: the name, with its type where it has several. */
  readonly key: string;
  readonly zone: MonitoredZone;
  readonly name: MonitoredName;
  readonly members: readonly MonitoredMember[];
}

/** What is looked after: zones, names and members, those that were found among them; and what of it is to be watched. */
export class MonitoredZones {
  readonly #makeProbe: ProbeMaker;
  readonly #zones = new Map<string, MonitoredZone>();
  #references: WatchPlan['references'] = [];
  #plan: MonitorPlan;
  #groups = new Map<string, MemberGroup>();
  #groupsOfName = new Map<MonitoredName, readonly MemberGroup[]>();

  constructor(plan: MonitorPlan, makeProbe: ProbeMaker) {
    this.#makeProbe = makeProbe;
    this.#plan = plan;
    this.adopt(plan);
  }

  /** By `showName`, in the order of the plan. */
  get zones(): ReadonlyMap<string, MonitoredZone> {
    return this.#zones;
  }

  /** By key, as of the last {@link watchPlan}. */
  get groups(): ReadonlyMap<string, MemberGroup> {
    return this.#groups;
  }

  /** The groups of a name, as of the last {@link watchPlan}. */
  groupsOf(name: MonitoredName): readonly MemberGroup[] {
    return this.#groupsOfName.get(name) ?? [];
  }

  /** All members of all names. */
  *members(): IterableIterator<MonitoredMember> {
    for (const { names } of this.#zones.values()) {
      for (const { members } of names.values()) yield* members.values();
    }
  }

  /** Goes over to a plan. What was found and is still looked for stays. */
  adopt(plan: MonitorPlan): void {
    this.#plan = plan;
    const before = new Map(this.#zones);
    this.#zones.clear();
    for (const planned of plan.zones) {
      const apex = showName(planned.zone.apex);
      const zone = before.get(apex) ?? { plan: planned, names: new Map(), isKnown: false, told: new Map() };
      if (zone.plan.zone !== planned.zone) forgetServer(zone);
      zone.plan = planned;
      this.#zones.set(apex, zone);
      this.#adoptNames(zone);
    }
    this.#references = plan.references.map(({ name: label, address, port, probe }) => ({
      label,
      probes: [this.#watchedProbe(probe, { member: address, owner: undefined, aim: { address, port } })],
    }));
  }

  /** Takes what a server holds of a name. `isOther`: the name, or members of it, are other than before. */
  take(zone: MonitoredZone, known: KnownName): { readonly name: MonitoredName; readonly isOther: boolean } {
    const { apex } = zone.plan.zone;
    const { name, members: watched } = known.watched;
    const text = showName(name);
    const before = zone.names.get(text);
    const plan = zone.plan.names.get(text) ?? zone.plan.found;
    const entry = before ?? { apex, name, text, plan, members: new Map() };
    zone.names.set(text, entry);
    // the order in which a zone has them changes with each update
    const texts =
      watched === 'auto' ? [...known.members.keys()].sort(NUMBERS.compare) : [...known.members.keys()];
    const isOther = watched === 'auto' && !isDeepStrictEqual(texts, [...entry.members.keys()]);
    if (isOther) this.#keepMembers(entry, texts);
    for (const [member, each] of entry.members) each.known = known.members.get(member);
    return { name: entry, isOther: isOther || before === undefined };
  }

  /** Forgets names that were found by patterns and are no longer there. Returns whether there were any. */
  forgetMissing(zone: MonitoredZone, known: readonly KnownName[]): boolean {
    const there = new Set(known.map(({ watched }) => showName(watched.name)));
    const gone = [...zone.names.keys()].filter((text) => !zone.plan.names.has(text) && !there.has(text));
    for (const text of gone) zone.names.delete(text);
    return gone.length > 0;
  }

  /** What is to be watched now. */
  watchPlan(): WatchPlan {
    this.#groups = new Map();
    this.#groupsOfName = new Map();
    const names: WatchedName[] = [];
    for (const zone of this.#zones.values()) {
      for (const name of zone.names.values()) {
        const groups = groupsOf(zone, name);
        this.#groupsOfName.set(name, groups);
        for (const group of groups) {
          this.#groups.set(group.key, group);
          const { members } = group;
          names.push({ name: group.key, keep: name.plan.keep, damping: this.#plan.damping, members });
        }
      }
    }
    return { names, references: this.#references, sight: this.#plan.sight };
  }

  // --- helpers ---

  #adoptNames({ plan, names }: MonitoredZone): void {
    const { zone } = plan;
    for (const { name, members } of zone.names) {
      const text = showName(name);
      const planned = plan.names.get(text) ?? plan.found;
      const entry = names.get(text) ?? { apex: zone.apex, name, text, plan: planned, members: new Map() };
      names.set(text, entry);
      entry.plan = planned;
      if (members !== 'auto') {
        this.#keepMembers(
          entry,
          members.map((member) => member.text),
        );
      }
    }
    const isFound = (zone.patterns?.length ?? 0) > 0;
    for (const [text, entry] of names) {
      if (!plan.names.has(text)) {
        if (!isFound) names.delete(text);
        entry.plan = plan.found;
      }
      for (const member of entry.members.values()) member.probes = this.#probesOf(entry, member.member);
    }
  }

  /** Exactly these members, in this order; those that are there go on as they are. */
  #keepMembers(name: MonitoredName, members: readonly string[]): void {
    const before = new Map(name.members);
    name.members.clear();
    for (const member of members) {
      const entry = before.get(member) ?? {
        member,
        type: memberFromText(member)?.type ?? RRType.A,
        probes: this.#probesOf(name, member),
        known: undefined,
        wantedMs: undefined,
        backMs: undefined,
        saidWeight: undefined,
      };
      name.members.set(member, entry);
    }
  }

  #probesOf({ text: owner, plan }: MonitoredName, member: string): readonly WatchedProbe[] {
    const aim = plan.aims.get(member) ?? {};
    return plan.probes.map((planned) => this.#watchedProbe(planned, { member, owner, aim }));
  }

  #watchedProbe(planned: PlannedProbe, target: Parameters<typeof aimProbe>[1]): WatchedProbe {
    const { rules, intervalMs, fastMs, jitterMs, options } = planned;
    return { rules, intervalMs, fastMs, jitterMs, probe: this.#makeProbe(aimProbe(options, target)) };
  }
}

/** How the server has a member. What it was never told of counts as there. */
export function presenceOf({ known }: MonitoredMember): Presence {
  switch (known?.standing.kind) {
    case undefined:
      return 'unknown';
    case 'in':
    case 'unknown':
      return 'in';
    case 'out':
      return 'out';
    case 'absent':
      return 'gone';
    default:
      return 'unknown';
  }
}

/** The server is to be heard anew. */
export function forgetServer(zone: MonitoredZone): void {
  zone.isKnown = false;
  for (const { members } of zone.names.values()) {
    for (const member of members.values()) member.known = undefined;
  }
}

// --- helpers ---

const NUMBERS = new Intl.Collator('en', { numeric: true });

function groupsOf(zone: MonitoredZone, name: MonitoredName): readonly MemberGroup[] {
  const byType = new Map<number, MonitoredMember[]>();
  for (const member of name.members.values()) {
    const others = byType.get(member.type);
    if (others === undefined) byType.set(member.type, [member]);
    else others.push(member);
  }
  if (byType.size <= 1) return [{ key: name.text, zone, name, members: [...name.members.values()] }];
  return [...byType].map(([type, members]) => ({
    key: `${name.text} ${showType(type)}`,
    zone,
    name,
    members,
  }));
}
