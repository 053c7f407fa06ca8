import { messageOf } from '../base/errors.ts';
import type { DomainName } from '../wire/name.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import { type Change, ChangeDraft, type Changed } from './change.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { NoSuchZoneError, StoreError } from './errors.ts';
import { StoredZoneView } from './zone-view.ts';

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
  /** By zone id. */
  readonly #touched = new Map<number, TouchedZone>();

  constructor(database: ZoneDatabase, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** Makes a change: one serial step, one entry of the journal. When it throws, roll back what it began. */
  make(change: Change): Changed {
    const made = this.#make(change);
    this.#remember(made);
    return made.changed;
  }

  /**
   * Does one job, its change in a savepoint of the open transaction. Throws a {@link StoreError} when that
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
    if (this.#database.isInTransaction) return attempt;
    throw lost(attempt.kind === 'failed' ? attempt.error : new Error('its transaction is gone')).trouble;
  }

  /** The zones that have changed: after the commit. */
  changedZones(): Iterable<TouchedZone> {
    return this.#touched.values();
  }

  #do<T>({ apex, decide }: GroupJob<T>): T {
    const { id } = this.#zone(apex);
    const decision = decide(new StoredZoneView(this.#database.statements, id, apex));
    if (decision.kind === 'result') return decision.result;
    const made = this.#inSavepoint(() => {
      const done = this.#make({ ...decision.change, apex });
      return { ...done, result: decision.result(done.changed) };
    });
    this.#remember(made);
    return made.result;
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

  #zone(apex: DomainName): StoredZone {
    const zone = this.#database.zone(apex);
    if (zone === undefined) throw new NoSuchZoneError(apex);
    return zone;
  }

  #make(change: Change): Made {
    const zone = this.#zone(change.apex);
    const draft = new ChangeDraft(this.#database.statements, zone);
    const changed = draft.make(change, this.#nowMs());
    change.alongside?.(zone);
    return { zone, draft, changed };
  }

  #remember({ zone, draft, changed }: Made): void {
    if (changed.serialTo === changed.serialFrom) return;
    const known = this.#touched.get(zone.id);
    const touched = known ?? new TouchedZone(this.#database, zone);
    if (known === undefined) this.#touched.set(zone.id, touched);
    for (const key of draft.touchedKeys()) touched.keys.add(key);
  }
}

/** A change whose savepoint is not yet released. */
interface Made {
  readonly zone: StoredZone;
  readonly draft: ChangeDraft;
  readonly changed: Changed;
}

/** A zone and those of its owners that a group of changes has touched. */
export class TouchedZone {
  readonly apex: DomainName;
  /** Owner keys, in Latin-1. */
  readonly keys = new Set<string>();
  /** The zone as it is now. */
  readonly view: StoredZoneView;

  constructor(database: ZoneDatabase, zone: StoredZone) {
    this.apex = zone.apex;
    this.view = new StoredZoneView(database.statements, zone.id, zone.apex);
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
