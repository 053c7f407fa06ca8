import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { serialOf } from '../zone/serial.ts';
import type { ServedOwner } from '../zone/served.ts';
import type { ZoneView } from '../zone/view.ts';
import type { Change, Changed } from './change.ts';
import { type Attempt, ChangeGroup, type GroupJob } from './change-group.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { NoSuchZoneError, WriterBusyError } from './errors.ts';
import { type ChangedBy, journalLoad, journalRemoval, lastChanges } from './journal.ts';
import { type Occasion, SteeredOwners } from './steered-owners.ts';
import { StoredZoneView } from './zone-view.ts';

/** What the writer needs of the zone image. Between `beginBulk` and `endBulk` readers see nothing of what is done. */
export interface ZoneImage {
  addZone(apex: DomainName): void;
  removeZone(apex: DomainName): void;
  /** Every touched owner as it is now; without RRsets it is gone. Readers see all of them at once. */
  apply(apex: DomainName, owners: Iterable<ServedOwner>): void;
  /** In a bulk change: takes out all that a zone has. Without an SOA it is not answered from. */
  clearZone(apex: DomainName): void;
  beginBulk(expectedOwners?: number): void;
  endBulk(): void;
  /** Makes everything again from the views. */
  rebuild(): void;
}

/** A zone whose records are in the database and checked, but not yet served. */
export interface StagedZone {
  readonly id: number;
  /** Its records: the same as in the database, from wherever they are read fastest. */
  readonly view: ZoneView;
  readonly records: number;
  readonly by: ChangedBy;
  /** The zone that it takes the place of. */
  readonly replaces?: StoredZone;
}

/** A zone that the image takes in. */
type FillingZone = Pick<StagedZone, 'view' | 'records' | 'replaces'>;

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

/** The only door by which a zone changes: check, one transaction, image, then whoever is to be told. */
export class ZoneWriter {
  readonly #database: ZoneDatabase;
  readonly #image: ZoneImage;
  readonly #effects: Effects;
  readonly #steered: SteeredOwners;
  readonly #onChanged: (apex: DomainName) => void;
  #isFilling = false;
  #awaitingFilled: (() => void)[] = [];
  /** While the image is told of new zones: should it fail then, it may not know all of them. */
  #isHosting = false;
  /** Zones that are ours and not to be answered from, by name. */
  readonly #withheld = new Map<string, DomainName>();

  constructor({ database, image, effects, steered, onChanged }: ZoneWriterOptions) {
    this.#database = database;
    this.#image = image;
    this.#effects = effects;
    this.#steered = steered ?? new SteeredOwners(() => effects.nowMs());
    this.#onChanged = onChanged ?? (() => {});
  }

  /**
   * Makes one change. When it returns, the change is on the disk and in every answer. When it throws, nothing
   * has changed: ChangeRefusedError, {@link NoSuchZoneError}, StoreError, {@link WriterBusyError}.
   */
  change(change: Change): Changed {
    this.#expectIdle();
    const group = this.#beginGroup();
    const changed = this.#database.transact(() => group.make(change));
    this.#showGroup(group);
    return changed;
  }

