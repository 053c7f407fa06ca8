// ICMP echo as octets: RFC 792 "Echo or Echo Reply Message", RFC 4443 §4.1, §4.2.

/** Octets of the data of our requests, by which a reply is known to be ours. */
export const TOKEN_OCTETS = 16;

/** An echo request with `token` as its data. The system fills in identifier and checksum. */
export function composeEchoRequest(family: 4 | 6, token: Uint8Array): Uint8Array {
  const octets = new Uint8Array(HEADER_OCTETS + token.length);
  octets[0] = family === 4 ? ECHO_REQUEST : ECHO_REQUEST_V6;
  octets[7] = 1; // the sequence number: there is one request for each socket
  octets.set(token, HEADER_OCTETS);
  return octets;
}

/** Whether a message is the reply to the request with this token. */
export function isEchoReply(octets: Uint8Array, family: 4 | 6, token: Uint8Array): boolean {
  if (octets[0] !== (family === 4 ? ECHO_REPLY : ECHO_REPLY_V6) || octets[1] !== 0) return false;
  return Buffer.compare(octets.subarray(HEADER_OCTETS), token) === 0;
}

// --- helpers ---

const HEADER_OCTETS = 8;
/** IANA "ICMP Type Numbers". */
const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
/** IANA "ICMPv6 'type' Numbers". */
const ECHO_REQUEST_V6 = 128;
const ECHO_REPLY_V6 = 129;
