import type { DomainName } from '../wire/name.ts';
import { isSteeringOwner } from '../zone/steering-owner.ts';
import { parseOwnerKey } from './owner-key.ts';
import { ROWS_AT_ONCE, type Statements, type Value } from './statements.ts';

/** Who made a change. */
export interface ChangedBy {
  /**
   * What `name` is of. 'file': a zone file's path; 'key': a TSIG key's name; 'operator': the login name of a person who
   * gave a command to this server; 'undo': the serial whose change was taken back; 'server': what it did by itself, 'lapse';
   * 'primary': the primary's address, for what came by a transfer.
   */
  readonly kind: 'file' | 'key' | 'operator' | 'undo' | 'server' | 'primary';
  readonly name: string;
  /** The client's IP address, where the change came over the network. */
  readonly address?: string | undefined;
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
  const { id } = statements.insertJournal.run(apex, 'change', null, null, 0, 0, nowMs, ...whoOf(by));
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
  statements.insertJournal.run(apex, 'load', null, serial, 0, records, nowMs, ...whoOf(by));
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
  statements.insertJournal.run(apex, 'remove', serial, null, records, 0, nowMs, ...whoOf(by));
}

/** The columns that say who made a change. */
export function whoOf({
  kind,
  name,
  address,
}: ChangedBy): [kind: string, name: string, address: string | null] {
  return [kind, name, address ?? null];
}

/** When owners last changed, as the journal knows it. */
export interface LastChanges {
  /** The owners of addresses, of CNAMEs and of steering lines that changed; seconds since 1970. */
  readonly owners: readonly (readonly [DomainName, number])[];
  /** Before that nothing was looked at, so that all others may have changed then; otherwise -Infinity. */
  readonly earliest: number;
}

/** What changed since `sinceMs`, as far as the newest changes tell. */
export function lastChanges(statements: Statements, apex: DomainName, sinceMs: number): LastChanges {
  const owners = statements.lastChanges
    .all(apex, sinceMs)
    .map(([key, isText, atMs]) => {
      return {
        owner: parseOwnerKey(key, 0, key.length, apex),
        isText: isText === 1,
        at: Math.floor(atMs / 1000),
      };
    })
    .filter(({ owner, isText }) => isText === isSteeringOwner(owner))
    .map(({ owner, at }) => [owner, at] as const);
  const [earliestMs = 0] = statements.earliestLookedAt.get(apex) ?? [];
  const earliest = earliestMs > sinceMs ? Math.floor(earliestMs / 1000) : Number.NEGATIVE_INFINITY;
  return { owners, earliest };
}

/** Of `journal_rr`. */
const COLUMNS = 8;
