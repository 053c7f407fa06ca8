// The OPT record of a response, and what it takes along. RFC 6891 §6.1; NSID RFC 5001; cookies RFC 7873;
// Client Subnet RFC 7871 §7.2.1; Extended DNS Errors RFC 8914.
import type { Peer } from '../base/peer.ts';
import { type CookieJar, CookieVerdict, FULL_COOKIE_LENGTH } from '../message/cookie.ts';
import type { QueryScanner } from '../message/query.ts';
import { EdnsOption, ExtendedError } from '../wire/iana.ts';
import { copy } from './octets.ts';

/** A prepared EDE option: INFO-CODE and EXTRA-TEXT (RFC 8914 §2). */
export type PreparedError = Uint8Array & { readonly __prepared: 'EDE' };

/** Why a query was not answered, in words for the one who sent it. */
export const Reason = {
  NOT_HOSTED: prepareError(ExtendedError.NOT_AUTHORITATIVE, 'no zone served here holds this name'),
  CLASS: prepareError(ExtendedError.NOT_SUPPORTED, 'only class IN is served, and a few CH TXT names'),
  CHAOS_NAME: prepareError(ExtendedError.PROHIBITED, 'this CH name is not known here or not shown'),
  TRANSFER: prepareError(
    ExtendedError.PROHIBITED,
    'a zone transfer must be signed with a key that may have the zone',
  ),
  WITHHELD: prepareError(
    ExtendedError.INVALID_DATA,
    'secondary zone: it has not come from its primary yet, or has expired',
  ),
  META_TYPE: prepareError(ExtendedError.NOT_SUPPORTED, 'this QTYPE cannot be asked for'),
} as const;

const OPT_HEAD = 11;
/** Octets of an option before its data. */
export const OPTION_HEAD = 4;
/** RFC 7871 §6: in the data of Client Subnet. */
const SCOPE_AT = 3;

/** Writes OPT records. One per thread; allocates nothing. */
export class OptWriter {
  readonly #payloadSize: number;
  readonly #nsid: Uint8Array;
  readonly #cookies: CookieJar | undefined;
  readonly #cookie = new Uint8Array(FULL_COOKIE_LENGTH);

  constructor(payloadSize: number, nsid: Uint8Array, cookies: CookieJar | undefined) {
    this.#payloadSize = payloadSize;
    this.#nsid = nsid;
    this.#cookies = cookies;
  }

  /** Octets that must be kept for OPT; 0 for a query without EDNS. Extended errors go in only where room is left. */
  lengthFor(query: QueryScanner): number {
    if (!query.hasEdns) return 0;
    let length = OPT_HEAD;
    if (query.wantsNsid && this.#nsid.length > 0) length += OPTION_HEAD + this.#nsid.length;
    if (query.cookieLength > 0 && this.#cookies !== undefined) length += OPTION_HEAD + FULL_COOKIE_LENGTH;
    if (query.subnetLength > 0) length += OPTION_HEAD + query.subnetLength;
    return length;
  }

  /**
   * Writes OPT at `octets[at]`, up to `end`; returns where it ends. `extendedRcode` is the RCODE's upper eight
   * bits, `scope` the SCOPE PREFIX-LENGTH of a Client Subnet; `why` is left out where it does not fit.
   */
  write(
    octets: Uint8Array,
    at: number,
    end: number,
    query: QueryScanner,
    peer: Peer,
    nowSeconds: number,
    extendedRcode: number,
    scope: number,
    why: PreparedError | undefined,
  ): number {
    octets[at] = 0;
    octets[at + 1] = 0;
    octets[at + 2] = 41;
    octets[at + 3] = this.#payloadSize >>> 8;
    octets[at + 4] = this.#payloadSize;
    octets[at + 5] = extendedRcode;
    octets[at + 6] = 0;
    octets[at + 7] = query.dnssecOk ? 0x80 : 0; // RFC 3225 §3: DO is copied
    octets[at + 8] = 0;
    let to = at + OPT_HEAD;
    if (query.wantsNsid && this.#nsid.length > 0) {
      to = writeOption(octets, to, EdnsOption.NSID, this.#nsid, this.#nsid.length);
    }
    if (query.cookieLength > 0 && this.#cookies !== undefined) {
      this.#makeCookie(this.#cookies, query, peer, nowSeconds);
      to = writeOption(octets, to, EdnsOption.COOKIE, this.#cookie, FULL_COOKIE_LENGTH);
    }
    if (query.subnetLength > 0) {
      // §7.2.1: echoed as it came, but for SCOPE.
      const option = to;
      to = writeOption(octets, to, EdnsOption.CLIENT_SUBNET, query.subnet, query.subnetLength);
      octets[option + OPTION_HEAD + SCOPE_AT] = scope;
    }
    if (why !== undefined && to + OPTION_HEAD + why.length <= end) {
      to = writeOption(octets, to, EdnsOption.EXTENDED_ERROR, why, why.length);
    }
    const length = to - at - OPT_HEAD;
    octets[at + 9] = length >>> 8;
    octets[at + 10] = length;
    return to;
  }

  /** RFC 9018 §4.3: a good cookie is sent back as it came; everybody else gets a new one. */
  #makeCookie(jar: CookieJar, query: QueryScanner, peer: Peer, nowSeconds: number): void {
    const { cookie, cookieLength } = query;
    const { octets, addressAt, addressLength } = peer;
    const verdict = jar.verify(cookie, 0, cookieLength, octets, addressAt, addressLength, nowSeconds);
    if (verdict === CookieVerdict.GOOD) copy(cookie, 0, this.#cookie, 0, FULL_COOKIE_LENGTH);
    else jar.write(this.#cookie, 0, cookie, 0, octets, addressAt, addressLength, nowSeconds);
  }
}

function writeOption(octets: Uint8Array, at: number, code: number, data: Uint8Array, length: number): number {
  octets[at] = code >>> 8;
  octets[at + 1] = code;
  octets[at + 2] = length >>> 8;
  octets[at + 3] = length;
  copy(data, 0, octets, at + OPTION_HEAD, length);
  return at + OPTION_HEAD + length;
}

/** The data of an EDE option. */
export function prepareError(infoCode: number, text: string): PreparedError {
  return Uint8Array.from([
    infoCode >>> 8,
    infoCode & 0xff,
    ...new TextEncoder().encode(text),
  ]) as PreparedError;
}
