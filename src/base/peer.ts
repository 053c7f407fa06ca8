/**
 * Where a request came from: one object per thread, refilled for each request, so that a query costs no allocation.
 * Who wants to keep something of it copies the octets.
 */
export class Peer {
  /** Holds the address; shares memory with the transport's buffers. */
  octets: Uint8Array;
  /** Where in `octets` the address begins (network order). */
  addressAt = 0;
  /** 4 (IPv4) or 16 (IPv6) octets. */
  addressLength = 4;
  port = 0;
  overTcp = false;

  constructor(octets: Uint8Array) {
    this.octets = octets;
  }
}
