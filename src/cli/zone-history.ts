import type { ControlClient } from '../control/client.ts';
import type { HistoryEntry, RecordLine } from '../control/protocol.ts';
import { readInteger } from './arguments.ts';
import { paint, showTable, type Terminal } from './terminal.ts';

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
  const entries: { entry: HistoryEntry; records: RecordLine[] }[] = [];
  for await (const line of client.history(zone, limit, withRecords)) {
    if (line.kind === 'entry') {
      const { kind: _, ...entry } = line;
      entries.push({ entry, records: [] });
    } else {
      const { kind: _, ...record } = line;
      entries.at(-1)?.records.push(record);
    }
  }
  if (isJson) {
    const values = entries.map(({ entry, records }) => (withRecords ? { ...entry, records } : entry));
    terminal.out(`${JSON.stringify(values)}\n`);
    return 0;
  }
  const [heading = '', ...lines] = showTable(
    COLUMNS,
    entries.map(({ entry }) => rowOf(entry)),
  ).split('\n');
  terminal.out(`${heading}\n`);
  for (const [i, { records }] of entries.entries()) {
    terminal.out(`${lines[i]}\n`);
    for (const record of records) terminal.out(showDiffLine(terminal, record));
    if (records.length > 0) terminal.out('\n');
  }
  return 0;
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
