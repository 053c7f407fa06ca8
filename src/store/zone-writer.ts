import type { Effects } from '../base/effects.ts';
import type { DomainName } from '../wire/name.ts';
import { serialOf } from '../zone/serial.ts';
import type { ZoneView } from '../zone/view.ts';
import type { Change, Changed } from './change.ts';
import { type Attempt, ChangeGroup, type GroupJob } from './change-group.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { NoSuchZoneError, type WriterBusyError } from './errors.ts';
import type { FillingZone, OnShown, ZoneImage } from './image-filler.ts';
import { type ChangedBy, journalLoad, journalRemoval } from './journal.ts';
import { type RunSteps, ShownZones } from './shown-zones.ts';
import { type Occasion, SteeredOwners } from './steered-owners.ts';
import { StoredZoneView } from './zone-view.ts';

/** A zone whose records are in the database and checked, but not yet served. */
export interface StagedZone extends FillingZone {
  readonly id: number;
  /** Its records: the same as in the database, from wherever they are read fastest. */
  readonly view: ZoneView;
  readonly by: ChangedBy;
}

/** A staged zone whose records are still being put into the database, by somebody else. */
export interface ComingZone extends StagedZone {
  /** Resolves when all of them are in it. */
  readonly stored: Promise<void>;
}

/** How a writer is joined with the rest of the program. */
export interface ZoneWriterOptions {
  readonly database: ZoneDatabase;
  readonly image: ZoneImage;
  readonly effects: Effects;
  /** The same that the image's views go through; otherwise one of its own. */
  readonly steered?: SteeredOwners;
  /** Called when a zone has a new serial and answers show it: for NOTIFY. Must not throw. */
  onChanged?(apex: DomainName): void;
}

/**
 * The only door by which a zone changes: check, one transaction, image, then whoever is to be told. While the image is
 * filled with whole zones nothing may change: whatever would, or would show something, throws {@link WriterBusyError}.
 */
export class ZoneWriter {
  readonly #database: ZoneDatabase;
  readonly #shown: ShownZones;
  readonly #nowMs: () => number;
  readonly #onChanged: (apex: DomainName) => void;

