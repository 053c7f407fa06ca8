import type { ClientPlace } from './client-place.ts';
import { KeptNumbers, type NumberRoom } from './kept-numbers.ts';
import type { GeoTables } from './tables.ts';

/**
 * Numbers from 1 to 65,535 that hold for whole networks, kept by the first bits of addresses: a client in a network that was met
 * before need not be located. Of IPv4 networks up to /24 are kept, of IPv6 those of the cells of the tables (up to /32) and wider
 * ones. Reading allocates nothing.
 */
export class KnownNetworks {
  readonly #tables: GeoTables;
  /** By the first {@link WIDE} bits: two addresses of three, at random, are in so wide a network when a dozen sites serve the world. */
  readonly #wide: KeptNumbers;
  /** By the first {@link NARROW} bits. */
  readonly #narrow: KeptNumbers;
  readonly #cells: KeptNumbers;

  /** `narrowRoom` is for the narrow networks of IPv4: 32 MiB for all of them. What is in a room may be taken away at any time. */
  constructor(tables: GeoTables, room: NumberRoom, narrowRoom: NumberRoom) {
    this.#tables = tables;
    this.#wide = new KeptNumbers(room, 1 << WIDE);
    this.#narrow = new KeptNumbers(narrowRoom, 1 << NARROW);
    this.#cells = new KeptNumbers(room, tables.ipv6Cells);
  }

  /** What is known of the network of a client, which need not be located; 0: nothing. */
  get({ family, words }: ClientPlace): number {
    const first = words[0] ?? 0;
    if (family === 6) return this.#cells.get(this.#tables.ipv6Cell(first));
    const wide = this.#wide.get(first >>> (32 - WIDE));
    return wide !== 0 ? wide : this.#narrow.get(first >>> (32 - NARROW));
  }

  /** Keeps `number` of the network of `prefixLength` bits that holds a client, if such are kept. */
  keep({ family, words }: ClientPlace, prefixLength: number, number: number): void {
    const first = words[0] ?? 0;
    if (family === 6) {
      const tables = this.#tables;
      if (prefixLength <= tables.ipv6CellLength(first)) this.#cells.set(tables.ipv6Cell(first), number);
    } else if (prefixLength <= WIDE) {
      this.#wide.set(first >>> (32 - WIDE), number);
    } else if (prefixLength <= NARROW) {
      const size = 1 << (NARROW - prefixLength);
      const start = (first >>> (32 - NARROW)) & -size;
      for (let i = start; i < start + size; i++) this.#narrow.set(i, number);
    }
  }

  /** Keeps nothing any longer. */
  forget(): void {
    this.#wide.forget();
    this.#narrow.forget();
    this.#cells.forget();
  }
}

const WIDE = 16;
/** What resolvers send of IPv4 addresses (RFC 7871 §11.1). */
const NARROW = 24;
