import type { Effects } from '../base/effects.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import type { TouchedZone } from './change-group.ts';
import type { ZoneDatabase } from './database.ts';
import { WriterBusyError } from './errors.ts';
import { type FillingZone, ImageFiller, type OnShown, type ZoneImage } from './image-filler.ts';
import type { Occasion, SteeredOwners } from './steered-owners.ts';
import { StoredZoneView } from './zone-view.ts';

/** Does all steps of long work, with everything else between them. Rejects with what a step throws. */
export type RunSteps = (steps: Generator<void, void>) => Promise<void>;

/** How showing zones is joined with the rest of the program. */
export interface ShownZonesOptions {
  readonly database: ZoneDatabase;
  readonly image: ZoneImage;
  readonly steered: SteeredOwners;
  readonly effects: Effects;
}

/**
 * Has the image show what is committed: the zone writer's other hand. Small changes are shown at once; filling with
 * whole zones takes many steps, and until their end nothing may change. What fails half-way is made again from the
 * database. A withheld zone is ours, and nothing of it is shown.
 */
export class ShownZones {
  readonly #database: ZoneDatabase;
  readonly #image: ZoneImage;
  readonly #steered: SteeredOwners;
  readonly #filler: ImageFiller;
  /** By name. */
  readonly #withheld = new Map<string, DomainName>();
  #isFilling = false;
  #awaitingFilled: (() => void)[] = [];

