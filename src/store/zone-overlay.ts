import { latin1 } from '../base/latin1.ts';
import type { DomainName } from '../wire/name.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import type { StoredZone } from './database.ts';
import type { ChangedBy, JournalEntry } from './journal.ts';
import type { JournalBatch } from './journal-batch.ts';
import { OwnerDraft } from './owner-draft.ts';
import { composeOwnerKey, parseOwnerKey } from './owner-key.ts';
import { sameOctets } from './packed-records.ts';
import { insertRows, type Statements, type Value } from './statements.ts';
import type { RecordPlace, RecordRest, ZoneRecords } from './zone-records.ts';
import { StoredZoneView } from './zone-view.ts';

/**
 * The records of a zone while a group of changes is made: in memory what the group has looked at or changed, the rest in
 * the database. Each owner is read once, what several changes do to it is written once, by {@link write}, and a change
 * that is refused is taken back without the database having seen it.
 *
 * As a view it shows what was changed; nobody else may write to the zone meanwhile.
 */
export class ZoneOverlay implements ZoneRecords, ZoneView {
  readonly apex: DomainName;
  /** Whether a {@link write} has failed: what the database has is neither this nor what was before. */
  hasFailed = false;
  readonly #statements: Statements;
  readonly #zone: number;
  readonly #stored: StoredZoneView;
  readonly #journal: JournalBatch;
  /** By name, in Latin-1. */
  readonly #owners = new Map<string, HeldOwner>();
  /** Owners whose records in the database may be others. */
  readonly #unwritten = new Set<HeldOwner>();
  /** What the change in progress has touched, and what that was before. */
  readonly #before = new Map<HeldOwner, readonly HeldRecord[]>();

  constructor(statements: Statements, { id, apex }: StoredZone, journal: JournalBatch) {
    this.apex = apex;
    this.#statements = statements;
    this.#zone = id;
    this.#stored = new StoredZoneView(statements, id, apex);
    this.#journal = journal;
  }

  // --- one change after the other ---

