import type { ClientPlace } from './client-place.ts';
import type { Effort } from './joins.ts';
import type { NumberRoom } from './kept-numbers.ts';
import { IPV4_WITHIN } from './locations.ts';
import type { ClassOf, Neighbours } from './neighbours.ts';
import type { NetSegments } from './net-segments.ts';
import { Ipv4Ranges, Ipv6Ranges } from './range-neighbours.ts';
import { Ipv4Borders, Ipv6Borders } from './segment-neighbours.ts';
import type { GeoTables } from './tables.ts';

/**
 * Finds how wide a network an answer holds for: the ECS scope of RFC 7871 §7.2.1 and STEERING.md §5.
 *
 * Law: every address in the network has the class of the address asked for, and no shorter prefix has that property. Three
 * exceptions: networks of IPv6 do not leave the prefix by which an IPv4 address is held in IPv6; `::/64` and `64:ff9b::/64` outside of
 * these prefixes are looked at by /96; and while what lies around a client has not been looked at yet, the network may
 * be narrower than it need be. Every call looks at a little more, and what it saw is kept ({@link Joins}).
 *
 * Ranges of the tables are joined where neighbours are of one class, and so are the segments of networks; an answer holds as far as
 * both are joined.
 */
export class ScopeFinder {
  /** Whether the scope found last will not become shorter: all around it was looked at. */
  isFinal = false;
  readonly #segments: NetSegments;
  readonly #effort: Effort = { left: 0 };
  readonly #effortPerCall: number;
  readonly #ipv4Ranges: Neighbours;
  readonly #ipv6Ranges: Neighbours;
  /** Absent when no network of the family is named. */
  readonly #ipv4Borders: Neighbours | undefined;
  readonly #ipv6Borders: Neighbours | undefined;

  /** What was looked at is kept in `room`. */
  constructor(
    tables: GeoTables,
    segments: NetSegments,
    classOf: ClassOf,
    room: NumberRoom,
    effortPerCall = EFFORT_PER_CALL,
  ) {
    const around = { tables, segments, classOf, room, effort: this.#effort };
    this.#segments = segments;
    this.#effortPerCall = effortPerCall;
    this.#ipv4Ranges = new Ipv4Ranges(around);
    this.#ipv6Ranges = new Ipv6Ranges(around);
    this.#ipv4Borders = segments.ipv4Kinds.length > 1 ? new Ipv4Borders(around) : undefined;
    this.#ipv6Borders = segments.ipv6Kinds.length > 1 ? new Ipv6Borders(around) : undefined;
  }

  /**
   * Bits of the widest network around a client, counted in the family it came in. The place is one of the same tables; `segment` is
   * {@link NetSegments.segmentOf} it, where the caller knows already.
   */
  scopeOf(place: ClientPlace, segment = -1): number {
    if (place.family === 4) return place.offset + this.#ipv4Scope(place, segment);
    this.#effort.left = this.#effortPerCall;
    const borders = this.#ipv6Borders;
    const enough = this.#freeOf(borders, place, segment, 128);
    if (place.location === IPV4_WITHIN) {
      this.isFinal = false;
      return 128 - Math.min(enough, 32);
    }
    const free = this.#ipv6Ranges.freeAround(place, place.range, enough);
    this.isFinal = free < enough || borders === undefined ? this.#ipv6Ranges.isFinal : borders.isFinal;
    return 128 - free;
  }

  /** Gives back the room: nothing that was looked at is kept. */
  forget(): void {
    for (const row of [this.#ipv4Ranges, this.#ipv6Ranges, this.#ipv4Borders, this.#ipv6Borders])
      row?.forget();
  }

  #ipv4Scope(place: ClientPlace, segment: number): number {
    this.#effort.left = this.#effortPerCall;
    const borders = this.#ipv4Borders;
    const enough = this.#freeOf(borders, place, segment, 32);
    const free = this.#ipv4Ranges.freeAround(place, place.range, enough);
    this.isFinal = free < enough || borders === undefined ? this.#ipv4Ranges.isFinal : borders.isFinal;
    return 32 - free;
  }

  #freeOf(borders: Neighbours | undefined, place: ClientPlace, segment: number, bits: number): number {
    if (borders === undefined) return bits;
    return borders.freeAround(place, segment < 0 ? this.#segments.segmentOf(place) : segment, bits);
  }
}

/**
 * Classes asked for in one call, about: a class costs up to half a microsecond when it has to be worked out, and nobody who asks should
 * wait for long, nor those behind: after a policy has changed every answer has something to look at.
 */
const EFFORT_PER_CALL = 256;
