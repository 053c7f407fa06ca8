import type { DomainName } from '../wire/name.ts';
import { ROWS_AT_ONCE, type Statements, type Value } from './statements.ts';

/** Who made a change: a zone file by its path, a key by its name, an operator by the login name, a primary by its
 * address. */
export interface ChangedBy {
  readonly kind: 'file' | 'key' | 'operator' | 'primary';
  readonly name: string;
}

/** A record as it stands in the database. */
export type RecordValues = [
  owner: Uint8Array,
  type: number,
  rdata: Uint8Array,
  ttl: number,
  written: Uint8Array | null,
];

/** The journal's entry for one change, while it is being made. */
export interface JournalEntry {
  removed(...record: RecordValues): void;
  added(...record: RecordValues): void;
  /** `removed` and `added`: how many records, the SOA not counted. */
  complete(serialFrom: number, serialTo: number, removed: number, added: number): void;
  /** Nothing changed after all. */
  forget(): void;
}

/** Begins the entry for a change of the zone at `apex`. */
export function beginEntry(
  statements: Statements,
  apex: DomainName,
  by: ChangedBy,
  nowMs: number,
): JournalEntry {
  const { id } = statements.insertJournal.run(apex, 'change', null, null, 0, 0, nowMs, by.kind, by.name);
  let sequence = 0;
  const rows: Value[] = [];
  function note(added: number, ...record: RecordValues): void {
    rows.push(id, sequence++, added, ...record);
    if (rows.length < ROWS_AT_ONCE * COLUMNS) return;
    statements.insertJournalRecords.run(...rows);
    rows.length = 0;
  }
  return {
    removed: (...record) => note(0, ...record),
    added: (...record) => note(1, ...record),
    complete(serialFrom, serialTo, removed, added) {
      for (let i = 0; i < rows.length; i += COLUMNS) {
        statements.insertJournalRecord.run(...rows.slice(i, i + COLUMNS));
      }
      statements.completeJournal.run(serialFrom, serialTo, removed, added, id);
    },
    forget() {
      statements.deleteJournal.run(id);
    },
  };
}

/** Writes that a zone was loaded whole: one row, whatever its size. */
export function journalLoad(
  statements: Statements,
  apex: DomainName,
  serial: number,
  records: number,
  by: ChangedBy,
  nowMs: number,
): void {
  statements.insertJournal.run(apex, 'load', null, serial, 0, records, nowMs, by.kind, by.name);
}

/** Writes that a zone is no longer served. */
export function journalRemoval(
  statements: Statements,
  apex: DomainName,
  serial: number,
  records: number,
  by: ChangedBy,
  nowMs: number,
): void {
  statements.insertJournal.run(apex, 'remove', serial, null, records, 0, nowMs, by.kind, by.name);
}

/** Of `journal_rr`. */
const COLUMNS = 8;
