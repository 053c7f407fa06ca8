import type { DampingRules } from './damping.ts';
import type { Outcome, WindowRules } from './member-state.ts';
import type { SightRules } from './sight.ts';

/** What is watched. References are never pulled: they tell our network's failures from those of the targets. */
export interface WatchPlan {
  readonly names: readonly WatchedName[];
  readonly references: readonly { readonly label: string; readonly probes: readonly WatchedProbe[] }[];
  readonly sight: SightRules;
}

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