  constructor({ database, image, effects, steered, onChanged }: ZoneWriterOptions) {
    this.#database = database;
    this.#nowMs = () => effects.nowMs();
    this.#shown = new ShownZones({
      database,
      image,
      effects,
      steered: steered ?? new SteeredOwners(this.#nowMs),
    });
    this.#onChanged = onChanged ?? (() => {});
  }

  // --- changes ---

  /**
   * Makes one change. When it returns, the change is on the disk and in every answer. When it throws, nothing
   * has changed: ChangeRefusedError, {@link NoSuchZoneError}, StoreError, {@link WriterBusyError}.
   */
  change(change: Change): Changed {
    this.#shown.expectIdle();
    const group = this.#beginGroup();
    const changed = this.#database.transact(() => group.make(change));
    this.#showGroup(group);
    return changed;
  }

  /** As {@link change}, with several changes of one zone, one after the other, all or none of them. */
  changeInSteps(changes: readonly Change[]): Changed[] {
    this.#shown.expectIdle();
    const group = this.#beginGroup();
    const changed = this.#database.transact(() => changes.map((change) => group.make(change)));
    this.#showGroup(group);
    return changed;
  }

  /**
   * Does jobs in their order in one transaction, each with a verdict of its own. When it returns, what they have
   * changed is on the disk and in every answer. When it throws, none of them has changed anything: StoreError,
   * {@link WriterBusyError}.
   */
  changeTogether<T>(jobs: readonly GroupJob<T>[]): Attempt<T>[] {
    this.#shown.expectIdle();
    const group = this.#beginGroup();
    const attempts = this.#database.transact(() => {
      const made = jobs.map((job) => group.attempt(job));
      group.write();
      return made;
    });
    this.#showGroup(group);
    return attempts;
  }

  /**
   * Begins to serve staged zones, all in one transaction; one that is served already makes it throw. Yields
   * while the image is filled; until the end nothing may change.
   */
  *adopt(zones: readonly StagedZone[], onShown?: OnShown): Generator<void, void> {
    if (zones.length === 0) return;
    this.#shown.expectIdle();
    this.#makeLive(zones);
    yield* this.#shown.fill(zones, onShown);
    for (const { view } of zones) this.#onChanged(view.apex);
  }

  /**
   * As {@link adopt}, while the zone's records are still coming: first the image is filled, `run` doing that in
   * slices, then what is stored is awaited and committed, and only then does anybody see the zone. When it throws,
   * nothing has changed. Until the end nothing may change.
   */
  async adoptComing(zone: ComingZone, run: RunSteps, onShown?: OnShown): Promise<void> {
    zone.stored.catch(() => {}); // it is awaited below, but may fail before
    const commit = async (): Promise<void> => {
      await zone.stored;
      this.#makeLive([zone]);
    };
    await this.#shown.fillComing(zone, run, commit, onShown);
    this.#onChanged(zone.view.apex);
  }

  /**
   * A change that is made elsewhere, by `make`, which does what {@link change} does but for the image; that is
   * then changed in slices, by `run`, while readers go on with the old one. `keys`: the owner keys of all that it
   * may touch. Until the end nothing else may change.
   */
  async changeElsewhere(
    apex: DomainName,
    make: (zone: StoredZone) => Promise<Changed>,
    keys: readonly Uint8Array[],
    run: RunSteps,
  ): Promise<Changed> {
    return await this.#shown.whileFilling(async () => {
      const zone = this.#find(apex);
      const view = new StoredZoneView(this.#database.statements, zone.id, apex);
      const before = serialOf(view);
      try {
        return await make(zone);
      } finally {
        // Also when `make` failed: it may have committed, and then been unable to say so.
        if (serialOf(view) !== before && !this.isWithheld(apex)) {
          await this.#shown.changeInSlices(view, view.ownersAt(keys), run);
          this.#onChanged(apex);
        }
      }
    });
  }

  /** Stops serving a zone. Its records are cleared away later, see {@link clearLeftOvers}. */
  remove(apex: DomainName, by: ChangedBy): void {
    this.#shown.expectIdle();
    const { statements } = this.#database;
    const zone = this.#find(apex);
    this.#database.transact(() => {
      const serial = serialOf(this.#database.view(apex));
      const records = this.#database.recordCount(zone.id);
      journalRemoval(statements, apex, serial, records, by, this.#nowMs());
      statements.setZoneState.run('dead', zone.id);
    });
    this.#shown.remove(apex);
  }

  // --- what is shown ---

  /**
   * Stops answering from a zone that is ours (SERVFAIL), until {@link adoptComing} brings it or {@link release} ends
   * that; what it has is kept and may change. For a zone that has expired, or has not come yet.
   */
  withhold(apex: DomainName): void {
    this.#shown.expectIdle();
    this.#shown.withhold(apex);
  }

  /** Answers from a withheld zone again, with what is stored. Yields while the image is filled. */
  *release(apex: DomainName): Generator<void, void> {
    this.#shown.expectIdle();
    const zone = this.#find(apex);
    if (!this.#shown.release(apex)) return;
    const view = new StoredZoneView(this.#database.statements, zone.id, apex);
    yield* this.#shown.fill([{ view, records: this.#database.recordCount(zone.id) }]);
    this.#onChanged(apex);
  }

  /** Forgets a withheld zone that is not stored: it is not ours any more. */
  forget(apex: DomainName): void {
    this.#shown.expectIdle();
    if (this.isWithheld(apex) && this.#database.zone(apex) === undefined) this.#shown.remove(apex);
  }

  /** The withheld zones. */
  withheld(): readonly DomainName[] {
    return this.#shown.withheld();
  }

  /** Whether a zone is ours and not to be answered from. */
  isWithheld(apex: DomainName): boolean {
    return this.#shown.isWithheld(apex);
  }

  /** A zone as the image is to show it: of a withheld one, nothing. Throws {@link NoSuchZoneError}. */
  shownView(apex: DomainName): ZoneView {
    return this.#shown.view(apex);
  }

  /** Shows owners as they are now, when that is for the passing of time alone. Throws {@link WriterBusyError}. */
  showAgain(apex: DomainName, owners: readonly DomainName[], occasion: Occasion): void {
    this.#shown.expectIdle();
    this.#shown.again(apex, owners, occasion);
  }

  /**
   * Fills the image from the database, at start. `withheld`: zones to be withheld from the beginning, stored or not.
   * Yields between slices; until the end nothing may change.
   */
  serveStored(onShown?: OnShown, withheld: readonly DomainName[] = []): Generator<void, void> {
    return this.#shown.fillStored(withheld, onShown);
  }

  /** Whether the image is being filled, and so nothing may change. */
  get isFilling(): boolean {
    return this.#shown.isFilling;
  }

  /** Calls `told` once when the image is no longer being filled. It must not throw, nor change anything itself. */
  whenFilled(told: () => void): void {
    this.#shown.whenFilled(told);
  }

  #find(apex: DomainName): StoredZone {
    const zone = this.#database.zone(apex);
    if (zone === undefined) throw new NoSuchZoneError(apex);
    return zone;
  }

  #beginGroup(): ChangeGroup {
    return new ChangeGroup(this.#database, this.#nowMs);
  }

  /** Shows what a committed group has changed, each zone in one step. */
  #showGroup(group: ChangeGroup): void {
    for (const zone of group.changedZones()) this.#shown.change(zone);
    for (const { apex } of group.changedZones()) this.#onChanged(apex);
  }

  #makeLive(zones: readonly StagedZone[]): void {
    const { statements } = this.#database;
    this.#database.transact(() => {
      for (const { id, view, records, by, replaces } of zones) {
        if (replaces !== undefined) statements.setZoneState.run('dead', replaces.id);
        statements.setZoneState.run('live', id);
        journalLoad(statements, view.apex, serialOf(view), records, by, this.#nowMs());
      }
    });
  }
}
