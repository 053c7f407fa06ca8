import type { DomainName } from '../wire/name.ts';
import type { ZoneView } from '../zone/view.ts';
import type { StoredZone } from './database.ts';
import { beginEntry, type ChangedBy, type JournalEntry } from './journal.ts';
import type { Statements } from './statements.ts';
import { StoredZoneView } from './zone-view.ts';

/** Which record of a zone. */
export interface RecordPlace {
  readonly owner: DomainName;
  /** Of `owner`: see owner-key.ts. */
  readonly key: Uint8Array;
  readonly type: number;
  /** In canonical form. */
  readonly rdata: Uint8Array;
}

/** The rest of a record: TTL in seconds, and its RDATA as written where that is not canonical. */
export type RecordRest = readonly [ttl: number, written: Uint8Array | null];

/** The records of one zone, as a change finds and leaves them. Throws StoreErrors. */
export interface ZoneRecords {
  /** As they are now. */
  readonly view: ZoneView;
  /** As {@link view}, for a check of the whole zone: see `StoredZoneView.forCheck`. */
  viewForCheck(): ZoneView;
  /** Removes a record and gives what it was; `undefined` when it is not there. */
  take(place: RecordPlace): RecordRest | undefined;
  /** Adds a record. One with the same data that is there already stays, and is given back. */
  put(place: RecordPlace, rest: RecordRest): RecordRest | undefined;
  /** The records of an RRset whose TTL is not its lowest, and that. */
  longerLived(
    place: Omit<RecordPlace, 'rdata'>,
  ): readonly (readonly [rdata: Uint8Array, ttl: number, written: Uint8Array | null, least: number])[];
  /** Begins an entry of the journal for a change of these records. */
  beginEntry(by: ChangedBy, nowMs: number): JournalEntry;
}

/** The records in the database itself: nothing is kept in memory, however large the change. */
export class StoredRecords implements ZoneRecords {
  readonly view: StoredZoneView;
  readonly #statements: Statements;
  readonly #zone: number;

  constructor(statements: Statements, { id, apex }: StoredZone) {
    this.view = new StoredZoneView(statements, id, apex);
    this.#statements = statements;
    this.#zone = id;
  }

  viewForCheck(): ZoneView {
    return this.view.forCheck();
  }

  take({ key, type, rdata }: RecordPlace): RecordRest | undefined {
    return this.#statements.takeRecord.get(this.#zone, key, type, rdata);
  }

  put({ key, type, rdata }: RecordPlace, [ttl, written]: RecordRest): RecordRest | undefined {
    const { insertMissing, findRecord } = this.#statements;
    if (insertMissing.run(this.#zone, key, type, rdata, ttl, written).changes > 0) return undefined;
    return findRecord.get(this.#zone, key, type, rdata);
  }

  longerLived({ key, type }: Omit<RecordPlace, 'rdata'>) {
    return this.#statements.longerLived.all(this.#zone, key, type, this.#zone, key, type);
  }

  beginEntry(by: ChangedBy, nowMs: number): JournalEntry {
    return beginEntry(this.#statements, this.view.apex, by, nowMs);
  }
}
