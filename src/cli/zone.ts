import { ControlClient } from '../control/client.ts';
import type { SecondarySummary } from '../control/protocol.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command } from './commands.ts';
import { loadConfigFile } from './config-file.ts';
import { showReload } from './reload-report.ts';
import { Progress, showTable, type Terminal } from './terminal.ts';
import { tellPermission } from './zone-may.ts';

/** `waypost zone`: asks the running server about its zones, or to read their files again; and who may change them. */
export const ZONE: Command = {
  help: `  list                the zones served: serial, records, where they come from
  reload [NAME]       read new and changed zone files and apply the difference; a file with errors changes
                      nothing and its old zone is served on. With NAME only that zone is reported.
  refresh NAME        ask the primary of a secondary zone now; with --full fetch the whole zone, whatever its serial
  may KEY NAME TYPE   whether the update rules of the configuration allow the key to change records of the type at
                      the name, by which rule, or why not. Needs no running server.
  -c, --config FILE   the server's configuration; default: waypost.toml in this directory, if there is one
  --full              with refresh: the whole zone (AXFR)
  --json              the answer as JSON

exit code: 0 done (may: allowed), 1 no server, or a zone file or a primary had errors (may: refused), 2 the command line is wrong
`,
  async run(args, terminal) {
    const { values, positionals } = readArguments({
      args: [...args],
      options: {
        config: { type: 'string', short: 'c' },
        json: { type: 'boolean' },
        full: { type: 'boolean' },
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
    if (what === 'list') return list(client, terminal, isJson);
    if (what === 'refresh') return refresh(client, terminal, isJson, name, values.full === true);
    return reload(client, terminal, isJson, name);
  },
};

/** How many words each sub-command has at most, itself included. */
const MOST_WORDS: ReadonlyMap<string, number> = new Map([
  ['list', 1],
  ['reload', 2],
  ['refresh', 2],
  ['may', 4],
]);

const SUB_COMMANDS = 'list, reload, refresh or may';

async function list(client: ControlClient, terminal: Terminal, isJson: boolean): Promise<number> {
  const zones = await client.zones();
  if (isJson) terminal.out(`${JSON.stringify(zones)}\n`);
  else {
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

async function refresh(
  client: ControlClient,
  terminal: Terminal,
  isJson: boolean,
  name: string | undefined,
  isFull: boolean,
): Promise<number> {
  if (name === undefined) throw new UsageError('zone refresh: which zone?');
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
