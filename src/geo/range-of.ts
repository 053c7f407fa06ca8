import { showAddress } from '../base/ip.ts';
import { type Network, nearestNetwork } from '../base/network.ts';
import { ipv4In, ipv4Within, word32 } from './locate.ts';
import { ipv4PrefixWithin, ipv6PrefixWithin } from './prefix.ts';
import type { GeoTables } from './tables.ts';
import { IPV4_ROW, IPV6_ROW } from './tables-layout.ts';

/** Addresses that lie side by side and have one location. */
export interface AddressRange {
  /** 4 or 16 octets; of IPv4 within IPv6, the IPv4 addresses. */
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  /** The widest network within that holds the address asked for. */
  readonly network: Network;
  readonly location: number;
}

/** The addresses around one of 4 or 16 octets that have the same location. For people: allocates. */
export function rangeOf(tables: GeoTables, address: Uint8Array): AddressRange {
  if (address.length === 4) return ipv4RangeOf(tables, word32(address, 0) >>> 0);
  if (ipv4Within(address, 0) !== 0) return ipv4RangeOf(tables, ipv4In(address, 0) >>> 0);
  const [high, low] = [word32(address, 0) >>> 0, word32(address, 4) >>> 0];
  const range = tables.ipv6Range(high, low);
  const word = (of: number, place: number) => tables.ipv6Rows[of * IPV6_ROW + place] ?? 0;
  const from = [word(range, 0), word(range, 1)] as const;
  const next = range + 1;
  const to =
    next === tables.ipv6Ranges ? ([MAX_WORD, MAX_WORD] as const) : before(word(next, 0), word(next, 1));
  const prefixLength = ipv6PrefixWithin(high, low, ...from, ...to);
  const first = octetsOf([...from, 0, 0]);
  return {
    first,
    last: octetsOf([...to, MAX_WORD, MAX_WORD]),
    network: networkOf(octetsOf([high, low, 0, 0]), prefixLength),
    location: word(range, 2),
  };
}

function ipv4RangeOf(tables: GeoTables, address: number): AddressRange {
  const range = tables.ipv4Range(address);
  const word = (of: number, place: number) => tables.ipv4Rows[of * IPV4_ROW + place] ?? 0;
  const from = word(range, 0);
  const to = range + 1 === tables.ipv4Ranges ? MAX_WORD : word(range + 1, 0) - 1;
  return {
    first: octetsOf([from]),
    last: octetsOf([to]),
    network: networkOf(octetsOf([address]), ipv4PrefixWithin(address, from, to)),
    location: word(range, 1),
  };
}

const MAX_WORD = 0xffff_ffff;

/** The key before one that is not the first. */
function before(high: number, low: number): readonly [number, number] {
  return low === 0 ? [high - 1, MAX_WORD] : [high, low - 1];
}

function octetsOf(words: readonly number[]): Uint8Array {
  const octets = new Uint8Array(4 * words.length);
  const view = new DataView(octets.buffer);
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word);
  return octets;
}

function networkOf(address: Uint8Array, prefixLength: number): Network {
  return nearestNetwork(`${showAddress(address)}/${prefixLength}`) ?? { address, prefixLength };
}
