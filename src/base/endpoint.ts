import { scanAddress, showAddress } from './ip.ts';

/** An address and a port to listen on or to ask. */
export interface Endpoint {
  /** IPv4 as a dotted quad, IPv6 as RFC 5952 writes it, without brackets. */
  readonly address: string;
  /** 0 to 65535; 0 lets the system choose one. */
  readonly port: number;
}

/**
 * Reads `192.0.2.1:53` or `[2001:db8::1]:53`. With `defaultPort` the port may be left out, and the brackets with
 * it. Returns `undefined` when the text is anything else.
 */
export function scanEndpoint(text: string, defaultPort?: number): Endpoint | undefined {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed !== null) return endpointOf(bracketed[1] ?? '', bracketed[2], 16, defaultPort);
  const dotted = /^([0-9.]+)(?::(\d{1,5}))?$/.exec(text);
  if (dotted !== null) return endpointOf(dotted[1] ?? '', dotted[2], 4, defaultPort);
  return defaultPort === undefined ? undefined : endpointOf(text, undefined, 16, defaultPort);
}

/** Shows an endpoint as {@link scanEndpoint} reads it. */
export function showEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `length` is what the form of the text demands of the address: 4 octets, or 16 between brackets. */
function endpointOf(
  address: string,
  port: string | undefined,
  length: 4 | 16,
  defaultPort: number | undefined,
): Endpoint | undefined {
  const octets = scanAddress(address);
  const number = port === undefined ? defaultPort : Number(port);
  if (octets?.length !== length || number === undefined || number > 65_535) return undefined;
  return { address: showAddress(octets), port: number };
}
