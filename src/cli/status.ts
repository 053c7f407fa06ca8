import { ControlClient } from '../control/client.ts';
import type { ServerStatus } from '../control/protocol.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './commands.ts';
import { loadConfigFile } from './config-file.ts';
import { showTable } from './terminal.ts';

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
    terminal.out(values.json === true ? `${JSON.stringify(status)}\n` : showStatus(status));
    return 0;
  },
};

function showStatus(status: ServerStatus): string {
  const { threads, tcp, transfers, secondaries } = status;
  const ofSecondaries = Object.entries(secondaries).filter(([, count]) => count > 0);
  const head = [
    `waypost ${status.version}, pid ${status.pid}, up ${showDuration(status.uptimeSeconds)}`,
    `listening on ${status.listen.join(', ')} (UDP ${status.udp === 'batch' ? 'in batches' : 'through node:dgram'}, TCP)`,
    `${status.zones} zones, ${status.records} records; image ${showOctets(status.imageOctets)}, process ${showOctets(status.residentOctets)}`,
    ...(ofSecondaries.length === 0
      ? []
      : [`secondary zones: ${ofSecondaries.map(([phase, count]) => `${count} ${phase}`).join(', ')}`]),
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
  return `${head.join('\n')}\n\n${showTable(columns, rows)}`;
}

function showDuration(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(
    Math.floor,
  );
  if (seconds < 60) return `${seconds} s`;
  return `${days === 0 ? '' : `${days} d `}${hours} h ${minutes} min`;
}

function showOctets(octets: number): string {
  return octets < 1e6 ? `${Math.round(octets / 1e3)} kB` : `${(octets / 1e6).toFixed(1)} MB`;
}