  /** As {@link change}, with several changes of one zone, one after the other, all or none of them. */
  changeInSteps(changes: readonly Change[]): Changed[] {
    this.#expectIdle();
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
    this.#expectIdle();
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
  *adopt(
    zones: readonly StagedZone[],
    onProgress?: (apex: DomainName, owners: number) => void,
  ): Generator<void, void> {
    if (zones.length === 0) return;
    this.#expectIdle();
    this.#makeLive(zones);
    yield* this.#fill(zones, onProgress);
    for (const { view } of zones) this.#onChanged(view.apex);
  }

  /**
   * As {@link adopt}, while the zone's records are still coming: first the image is filled, `run` doing that in
   * slices, then what is stored is awaited and committed, and only then does anybody see the zone. When it throws,
   * nothing has changed. Until the end nothing may change.
   */
  async adoptComing(
    zone: ComingZone,
    run: (steps: Generator<void, void>) => Promise<void>,
    onProgress?: (apex: DomainName, owners: number) => void,
  ): Promise<void> {
    zone.stored.catch(() => {}); // it is awaited below, but may fail before
    this.#expectIdle();
    const { apex } = zone.view;
    this.#isFilling = true;
    try {
      let failure: unknown;
      await run(this.#takeIn([zone], onProgress)).catch((error) => {
        failure = error;
      });
      try {
        await zone.stored;
        this.#makeLive([zone]);
        this.#withheld.delete(showName(apex));
      } catch (error) {
        if (failure === undefined) this.#show(apex, () => this.#giveUp(apex));
        throw error; // an image that failed too shows what it did until the zone is there to make it again
      }
      this.#show(apex, () => {
        if (failure !== undefined) throw failure;
        this.#image.endBulk();
      });
    } finally {
      this.#endFilling();
    }
    this.#onChanged(apex);
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
    run: (steps: Generator<void, void>) => Promise<void>,
  ): Promise<Changed> {
    this.#expectIdle();
    const zone = this.#database.zone(apex);
    if (zone === undefined) throw new NoSuchZoneError(apex);
    const view = new StoredZoneView(this.#database.statements, zone.id, apex);
    const before = serialOf(view);
    this.#isFilling = true;
    try {
      return await make(zone);
    } finally {
      try {
        // Also when `make` failed: it may have committed, and then been unable to say so.
        if (serialOf(view) !== before) await this.#showInSlices(view, keys, run);
      } finally {
        this.#endFilling();
      }
    }
  }

  /**
   * Stops answering from a zone that is ours (SERVFAIL), until {@link adoptComing} brings it or {@link release} ends
   * that; what it has is kept and may change. For a zone that has expired, or has not come yet.
   */
  withhold(apex: DomainName): void {
    this.#expectIdle();
    if (this.isWithheld(apex)) return;
    this.#withheld.set(showName(apex), apex);
    this.#steered.forget(apex);
    this.#show(apex, () => {
      this.#image.beginBulk();
      this.#image.addZone(apex);
      this.#image.clearZone(apex);
      this.#image.endBulk();
    });
  }

  /** Answers from a withheld zone again, with what is stored. Yields while the image is filled. */
  *release(apex: DomainName): Generator<void, void> {
    this.#expectIdle();
    const zone = this.#database.zone(apex);
    if (zone === undefined) throw new NoSuchZoneError(apex);
    if (!this.#withheld.delete(showName(apex))) return;
    const view = new StoredZoneView(this.#database.statements, zone.id, apex);
    yield* this.#fill([{ view, records: this.#database.recordCount(zone.id) }]);
    this.#onChanged(apex);
  }

  /** Forgets a withheld zone that is not stored: it is not ours any more. */
  forget(apex: DomainName): void {
    this.#expectIdle();
    if (this.#database.zone(apex) !== undefined || !this.#withheld.delete(showName(apex))) return;
    this.#show(apex, () => this.#image.removeZone(apex));
  }

  /** The withheld zones. */
  withheld(): readonly DomainName[] {
    return [...this.#withheld.values()];
  }

  /** Whether a zone is ours and not to be answered from. */
  isWithheld(apex: DomainName): boolean {
    return this.#withheld.size > 0 && this.#withheld.has(showName(apex));
  }

  /** A zone as the image is to show it: of a withheld one, nothing. Throws {@link NoSuchZoneError}. */
  shownView(apex: DomainName): ZoneView {
    return this.isWithheld(apex) ? emptyView(apex) : this.#database.view(apex);
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
    this.#withheld.delete(showName(apex));
    this.#steered.forget(apex);
    this.#show(apex, () => this.#image.removeZone(apex));
  }

  /** Shows owners as they are now, when that is for the passing of time alone. Throws {@link WriterBusyError}. */
  showAgain(apex: DomainName, owners: readonly DomainName[], occasion: Occasion): void {
    this.#expectIdle();
    const view = this.#database.view(apex);
    const raw = owners.map((name) => view.get(name) ?? { name, rrsets: [] });
    if (this.isWithheld(apex)) return;
    this.#show(apex, () => this.#image.apply(apex, this.#steered.served(view, raw, occasion)));
  }

  /**
   * Fills the image from the database, at start. `withheld`: zones to be withheld from the beginning, stored or not.
   * Yields between slices; until the end nothing may change.
   */
  *serveStored(
    onProgress?: (apex: DomainName, owners: number) => void,
    withheld: readonly DomainName[] = [],
  ): Generator<void, void> {
    this.#expectIdle();
    for (const apex of withheld) this.#withheld.set(showName(apex), apex);
    const zones = this.#database.zones().filter(({ apex }) => !this.isWithheld(apex));
    const { statements } = this.#database;
    const filling = zones.map(({ id, apex }) => ({
      view: new StoredZoneView(statements, id, apex),
      records: this.#database.recordCount(id),
    }));
    yield* this.#fill(filling, onProgress, () => this.#showUnsettled(filling));
  }

  /**
   * Whether the image is being filled: {@link change} and {@link remove} throw {@link WriterBusyError} until
   * that ends, since what they did would not be seen before.
   */
  get isFilling(): boolean {
    return this.#isFilling;
  }

  /** Calls `told` once when the image is no longer being filled. It must not throw, nor change anything itself. */
  whenFilled(told: () => void): void {
    if (this.#isFilling) this.#awaitingFilled.push(told);
    else told();
  }

  #beginGroup(): ChangeGroup {
    return new ChangeGroup(this.#database, () => this.#effects.nowMs());
  }

  /** Shows what a committed group has changed, each zone in one step. */
  #showGroup(group: ChangeGroup): void {
    for (const zone of group.changedZones()) {
      if (this.isWithheld(zone.apex)) continue;
      const isLarge = zone.keys.size > MOST_AT_ONCE;
      this.#show(zone.apex, () => {
        if (isLarge) this.#image.beginBulk();
        this.#image.apply(zone.apex, this.#steered.served(zone.view, zone.owners(), 'change'));
        if (isLarge) this.#image.endBulk();
      });
    }
    for (const { apex } of group.changedZones()) this.#onChanged(apex);
  }

  #endFilling(): void {
    this.#isFilling = false;
    const awaiting = this.#awaitingFilled;
    this.#awaitingFilled = [];
    for (const told of awaiting) told();
  }

  #makeLive(zones: readonly StagedZone[]): void {
    const { statements } = this.#database;
    this.#database.transact(() => {
      for (const { id, view, records, by, replaces } of zones) {
        if (replaces !== undefined) statements.setZoneState.run('dead', replaces.id);
        statements.setZoneState.run('live', id);
        journalLoad(statements, view.apex, serialOf(view), records, by, this.#effects.nowMs());
      }
    });
  }

  *#fill(
    zones: readonly FillingZone[],
    onProgress?: (apex: DomainName, owners: number) => void,
    finish?: () => Generator<void, void>,
  ): Generator<void, void> {
    this.#isFilling = true;
    try {
      yield* this.#takeIn(zones, onProgress);
      if (finish !== undefined) yield* finish();
      this.#image.endBulk();
    } catch (error) {
      this.#remake(undefined, error);
    } finally {
      this.#endFilling();
    }
  }

  /** Begins a bulk change of the image and takes the zones in. */
  *#takeIn(
    zones: readonly FillingZone[],
    onProgress?: (apex: DomainName, owners: number) => void,
  ): Generator<void, void> {
    let records = 0;
    for (const zone of zones) records += zone.records;
    this.#image.beginBulk(records);
    // All zones first: what fails after that is mended from their views, and no zone is filled twice because of
    // another within it.
    this.#isHosting = true;
    for (const { view } of zones) this.#image.addZone(view.apex);
    for (const apex of this.#withheld.values()) this.#image.addZone(apex);
    this.#isHosting = false;
    for (const { view, replaces } of zones) {
      if (replaces === undefined) continue;
      this.#steered.forget(view.apex);
      this.#image.clearZone(view.apex);
    }
    for (const { view } of zones) {
      yield* this.#apply(view.apex, this.#steered.served(view, view.owners(), 'load'), onProgress);
    }
  }

  /** Shows the owners again that changed shortly before the start: a restart does not make them settled. */
  *#showUnsettled(zones: readonly FillingZone[]): Generator<void, void> {
    for (const { view } of zones) {
      const { apex } = view;
      const settle = this.#steered.longestSettle(apex);
      if (settle === 0) continue;
      const since = this.#effects.nowMs() - settle * 1000;
      const changes = lastChanges(this.#database.statements, apex, since);
      const names = this.#steered.noteChanges(apex, changes.owners, changes.earliest);
      const owners = names.map((name) => view.get(name) ?? { name, rrsets: [] });
      yield* this.#apply(apex, this.#steered.served(view, owners, 'load'));
    }
  }

  *#apply(
    apex: DomainName,
    touched: Iterable<ServedOwner>,
    onProgress?: (apex: DomainName, owners: number) => void,
  ): Generator<void, void> {
    const owners = touched[Symbol.iterator]();
    for (let done = 0, isMore = true; isMore; ) {
      const slice = take(owners, OWNERS_AT_ONCE);
      this.#image.apply(apex, slice);
      done += slice.length;
      isMore = slice.length === OWNERS_AT_ONCE;
      onProgress?.(apex, done);
      yield;
    }
  }

  async #showInSlices(
    view: StoredZoneView,
    keys: readonly Uint8Array[],
    run: (steps: Generator<void, void>) => Promise<void>,
  ): Promise<void> {
    const { apex } = view;
    if (this.isWithheld(apex)) return;
    try {
      this.#image.beginBulk();
      await run(this.#apply(apex, this.#steered.served(view, view.ownersAt(keys), 'change')));
      this.#image.endBulk();
    } catch (error) {
      this.#remake(apex, error);
    }
    this.#onChanged(apex);
  }

  /** Ends a bulk change whose zone did not come after all: the image is what it was. */
  #giveUp(apex: DomainName): void {
    this.#steered.forget(apex);
    const isOurs = this.isWithheld(apex) || this.#database.zone(apex) !== undefined;
    if (!isOurs) this.#image.removeZone(apex);
    else {
      const view = this.shownView(apex);
      this.#image.clearZone(apex);
      this.#image.apply(apex, this.#steered.served(view, view.owners(), 'load'));
    }
    this.#image.endBulk();
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
    this.#image.rebuild();
    if (!this.#isHosting) return;
    this.#isHosting = false;
    for (const stored of this.#database.zones()) this.#image.addZone(stored.apex);
    for (const withheld of this.#withheld.values()) this.#image.addZone(withheld);
    this.#image.rebuild();
  }
}

function emptyView(apex: DomainName): ZoneView {
  return { apex, get: () => undefined, owners: () => [], ownersBelow: () => [] };
}

/** Owners that the image changes under the eyes of its readers: they wait meanwhile, about 1 µs for each. */
const MOST_AT_ONCE = 2000;

/** Owners that the image takes in between two yields: some milliseconds' work. */
const OWNERS_AT_ONCE = 2048;

function take(owners: Iterator<ServedOwner>, most: number): ServedOwner[] {
  const slice: ServedOwner[] = [];
  while (slice.length < most) {
    const { done, value } = owners.next();
    if (done === true) break;
    slice.push(value);
  }
  return slice;
}
