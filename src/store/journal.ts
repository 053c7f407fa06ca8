import type { DomainName } from '../wire/name.ts';
import type { Statements } from './statements.ts';

/** Who made a change: a zone file by its path, a key by its name. */
export interface ChangedBy {
  readonly kind: 'file' | 'key';
  readonly name: string;
}

/** The journal's entry for one change, while it is being made. */
export interface JournalEntry {
  removed(owner: Uint8Array, type: number, rdata: Uint8Array, ttl: number, written: Uint8Array | null): void;
  added(owner: Uint8Array, type: number, rdata: Uint8Array, ttl: number, written: Uint8Array | null): void;
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
  return {
    removed(owner, type, rdata, ttl, written) {
      statements.insertJournalRecord.run(id, sequence++, 0, owner, type, rdata, ttl, written);
    },
    added(owner, type, rdata, ttl, written) {
      statements.insertJournalRecord.run(id, sequence++, 1, owner, type, rdata, ttl, written);
    },
    complete(serialFrom, serialTo, removed, added) {
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
