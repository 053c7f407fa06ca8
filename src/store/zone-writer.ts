import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { canonicalRdata } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { checkOwners, checkZone } from '../zone/check.ts';
import type { Finding } from '../zone/finding.ts';
import type { Owner, RR } from '../zone/record.ts';
import { nextSerial, soaSerial, soaWithSerial } from '../zone/serial.ts';
import type { ZoneView } from '../zone/view.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { ChangeRefusedError, NoSuchZoneError, StoreError, WriterBusyError } from './errors.ts';
import { beginEntry, type ChangedBy, type JournalEntry, journalLoad, journalRemoval } from './journal.ts';
import { composeOwnerKey } from './owner-key.ts';
import { sameOctets } from './packed-records.ts';
import { StoredZoneView } from './zone-view.ts';

/** What the writer needs of the zone image. Between `beginBulk` and `endBulk` readers see nothing of what is done. */
export interface ZoneImage {
  addZone(apex: DomainName): void;
  removeZone(apex: DomainName): void;
  /** Every touched owner as it is now; without RRsets it is gone. Readers see all of them at once. */
  apply(apex: DomainName, owners: Iterable<Owner>): void;
  beginBulk(expectedOwners?: number): void;
  endBulk(): void;
  /** Makes everything again from the views. */
  rebuild(): void;
}

/** Records that go and records that come. Of SOA records only the last added one counts, as a wish. */
export interface Change {
  readonly apex: DomainName;
  readonly removed: Iterable<RR>;
  /** A record that is there already gets this TTL and this spelling. */
  readonly added: Iterable<RR>;
  readonly by: ChangedBy;
  /** Done in the same transaction, even when the records stay as they are. */
  alongside?(zone: StoredZone): void;
}

/** A record of a change that was not as the change took it to be. */
export interface Conflict {
  /** 'gone': to be removed, but not there. 'other-ttl': to be removed, and there with another TTL. */
  readonly kind: 'gone' | 'other-ttl';
  readonly rr: RR;
}

/** What a change did. */
export interface Changed {
  readonly apex: DomainName;
  /** Equal to `serialTo` when nothing changed. */
  readonly serialFrom: number;
  readonly serialTo: number;
  /** Records removed and added, the SOA not counted. */
  readonly removed: number;
  readonly added: number;
  readonly warnings: readonly Finding[];
  readonly conflicts: readonly Conflict[];
}

/** A zone whose records are in the database and checked, but not yet served. */
export interface StagedZone {
  readonly id: number;
  /** Its records: the same as in the database, from wherever they are read fastest. */
  readonly view: ZoneView;
  readonly records: number;
  readonly by: ChangedBy;
}

/** How a writer is joined with the rest of the program. */
export interface ZoneWriterOptions {
  readonly database: ZoneDatabase;
  readonly image: ZoneImage;
  readonly effects: Effects;
  /** Called when a zone has a new serial and answers show it: for NOTIFY. Must not throw. */
  onChanged?(apex: DomainName): void;
}

/** The only door by which a zone changes: check, one transaction, image, then whoever is to be told. */
export class ZoneWriter {
  readonly #database: ZoneDatabase;
  readonly #image: ZoneImage;
  readonly #effects: Effects;
  readonly #onChanged: (apex: DomainName) => void;
  #isFilling = false;

  constructor({ database, image, effects, onChanged }: ZoneWriterOptions) {
    this.#database = database;
    this.#image = image;
    this.#effects = effects;
    this.#onChanged = onChanged ?? (() => {});
  }

  /**
   * Makes one change. When it returns, the change is on the disk and in every answer. When it throws, nothing
   * has changed: {@link ChangeRefusedError}, {@link NoSuchZoneError}, {@link StoreError}, {@link WriterBusyError}.
   */
  change(change: Change): Changed {
    this.#expectIdle();
    const zone = this.#database.zone(change.apex);
    if (zone === undefined) throw new NoSuchZoneError(change.apex);
    const draft = new Draft(this.#database, zone);
    const changed = this.#database.transact(() => {
      const result = draft.make(change, this.#effects.nowMs());
      change.alongside?.(zone);
      return result;
    });
    if (changed.serialTo === changed.serialFrom) return changed;
    this.#show(change.apex, () => this.#image.apply(change.apex, draft.touchedOwners()));
    this.#onChanged(change.apex);
    return changed;
  }

