import type { ControlClient } from '../control/client.ts';
import { showTable, type Terminal } from './terminal.ts';

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
  ];
  const rows = zones.map(({ apex, serial, records, source }) => [
    apex,
    String(serial),
    String(records),
    source,
  ]);
  terminal.out(showTable(columns, rows));
  return 0;
}
