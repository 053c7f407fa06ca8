import { scanAddress, showAddress } from './ip.ts';

/** All addresses of one family that begin with the same bits. */
export interface Network {
  /** 4 or 16 octets; the bits after the prefix are 0. */
  readonly address: Uint8Array;
  /** Bits. */
  readonly prefixLength: number;
}

/**
 * Reads `192.0.2.0/24` or `2001:db8::/32`; an address alone is the network of that one. Returns `undefined` for
 * anything else, and where bits are set after the prefix: {@link nearestNetwork} then has what was perhaps meant.
 */
export function scanNetwork(text: string): Network | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const masked = maskAddress(parts.address, parts.prefixLength);
  return masked.every((octet, i) => octet === parts.address[i]) ? parts : undefined;
}

/** As {@link scanNetwork}, but with the bits after the prefix cleared. */
export function nearestNetwork(text: string): Network | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  return { address: maskAddress(parts.address, parts.prefixLength), prefixLength: parts.prefixLength };
}

/** Shows a network as {@link scanNetwork} reads it. */
export function showNetwork({ address, prefixLength }: Network): string {
  return `${showAddress(address)}/${prefixLength}`;
}

/**
 * Whether the network holds `address` (4 or 16 octets). IPv4 mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4
 * address: a socket for both families shows it so.
 */
export function isInNetwork(network: Network, address: Uint8Array): boolean {
  const plain = unmapped(address);
  if (plain.length !== network.address.length) return false;
  const masked = maskAddress(plain, network.prefixLength);
  return masked.every((octet, i) => octet === network.address[i]);
}

// --- helpers ---

function partsOf(text: string): Network | undefined {
  const [, host = '', digits] = /^([0-9a-fA-F.:]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const address = scanAddress(host);
  if (address === undefined) return undefined;
  const prefixLength = digits === undefined ? 8 * address.length : Number(digits);
  return prefixLength <= 8 * address.length ? { address, prefixLength } : undefined;
}

function maskAddress(address: Uint8Array, prefixLength: number): Uint8Array {
  return address.map((octet, i) => {
    const kept = Math.min(8, Math.max(0, prefixLength - 8 * i));
    return octet & (0xff00 >> kept);
  });
}

function unmapped(address: Uint8Array): Uint8Array {
  if (address.length !== 16 || address[10] !== 0xff || address[11] !== 0xff) return address;
  return address.subarray(0, 10).every((octet) => octet === 0) ? address.subarray(12) : address;
}
