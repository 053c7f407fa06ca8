// Looking around a network for addresses that get another answer.
import { showAddress } from '../../base/ip.ts';
import { type Network, nearestNetwork } from '../../base/network.ts';
import { ipv4Within } from '../../geo/locate.ts';
import { rangeOf } from '../../geo/range-of.ts';
import type { GeoTables } from '../../geo/tables.ts';

/** What is looked around in, and for. */
export interface Neighbourhood {
  readonly tables: GeoTables;
  /** Networks at whose ends something may change, beside those of the tables. */
  readonly borders: readonly Network[];
  /** The same for addresses that certainly get the same. */
  placeOf(address: Uint8Array): number;
  /** Whether an address of 4 or 16 octets gets something else than the client. */
  isOther(address: Uint8Array): boolean;
}

/** The network of `bits` bits around an address. */
export function networkAround(address: Uint8Array, bits: number): Network {
  const text = `${showAddress(address)}/${bits}`;
  return nearestNetwork(text) ?? { address, prefixLength: bits };
}

/** The other half of the network that is one bit wider; `undefined` for the network of everything. */
export function siblingOf({ address, prefixLength }: Network): Network | undefined {
  if (prefixLength === 0) return undefined;
  const sibling = address.slice();
  const at = (prefixLength - 1) >> 3;
  sibling[at] = (sibling[at] ?? 0) ^ (0x80 >> ((prefixLength - 1) & 7));
  return { address: sibling, prefixLength };
}

/**
 * The first address of a network that gets something else, of those at which anything can change. `undefined`: there is
 * none; 'unknown': not among those that can be looked at.
 */
export function findOther(within: Network, around: Neighbourhood): Uint8Array | 'unknown' | undefined {
  const seen = new Set<number>();
  let passed = 0;
  for (const address of turningPoints(within, around)) {
    if (passed++ === MOST_PASSED || seen.size === MOST_PLACES) return 'unknown';
    const place = around.placeOf(address);
    if (seen.has(place)) continue;
    seen.add(place);
    if (around.isOther(address)) return address;
  }
  return undefined;
}

/** Some ten milliseconds' work each. */
const MOST_PASSED = 20_000;
const MOST_PLACES = 2000;

/** The addresses of a network where the tables, or a border, say something new. */
function* turningPoints(within: Network, { tables, borders }: Neighbourhood): Iterable<Uint8Array> {
  const { first, last } = endsOf(within);
  for (const border of borders) {
    if (border.address.length !== within.address.length) continue;
    const ends = endsOf(border);
    if (ends.first >= first && ends.first <= last) yield octetsOf(ends.first, within);
    if (ends.last + 1n >= first && ends.last + 1n <= last) yield octetsOf(ends.last + 1n, within);
  }
  for (let at = first; at <= last; ) {
    const address = octetsOf(at, within);
    const held = address.length === 16 ? ipv4Within(address, 0) : 0;
    if (held !== 0) {
      at = endsOf(networkAround(address, held === 16 ? 16 : 32)).last + 1n; // what holds IPv4 has scopes of its own
      continue;
    }
    yield address;
    at = numberOf(rangeOf(tables, address).last) + 1n;
  }
}

interface Ends {
  readonly first: bigint;
  readonly last: bigint;
}

function endsOf({ address, prefixLength }: Network): Ends {
  const first = numberOf(address);
  return { first, last: first + (1n << BigInt(8 * address.length - prefixLength)) - 1n };
}

function numberOf(address: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(address).toString('hex')}`);
}

function octetsOf(number: bigint, like: Network): Uint8Array {
  const { length } = like.address;
  return Uint8Array.from(Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex'));
}
