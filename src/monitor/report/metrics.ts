import type { HookReport } from '../hooks.ts';
import type { MemberStatus, MonitorStatus } from './status.ts';

/** The state of a monitor in the text format of Prometheus (version 0.0.4). */
export function showMetrics(status: MonitorStatus): string {
  const { schedule, sight } = status;
  const of = (value: (member: MemberStatus) => number | undefined): readonly Sample[] =>
    status.zones.flatMap(({ zone, names }) =>
      names.flatMap(({ name, members }) =>
        members.flatMap((member) => {
          const number = value(member);
          return number === undefined ? [] : [{ labels: { zone, name, member: member.member }, number }];
        }),
      ),
    );
  const ofZones = (value: (zone: MonitorStatus['zones'][number]) => number): readonly Sample[] =>
    status.zones.map((zone) => ({ labels: { zone: zone.zone }, number: value(zone) }));
  const ofHooks = (value: (hook: HookReport) => number): readonly Sample[] =>
    status.hooks.map((hook) => ({ labels: { hook: hook.name }, number: value(hook) }));
  const families: readonly Family[] = [
    gauge(
      'member_healthy',
      'Whether the probes of a member pass (1), fail (0), or have not decided (-1).',
      of(healthOf),
    ),
    gauge(
      'member_in',
      'Whether the server has a member in its answers, as far as this monitor is concerned.',
      of(inOf),
    ),
    gauge(
      'member_held',
      'Whether a member is held down because it flaps.',
      of(({ heldUntil }) => flag(heldUntil !== undefined)),
    ),
    gauge('member_latency_seconds', 'How long the last look at a member took.', of(latencyOf)),
    gauge(
      'member_warnings',
      'Warnings of probes that pass, such as certificates that expire soon.',
      of(({ warnings }) => warnings.length),
    ),
    gauge(
      'zone_known',
      'Whether it is known what the server holds.',
      ofZones(({ isKnown }) => flag(isKnown)),
    ),
    gauge(
      'zone_alarms',
      'What is in the way of what is wanted.',
      ofZones(({ alarms }) => alarms.length),
    ),
    gauge('blind', 'Whether so much fails at once that nothing is believed and nothing is pulled.', [
      plain(flag(sight.kind === 'blind')),
    ]),
    gauge('targets_failing', 'Targets that began to fail lately.', [plain(sight.failing)]),
    gauge('references_passing', 'Reference targets that pass.', [plain(sight.passingReferences)]),
    counter('probes_total', 'Looks that were begun.', [plain(schedule.runs)]),
    counter('probes_skipped_total', 'Looks that were left out because there was no time or place for them.', [
      plain(schedule.skipped),
    ]),
    gauge('probes_late_seconds', 'By how much the look that began last was late.', [
      plain(schedule.lateMs / 1000),
    ]),
    counter(
      'happenings_total',
      'What has happened, by kind.',
      Object.entries(status.counts).map(([kind, number]) => ({ labels: { kind }, number })),
    ),
    gauge(
      'hook_waiting',
      'Happenings that wait for a hook.',
      ofHooks(({ waiting }) => waiting),
    ),
    counter(
      'hook_delivered_total',
      'Happenings of which a hook was told.',
      ofHooks(({ delivered }) => delivered),
    ),
    counter(
      'hook_lost_total',
      'Happenings of which a hook could not be told.',
      ofHooks(({ failed, dropped }) => failed + dropped),
    ),
  ];
  return families.map(showFamily).join('');
}

// --- helpers ---

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly number: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `waypost_monitor_${name}`, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `waypost_monitor_${name}`, help, type: 'counter', samples };
}

function plain(number: number): Sample {
  return { labels: {}, number };
}

function showFamily({ name, help, type, samples }: Family): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, number }) => `${name}${showLabels(labels)} ${number}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function showLabels(labels: Sample['labels']): string {
  const shown = Object.entries(labels).map(
    ([key, value]) => `${key}="${value.replace(/[\\"\n]/g, escapeLabel)}"`,
  );
  return shown.length === 0 ? '' : `{${shown.join(',')}}`;
}

function escapeLabel(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}

function flag(isSo: boolean): number {
  return isSo ? 1 : 0;
}

function healthOf({ state }: MemberStatus): number {
  if (state === 'unknown') return -1;
  return flag(state === 'up' || state === 'suspect');
}

function inOf({ presence }: MemberStatus): number | undefined {
  return presence === 'unknown' ? undefined : flag(presence === 'in');
}

function latencyOf({ results }: MemberStatus): number | undefined {
  const last = results.at(-1);
  return last === undefined ? undefined : last.latencyMs / 1000;
}
