import { messageOf } from '../base/errors.ts';
import { latin1 } from '../base/latin1.ts';
import type { DomainName } from '../wire/name.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import { type Change, ChangeDraft, type Changed } from './change.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { NoSuchZoneError, StoreError } from './errors.ts';
import { JournalBatch } from './journal-batch.ts';
import { ZoneOverlay } from './zone-overlay.ts';
import { StoredRecords } from './zone-records.ts';

/**
 * What comes of looking at a zone: a change to be made, whose result may depend on what it did, or a result
 * alone (refused, a prerequisite not met, nothing to change).
 */
export type Decision<T> =
  | {
      readonly kind: 'change';
      /** Of the zone that was looked at. */
      readonly change: Omit<Change, 'apex'>;
      /** Called once the change is made, before its commit. What it throws undoes the change. */
      result(changed: Changed): T;
    }
  | { readonly kind: 'result'; readonly result: T };

/**
 * Looks at a zone as it is inside the open transaction, earlier changes of the same group included. It must not
 * change anything itself.
 */
export type Decide<T> = (view: ZoneView) => Decision<T>;

/** One of several jobs that share a transaction. */
export interface GroupJob<T> {
  readonly apex: DomainName;
  readonly decide: Decide<T>;
}

/** How one job of a group ended. A failed one has changed nothing. */
export type Attempt<T> =
  | { readonly kind: 'done'; readonly result: T }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Changes that are made in one transaction, which the caller opens and commits. It remembers which owners they
 * touched, so that each changed zone is shown once.
 */
export class ChangeGroup {
  readonly #database: ZoneDatabase;
  readonly #nowMs: () => number;
  readonly #journal = new JournalBatch();
  /** The zones that jobs asked for, by apex in Latin-1. */
  readonly #open = new Map<string, OpenZone>();
  /** By zone id. */
  readonly #touched = new Map<number, TouchedZone>();

  constructor(database: ZoneDatabase, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** Makes a change at once: one serial step, one entry of the journal. When it throws, roll back what it began. */
  make(change: Change): Changed {
    const zone = this.#find(change.apex);
    const records = new StoredRecords(this.#database.statements, zone);
    const draft = new ChangeDraft(records);
    const changed = draft.make(change, this.#nowMs());
    change.alongside?.(zone);
    this.#remember(zone, draft, changed, records.view);
    return changed;
  }

  /**
   * Does one job; what it changes waits in memory for {@link write}. Throws a {@link StoreError} when the transaction
   * cannot go on: then nothing of the group may be committed.
   */
  attempt<T>(job: GroupJob<T>): Attempt<T> {
    let attempt: Attempt<T>;
    try {
      attempt = { kind: 'done', result: this.#do(job) };
    } catch (error) {
      if (error instanceof LostTransaction) throw error.trouble;
      attempt = { kind: 'failed', error };
    }
    // Some errors make SQLite roll back everything at once; what came next would be a transaction of its own.
    if (this.#database.isInTransaction && !this.#hasFailed()) return attempt;
    throw lost(attempt.kind === 'failed' ? attempt.error : new Error('its transaction is gone')).trouble;
  }

  /** Writes what the jobs have changed. When it throws, nothing of the group may be committed. */
  write(): void {
    for (const { overlay } of this.#open.values()) overlay.write();
    this.#journal.write(this.#database.statements);
  }

  /** The zones that have changed: after the commit. */
  changedZones(): Iterable<TouchedZone> {
    return this.#touched.values();
  }

  #do<T>({ apex, decide }: GroupJob<T>): T {
    const { zone, overlay } = this.#zone(apex);
    const decision = decide(overlay);
    if (decision.kind === 'result') return decision.result;
    const entries = this.#journal.length;
    try {
      const draft = new ChangeDraft(overlay);
      const changed = draft.make({ ...decision.change, apex }, this.#nowMs());
      const result = this.#conclude(zone, overlay, decision, changed);
      overlay.accept();
      this.#remember(zone, draft, changed, overlay);
      return result;
    } catch (error) {
      overlay.takeBack();
      this.#journal.cut(entries);
      throw error;
    }
  }

  /** What a job does beside its change goes to the database at once, and so into a savepoint. */
  #conclude<T>(
    zone: StoredZone,
    overlay: ZoneOverlay,
    { change, result }: Decision<T> & { readonly kind: 'change' },
    changed: Changed,
  ): T {
    if (change.alongside === undefined) return result(changed);
    overlay.write();
    return this.#inSavepoint(() => {
      change.alongside?.(zone);
      return result(changed);
    });
  }

  #inSavepoint<T>(work: () => T): T {
    const thrown: unknown[] = [];
    try {
      return this.#database.transact(() => {
        try {
          return work();
        } catch (error) {
          thrown.push(error);
          throw error;
        }
      });
    } catch (error) {
      if (error !== thrown[0]) throw lost(error); // the savepoint itself failed: who knows what is left of it
      throw error;
    }
  }

  #zone(apex: DomainName): OpenZone {
    const text = latin1(apex);
    const known = this.#open.get(text);
    if (known !== undefined) return known;
    const zone = this.#find(apex);
    const open = { zone, overlay: new ZoneOverlay(this.#database.statements, zone, this.#journal) };
    this.#open.set(text, open);
    return open;
  }

  #find(apex: DomainName): StoredZone {
    const zone = this.#database.zone(apex);
    if (zone === undefined) throw new NoSuchZoneError(apex);
    return zone;
  }

  #hasFailed(): boolean {
    for (const { overlay } of this.#open.values()) if (overlay.hasFailed) return true;
    return false;
  }

  #remember(zone: StoredZone, draft: ChangeDraft, changed: Changed, view: TouchedView): void {
    if (changed.serialTo === changed.serialFrom) return;
    const known = this.#touched.get(zone.id);
    const touched = known ?? new TouchedZone(view);
    if (known === undefined) this.#touched.set(zone.id, touched);
    for (const key of draft.touchedKeys()) touched.keys.add(key);
  }
}

/** A zone that jobs of a group look at and change. */
interface OpenZone {
  readonly zone: StoredZone;
  readonly overlay: ZoneOverlay;
}

/** A zone whose owners can be looked up by their keys too. */
interface TouchedView extends ZoneView {
  ownersAt(keys: readonly Uint8Array[]): Iterable<Owner>;
}

/** A zone and those of its owners that a group of changes has touched. */
export class TouchedZone {
  readonly apex: DomainName;
  /** Owner keys, in Latin-1. */
  readonly keys = new Set<string>();
  /** The zone as it is now. */
  readonly view: TouchedView;

  constructor(view: TouchedView) {
    this.apex = view.apex;
    this.view = view;
  }

  /** Every touched owner as it is now, in canonical order. */
  owners(): Iterable<Owner> {
    const keys = [...this.keys].sort(); // as strings they sort as octets do
    return this.view.ownersAt(keys.map((key) => Buffer.from(key, 'latin1')));
  }
}

/** The transaction is gone, or not to be relied on; `trouble` says why. Does not leave this file. */
class LostTransaction {
  readonly trouble: StoreError;

  constructor(trouble: StoreError) {
    this.trouble = trouble;
  }
}

function lost(error: unknown): LostTransaction {
  if (error instanceof StoreError) return new LostTransaction(error);
  return new LostTransaction(
    new StoreError('failed', `a group of changes failed: ${messageOf(error)}`, error),
  );
}
