import type { ControlClient } from '../../control/client.ts';
import { Progress, type Terminal } from '../terminal.ts';

/** How `waypost zone refresh` is wished for. */
export interface RefreshWish {
  /** The whole zone, whatever its serial. */
  readonly isFull: boolean;
  readonly isJson: boolean;
}

/** `waypost zone refresh NAME`: has the server ask the primary of a secondary zone now. */
export async function refreshZone(
  client: ControlClient,
  terminal: Terminal,
  name: string,
  { isFull, isJson }: RefreshWish,
): Promise<number> {
  const apex = name.endsWith('.') ? name : `${name}.`;
  const progress = new Progress(terminal, 'the server is asking the primary', Date.now);
  const tick = setInterval(() => progress.update(0), 200);
  try {
    const report = await client.refresh(apex, isFull);
    progress.end();
    if (isJson) terminal.out(`${JSON.stringify(report)}\n`);
    else if (report.outcome === 'failed') terminal.err(`${report.apex}: ${report.error}\n`);
    else {
      const what = report.outcome === 'fetched' ? 'fetched' : 'is up to date';
      terminal.out(`${report.apex} ${what}, serial ${report.serial}\n`);
    }
    return report.outcome === 'failed' ? 1 : 0;
  } finally {
    clearInterval(tick);
  }
}
