import * as v from 'valibot';
import type { ValueKind } from './kinds.ts';

/** A time from `min` to `max`, both written as in the file (`"200ms"`, `"5s"`); gives milliseconds. */
export function duration(min: string, max: string): ValueKind<number> {
  const [least = 0, most = 0] = [scanDuration(min), scanDuration(max)];
  const expected = `a time from "${min}" to "${max}", in quotes`;
  const schema = v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      const ms = typeof value === 'string' ? scanDuration(value) : undefined;
      if (ms !== undefined && ms >= least && ms <= most) return ms;
      addIssue({ message: `${expected}${hintFor(value)}` });
      return NEVER;
    }),
  );
  return {
    type: 'time',
    range: `\`"${min}"\` to \`"${max}"\``,
    json: { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|min|h|d)$' },
    schema: () => schema,
  };
}

/** Reads `200ms`, `5s`, `1.5s`, `10min`, `1h`, `1d` as whole milliseconds; `undefined` for anything else. */
export function scanDuration(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|min|h|d)$/.exec(text) ?? [];
  const factor = UNITS.get(unit);
  if (factor === undefined) return undefined;
  const ms = Number(number) * factor;
  return Number.isInteger(ms) ? ms : undefined;
}

/** Shows milliseconds as {@link scanDuration} reads them, in the largest unit that fits. */
export function showDuration(ms: number): string {
  for (const [unit, factor] of [...UNITS].reverse()) {
    if (ms !== 0 && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return ms === 0 ? '0s' : `${ms}ms`;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** What to write instead, for the two slips people make with times. */
function hintFor(written: unknown): string {
  const meant = (text: string): string =>
    scanDuration(text) === undefined ? '' : `; did you mean "${text}"?`;
  if (typeof written === 'number') return meant(`${written}s`);
  if (typeof written !== 'string') return '';
  const squeezed = written.replaceAll(/\s/g, '').toLowerCase();
  const unit = /^[\d.]+(m|sec|secs|seconds?|minutes?|mins|hours?|hr|days?)$/.exec(squeezed)?.[1];
  const number = squeezed.replace(/[a-z]+$/, '');
  if (squeezed === written && scanDuration(written) !== undefined) return '';
  if (/^[\d.]+$/.test(squeezed)) return meant(`${squeezed}s`);
  return unit === undefined
    ? meant(squeezed)
    : meant(`${number}${unit === 'm' ? 'min' : SHORT[unit[0] ?? '']}`);
}

const SHORT: Readonly<Record<string, string>> = { s: 's', m: 'min', h: 'h', d: 'd' };
