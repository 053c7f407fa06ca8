import type { StatusRange } from './probe-options.ts';

/** Reads `200`, `200-299` or `2xx`. Returns `undefined` when the text is anything else. */
export function scanStatusRange(text: string): StatusRange | undefined {
  const [, wildcard, first, last] = /^(?:([1-5])xx|([1-5]\d\d)(?:-([1-5]\d\d))?)$/.exec(text) ?? [];
  if (wildcard !== undefined) return { from: Number(wildcard) * 100, to: Number(wildcard) * 100 + 99 };
  if (first === undefined) return undefined;
  const range = { from: Number(first), to: Number(last ?? first) };
  return range.from <= range.to ? range : undefined;
}

/** Shows ranges as {@link scanStatusRange} reads them, with `or` between them. */
export function showStatusRanges(ranges: readonly StatusRange[]): string {
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(' or ');
}

export function isInRanges(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(({ from, to }) => status >= from && status <= to);
}