  /**
   * Begins to serve staged zones, all in one transaction; one that is served already makes it throw. Yields
   * while the image is filled; until the end nothing may change.
   */
  *adopt(
    zones: readonly StagedZone[],
    onProgress?: (apex: DomainName, owners: number) => void,
  ): Generator<void, void> {
    if (zones.length === 0) return;
    this.#expectIdle();
    const { statements } = this.#database;
    this.#database.transact(() => {
      for (const { id, view, records, by } of zones) {
        statements.setZoneState.run('live', id);
        journalLoad(statements, view.apex, serialOf(view), records, by, this.#effects.nowMs());
      }
    });
    let records = 0;
    for (const zone of zones) records += zone.records;
    yield* this.#fill(
      zones.map(({ view }) => view),
      records,
      onProgress,
    );
    for (const { view } of zones) this.#onChanged(view.apex);
  }

  /** Stops serving a zone. Its records are cleared away later, see {@link clearLeftOvers}. */
  remove(apex: DomainName, by: ChangedBy): void {
    this.#expectIdle();
    const { statements } = this.#database;
    const zone = this.#database.zone(apex);
    if (zone === undefined) throw new NoSuchZoneError(apex);
    this.#database.transact(() => {
      const serial = serialOf(this.#database.view(apex));
      journalRemoval(
        statements,
        apex,
        serial,
        this.#database.recordCount(zone.id),
        by,
        this.#effects.nowMs(),
      );
      statements.setZoneState.run('dead', zone.id);
    });
    this.#show(apex, () => this.#image.removeZone(apex));
  }

  /** Fills the image from the database, at start. Yields between slices; until the end nothing may change. */
  *serveStored(onProgress?: (apex: DomainName, owners: number) => void): Generator<void, void> {
    this.#expectIdle();
    const zones = this.#database.zones();
    let records = 0;
    for (const { id } of zones) records += this.#database.recordCount(id);
    const { statements } = this.#database;
    const views = zones.map(({ id, apex }) => new StoredZoneView(statements, id, apex));
    yield* this.#fill(views, records, onProgress);
  }

  /**
   * Whether the image is being filled: {@link change} and {@link remove} throw {@link WriterBusyError} until
   * that ends, since what they did would not be seen before.
   */
  get isFilling(): boolean {
    return this.#isFilling;
  }

  *#fill(
    views: readonly ZoneView[],
    records: number,
    onProgress?: (apex: DomainName, owners: number) => void,
  ): Generator<void, void> {
    this.#isFilling = true;
    try {
      this.#image.beginBulk(records);
      for (const view of views) {
        this.#image.addZone(view.apex);
        const owners = view.owners()[Symbol.iterator]();
        for (let done = 0, isMore = true; isMore; ) {
          const slice = take(owners, OWNERS_AT_ONCE);
          this.#image.apply(view.apex, slice);
          done += slice.length;
          isMore = slice.length === OWNERS_AT_ONCE;
          onProgress?.(view.apex, done);
          yield;
        }
      }
      this.#image.endBulk();
    } catch (error) {
      this.#remake(undefined, error);
    } finally {
      this.#isFilling = false;
    }
  }

  #expectIdle(): void {
    if (this.#isFilling) throw new WriterBusyError();
  }

  /** What is committed must be shown. */
  #show(apex: DomainName, show: () => void): void {
    try {
      show();
    } catch (error) {
      this.#remake(apex, error);
    }
  }

  /** When the image failed, all of it is made again from the database. */
  #remake(apex: DomainName | undefined, error: unknown): void {
    const zone = apex === undefined ? undefined : showName(apex);
    this.#effects.log.error('store: image failed, making it again', { zone, error: messageOf(error) });
    for (const stored of this.#database.zones()) this.#image.addZone(stored.apex);
    this.#image.rebuild();
  }
}

/** The serial of a zone's SOA; 0 when it has none. */
export function serialOf(view: ZoneView): number {
  const soa = view.get(view.apex)?.rrsets.find(({ type }) => type === RRType.SOA)?.rdatas[0];
  return soa === undefined ? 0 : soaSerial(soa);
}

// --- one change ---

/** Owners that a change may touch before the whole zone is checked instead: each costs several look-ups. */
const MANY_OWNERS = 20_000;
const OWNERS_AT_ONCE = 2048;

/** A change in the course of being made, inside its transaction. */
class Draft {
  readonly #database: ZoneDatabase;
  readonly #zone: StoredZone;
  readonly #view: StoredZoneView;
  /** By owner key, so that sorting gives canonical order. */
  readonly #touched = new Map<string, DomainName>();
  readonly #conflicts: Conflict[] = [];
  #removed = 0;
  #added = 0;

  constructor(database: ZoneDatabase, zone: StoredZone) {
    this.#database = database;
    this.#zone = zone;
    this.#view = new StoredZoneView(database.statements, zone.id, zone.apex);
  }

