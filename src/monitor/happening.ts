// What happens in the monitor, as values: logs, hooks, metrics and the status screen all use these.
import type { LogFields } from '../base/effects.ts';
import { showInstant } from '../base/instant.ts';
import type { Reason } from './guards.ts';
import type { Sighting, StateChange } from './member-state.ts';
import type { SightChange } from './sight.ts';

/** Whom it is about: a name, and of it a member in presentation format. */
export interface MemberPlace {
  readonly name: string;
  readonly member: string;
}

/** One thing that has happened. `atMs`: milliseconds since 1970. */
export type Happening =
  /** A member has come to stand otherwise. */
  | ({ readonly kind: 'state' } & MemberPlace & StateChange)
  /** What is wanted of a member, or the reason, has changed. */
  | ({
      readonly kind: 'decision';
      readonly atMs: number;
      readonly want: 'in' | 'out' | 'leave';
      readonly reason: Reason;
      readonly why: string;
      readonly untilMs: number | undefined;
    } & MemberPlace)
  /** A probe passes, but somebody should look: a certificate that expires. */
  | ({ readonly kind: 'warning'; readonly atMs: number; readonly text: string } & MemberPlace)
  /** The weight of a member is set anew. `load`: smoothed. */
  | ({
      readonly kind: 'weight';
      readonly atMs: number;
      readonly from: number | undefined;
      readonly to: number;
      readonly load: number | undefined;
      readonly why: string;
    } & MemberPlace)
  /** How far the monitor trusts its eyes. */
  | ({ readonly kind: 'sight' } & SightChange)
  /** A server has taken an update. */
  | {
      readonly kind: 'update';
      readonly atMs: number;
      readonly name: string;
      readonly server: string;
      readonly pulled: readonly string[];
      readonly putBack: readonly string[];
      readonly tookMs: number;
    }
  /** A server has not taken an update. `retryMs`: when it is tried again, in so many milliseconds. */
  | {
      readonly kind: 'update-failed';
      readonly atMs: number;
      readonly name: string;
      readonly server: string;
      readonly why: string;
      readonly tries: number;
      readonly retryMs: number | undefined;
    }
  /** What a server holds is known now, or no longer. */
  | {
      readonly kind: 'server';
      readonly atMs: number;
      readonly server: string;
      readonly isKnown: boolean;
      readonly why: string;
    };

/** A line of the log. */
export interface HappeningLine {
  readonly level: 'error' | 'warn' | 'info';
  readonly sentence: string;
  readonly fields: LogFields;
}

/** Shows it for the log. */
export function showHappening(happening: Happening): HappeningLine {
  switch (happening.kind) {
    case 'state':
      return showState(happening);
    case 'decision':
      return showDecision(happening);
    case 'warning':
      return line('warn', `${happening.member} of ${happening.name} warns`, { warning: happening.text });
    case 'weight': {
      const { member, name, from, to, load, why } = happening;
      return line('info', `${member} of ${name} has weight ${to}`, { from, load, why });
    }
    case 'sight':
      return showSight(happening);
    case 'update': {
      const { name, server, pulled, putBack, tookMs } = happening;
      const fields = { server, pulled: listed(pulled), putBack: listed(putBack), tookMs };
      return line('info', `${name} is updated`, fields);
    }
    case 'update-failed': {
      const { name, server, why, tries, retryMs } = happening;
      return line('error', `cannot update ${name}`, { server, why, tries, retryMs });
    }
    case 'server': {
      const { server, isKnown, why } = happening;
      if (isKnown) return line('info', `${server} has told what it holds`, { why });
      return line('error', `what ${server} holds is not known: nothing is changed there`, { why });
    }
    default:
      return happening satisfies never;
  }
}

/** Shows it as JSON for hooks: one object, times as RFC 3339, what is not known left out. */
export function showHappeningJson(happening: Happening): string {
  const { level, sentence } = showHappening(happening);
  return JSON.stringify({ ...happening, line: `${level} ${sentence}` }, (key, value: unknown) => {
    if (!TIME_KEYS.has(key) || typeof value !== 'number') return value;
    return Number.isFinite(value) ? showInstant(Math.floor(value / 1000)) : undefined;
  });
}

/** The last results as a row, the newest last: `+` passed, `-` failed. */
export function showResults(lately: readonly Sighting[]): string {
  return lately.map(({ passed }) => (passed ? '+' : '-')).join('');
}

// --- helpers ---

const TIME_KEYS: ReadonlySet<string> = new Set([
  'atMs',
  'untilMs',
  'sinceMs',
  'exceededMs',
  'startedMs',
  'endedMs',
]);

function line(level: HappeningLine['level'], text: string, fields: LogFields): HappeningLine {
  return { level, sentence: `monitor: ${text}`, fields };
}

function listed(members: readonly string[]): string | undefined {
  return members.length === 0 ? undefined : members.join(' ');
}

function showState(happening: Happening & { readonly kind: 'state' }): HappeningLine {
  const { name, member, from, to, why, evidence, lastedMs } = happening;
  const fields = { from, why, results: showResults(evidence), lastedMs };
  return line(to === 'down' ? 'warn' : 'info', `${member} of ${name} is ${to}`, fields);
}

function showDecision(happening: Happening & { readonly kind: 'decision' }): HappeningLine {
  const { name, member, want, reason, why, untilMs } = happening;
  const until = untilMs === undefined ? undefined : showInstant(Math.ceil(untilMs / 1000));
  const isBad = want === 'out' || reason === 'kept' || reason === 'unwitnessed';
  const what = {
    in: reason === 'kept' ? 'is kept in' : 'is to be in',
    out: reason === 'held' ? `is held down until ${until ?? 'further notice'}` : 'is to be out',
    leave: 'is left as it is',
  }[want];
  return line(isBad ? 'warn' : 'info', `${member} of ${name} ${what}`, { reason, why, until });
}

function showSight(happening: Happening & { readonly kind: 'sight' }): HappeningLine {
  const { to, sight } = happening;
  const { failing, of, passingReferences, references } = sight;
  const fields = {
    failing,
    of,
    ...(references === 0 ? {} : { references: `${passingReferences} of ${references} pass` }),
  };
  switch (to) {
    case 'clear':
      return line('info', 'sees clearly again', fields);
    case 'checking':
      return line('warn', 'too much fails at once: pulling waits for the reference targets', fields);
    case 'blind':
      return line('error', 'BLIND: too much fails at once to be believed, nothing is pulled', fields);
    case 'theirs':
      return line('error', 'much fails at once, and our own network works: it is pulled', fields);
    default:
      return to satisfies never;
  }
}
