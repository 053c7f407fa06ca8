import { ControlClient } from '../control/client.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command } from './commands.ts';
import { loadConfigFile } from './config-file.ts';
import { showReload } from './reload-report.ts';
import { Progress, showTable, type Terminal } from './terminal.ts';
import { tellPermission } from './zone-may.ts';
import { waitForSecondaries } from './zone-wait.ts';

/** `waypost zone`: asks the running server about its zones, or to read their files again; and who may change them. */
export const ZONE: Command = {
  help: `  list                the zones served: serial, records, where they come from
  reload [NAME]       read new and changed zone files and apply the difference; a file with errors changes
                      nothing and its old zone is served on. With NAME only that zone is reported.
  may KEY NAME TYPE   whether the update rules of the configuration allow the key to change records of the type at
                      the name, by which rule, or why not. Needs no running server.
  wait NAME           wait until all secondaries of the zone have the serial it has now; the server asks them.
    --serial N        … until they have this serial or a later one
    --timeout S       … at most so many seconds; default: 60
  -c, --config FILE   the server's configuration; default: waypost.toml in this directory, if there is one
  --json              the answer as JSON

exit code: 0 done (may: allowed), 1 no server, or a zone file had errors (may: refused; wait: the time was out), 2 the
command line is wrong
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string', short: 'c' },
        json: { type: 'boolean' },
        serial: { type: 'string' },
        timeout: { type: 'string' },
      },
      allowPositionals: true,
    });
    const [what, name] = positionals;
    if (what === undefined) throw new UsageError(`${SUB_COMMANDS}?`);
    const most = MOST_WORDS.get(what);
    if (most === undefined) throw new UsageError(`there is no 'zone ${what}'; ${SUB_COMMANDS}?`);
    const extra = positionals[most];
    if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
    const isJson = values.json === true;
    if (what === 'may') {
      return tellPermission(positionals.slice(1), { config: values.config, isJson }, terminal);
    }
    const client = new ControlClient(loadConfigFile(values.config).config.data);
    if (what === 'wait') return waitForSecondaries(client, terminal, name, { ...values, isJson });
    if (what === 'list') return list(client, terminal, isJson);
    return reload(client, terminal, isJson, name);
  },
};

/** How many words each sub-command has at most, itself included. */
const MOST_WORDS: ReadonlyMap<string, number> = new Map([
  ['list', 1],
  ['reload', 2],
  ['may', 4],
  ['wait', 2],
]);

const SUB_COMMANDS = 'list, reload, may or wait';

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
