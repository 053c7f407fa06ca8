import type { ControlClient } from '../../control/client.ts';
import { Progress, type Terminal } from '../terminal.ts';
import { showReload } from './reload-report.ts';

/** `waypost zone reload [NAME]`. */
export async function reloadZones(
  client: ControlClient,
  terminal: Terminal,
  isJson: boolean,
  name: string | undefined,
): Promise<number> {
  const apex = name === undefined || name.endsWith('.') ? name : `${name}.`;
  const progress = new Progress(terminal, 'the server is reading zone files', Date.now);
  const tick = setInterval(() => progress.update(0), 200);
  try {
    const report = await client.reload(apex);
    progress.end();
    if (isJson) terminal.out(`${JSON.stringify(report)}\n`);
    const errors = isJson
      ? report.errors.length + report.zones.filter((zone) => zone.outcome === 'failed').length
      : showReload(terminal, report);
    if (apex !== undefined && report.zones.length === 0) {
      terminal.err(`no zone file for ${apex}\n`);
      return 1;
    }
    return errors === 0 ? 0 : 1;
  } finally {
    clearInterval(tick);
  }
}
