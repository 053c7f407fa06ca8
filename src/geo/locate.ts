// From the octets of an address to its location. Nothing here allocates.
import type { GeoTables } from './tables.ts';

/** The location number of an address of 4 or 16 octets; IPv4 within IPv6 is looked up as IPv4. */
export function locate(tables: GeoTables, octets: Uint8Array, at: number, length: number): number {
  if (length === 4) return tables.ipv4Location(word32(octets, at));
  const high = word32(octets, at);
  if (mayHold(high) && ipv4Within(octets, at) !== 0) return tables.ipv4Location(ipv4In(octets, at));
  return tables.ipv6Location(high, word32(octets, at + 4));
}

/**
 * Before which bit of an IPv6 address the IPv4 address begins that it holds; 0 when it holds none. Mapped addresses
 * (RFC 4291 §2.5.5.2), NAT64 (64:ff9b::/96, RFC 6052 §2.1), 6to4 (2002::/16, RFC 3056) and Teredo (2001::/32, RFC 4380 §4).
 */
export function ipv4Within(octets: Uint8Array, at: number): 0 | 16 | 96 {
  const first = word32(octets, at);
  if (first >>> 16 === 0x2002) return 16;
  if (first === 0x2001_0000) return 96;
  if (first !== 0 && first !== 0x0064_ff9b) return 0;
  if (word32(octets, at + 4) !== 0) return 0;
  return word32(octets, at + 8) === (first === 0 ? 0xffff : 0) ? 96 : 0;
}

/** The IPv4 address in an IPv6 address that holds one; as {@link word32}. */
export function ipv4In(octets: Uint8Array, at: number): number {
  const first = word32(octets, at);
  if (first >>> 16 === 0x2002) return word32(octets, at + 2);
  const last = word32(octets, at + 12);
  // RFC 4380 §4: the client's address is written with its bits inverted.
  return first === 0x2001_0000 ? ~last : last;
}

/** Whether addresses that begin so may hold an IPv4 address; few do. */
function mayHold(high: number): boolean {
  return high >>> 16 === 0x2002 || high === 0x2001_0000 || high === 0x0064_ff9b || high === 0;
}

/** Four octets as one number of 32 bits, the first octet the highest. With a sign: V8 makes objects of larger numbers. */
export function word32(octets: Uint8Array, at: number): number {
  return (
    ((octets[at] ?? 0) << 24) |
    ((octets[at + 1] ?? 0) << 16) |
    ((octets[at + 2] ?? 0) << 8) |
    (octets[at + 3] ?? 0)
  );
}
