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

/**
 * How many bits at the end of `address` can be cleared without coming below `from`; `address` is not below it. Words of 32 bits, with
 * or without a sign.
 *
 * For how many can be set without coming above `to`, ask the same of both inverted.
 */
export function freeBits(address: number, from: number): number {
  const differing = 32 - Math.clz32(address ^ from);
  const zeros = trailingZeros(from);
  return zeros >= differing ? zeros : differing - 1;
}

/** As {@link freeBits}, for addresses of 128 bits, given as four words each, with or without a sign. */
export function freeBits128(
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  f0: number,
  f1: number,
  f2: number,
  f3: number,
): number {
  let differing = 0;
  if ((a0 ^ f0) !== 0) differing = 128 - Math.clz32(a0 ^ f0);
  else if ((a1 ^ f1) !== 0) differing = 96 - Math.clz32(a1 ^ f1);
  else if ((a2 ^ f2) !== 0) differing = 64 - Math.clz32(a2 ^ f2);
  else differing = 32 - Math.clz32(a3 ^ f3);
  let zeros = 0;
  if (f3 !== 0) zeros = trailingZeros(f3);
  else if (f2 !== 0) zeros = 32 + trailingZeros(f2);
  else if (f1 !== 0) zeros = 64 + trailingZeros(f1);
  else zeros = 96 + trailingZeros(f0);
  return zeros >= differing ? zeros : differing - 1;
}

/** Of a word; 32 for 0. */
export function trailingZeros(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}
