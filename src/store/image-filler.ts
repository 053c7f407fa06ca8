import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { ServedOwner } from '../zone/served.ts';
import type { ZoneView } from '../zone/view.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { lastChanges } from './journal.ts';
import type { SteeredOwners } from './steered-owners.ts';

/** What showing zones needs of the zone image. Between `beginBulk` and `endBulk` readers see nothing of what is done. */
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

/** A zone that the image takes in. */
export interface FillingZone {
  readonly view: ZoneView;
  readonly records: number;
  /** The zone that it takes the place of. */
  readonly replaces?: StoredZone;
}

/** Called while the image is filled: so many owners of a zone are in it. */
export type OnShown = (apex: DomainName, owners: number) => void;

/** How a filler is joined with the rest of the program. */
export interface ImageFillerOptions {
  readonly database: ZoneDatabase;
  readonly image: ZoneImage;
  readonly steered: SteeredOwners;
  readonly effects: Effects;
  /** Zones that are ours and not answered from. */
  withheld(): Iterable<DomainName>;
}

/** Puts whole zones into the image, slice by slice, and makes all of it again when it has failed. */
export class ImageFiller {
  readonly #database: ZoneDatabase;
  readonly #image: ZoneImage;
  readonly #steered: SteeredOwners;
  readonly #effects: Effects;
  readonly #withheld: () => Iterable<DomainName>;
  /** While the image is told of new zones: should it fail then, it may not know all of them. */
  #isHosting = false;

  constructor({ database, image, steered, effects, withheld }: ImageFillerOptions) {
    this.#database = database;
    this.#image = image;
    this.#steered = steered;
    this.#effects = effects;
    this.#withheld = withheld;
  }

  /** Begins a bulk change of the image and takes the zones in. Yields between slices; to end the change is left. */
  *takeIn(zones: readonly FillingZone[], onShown?: OnShown): Generator<void, void> {
    let records = 0;
    for (const zone of zones) records += zone.records;
    this.#image.beginBulk(records);
    // All zones first: what fails after that is mended from their views, and no zone is filled twice because of
    // another within it.
    this.#isHosting = true;
    for (const { view } of zones) this.#image.addZone(view.apex);
    for (const apex of this.#withheld()) this.#image.addZone(apex);
    this.#isHosting = false;
    for (const { view, replaces } of zones) {
      if (replaces === undefined) continue;
      this.#steered.forget(view.apex);
      this.#image.clearZone(view.apex);
    }
    for (const { view } of zones) {
      yield* this.apply(view.apex, this.#steered.served(view, view.owners(), 'load'), onShown);
    }
  }

  /** Shows the owners again that changed shortly before the start: a restart does not make them settled. */
  *showUnsettled(zones: readonly FillingZone[]): Generator<void, void> {
    for (const { view } of zones) {
      const { apex } = view;
      const settle = this.#steered.longestSettle(apex);
      if (settle === 0) continue;
      const since = this.#effects.nowMs() - settle * 1000;
      const changes = lastChanges(this.#database.statements, apex, since);
      const names = this.#steered.noteChanges(apex, changes.owners, changes.earliest);
      const owners = names.map((name) => view.get(name) ?? { name, rrsets: [] });
      yield* this.apply(apex, this.#steered.served(view, owners, 'load'));
    }
  }

  /** Puts owners into the image as they are answered. Yields between slices. */
  *apply(apex: DomainName, touched: Iterable<ServedOwner>, onShown?: OnShown): Generator<void, void> {
    const owners = touched[Symbol.iterator]();
    for (let done = 0, isMore = true; isMore; ) {
      const slice = take(owners, OWNERS_AT_ONCE);
      this.#image.apply(apex, slice);
      done += slice.length;
      isMore = slice.length === OWNERS_AT_ONCE;
      onShown?.(apex, done);
      yield;
    }
  }

  /** Makes all of the image again from the database, after `error`, whatever was under way. */
  remake(apex: DomainName | undefined, error: unknown): void {
    const zone = apex === undefined ? undefined : showName(apex);
    this.#effects.log.error('store: image failed, making it again', { zone, error: messageOf(error) });
    this.#image.rebuild();
    if (!this.#isHosting) return;
    this.#isHosting = false;
    for (const stored of this.#database.zones()) this.#image.addZone(stored.apex);
    for (const withheld of this.#withheld()) this.#image.addZone(withheld);
    this.#image.rebuild();
  }
}

// --- helpers ---

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
