import type { ControlClient } from '../../control/client.ts';
import type { Terminal } from '../terminal.ts';

/** `waypost zone undo NAME SERIAL`: takes back the change that led to a serial. 0 is done, 1 that it could not be. */
export async function undoChange(
  client: ControlClient,
  terminal: Terminal,
  zone: string,
  { serial, isJson }: { readonly serial: number; readonly isJson: boolean },
): Promise<number> {
  const report = await client.undo(zone, serial);
  const { conflicts } = report;
  if (isJson) {
    terminal.out(`${JSON.stringify(report)}\n`);
    return conflicts.length === 0 ? 0 : 1;
  }
  if (conflicts.length > 0) {
    terminal.err(
      `waypost: the change to serial ${serial} of ${report.zone} cannot be undone, nothing was changed:\n`,
    );
    for (const { record, why } of conflicts) {
      const { owner, ttl, type, data } = record;
      terminal.err(`  ${owner} ${ttl} ${type} ${data}: ${why}\n`);
    }
    return 1;
  }
  for (const warning of report.warnings) terminal.err(`warning: ${warning}\n`);
  terminal.out(
    `undone: the change to serial ${serial} of ${report.zone} (−${report.removed} +${report.added}); its serial is now ${report.serial}\n`,
  );
  return 0;
}
