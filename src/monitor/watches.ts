// What a running monitor keeps of each member, name and reference.
import { type DomainName, showName } from '../wire/name.ts';
import { aimProbe } from './aim.ts';
import { type Damping, UNDAMPED } from './damping.ts';
import type { Presence, Wish } from './guards.ts';
import { adoptRules, type MemberState, startMember, type WindowRules } from './member-state.ts';
import type { PlannedName, PlannedProbe, PlannedReference } from './monitor-plan.ts';
import type { ProbeOptions } from './probes/probe-options.ts';
import type { Probe } from './probes/probe-run.ts';
import type { KnownMember } from './updater/known-name.ts';

/** Makes the probe of these options; `makeProbe` with its tools. */
export type ProbeMaker = (options: ProbeOptions) => Probe;

/** A probe at work on one target. */
export interface ProbeWatch {
  readonly planned: PlannedProbe;
  /** Of this target. */
  readonly options: ProbeOptions;
  readonly probe: Probe;
  /** Of its task in the schedule. */
  readonly id: string;
}

/** A target that is probed: a member, or a reference. */
export interface TargetWatch {
  state: MemberState;
  probes: readonly ProbeWatch[];
}

/** A member of a name. */
export interface MemberWatch extends TargetWatch {
  readonly name: NameWatch;
  /** Its data in presentation format. */
  readonly member: string;
  damping: Damping;
  /** As the server has it; `undefined` while that is not known. */
  known: KnownMember | undefined;
  /** The last decision; `undefined` before the first. */
  wish: Wish | undefined;
  /** When it was first asked of the server; milliseconds of the wall clock. */
  wantedMs: number | undefined;
  /** What its probes warn of, by probe. */
  readonly warnings: Map<number, string>;
}

/** A name. */
export interface NameWatch {
  readonly apex: DomainName;
  readonly name: DomainName;
  /** `showName` of it. */
  readonly text: string;
  plan: PlannedName;
  /** By text, those listed in the order of their list. */
  readonly members: Map<string, MemberWatch>;
}

/** A reference. */
export interface ReferenceWatch extends TargetWatch {
  readonly planned: PlannedReference;
}

/** A name without members yet. */
export function watchName(apex: DomainName, name: DomainName, plan: PlannedName): NameWatch {
  return { apex, name, text: showName(name), plan, members: new Map() };
}

/** A member of which nothing has been heard. */
export function watchMember(name: NameWatch, member: string, make: ProbeMaker, nowMs: number): MemberWatch {
  return {
    name,
    member,
    state: startMember(rulesOf(name.plan.probes), nowMs),
    probes: probesOf(name, member, make),
    damping: UNDAMPED,
    known: undefined,
    wish: undefined,
    wantedMs: undefined,
    warnings: new Map(),
  };
}

/** Goes over to what the plan of its name says now, and forgets nothing of what was seen. */
export function adoptPlan(watch: MemberWatch, make: ProbeMaker, nowMs: number): void {
  const { probes: planned } = watch.name.plan;
  watch.probes = probesOf(watch.name, watch.member, make);
  if (JSON.stringify(watch.state.tallies.map(({ rules }) => rules)) === JSON.stringify(rulesOf(planned)))
    return;
  watch.state = adoptRules(watch.state, rulesOf(planned), nowMs).state;
}

/** A reference of which nothing has been heard. */
export function watchReference(planned: PlannedReference, make: ProbeMaker, nowMs: number): ReferenceWatch {
  const { address: member, port, probe, name } = planned;
  const options = aimProbe(probe.options, { member, owner: undefined, aim: { address: member, port } });
  return {
    planned,
    state: startMember([probe.rules], nowMs),
    probes: [{ planned: probe, options, probe: make(options), id: `reference ${name}` }],
  };
}

/** How the server has a member. What it was never told of counts as there. */
export function presenceOf({ known }: MemberWatch): Presence {
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

// --- helpers ---

function rulesOf(probes: readonly PlannedProbe[]): readonly WindowRules[] {
  return probes.map(({ rules }) => rules);
}

function probesOf({ text, plan }: NameWatch, member: string, make: ProbeMaker): readonly ProbeWatch[] {
  const aim = plan.aims.get(member) ?? {};
  return plan.probes.map((planned, i) => {
    const options = aimProbe(planned.options, { member, owner: text, aim });
    return { planned, options, probe: make(options), id: `${text} ${member} ${i}` };
  });
}
