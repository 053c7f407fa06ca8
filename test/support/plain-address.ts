// Addresses as numbers and bits, for what is plain and slow.

/** The first `bits` bits of an address as a number. */
export function numberOf(address: Uint8Array, bits = 8 * address.length): bigint {
  return BigInt(`0x${Buffer.from(address).toString('hex')}`) >> BigInt(8 * address.length - bits);
}

/** The address of 4 octets (32 bits) or 16 that begins with a number of so many bits. */
export function octetsOfNumber(value: bigint, bits: number): Uint8Array {
  const length = bits === 32 ? 4 : 16;
  const whole = value << BigInt(8 * length - bits);
  return Uint8Array.from(Buffer.from(whole.toString(16).padStart(2 * length, '0'), 'hex'));
}

/** The first number behind the network of a prefix length around `at`. */
export function endOf(at: bigint, prefixLength: number, bits: number): bigint {
  const shift = BigInt(bits - prefixLength);
  return ((at >> shift) + 1n) << shift;
}

/** How many bits two addresses of a family begin with alike. */
export function commonBits(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((octet, i) => octet !== b[i]);
  return at < 0 ? 8 * a.length : 8 * at + Math.clz32((a[at] ?? 0) ^ (b[at] ?? 0)) - 24;
}

/** The IPv4 address that an IPv6 address holds, and after which bit: mapped, NAT64, 6to4, Teredo. */
export function heldIPv4(
  address: Uint8Array,
): { readonly address: Uint8Array; readonly after: number } | undefined {
  if (address.length === 4) return undefined;
  const hex = Buffer.from(address).toString('hex');
  if (/^0{20}ffff/.test(hex) || /^0064ff9b0{16}/.test(hex)) return { address: address.slice(12), after: 96 };
  if (hex.startsWith('2002')) return { address: address.slice(2, 6), after: 16 };
  if (hex.startsWith('20010000'))
    return { address: address.slice(12).map((octet) => octet ^ 0xff), after: 96 };
  return undefined;
}
