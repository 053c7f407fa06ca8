/**
 * The shortest prefix (bits) around an IPv4 address that lies between two addresses, both included; `address` does too.
 */
export function ipv4PrefixWithin(address: number, from: number, to: number): number {
  for (let length = 0; length < 32; length++) {
    const host = 0xffff_ffff >>> length;
    const first = (address & ~host) >>> 0;
    if (first >= from && first + host <= to) return length;
  }
  return 32;
}

/** As {@link ipv4PrefixWithin} for the upper 64 bits of IPv6 addresses, each as two words. At most 64. */
export function ipv6PrefixWithin(
  high: number,
  low: number,
  fromHigh: number,
  fromLow: number,
  toHigh: number,
  toLow: number,
): number {
  for (let length = 0; length < 64; length++) {
    const hostHigh = length < 32 ? 0xffff_ffff >>> length : 0;
    const hostLow = length <= 32 ? 0xffff_ffff : 0xffff_ffff >>> (length - 32);
    const firstHigh = (high & ~hostHigh) >>> 0;
    const firstLow = (low & ~hostLow) >>> 0;
    if (firstHigh < fromHigh || (firstHigh === fromHigh && firstLow < fromLow)) continue;
    const lastHigh = firstHigh + hostHigh;
    if (lastHigh < toHigh || (lastHigh === toHigh && firstLow + hostLow <= toLow)) return length;
  }
  return 64;
}