  make(change: Change, nowMs: number): Changed {
    const { apex } = this.#zone;
    const entry = beginEntry(this.#database.statements, apex, change.by, nowMs);
    let wished: RR | undefined;
    for (const rr of change.removed) {
      if (rr.type !== RRType.SOA || this.#isBelow(rr)) this.#remove(rr, entry);
    }
    for (const rr of change.added) {
      if (rr.type === RRType.SOA && !this.#isBelow(rr)) wished = rr;
      else this.#add(rr, entry);
    }
    const [removed, added] = [this.#removed, this.#added];
    const serials = this.#stepSerial(wished, entry);
    if (serials.from === serials.to) entry.forget();
    else entry.complete(serials.from, serials.to, removed, added);
    const warnings = this.#check();
    const { from: serialFrom, to: serialTo } = serials;
    return { apex, serialFrom, serialTo, removed, added, warnings, conflicts: this.#conflicts };
  }

  /** Every touched owner as it is now, in canonical order. */
  *touchedOwners(): Iterable<Owner> {
    for (const key of [...this.#touched.keys()].sort()) {
      const name = this.#touched.get(key);
      if (name !== undefined) yield this.#view.get(name) ?? { name, rrsets: [] };
    }
  }

  #isBelow({ owner }: RR): boolean {
    return owner.length !== this.#zone.apex.length;
  }

  #remove(rr: RR, entry: JournalEntry): void {
    const { statements } = this.#database;
    const key = composeOwnerKey(rr.owner, this.#zone.apex);
    const rdata = canonicalRdata(rr.type, rr.rdata);
    const stored = statements.takeRecord.get(this.#zone.id, key, rr.type, rdata);
    if (stored === undefined) {
      this.#conflicts.push({ kind: 'gone', rr });
      return;
    }
    const [ttl, written] = stored;
    if (ttl !== rr.ttl) this.#conflicts.push({ kind: 'other-ttl', rr });
    entry.removed(key, rr.type, rdata, ttl, written);
    this.#removed++;
    this.#touch(key, rr.owner);
  }

  #add(rr: RR, entry: JournalEntry): void {
    const { statements } = this.#database;
    const key = composeOwnerKey(rr.owner, this.#zone.apex);
    const rdata = canonicalRdata(rr.type, rr.rdata);
    const written = sameOctets(rdata, rr.rdata) ? null : rr.rdata;
    const values = [this.#zone.id, key, rr.type, rdata, rr.ttl, written] as const;
    if (statements.insertMissing.run(...values).changes === 0) {
      const [ttl = 0, spelt = null] = statements.findRecord.get(this.#zone.id, key, rr.type, rdata) ?? [];
      if (ttl === rr.ttl && sameOctets(spelt ?? rdata, rr.rdata)) return;
      statements.takeRecord.get(this.#zone.id, key, rr.type, rdata);
      entry.removed(key, rr.type, rdata, ttl, spelt);
      this.#removed++;
      statements.insertMissing.run(...values);
    }
    entry.added(key, rr.type, rdata, rr.ttl, written);
    this.#added++;
    this.#touch(key, rr.owner);
  }

  /** Replaces the SOA when anything changed, the wished SOA itself included. */
  #stepSerial(wished: RR | undefined, entry: JournalEntry): { from: number; to: number } {
    const soa = this.#view.get(this.#zone.apex)?.rrsets.find(({ type }) => type === RRType.SOA);
    const [rdata] = soa?.rdatas ?? [];
    if (soa === undefined || rdata === undefined) {
      throw new StoreError('failed', `zone ${showName(this.#zone.apex)} has no SOA in the database`);
    }
    const from = soaSerial(rdata);
    const wishedSerial = wished === undefined ? undefined : soaSerial(wished.rdata);
    const next = nextSerial(from, wishedSerial);
    const isAhead = wishedSerial !== undefined && next === wishedSerial;
    const isOther =
      wished !== undefined &&
      (wished.ttl !== soa.ttl || !sameOctets(soaWithSerial(wished.rdata, from), rdata));
    if (this.#touched.size === 0 && !isAhead && !isOther) return { from, to: from };
    const { apex } = this.#zone;
    this.#remove({ owner: apex, type: RRType.SOA, ttl: soa.ttl, rdata }, entry);
    const ttl = wished?.ttl ?? soa.ttl;
    this.#add(
      { owner: apex, type: RRType.SOA, ttl, rdata: soaWithSerial(wished?.rdata ?? rdata, next) },
      entry,
    );
    return { from, to: next };
  }

  /** Throws {@link ChangeRefusedError} on errors; returns the warnings. */
  #check(): Finding[] {
    if (this.#touched.size === 0) return [];
    const isMany = this.#touched.size > MANY_OWNERS;
    const findings = [...(isMany ? checkZone(this.#view) : checkOwners(this.#view, this.#touched.values()))];
    if (findings.some(({ severity }) => severity === 'error')) throw new ChangeRefusedError(findings);
    return findings;
  }

  #touch(key: Uint8Array, owner: DomainName): void {
    this.#touched.set(Buffer.from(key).toString('latin1'), owner);
  }
}

function take(owners: Iterator<Owner>, most: number): Owner[] {
  const slice: Owner[] = [];
  while (slice.length < most) {
    const { done, value } = owners.next();
    if (done === true) break;
    slice.push(value);
  }
  return slice;
}
