// All that a monitor is told to do, as values: config/ makes them from monitor.toml.
import type { Aim } from './aim.ts';
import type { DampingRules } from './damping.ts';
import type { HookOptions } from './hooks.ts';
import type { LoadRules } from './load/member-weight.ts';
import type { LoadOptions } from './load/readers.ts';
import type { SlowStartRules } from './load/slow-start.ts';
import type { WindowRules } from './member-state.ts';
import type { ProbeOptions } from './probes/probe-options.ts';
import type { SightRules } from './sight.ts';
import type { UpdatedZone } from './updater/watched.ts';

/** What a monitor looks after, and how. */
export interface MonitorPlan {
  readonly zones: readonly PlannedZone[];
  readonly references: readonly PlannedReference[];
  readonly sight: SightRules;
  readonly damping: DampingRules;
  readonly hooks: readonly HookOptions[];
  /** Probes under way at one time. */
  readonly parallel: number;
}

/** A zone and its names. */
export interface PlannedZone {
  readonly zone: UpdatedZone;
  /** Of two plans: when it is the same, `zone` is, the secret of its key included. Shows no secret. */
  readonly mark: string;
  /** The listed names, by `showName`. */
  readonly names: ReadonlyMap<string, PlannedName>;
  /** For names that are found by patterns. */
  readonly found: PlannedName;
}

/** How the members of a name are looked after. */
export interface PlannedName {
  /** One at least. */
  readonly probes: readonly PlannedProbe[];
  /** So many members at least stay in. */
  readonly keep: number;
  /** By member text: what is other about probing it. */
  readonly aims: ReadonlyMap<string, Aim>;
  /** Whether and how the weights of its members are set; `undefined`: they are left alone. */
  readonly weights: PlannedWeights | undefined;
}

/** How weights are set. */
export interface PlannedWeights {
  /** Of a member whose load is not known, or that has none. */
  readonly base: number;
  readonly slowStart: SlowStartRules;
  readonly load: PlannedLoad | undefined;
}

/** A load, and when and how it counts. */
export interface PlannedLoad {
  readonly intervalMs: number;
  readonly rules: LoadRules;
  /** `{address}` is filled in for each member, see `aimLoad`. */
  readonly options: LoadOptions;
}

/** A probe, and when and how it counts. */
export interface PlannedProbe {
  /** As it is called in the configuration. */
  readonly name: string;
  readonly rules: WindowRules;
  readonly intervalMs: number;
  readonly fastMs: number;
  readonly jitterMs: number;
  /** Where it goes is filled in for each member, see `aimProbe`: an empty address is the member's. */
  readonly options: ProbeOptions;
}

/** A target that is not pulled: it tells whether our own network works. */
export interface PlannedReference {
  readonly name: string;
  readonly address: string;
  readonly port: number | undefined;
  readonly probe: PlannedProbe;
}
