import type { DomainName } from '../wire/name.ts';
import { type ChangedBy, insertChange, type JournalEntry, type RecordValues } from './journal.ts';
import { insertRows, type Statements, type Value } from './statements.ts';

/** Entries of the journal that are written together, in the order in which they were completed. */
export class JournalBatch {
  readonly #entries: Entry[] = [];

  /** Begins an entry for a change of the zone at `apex`; it is in the batch once it is complete. */
  begin(apex: DomainName, by: ChangedBy, nowMs: number): JournalEntry {
    const records: [added: number, ...RecordValues][] = [];
    return {
      removed: (...record) => records.push([0, ...record]),
      added: (...record) => records.push([1, ...record]),
      complete: (serialFrom, serialTo, removed, added) => {
        this.#entries.push({ apex, by, nowMs, serialFrom, serialTo, removed, added, records });
      },
      forget() {},
    };
  }

  /** Entries so far. */
  get length(): number {
    return this.#entries.length;
  }

  /** Takes back the entries after the first `length`. */
  cut(length: number): void {
    this.#entries.length = length;
  }

  /** Writes all entries. */
  write(statements: Statements): void {
    const rows: Value[] = [];
    for (const { apex, by, nowMs, serialFrom, serialTo, removed, added, records } of this.#entries) {
      const id = insertChange(statements, apex, by, nowMs, serialFrom, serialTo, removed, added);
      for (const [sequence, record] of records.entries()) rows.push(id, sequence, ...record);
    }
    insertRows(statements.journalRecordRows, rows);
    this.#entries.length = 0;
  }
}

interface Entry {
  readonly apex: DomainName;
  readonly by: ChangedBy;
  readonly nowMs: number;
  readonly serialFrom: number;
  readonly serialTo: number;
  readonly removed: number;
  readonly added: number;
  /** Whether it was added (1) or removed (0), and the record. */
  readonly records: readonly (readonly [added: number, ...RecordValues])[];
}
