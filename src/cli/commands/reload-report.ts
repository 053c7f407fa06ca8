import type { ReloadReport } from '../../control/protocol.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';

/** Shows what a load did: errors and warnings, then a table of the zones. Returns the number of errors. */
export function showReload(terminal: Terminal, report: ReloadReport): number {
  const errors = [...report.errors, ...report.zones.flatMap((zone) => zone.errors)];
  const warnings = report.zones.flatMap((zone) => zone.warnings);
  for (const error of errors) terminal.err(`${error}\n`);
  for (const warning of warnings) terminal.err(`${warning} (warning)\n`);
  const rows = report.zones.map(({ apex, outcome, serial, records, added, removed }) => [
    apex,
    paint(terminal, outcome === 'failed' ? 'red' : 'green', outcome),
    serial === undefined ? '' : String(serial),
    String(records),
    added === 0 ? '' : `+${added}`,
    removed === 0 ? '' : `-${removed}`,
  ]);
  const columns = [
    { title: 'zone' },
    { title: 'outcome' },
    { title: 'serial', align: 'right' as const },
    { title: 'records', align: 'right' as const },
    { title: 'added', align: 'right' as const },
    { title: 'removed', align: 'right' as const },
  ];
  if (rows.length > 0) terminal.out(showTable(columns, rows));
  if (report.zones.some(({ outcome, serial }) => outcome === 'failed' && serial !== undefined)) {
    terminal.err('a zone that failed is served as it was before\n');
  }
  return errors.length;
}
