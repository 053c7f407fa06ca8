// The state of a running monitor as a value: what /status says as JSON. Times are RFC 3339, in UTC.
import { showEndpoint } from '../../base/endpoint.ts';
import { showInstant } from '../../base/instant.ts';
import { showName } from '../../wire/name.ts';
import { isHeld, penaltyAt } from '../damping.ts';
import type { Happening } from '../happening.ts';
import { showHappening } from '../happening.ts';
import type { HookReport } from '../hooks.ts';
import type { Sighting } from '../member-state.ts';
import type { Monitor } from '../monitor.ts';
import type { PlannedProbe } from '../monitor-plan.ts';
import type { MonitoredMember, MonitoredZone } from '../monitored-zones.ts';
import { presenceOf } from '../monitored-zones.ts';
import type { ScheduleReport } from '../schedule.ts';
import type { MemberTarget } from '../watched-target.ts';
import { nextChangeMs } from './next-change.ts';

/** Everything about a monitor. */
export interface MonitorStatus {
  readonly version: string;
  readonly pid: number;
  readonly now: string;
  readonly startedAt: string;
  readonly dryRun: boolean;
  readonly sight: SightStatus;
  readonly schedule: ScheduleReport;
  /** Happenings since the start, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  readonly zones: readonly ZoneStatus[];
  readonly references: readonly ReferenceStatus[];
  readonly hooks: readonly HookReport[];
  /** The last things that happened, the newest last; at most {@link MAX_RECENT}. */
  readonly recent: readonly RecentStatus[];
}

/** How far the monitor believes its eyes: `clear`, `checking`, `blind`, `theirs`. */
export interface SightStatus {
  readonly kind: string;
  readonly since: string;
  readonly failing: number;
  readonly of: number;
  readonly passingReferences: number;
  readonly references: number;
}

/** A zone. */
export interface ZoneStatus {
  readonly zone: string;
  readonly servers: readonly string[];
  readonly action: string;
  /** Whether it is known what the server holds; while it is not, nothing is changed there. */
  readonly isKnown: boolean;
  readonly alarms: readonly AlarmStatus[];
  readonly names: readonly NameStatus[];
}

/** Something that is in the way. */
export interface AlarmStatus {
  readonly about: string;
  readonly reason: string;
  readonly since: string;
  /** By how many seconds the server's clock is ahead of ours. */
  readonly skewSeconds: number | undefined;
}

/** A name. */
export interface NameStatus {
  readonly name: string;
  readonly keep: number;
  readonly members: readonly MemberStatus[];
}

/** A member. */
export interface MemberStatus {
  readonly member: string;
  /** `unknown`, `up`, `suspect`, `down` or `recovering`. */
  readonly state: string;
  readonly since: string;
  readonly why: string;
  /** How the server has it: `in`, `out` (pulled by this monitor), `gone` or `unknown`. */
  readonly presence: string;
  /** Other keys that hold it down. */
  readonly heldBy: readonly string[];
  /** What is wanted: `in`, `out` or `leave`; with the reason in a word and in a line. */
  readonly want: string | undefined;
  readonly reason: string | undefined;
  readonly wantWhy: string | undefined;
  /** Held down by damping until then. */
  readonly heldUntil: string | undefined;
  readonly penalty: number;
  readonly weight: number | undefined;
  readonly warnings: readonly string[];
  /** The last five results, the newest last. */
  readonly results: readonly ResultStatus[];
  /** Seconds until the state can be another one, at the earliest; `undefined` when nothing is known. */
  readonly nextChangeSeconds: number | undefined;
}

/** A result of a probe. */
export interface ResultStatus {
  readonly probe: string;
  readonly at: string;
  readonly passed: boolean;
  readonly latencyMs: number;
  readonly detail: string;
}

/** A reference target. */
export interface ReferenceStatus {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly since: string;
  readonly results: readonly ResultStatus[];
}

/** Something that happened. */
export interface RecentStatus {
  readonly at: string;
  readonly level: string;
  readonly text: string;
  readonly why: string | undefined;
}

/** What the monitor itself does not know. */
export interface AboutMonitor {
  readonly version: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly startedMs: number;
  readonly dryRun: boolean;
}

