import { ControlClient } from '../../control/client.ts';
import type { ServerStatus } from '../../control/protocol.ts';
import { readArguments } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { loadConfigFile } from '../config-file.ts';
import { showTable, type Terminal } from '../terminal.ts';
import { showGeoLine, showWarnings } from './geo-status.ts';
import { showSecondaries } from './secondaries-table.ts';
import { showDuration, showOctets } from './status-units.ts';

/** `waypost status`: one screen about the running server. */
export const STATUS: Command = {
  help: `  -c, --config FILE   the server's configuration; default: waypost.toml in this directory, if there is one
  --json              everything, as JSON

exit code: 0 the server runs, 1 it does not, 2 the command line is wrong
`,
  async run(args, terminal) {
    const { values } = readArguments({
      args: [...args],
      options: { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } },
    });
    const status = await new ControlClient(loadConfigFile(values.config).config.data).status();
    terminal.out(values.json === true ? `${JSON.stringify(status)}\n` : showStatus(status, terminal));
    return 0;
  },
};

function showStatus(status: ServerStatus, terminal: Terminal): string {
  const { late, threads, tcp, transfers, secondaryZones } = status;
  const ofSecondaries = Object.entries(secondaryZones).filter(([, count]) => count > 0);
  const head = [
    `waypost ${status.version}, pid ${status.pid}, up ${showDuration(status.uptimeSeconds)}`,
    `listening on ${status.listen.join(', ')} (UDP ${status.udp === 'batch' ? 'in batches' : 'through node:dgram'}, TCP)`,
    `${status.zones} zones, ${status.records} records; image ${showOctets(status.imageOctets)}, process ${showOctets(status.residentOctets)}`,
    showGeoLine(status.geo),
    ...(ofSecondaries.length === 0
      ? []
      : [`secondary zones: ${ofSecondaries.map(([phase, count]) => `${count} ${phase}`).join(', ')}`]),
    `updates and the like: ${late.waiting} waiting, ${late.refused} refused because too many waited`,
    `TCP: ${tcp.connections} connections open, ${tcp.answered} answers, ${tcp.overLimit} connections closed to keep a limit`,
    `transfers: ${transfers.underWay} under way, ${transfers.served} served, ${transfers.refused} refused, ${transfers.failed} broken off`,
  ];
  const columns = ['thread', 'answered', 'received', 'unsent', 'discarded', 'replaced', 'heap'].map(
    (title) => ({
      title,
      align: 'right' as const,
    }),
  );
  const rows = threads.map((thread, index) => [
    `${index}${thread.isAlive ? '' : ' (dead)'}`,
    String(thread.answered),
    String(thread.received),
    String(thread.unsent),
    String(thread.discarded),
    String(thread.replaced),
    showOctets(thread.heapUsed),
  ]);
  const secondaries = status.secondaries.length === 0 ? '' : `\n${showSecondaries(status.secondaries)}`;
  const warnings = showWarnings(status.geo.warnings, terminal);
  return `${head.join('\n')}\n${warnings}\n${showTable(columns, rows)}${secondaries}`;
}
