import type { ControlClient } from '../../control/client.ts';
import type { HistoryEntry, HistoryLine, RecordLine } from '../../control/protocol.ts';
import { readInteger } from '../arguments.ts';
import { paint, showTable, type Terminal } from '../terminal.ts';

/** What the command line of `waypost zone history` says. */
export interface HistoryWish {
  /** `-n`. */
  readonly most: string | undefined;
  /** `--records`. */
  readonly withRecords: boolean;
  readonly isJson: boolean;
}

/** `waypost zone history NAME`: who changed what and when, the newest change first. */
export async function showHistory(
  client: ControlClient,
  terminal: Terminal,
  zone: string,
  { most, withRecords, isJson }: HistoryWish,
): Promise<number> {
  const limit = most === undefined ? DEFAULT_ENTRIES : readInteger('-n', most, 1, MOST_ENTRIES);
  const entries: HistoryEntry[] = [];
  const printer = withRecords ? new RecordsPrinter(terminal, entries, isJson) : undefined;
  for await (const line of client.history(zone, limit, withRecords)) {
    if (line.kind === 'entry') {
      const { kind: _, ...entry } = line;
      entries.push(entry);
    } else await printer?.take(line);
  }
  if (printer !== undefined) await printer.end();
  else if (isJson) terminal.out(`${JSON.stringify(entries)}\n`);
  else await terminal.write(showTable(COLUMNS, entries.map(rowOf)));
  return 0;
}

/** Prints entries with their records as these come, so that it holds those of one entry at a time. */
class RecordsPrinter {
  readonly #terminal: Terminal;
  readonly #entries: readonly HistoryEntry[];
  readonly #isJson: boolean;
  #rows: readonly string[] | undefined;
  #printed = 0;
  #records: RecordLine[] = [];
  #isOmitted = false;

  constructor(terminal: Terminal, entries: readonly HistoryEntry[], isJson: boolean) {
    this.#terminal = terminal;
    this.#entries = entries;
    this.#isJson = isJson;
  }

  /** `entries` are complete when the first record comes. */
  async take(line: Exclude<HistoryLine, { kind: 'entry' }>): Promise<void> {
    while (this.#printed < line.of) await this.#print();
    if (line.kind === 'omitted') {
      this.#isOmitted = true;
      return;
    }
    const { kind: _, of: __, ...record } = line;
    this.#records.push(record);
  }

  async end(): Promise<void> {
    while (this.#printed < this.#entries.length) await this.#print();
    if (this.#isJson) await this.#terminal.write(this.#printed === 0 ? '[]\n' : ']\n');
  }

  /** The next entry. */
  async #print(): Promise<void> {
    const i = this.#printed++;
    const records = this.#records;
    this.#records = [];
    const isOmitted = this.#isOmitted;
    this.#isOmitted = false;
    if (this.#isJson) {
      const value = { ...this.#entries[i], ...(isOmitted ? { isOmitted } : { records }) };
      await this.#terminal.write(`${i === 0 ? '[' : ',\n'}${JSON.stringify(value)}`);
      return;
    }
    this.#rows ??= showTable(COLUMNS, this.#entries.map(rowOf)).split('\n');
    if (i === 0) await this.#terminal.write(`${this.#rows[0]}\n`);
    await this.#terminal.write(`${this.#rows[i + 1]}\n`);
    for (const record of records) await this.#terminal.write(showDiffLine(this.#terminal, record));
    if (isOmitted && this.#entries[i]?.action === 'change')
      await this.#terminal.write('too many records to list\n');
    if (records.length > 0) await this.#terminal.write('\n');
  }
}

/** A line of a diff: `- www.example.test. 60 A 192.0.2.1`. */
export function showDiffLine(terminal: Terminal, { sign = '+', owner, ttl, type, data }: RecordLine): string {
  const line = `${sign} ${owner} ${ttl} ${type} ${data}`;
  return `${paint(terminal, sign === '-' ? 'red' : 'green', line)}\n`;
}

// --- helpers ---

const DEFAULT_ENTRIES = 20;
const MOST_ENTRIES = 1_000_000;

const COLUMNS = [
  { title: 'from', align: 'right' as const },
  { title: 'to', align: 'right' as const },
  { title: 'when' },
  { title: 'removed', align: 'right' as const },
  { title: 'added', align: 'right' as const },
  { title: 'who' },
];

function rowOf({ action, serialFrom, serialTo, at, by, removed, added }: HistoryEntry): string[] {
  const note = NOTES.get(action);
  return [
    serialFrom === undefined ? '' : String(serialFrom),
    serialTo === undefined ? '' : String(serialTo),
    at.replace(/\.\d+Z$/, 'Z'),
    removed === 0 ? '' : `−${removed}`,
    added === 0 ? '' : `+${added}`,
    `${showWho(by)}${note === undefined ? '' : ` (${note})`}`,
  ];
}

const NOTES: ReadonlyMap<string, string> = new Map([
  ['load', 'loaded'],
  ['remove', 'no longer served'],
]);

function showWho({ kind, name, address }: HistoryEntry['by']): string {
  const who = kind === 'undo' ? `undo of ${name}` : `${kind} ${name}`;
  return address === undefined ? who : `${who} from ${address}`;
}
