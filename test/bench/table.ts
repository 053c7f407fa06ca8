import type { Summary } from './statistics.ts';

/** A Markdown table, padded so that it also reads well on a terminal. The first column is left-aligned, the others right. */
export function showTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? '';
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** A count with thin groups: `215 400`, rounded to three or four digits that mean something; `–` when unknown. */
export function showCount(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const step = value >= 10_000 ? 100 : 1;
  return Math.round(Math.round(value / step) * step)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** A number with a fixed count of decimals; `–` when unknown. */
export function showFixed(value: number | undefined, decimals: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(decimals);
}

/** Octets in MB (10⁶), one decimal; `–` when unknown. */
export function showMegaoctets(octets: number | undefined): string {
  return showFixed(octets === undefined ? undefined : octets / 1e6, 1);
}

/** `low–high` of a summary, shown by `show`; `–` when unknown. */
export function showRange(summary: Summary | undefined, show: (value: number) => string): string {
  return summary === undefined ? '–' : `${show(summary.low)}–${show(summary.high)}`;
}
