// The state of a monitor for people: a table, and plain lines of what is wrong.
import { scanInstant } from '../../base/instant.ts';
import { showMs } from '../probes/evidence.ts';
import type { MemberStatus, MonitorStatus, ResultStatus } from './status.ts';

/** What colours mean; a painter that gives its text back paints nothing. */
export type Painter = (colour: 'bold' | 'red' | 'green' | 'yellow' | 'grey', text: string) => string;

/** Columns and rows of a table. */
export interface StatusTable {
  readonly columns: readonly { readonly title: string; readonly align?: 'right' }[];
  readonly rows: readonly (readonly string[])[];
}

/** The lines above the table: how the monitor is, and what is wrong. */
export function statusHead(status: MonitorStatus, paint: Painter): readonly string[] {
  const members = status.zones.flatMap(({ names }) => names.flatMap((name) => name.members));
  const counts = new Map<string, number>();
  for (const { state } of members) counts.set(state, (counts.get(state) ?? 0) + 1);
  const listed = STATES.flatMap((state) => (counts.has(state) ? [`${counts.get(state)} ${state}`] : []));
  const upS = secondsBetween(status.startedAt, status.now);
  const { schedule } = status;
  return [
    `waypost monitor ${status.version}, pid ${status.pid}, up ${showAge(upS)}${status.dryRun ? ', dry run: nothing is sent' : ''}`,
    `${members.length} members: ${listed.join(', ') || 'none'}; ${schedule.runs} probes, ${schedule.skipped} left out`,
    ...sightLines(status, paint),
    ...alarmLines(status, paint),
  ];
}

/** A row for each member and reference. */
export function statusTable(status: MonitorStatus, paint: Painter): StatusTable {
  const rows: string[][] = [];
  for (const { names } of status.zones) {
    for (const { name, members } of names) {
      for (const [i, member] of members.entries()) {
        rows.push([i === 0 ? name : '', ...memberCells(member, status.now, paint)]);
      }
    }
  }
  for (const [i, { address, state, since, results }] of status.references.entries()) {
    const [marks = '', latency = '', detail = ''] = resultCells(results, paint);
    rows.push([
      i === 0 ? 'references' : '',
      address,
      paintState(state, paint),
      '',
      showAge(secondsBetween(since, status.now)),
      marks,
      latency,
      '',
      detail,
    ]);
  }
  return { columns: COLUMNS, rows };
}

/** The last things that happened, one line each, the newest last. */
export function recentLines({ recent }: MonitorStatus, most: number, paint: Painter): readonly string[] {
  return recent.slice(Math.max(recent.length - most, 0)).map(({ at, level, text, why }) => {
    const line = `${at.slice(11, 19)} ${text}${why === undefined ? '' : `: ${why}`}`;
    return level === 'error' ? paint('red', line) : level === 'warn' ? paint('yellow', line) : line;
  });
}

/** Whole units, short: `12 s`, `5 min`, `3 h`, `2 d`. */
export function showAge(seconds: number): string {
  if (seconds < 120) return `${Math.max(Math.round(seconds), 0)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

// --- helpers ---

const STATES = ['up', 'suspect', 'down', 'recovering', 'unknown'];
const MAX_DETAIL = 60;

const COLUMNS: StatusTable['columns'] = [
  { title: 'name' },
  { title: 'member' },
  { title: 'state' },
  { title: 'answered' },
  { title: 'since', align: 'right' },
  { title: 'last 5' },
  { title: 'latency', align: 'right' },
  { title: 'next change', align: 'right' },
  { title: 'last result' },
];

function memberCells(member: MemberStatus, now: string, paint: Painter): string[] {
  const { state, since, results, nextChangeSeconds, warnings, heldUntil } = member;
  const [marks = '', latency = '', detail = ''] = resultCells(results, paint);
  const notes = [
    detail,
    ...(heldUntil === undefined ? [] : [`held down until ${heldUntil.slice(11, 19)}`]),
    ...(member.reason === 'kept' || member.reason === 'unwitnessed' ? [member.reason] : []),
    ...warnings.map((text) => paint('yellow', shorten(text))),
  ];
  return [
    member.member,
    paintState(state, paint),
    paintPresence(member, paint),
    showAge(secondsBetween(since, now)),
    marks,
    latency,
    nextChangeSeconds === undefined ? '' : showSoon(nextChangeSeconds),
    notes.filter((note) => note !== '').join('; '),
  ];
}

function resultCells(results: readonly ResultStatus[], paint: Painter): string[] {
  const last = results.at(-1);
  const marks = results.map(({ passed }) => (passed ? paint('green', '+') : paint('red', '-'))).join('');
  if (last === undefined) return ['', '', ''];
  return [marks, showMs(last.latencyMs), shorten(last.detail)];
}

function paintState(state: string, paint: Painter): string {
  switch (state) {
    case 'up':
      return paint('green', state);
    case 'down':
      return paint('red', state);
    case 'unknown':
      return paint('grey', state);
    default:
      return paint('yellow', state);
  }
}

function paintPresence({ presence, want, heldBy }: MemberStatus, paint: Painter): string {
  const by = heldBy.length === 0 ? '' : ` (${heldBy.join(' ')})`;
  if (presence === 'out') return paint('red', `pulled${by}`);
  if (presence === 'gone') return paint('grey', 'deleted');
  if (presence === 'unknown') return paint('grey', 'not known');
  return want === 'out' ? paint('yellow', 'to be pulled') : `yes${by}`;
}

function sightLines({ sight, references }: MonitorStatus, paint: Painter): readonly string[] {
  const { kind, failing, of, passingReferences } = sight;
  const seen = `${failing} of ${of} targets fail at once`;
  const told =
    references.length === 0 ? '' : `, ${passingReferences} of ${references.length} references pass`;
  switch (kind) {
    case 'clear':
      return [];
    case 'blind':
      return [paint('red', `BLIND: ${seen}${told}: nothing is pulled`)];
    case 'checking':
      return [paint('yellow', `${seen}: pulling waits for the references`)];
    default:
      if (failing === 0) return [];
      return [paint('yellow', `${seen}${told}: our own network works, they are pulled`)];
  }
}

function alarmLines({ zones }: MonitorStatus, paint: Painter): readonly string[] {
  return zones.flatMap(({ zone, isKnown, servers, alarms }) => [
    ...(isKnown
      ? []
      : [
          paint(
            'yellow',
            `what ${servers.join(', ')} holds of ${zone} is not known: nothing is changed there`,
          ),
        ]),
    ...alarms.map(({ about, reason }) => paint('red', `ALARM ${about}: ${reason}`)),
  ]);
}

function showSoon(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : showAge(seconds);
}

function shorten(text: string): string {
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 1)}…` : text;
}

function secondsBetween(from: string, to: string): number {
  return (scanInstant(to) ?? 0) - (scanInstant(from) ?? 0);
}
