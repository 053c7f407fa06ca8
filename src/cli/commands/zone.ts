import { suggestionFor } from '../../base/suggest.ts';
import { ControlClient } from '../../control/client.ts';
import { readArguments, readInteger, UsageError } from '../arguments.ts';
import type { Command } from '../commands.ts';
import { loadConfigFile } from '../config-file.ts';
import type { Terminal } from '../terminal.ts';
import { exportZone } from './zone-export.ts';
import { showHistory } from './zone-history.ts';
import { listZones } from './zone-list.ts';
import { tellPermission } from './zone-may.ts';
import { refreshZone } from './zone-refresh.ts';
import { reloadZones } from './zone-reload.ts';
import { showDifference, showZoneText } from './zone-show.ts';
import { undoChange } from './zone-undo.ts';
import { waitForSecondaries } from './zone-wait.ts';

/** `waypost zone`: the zones of the running server and their history; and who may change them. */
export const ZONE: Command = {
  help: `  list                the zones served: serial, records, where they come from
  reload [NAME]       read the configuration's keys and zone tables, and new and changed zone files, and apply
                      the difference; a file with errors changes nothing and its old zone is served on. With NAME
                      only that zone is reported.
  refresh NAME        ask the primary of a secondary zone now, and fetch what is newer
  history NAME        who changed the zone and when, newest first
  show NAME           the zone as a master file
  diff NAME A B       what is to be removed (-) and added (+) to make serial B of serial A
  undo NAME SERIAL    take back the change that led to SERIAL, as a change of its own. What came after it stays;
                      if a record of it has been changed again since, that is told and nothing is done.
  export NAME [FILE]  write the zone as a master file that loads to the same zone; default: NAME.zone in this
                      directory, - for standard output
  may KEY NAME TYPE   whether the update rules of the configuration allow the key to change records of the type at
                      the name, by which rule, or why not. Needs no running server.
  wait NAME           wait until all secondaries of the zone have the serial it has now; the server asks them

  --full              refresh: the whole zone, whatever its serial
  -n, --number N      history: at most N changes; default: 20
  --records           history: the records of each change, too
  --at SERIAL         show, export: as the zone was at SERIAL
  --force             export: replace a FILE that is there
  --serial N          wait: until they have serial N or a later one
  --timeout S         wait: at most so many seconds; default: 60
  -c, --config FILE   the server's configuration; default: waypost.toml in this directory, if there is one
  --json              the answer as JSON

exit code: 0 done (may: allowed), 1 no server, a zone file or a primary had errors, what was asked for is not there or
cannot be undone (may: refused; wait: the time was out), 2 the command line is wrong
`,
  async run(args, terminal) {
    const { values, positionals } = readWords(args);
    const [what, ...words] = positionals;
    const known = SUB_COMMANDS.map(({ name }) => name).join(', ');
    if (what === undefined) throw new UsageError(`zone what? ${known}`);
    const sub = SUB_COMMANDS.find(({ name }) => name === what);
    if (sub === undefined) {
      const meant = suggestionFor(
        what,
        SUB_COMMANDS.map(({ name }) => name),
      );
      throw new UsageError(
        `there is no 'zone ${what}'; ${meant === undefined ? known : `did you mean ${meant}`}?`,
      );
    }
    const most = sub.words.length;
    const extra = words[most];
    if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
    const wanted = sub.words.find((word, i) => words[i] === undefined && !word.startsWith('['));
    if (wanted !== undefined && what !== 'may') throw new UsageError(`zone ${what}: ${wanted} is wanted`);
    for (const option of Object.keys(values)) {
      if (option === 'config' || option === 'json' || sub.options.includes(option)) continue;
      throw new UsageError(`zone ${what} has no option --${option}`);
    }
    return await sub.run({ words, values, isJson: values.json === true, terminal });
  },
};

// --- sub-commands ---

