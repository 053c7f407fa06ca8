// Numbers of 32 bits, with a sign (V8 makes objects of larger ones), from what members and clients are: the same on every machine and in every version.

/** A hash of octets. */
export function hashOctets(octets: Uint8Array): number {
  let hash = octets.length;
  for (const octet of octets) hash = Math.imul(hash ^ octet, FNV_PRIME);
  return scramble(hash);
}

/** One number from two, neither like the one nor like the other. */
export function mix(a: number, b: number): number {
  return scramble(Math.imul(scramble(a), GOLDEN_RATIO) + b);
}

/** Each bit of the result depends on all bits; different numbers stay different (MurmurHash3's last step). */
export function scramble(number: number): number {
  let hash = number ^ (number >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const FNV_PRIME = 0x0100_0193;
const GOLDEN_RATIO = 0x9e37_79b1;
