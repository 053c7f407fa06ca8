import { KeptNumbers, type NumberRoom } from './kept-numbers.ts';

/**
 * Numbers from 1 to 65,535 that hold for whole networks of IPv4, kept by the first bits of addresses: a client in a network that was
 * met before need not be located. Networks up to /{@link NARROW} are kept; reading allocates nothing.
 */
export class KnownNetworks {
  /** By the first {@link WIDE} bits: two addresses of three, at random, are in so wide a network when a dozen sites serve the world. */
  readonly #wide: KeptNumbers;
  /** By the first {@link NARROW} bits. */
  readonly #narrow: KeptNumbers;

  /** `room` is for what all of the world needs little of; `narrowRoom` for up to 32 MiB, which may be taken away at any time. */
  constructor(room: NumberRoom, narrowRoom: NumberRoom) {
    this.#wide = new KeptNumbers(room, 1 << WIDE);
    this.#narrow = new KeptNumbers(narrowRoom, 1 << NARROW);
  }

  /** What is known of the network of an address, 0: nothing. */
  get(address: number): number {
    const wide = this.#wide.get(address >>> (32 - WIDE));
    return wide !== 0 ? wide : this.#narrow.get(address >>> (32 - NARROW));
  }

  /** Keeps `number` of the network of `prefixLength` bits that holds an address. */
  keep(address: number, prefixLength: number, number: number): void {
    if (prefixLength <= WIDE) this.#wide.set(address >>> (32 - WIDE), number);
    else if (prefixLength <= NARROW) {
      const size = 1 << (NARROW - prefixLength);
      const first = (address >>> (32 - NARROW)) & -size;
      for (let i = first; i < first + size; i++) this.#narrow.set(i, number);
    }
  }

  /** Keeps nothing any longer. */
  forget(): void {
    this.#wide.forget();
    this.#narrow.forget();
  }
}

const WIDE = 16;
/** What resolvers send of IPv4 addresses (RFC 7871 §11.1). */
const NARROW = 24;
