import type { ZoneImage } from '../../src/store/image-filler.ts';
import { type DomainName, showName } from '../../src/wire/name.ts';
import type { Owner } from '../../src/zone/record.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { name as nameOf, showRecord } from './rr.ts';

/** An image of lines of text: what the store shows to the world, step by step. */
export class MapImage implements ZoneImage {
  /** By apex, then by owner: the owner's records in presentation format. */
  readonly zones = new Map<string, Map<string, string[]>>();
  /** How often readers saw something new. */
  switches = 0;
  /** The next `apply` throws this. */
  failure: Error | undefined;
  readonly #view: (apex: DomainName) => ZoneView;
  #depth = 0;

  constructor(view: (apex: DomainName) => ZoneView) {
    this.#view = view;
  }

  addZone(apex: DomainName): void {
    if (!this.zones.has(showName(apex))) this.zones.set(showName(apex), new Map());
    this.#switched();
  }

  clearZone(apex: DomainName): void {
    this.zones.get(showName(apex))?.clear();
    this.#switched();
  }

  removeZone(apex: DomainName): void {
    this.zones.delete(showName(apex));
    this.#switched();
  }

  apply(apex: DomainName, owners: Iterable<Owner>): void {
    const zone = this.zones.get(showName(apex));
    if (zone === undefined) throw new Error('no such zone in the image');
    for (const owner of owners) {
      if (this.failure !== undefined) {
        const failure = this.failure;
        this.failure = undefined;
        throw failure;
      }
      if (owner.rrsets.length === 0) zone.delete(showName(owner.name));
      else zone.set(showName(owner.name), linesOf(owner));
    }
    this.#switched();
  }

  beginBulk(): void {
    this.#depth++;
  }

  endBulk(): void {
    this.#depth--;
    this.#switched();
  }

  rebuild(): void {
    this.#depth = 0;
    for (const [apex, zone] of this.zones) {
      zone.clear();
      const view = this.#view(nameOf(apex));
      for (const owner of view.owners()) zone.set(showName(owner.name), linesOf(owner));
    }
    this.#switched();
  }

  /** The records of one owner. */
  at(apex: string, owner: string): readonly string[] {
    return this.zones.get(apex)?.get(owner) ?? [];
  }

  #switched(): void {
    if (this.#depth === 0) this.switches++;
  }
}

/** Every record of a view, in its order, in presentation format. */
export function showView(view: ZoneView): string[] {
  return [...view.owners()].flatMap(linesOf);
}

function linesOf({ name, rrsets }: Owner): string[] {
  return rrsets.flatMap(({ type, ttl, rdatas }) =>
    rdatas.map((rdata) => showRecord({ owner: name, type, ttl, rdata })),
  );
}
