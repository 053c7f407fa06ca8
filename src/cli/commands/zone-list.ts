import type { ControlClient } from '../../control/client.ts';
import type { SecondarySummary } from '../../control/protocol.ts';
import { showTable, type Terminal } from '../terminal.ts';

/** `waypost zone list`. */
export async function listZones(client: ControlClient, terminal: Terminal, isJson: boolean): Promise<number> {
  const zones = await client.zones();
  if (isJson) {
    terminal.out(`${JSON.stringify(zones)}\n`);
    return 0;
  }
  const columns = [
    { title: 'zone' },
    { title: 'serial', align: 'right' as const },
    { title: 'records', align: 'right' as const },
    { title: 'from' },
    { title: zones.some(({ secondary }) => secondary !== undefined) ? 'state' : '' },
  ];
  const rows = zones.map(({ apex, serial, records, source, secondary }) => [
    apex,
    secondary?.phase === 'never-loaded' ? '-' : String(serial),
    String(records),
    secondary === undefined ? source : `secondary of ${secondary.primaries.join(', ')}`,
    secondary === undefined ? '' : showState(secondary),
  ]);
  terminal.out(showTable(columns, rows));
  return 0;
}

/** A few words on how a secondary zone does. */
function showState({ phase, isChecking, receiving, expires, lastError }: SecondarySummary): string {
  const words: Record<SecondarySummary['phase'], string> = {
    'never-loaded': 'never loaded',
    fresh: 'fresh',
    retrying: `cannot be refreshed, expires ${expires}`,
    expired: 'expired',
  };
  const now = receiving === undefined ? 'refreshing' : `refreshing: ${receiving} records so far`;
  const parts = [words[phase], ...(isChecking ? [now] : []), ...(lastError === undefined ? [] : [lastError])];
  return parts.join('; ');
}
