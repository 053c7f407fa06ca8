import { ControlClient } from '../control/client.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command } from './commands.ts';
import { loadConfigFile } from './config-file.ts';
import { showReload } from './reload-report.ts';
import { Progress, showTable, type Terminal } from './terminal.ts';

/** `waypost zone`: asks the running server about its zones, or to read their files again. */
export const ZONE: Command = {
  help: `  list                the zones served: serial, records, where they come from
  reload [NAME]       read new and changed zone files and apply the difference; a file with errors changes
                      nothing and its old zone is served on. With NAME only that zone is reported.
  -c, --config FILE   the server's configuration; default: waypost.toml in this directory, if there is one
  --json              the server's answer as JSON

exit code: 0 done, 1 no server, or a zone file had errors, 2 the command line is wrong
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } },
      allowPositionals: true,
    });
    const [what, name, ...more] = positionals;
    if (more.length > 0 || (what === 'list' && name !== undefined)) {
      throw new UsageError(`unexpected argument '${more[0] ?? name}'`);
    }
    const client = new ControlClient(loadConfigFile(values.config).config.data);
    if (what === 'list') return list(client, terminal, values.json === true);
    if (what === 'reload') return reload(client, terminal, values.json === true, name);
    throw new UsageError(
      what === undefined ? 'list or reload?' : `there is no 'zone ${what}'; list or reload?`,
    );
  },
};

async function list(client: ControlClient, terminal: Terminal, isJson: boolean): Promise<number> {
  const zones = await client.zones();
  if (isJson) terminal.out(`${JSON.stringify(zones)}\n`);
  else {
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
  }
  return 0;
}

async function reload(
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
