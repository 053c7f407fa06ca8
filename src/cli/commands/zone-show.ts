import type { ControlClient } from '../../control/client.ts';
import type { Terminal } from '../terminal.ts';
import { showDiffLine } from './zone-history.ts';

/** `waypost zone show NAME [--at SERIAL]`: a zone as a master file, as it is or as it was. */
export async function showZoneText(
  client: ControlClient,
  terminal: Terminal,
  zone: string,
  { at, isJson }: { readonly at: number | undefined; readonly isJson: boolean },
): Promise<number> {
  if (isJson) await writeJson(terminal, client.zoneRecords(zone, at));
  else for await (const text of client.zoneText(zone, at)) await terminal.write(text);
  return 0;
}

/** `waypost zone diff NAME A B`: what is to be removed and added to make the one serial of the other. */
export async function showDifference(
  client: ControlClient,
  terminal: Terminal,
  zone: string,
  { from, to, isJson }: { readonly from: number; readonly to: number; readonly isJson: boolean },
): Promise<number> {
  const lines = client.difference(zone, from, to);
  if (isJson) await writeJson(terminal, lines);
  else for await (const line of lines) await terminal.write(showDiffLine(terminal, line));
  return 0;
}

/** Values as one JSON array, each on a line, as they come. */
async function writeJson(terminal: Terminal, values: AsyncIterable<unknown>): Promise<void> {
  let before = '[';
  for await (const value of values) {
    await terminal.write(`${before}${JSON.stringify(value)}`);
    before = ',\n';
  }
  await terminal.write(before === '[' ? '[]\n' : ']\n');
}