/** Takes the state as it is now. No secret is in it. */
export function statusOf(monitor: Monitor, about: AboutMonitor): MonitorStatus {
  const { nowMs } = about;
  const { sinceMs, failing, of, passingReferences, references, kind } = monitor.watch.sight;
  return {
    version: about.version,
    pid: about.pid,
    now: instant(nowMs),
    startedAt: instant(about.startedMs),
    dryRun: about.dryRun,
    sight: { kind, since: instant(sinceMs), failing, of, passingReferences, references },
    schedule: monitor.watch.schedule,
    counts: Object.fromEntries(KINDS.map((each) => [each, monitor.journal.count(each)])),
    zones: [...monitor.zones.zones.values()].map((zone) => zoneStatus(monitor, zone, nowMs)),
    references: monitor.watch.references.flatMap(({ state }, i) => {
      const planned = monitor.plan.references[i];
      if (planned === undefined) return [];
      const { name, address, probe } = planned;
      return [
        {
          name,
          address,
          state: state.standing,
          since: instant(state.sinceMs),
          results: state.lately.map((each) => resultStatus(each, [probe])),
        },
      ];
    }),
    hooks: monitor.hookReports,
    recent: monitor.journal.recent.slice(-MAX_RECENT).map(recentStatus),
  };
}

/** Of what happened, so much is told. */
export const MAX_RECENT = 50;

// --- helpers ---

const KINDS: readonly Happening['kind'][] = [
  'state',
  'decision',
  'warning',
  'weight',
  'sight',
  'update',
  'update-failed',
  'server',
];

function zoneStatus(monitor: Monitor, watch: MonitoredZone, nowMs: number): ZoneStatus {
  const { zone } = watch.plan;
  const groups = [...monitor.zones.groups.values()].filter((group) => group.zone === watch);
  return {
    zone: showName(zone.apex),
    servers: zone.servers.map(showEndpoint),
    action: zone.action,
    isKnown: watch.isKnown,
    alarms: monitor.alarms(watch).map(({ about, reason, sinceMs, skewS }) => ({
      about,
      reason,
      since: instant(sinceMs),
      skewSeconds: skewS,
    })),
    names: groups.map(({ key: name, name: { plan }, members }) => {
      const targets = monitor.watch.membersOf(name);
      return {
        name,
        keep: plan.keep,
        members: members.flatMap((member, i) => {
          const target = targets[i];
          return target === undefined ? [] : [memberStatus(monitor, member, target, plan.probes, nowMs)];
        }),
      };
    }),
  };
}

function memberStatus(
  monitor: Monitor,
  entry: MonitoredMember,
  { state, damping, wish, warnings }: MemberTarget,
  probes: readonly PlannedProbe[],
  nowMs: number,
): MemberStatus {
  const nextMs = nextChangeMs(state, probes, damping, nowMs);
  const { heldUntilMs } = damping;
  return {
    member: entry.member,
    state: state.standing,
    since: instant(state.sinceMs),
    why: state.why,
    presence: presenceOf(entry),
    heldBy: entry.known?.heldBy ?? [],
    want: wish?.want,
    reason: wish?.reason,
    wantWhy: wish?.why,
    heldUntil: heldUntilMs !== undefined && isHeld(damping, nowMs) ? instant(heldUntilMs) : undefined,
    penalty: penaltyAt(damping, monitor.plan.damping, nowMs),
    weight: entry.known?.weight,
    warnings: [...warnings.values()],
    results: state.lately.map((each) => resultStatus(each, probes)),
    nextChangeSeconds: nextMs === undefined ? undefined : Math.ceil(nextMs / 100) / 10,
  };
}

function resultStatus(
  { probe, endedMs, passed, latencyMs, detail }: Sighting,
  probes: readonly PlannedProbe[],
): ResultStatus {
  const name = probes[probe]?.name ?? String(probe);
  return { probe: name, at: instant(endedMs), passed, latencyMs: Math.round(latencyMs * 10) / 10, detail };
}

function recentStatus(happening: Happening): RecentStatus {
  const { level, sentence, fields } = showHappening(happening);
  const { why } = fields;
  return {
    at: instant(happening.atMs),
    level,
    text: sentence.replace(/^monitor: /, ''),
    why: why === undefined ? undefined : String(why),
  };
}

function instant(ms: number): string {
  return showInstant(Math.floor(ms / 1000));
}
