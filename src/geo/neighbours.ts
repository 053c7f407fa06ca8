import type { ClientPlace } from './client-place.ts';
import { type Effort, type JoinSource, Joins } from './joins.ts';
import type { NumberRoom } from './kept-numbers.ts';
import { IPV4_WITHIN } from './locations.ts';
import type { NetSegments } from './net-segments.ts';
import type { GeoTables } from './tables.ts';

/**
 * The class of a client by the kind of its segment ({@link NetSegments}) and its location: clients of one class get the same answer.
 * It is asked for when needed, and must always say the same of the same.
 */
export type ClassOf = (kind: number, location: number) => number;

/** What is needed to see which neighbours are of one class. */
export interface Surroundings {
  readonly tables: GeoTables;
  readonly segments: NetSegments;
  readonly classOf: ClassOf;
  readonly room: NumberRoom;
  readonly effort: Effort;
}

/** Ranges or segments side by side, over all addresses of one family. */
export abstract class Neighbours implements JoinSource {
  /** Whether what {@link freeAround} found last is all there is: it did not stop for having looked at enough. */
  isFinal = true;
  protected readonly count: number;
  readonly #joins: Joins;

  constructor({ room, effort }: Surroundings, count: number) {
    this.count = count;
    this.#joins = new Joins(room, count, this, effort);
  }

  /**
   * How many bits at the end of a client's address are free: whatever they are, the address stays within items that are joined to
   * `item`, which holds it. At most `enough`.
   */
  freeAround(place: ClientPlace, item: number, enough: number): number {
    const joins = this.#joins;
    let first = item;
    let last = item;
    let below = this.freeBelow(place, first);
    let above = this.freeAbove(place, last);
    for (;;) {
      // The side that leaves less room is the one to look at: how far the other goes may not matter.
      const free = Math.min(below, above);
      if (free >= enough) {
        this.isFinal = true;
        return enough;
      }
      if (below === free) {
        const further = joins.first(first);
        if (further !== first) {
          first = further;
          below = this.freeBelow(place, first);
        } else if (!joins.isOpen || !joins.look(first)) break;
      } else {
        const further = joins.last(last);
        if (further !== last) {
          last = further;
          above = this.freeAbove(place, last);
        } else if (!joins.isOpen || !joins.look(last + 1)) break;
      }
    }
    this.isFinal = !joins.isOpen;
    return Math.min(below, above);
  }

  joinsOf(word: number): number {
    const from = word * 16;
    let joins = 0;
    for (let i = 0; i < 16; i++) {
      const item = from + i;
      if (item > this.count || (item > 0 && item < this.count && this.isJoined(item))) joins |= 1 << i;
    }
    return joins;
  }

  forget(): void {
    this.#joins.forget();
  }

  /** Bits free between the client and the first address of `item`. */
  protected abstract freeBelow(place: ClientPlace, item: number): number;
  /** Bits free between the client and the last address of `item`. */
  protected abstract freeAbove(place: ClientPlace, item: number): number;
  /** Whether the classes of the first address of `item`, which is not the first, and of the address before it are the same. */
  protected abstract isJoined(item: number): boolean;
}

/** Whether two neighbours are of one class; networks that hold IPv4 are apart from their neighbours. */
export function isSame(
  classOf: ClassOf,
  kindBefore: number,
  locationBefore: number,
  kind: number,
  location: number,
): boolean {
  if (kindBefore === kind && locationBefore === location) return true;
  if (locationBefore !== location && (locationBefore === IPV4_WITHIN || location === IPV4_WITHIN))
    return false;
  return classOf(kindBefore, locationBefore) === classOf(kind, location);
}
