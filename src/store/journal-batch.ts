import type { DomainName } from '../wire/name.ts';
import { type ChangedBy, type JournalEntry, type RecordValues, whoOf } from './journal.ts';
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
    if (this.#entries.length === 0) return;
    const heads: Value[] = [];
    for (const { apex, by, nowMs, serialFrom, serialTo, removed, added } of this.#entries) {
      heads.push(apex, 'change', serialFrom, serialTo, removed, added, nowMs, ...whoOf(by));
    }
    // Each id is one more than the highest there is, and nobody else writes meanwhile.
    let id = insertRows(statements.journalRows, heads) - this.#entries.length;
    const rows: Value[] = [];
    for (const { records } of this.#entries) {
      id++;
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