  constructor({ database, image, steered, effects }: ShownZonesOptions) {
    this.#database = database;
    this.#image = image;
    this.#steered = steered;
    this.#filler = new ImageFiller({
      database,
      image,
      steered,
      effects,
      withheld: () => this.#withheld.values(),
    });
  }

  // --- whether anything may change ---

  get isFilling(): boolean {
    return this.#isFilling;
  }

  /** Calls `told` once when the image is no longer being filled. */
  whenFilled(told: () => void): void {
    if (this.#isFilling) this.#awaitingFilled.push(told);
    else told();
  }

  /** Throws {@link WriterBusyError} while the image is filled. */
  expectIdle(): void {
    if (this.#isFilling) throw new WriterBusyError();
  }

  /** Does `work` as part of filling. Rejects with {@link WriterBusyError}, and with what `work` rejects. */
  async whileFilling<T>(work: () => Promise<T>): Promise<T> {
    this.expectIdle();
    this.#isFilling = true;
    try {
      return await work();
    } finally {
      this.#endFilling();
    }
  }

  // --- withheld zones ---

  isWithheld(apex: DomainName): boolean {
    return this.#withheld.size > 0 && this.#withheld.has(showName(apex));
  }

  withheld(): readonly DomainName[] {
    return [...this.#withheld.values()];
  }

  /** A zone as the image is to show it: of a withheld one, nothing. Throws NoSuchZoneError. */
  view(apex: DomainName): ZoneView {
    return this.isWithheld(apex) ? emptyView(apex) : this.#database.view(apex);
  }

  withhold(apex: DomainName): void {
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

  /** The zone is to be shown again, which is left to the caller; `false` when it is not withheld. */
  release(apex: DomainName): boolean {
    return this.#withheld.delete(showName(apex));
  }

  // --- small changes ---

  /** Shows what a committed change has done to a zone, in one step. */
  change(zone: TouchedZone): void {
    const { apex } = zone;
    if (this.isWithheld(apex)) return;
    const isLarge = zone.keys.size > MOST_AT_ONCE;
    this.#show(apex, () => {
      if (isLarge) this.#image.beginBulk();
      this.#image.apply(apex, this.#steered.served(zone.view, zone.owners(), 'change'));
      if (isLarge) this.#image.endBulk();
    });
  }

  /** Shows owners as they are now, when that is for the passing of time alone. */
  again(apex: DomainName, owners: readonly DomainName[], occasion: Occasion): void {
    const view = this.#database.view(apex);
    const raw = owners.map((name) => view.get(name) ?? { name, rrsets: [] });
    if (this.isWithheld(apex)) return;
    this.#show(apex, () => this.#image.apply(apex, this.#steered.served(view, raw, occasion)));
  }

  /** Shows a zone no more. */
  remove(apex: DomainName): void {
    this.#withheld.delete(showName(apex));
    this.#steered.forget(apex);
    this.#show(apex, () => this.#image.removeZone(apex));
  }

  // --- filling ---

  /** Shows zones that are live in the database. Yields between slices. */
  *fill(
    zones: readonly FillingZone[],
    onShown?: OnShown,
    finish?: () => Generator<void, void>,
  ): Generator<void, void> {
    this.#isFilling = true;
    try {
      yield* this.#filler.takeIn(zones, onShown);
      if (finish !== undefined) yield* finish();
      this.#image.endBulk();
    } catch (error) {
      this.#filler.remake(undefined, error);
    } finally {
      this.#endFilling();
    }
  }

  /** As {@link fill}, at start: all stored zones but those that are `withheld` from the beginning, stored or not. */
  *fillStored(withheld: readonly DomainName[], onShown?: OnShown): Generator<void, void> {
    this.expectIdle();
    for (const apex of withheld) this.#withheld.set(showName(apex), apex);
    const zones = this.#database.zones().filter(({ apex }) => !this.isWithheld(apex));
    const { statements } = this.#database;
    const filling = zones.map(({ id, apex }) => ({
      view: new StoredZoneView(statements, id, apex),
      records: this.#database.recordCount(id),
    }));
    yield* this.fill(filling, onShown, () => this.#filler.showUnsettled(filling));
  }

  /**
   * Fills the image with a zone that is still coming, then calls `commit`, which makes it live, and only then shows it.
   * Rejects with what `commit` does; then nothing has changed.
   */
  async fillComing(
    zone: FillingZone,
    run: RunSteps,
    commit: () => Promise<void>,
    onShown?: OnShown,
  ): Promise<void> {
    const { apex } = zone.view;
    await this.whileFilling(async () => {
      let failure: unknown;
      await run(this.#filler.takeIn([zone], onShown)).catch((error) => {
        failure = error;
      });
      try {
        await commit();
        this.#withheld.delete(showName(apex));
      } catch (error) {
        if (failure === undefined) this.#show(apex, () => this.#giveUp(apex));
        throw error; // an image that failed too shows what it did until the zone is there to make it again
      }
      this.#show(apex, () => {
        if (failure !== undefined) throw failure;
        this.#image.endBulk();
      });
    });
  }

  /** As {@link change}, in many steps, while readers go on with the old image: part of {@link whileFilling}. */
  async changeInSlices(view: ZoneView, owners: Iterable<Owner>, run: RunSteps): Promise<void> {
    const { apex } = view;
    if (this.isWithheld(apex)) return;
    try {
      this.#image.beginBulk();
      await run(this.#filler.apply(apex, this.#steered.served(view, owners, 'change')));
      this.#image.endBulk();
    } catch (error) {
      this.#filler.remake(apex, error);
    }
  }

  #endFilling(): void {
    this.#isFilling = false;
    const awaiting = this.#awaitingFilled;
    this.#awaitingFilled = [];
    for (const told of awaiting) told();
  }

  /** Ends a bulk change whose zone did not come after all: the image is what it was. */
  #giveUp(apex: DomainName): void {
    this.#steered.forget(apex);
    const isOurs = this.isWithheld(apex) || this.#database.zone(apex) !== undefined;
    if (!isOurs) this.#image.removeZone(apex);
    else {
      const view = this.view(apex);
      this.#image.clearZone(apex);
      this.#image.apply(apex, this.#steered.served(view, view.owners(), 'load'));
    }
    this.#image.endBulk();
  }

  /** What is committed must be shown: when the image fails, all of it is made again. */
  #show(apex: DomainName, show: () => void): void {
    try {
      show();
    } catch (error) {
      this.#filler.remake(apex, error);
    }
  }
}

// --- helpers ---

/** Owners that the image changes under the eyes of its readers: they wait meanwhile, about 1 µs for each. */
const MOST_AT_ONCE = 2000;

function emptyView(apex: DomainName): ZoneView {
  return { apex, get: () => undefined, owners: () => [], ownersBelow: () => [] };
}
