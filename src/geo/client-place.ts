import { ipv4In, ipv4Within, word32 } from './locate.ts';
import type { GeoTables } from './tables.ts';
import { IPV4_ROW, IPV6_ROW } from './tables-layout.ts';

/**
 * Where a client is, looked up once for all that want to know, and not before. One is made per thread and set for every client; setting
 * allocates nothing.
 */
export class ClientPlace {
  /** As what it is looked up: IPv4 within IPv6 as IPv4. */
  family: 4 | 6 = 4;
  /** The address that is looked up, the highest word first, as `word32` reads them; of IPv4 only the first counts. */
  readonly words: Int32Array = new Int32Array(4);
  /** Before which bit of the address that came the one begins that is looked up: 0, or of IPv4 within IPv6, 16 or 96. */
  offset: 0 | 16 | 96 = 0;
  /** Number of the range in the tables of its family. */
  range = 0;
  location = 0;
  #isLocated = true;

  /** Looks up an address of 4 or 16 octets. */
  set(tables: GeoTables, octets: Uint8Array, at: number, length: number): void {
    this.read(octets, at, length);
    this.locate(tables);
  }

  /** Reads an address of 4 or 16 octets. Its range and location are not known before {@link locate}. */
  read(octets: Uint8Array, at: number, length: number): void {
    const { words } = this;
    this.#isLocated = false;
    this.offset = length === 4 ? 0 : ipv4Within(octets, at);
    if (length === 4 || this.offset !== 0) {
      words[0] = length === 4 ? word32(octets, at) : ipv4In(octets, at);
      this.family = 4;
      return;
    }
    words[0] = word32(octets, at);
    words[1] = word32(octets, at + 4);
    words[2] = word32(octets, at + 8);
    words[3] = word32(octets, at + 12);
    this.family = 6;
  }

  /** Looks up the address that was read, unless that was done. */
  locate(tables: GeoTables): void {
    if (this.#isLocated) return;
    this.#isLocated = true;
    const { words } = this;
    if (this.family === 4) {
      this.range = tables.ipv4Range(words[0] ?? 0);
      this.location = tables.ipv4Rows[this.range * IPV4_ROW + 1] ?? 0;
    } else {
      this.range = tables.ipv6Range(words[0] ?? 0, words[1] ?? 0);
      this.location = tables.ipv6Rows[this.range * IPV6_ROW + 2] ?? 0;
    }
  }
}