  /** Keeps what was changed since the last call. */
  accept(): void {
    this.#before.clear();
    if (this.#owners.size <= MOST_HELD) return;
    this.write();
    this.#owners.clear();
  }

  /** Takes back what was changed since {@link accept}. */
  takeBack(): void {
    for (const [held, records] of this.#before) {
      held.now = records;
      held.shown = undefined;
      this.#unwritten.add(held); // it may have been written meanwhile
    }
    this.#before.clear();
  }

  /** Writes to the database what is not there yet. When it throws, the transaction must not be committed. */
  write(): void {
    if (this.#unwritten.size === 0) return;
    this.hasFailed = true; // unless all goes well
    const rows: Value[] = [];
    for (const held of this.#unwritten) {
      this.#writeOwner(held, rows);
      held.stored = held.now;
    }
    this.#unwritten.clear();
    insertRows(this.#statements.recordRows, rows);
    this.hasFailed = false;
  }

  // --- as a view ---

  get view(): ZoneView {
    return this;
  }

  get(name: DomainName): Owner | undefined {
    const held = this.#held(name);
    if (held.now.length === 0) return undefined;
    held.shown ??= show(held);
    return held.shown;
  }

  owners(): Iterable<Owner> {
    this.write();
    return this.#stored.owners();
  }

  ownersBelow(name: DomainName): Iterable<Owner> {
    this.write();
    return this.#stored.ownersBelow(name);
  }

  /** As `StoredZoneView.ownersAt`, from memory where it is there. */
  *ownersAt(keys: readonly Uint8Array[]): Iterable<Owner> {
    for (const key of keys) {
      const name = parseOwnerKey(key, 0, key.length, this.apex);
      yield this.get(name) ?? { name, rrsets: [] };
    }
  }

  viewForCheck(): ZoneView {
    this.write();
    return this.#stored.forCheck();
  }

  // --- as records that change ---

  take({ owner, type, rdata }: RecordPlace): RecordRest | undefined {
    const held = this.#held(owner);
    const { at, isThere } = placeOf(held.now, type, rdata);
    const found = held.now[at];
    if (!isThere || found === undefined) return undefined;
    this.#change(held, held.now.toSpliced(at, 1));
    return [found.ttl, found.written];
  }

  put({ owner, type, rdata }: RecordPlace, [ttl, written]: RecordRest): RecordRest | undefined {
    const held = this.#held(owner);
    const { at, isThere } = placeOf(held.now, type, rdata);
    const found = held.now[at];
    if (isThere && found !== undefined) return [found.ttl, found.written];
    this.#change(held, held.now.toSpliced(at, 0, { type, rdata, ttl, written }));
    return undefined;
  }

  longerLived({ owner, type }: Omit<RecordPlace, 'rdata'>) {
    const rrset = this.#held(owner).now.filter((record) => record.type === type);
    let least = rrset[0]?.ttl ?? 0;
    for (const { ttl } of rrset) if (ttl < least) least = ttl;
    return rrset
      .filter(({ ttl }) => ttl > least)
      .map(({ rdata, ttl, written }) => [rdata, ttl, written, least] as const);
  }

  beginEntry(by: ChangedBy, nowMs: number): JournalEntry {
    return this.#journal.begin(this.apex, by, nowMs);
  }

  // --- inside ---

  #held(name: DomainName): HeldOwner {
    const text = latin1(name);
    const known = this.#owners.get(text);
    if (known !== undefined) return known;
    const key = composeOwnerKey(name, this.apex);
    const rows = this.#statements.ownerRecords.all(this.#zone, key);
    const records = rows.map(([type, rdata, ttl, written]) => ({ type, rdata, ttl, written }));
    const held = { name, key, stored: records, now: records, shown: undefined };
    this.#owners.set(text, held);
    return held;
  }

  #change(held: HeldOwner, now: readonly HeldRecord[]): void {
    if (!this.#before.has(held)) this.#before.set(held, held.now);
    this.#unwritten.add(held);
    held.now = now;
    held.shown = undefined;
  }

  /** Deletes what is gone, and appends what has come to the rows to be inserted. */
  #writeOwner({ key, stored, now }: HeldOwner, rows: Value[]): void {
    for (const record of stored) {
      const same = recordLike(now, record);
      if (same !== undefined && isSame(record, same)) continue;
      this.#statements.deleteRecord.run(this.#zone, key, record.type, record.rdata);
    }
    for (const record of now) {
      const same = recordLike(stored, record);
      if (same !== undefined && isSame(record, same)) continue;
      rows.push(this.#zone, key, record.type, record.rdata, record.ttl, record.written);
    }
  }
}

// --- owners in memory ---

/** Owners in memory from which on they are let go before the next change. */
const MOST_HELD = 10_000;

interface HeldRecord {
  readonly type: number;
  /** In canonical form. */
  readonly rdata: Uint8Array;
  readonly ttl: number;
  readonly written: Uint8Array | null;
}

interface HeldOwner {
  readonly name: DomainName;
  readonly key: Uint8Array;
  /** In the database, in the order of type and RDATA. */
  stored: readonly HeldRecord[];
  /** As they are now, in the same order. */
  now: readonly HeldRecord[];
  /** `now` as an owner, once somebody has asked. */
  shown: Owner | undefined;
}

function show({ name, now }: HeldOwner): Owner {
  const owner = new OwnerDraft(name);
  for (const { type, ttl, rdata, written } of now) owner.add(type, ttl, written ?? rdata);
  return owner;
}

/** Where a record with these data is, or would be. */
function placeOf(
  records: readonly HeldRecord[],
  type: number,
  rdata: Uint8Array,
): { readonly at: number; readonly isThere: boolean } {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const record = records[middle];
    const order = record === undefined ? 1 : record.type - type || Buffer.compare(record.rdata, rdata);
    if (order === 0) return { at: middle, isThere: true };
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return { at: low, isThere: false };
}

function recordLike(records: readonly HeldRecord[], { type, rdata }: HeldRecord): HeldRecord | undefined {
  const { at, isThere } = placeOf(records, type, rdata);
  return isThere ? records[at] : undefined;
}

/** Of two records with the same data: whether TTL and spelling are the same too. */
function isSame(a: HeldRecord, b: HeldRecord): boolean {
  if (a === b) return true;
  return a.ttl === b.ttl && sameOctets(a.written ?? a.rdata, b.written ?? b.rdata);
}