/** The options of all sub-commands; which has which is in {@link SUB_COMMANDS}. */
function readWords(args: readonly string[]) {
  return readArguments({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c' },
      json: { type: 'boolean' },
      number: { type: 'string', short: 'n' },
      records: { type: 'boolean' },
      at: { type: 'string' },
      force: { type: 'boolean' },
      full: { type: 'boolean' },
      serial: { type: 'string' },
      timeout: { type: 'string' },
    },
    allowPositionals: true,
  });
}

/** What a sub-command is given. */
interface Asked {
  readonly words: readonly string[];
  readonly values: ReturnType<typeof readWords>['values'];
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

interface SubCommand {
  readonly name: string;
  /** The words after it; those in brackets may be left out. */
  readonly words: readonly string[];
  /** Besides --config and --json. */
  readonly options: readonly string[];
  run(asked: Asked): Promise<number> | number;
}

const SUB_COMMANDS: readonly SubCommand[] = [
  {
    name: 'list',
    words: [],
    options: [],
    run: (asked) => listZones(clientOf(asked), asked.terminal, asked.isJson),
  },
  {
    name: 'reload',
    words: ['[NAME]'],
    options: [],
    run: (asked) => reloadZones(clientOf(asked), asked.terminal, asked.isJson, asked.words[0]),
  },
  {
    name: 'refresh',
    words: ['NAME'],
    options: ['full'],
    run(asked) {
      const wish = { isFull: asked.values.full === true, isJson: asked.isJson };
      return refreshZone(clientOf(asked), asked.terminal, wordOf(asked, 0), wish);
    },
  },
  {
    name: 'history',
    words: ['NAME'],
    options: ['number', 'records'],
    run(asked) {
      const { values, isJson, terminal } = asked;
      const wish = { most: values.number, withRecords: values.records === true, isJson };
      return showHistory(clientOf(asked), terminal, wordOf(asked, 0), wish);
    },
  },
  {
    name: 'show',
    words: ['NAME'],
    options: ['at'],
    run(asked) {
      const wish = { at: serialAt(asked), isJson: asked.isJson };
      return showZoneText(clientOf(asked), asked.terminal, wordOf(asked, 0), wish);
    },
  },
  {
    name: 'diff',
    words: ['NAME', 'A', 'B'],
    options: [],
    run(asked) {
      const [from, to] = [readSerial('A', wordOf(asked, 1)), readSerial('B', wordOf(asked, 2))];
      const wish = { from, to, isJson: asked.isJson };
      return showDifference(clientOf(asked), asked.terminal, wordOf(asked, 0), wish);
    },
  },
  {
    name: 'undo',
    words: ['NAME', 'SERIAL'],
    options: [],
    run(asked) {
      const wish = { serial: readSerial('SERIAL', wordOf(asked, 1)), isJson: asked.isJson };
      return undoChange(clientOf(asked), asked.terminal, wordOf(asked, 0), wish);
    },
  },
  {
    name: 'export',
    words: ['NAME', '[FILE]'],
    options: ['at', 'force'],
    run(asked) {
      const { words, values, isJson, terminal } = asked;
      const wish = { file: words[1], at: serialAt(asked), force: values.force === true, isJson };
      return exportZone(clientOf(asked), terminal, wordOf(asked, 0), wish);
    },
  },
  {
    name: 'may',
    words: ['KEY', 'NAME', 'TYPE'],
    options: [],
    run: ({ words, values, isJson, terminal }) =>
      tellPermission(words, { config: values.config, isJson }, terminal),
  },
  {
    name: 'wait',
    words: ['NAME'],
    options: ['serial', 'timeout'],
    run(asked) {
      const { values, isJson, terminal } = asked;
      return waitForSecondaries(clientOf(asked), terminal, wordOf(asked, 0), { ...values, isJson });
    },
  },
];

function clientOf({ values }: Asked): ControlClient {
  return new ControlClient(loadConfigFile(values.config).config.data);
}

function wordOf({ words }: Asked, i: number): string {
  return words[i] ?? '';
}

function serialAt({ values }: Asked): number | undefined {
  return values.at === undefined ? undefined : readSerial('--at', values.at);
}

function readSerial(what: string, text: string): number {
  return readInteger(what, text, 0, 0xffff_ffff);
}
