// The client's side: replies to requests of ours. RFC 8945 §5.3.1, §5.4.
import { TsigError } from '../wire/iana.ts';
import { equalNames } from '../wire/name.ts';
import type { Message } from './message.ts';
import { algorithmFor, checkMac, checkTimeAndLength } from './tsig-check.ts';
import type { TsigKey } from './tsig-key.ts';
import {
  digestedMac,
  digestedMessage,
  digestedTimers,
  digestedVariables,
  parseTsig,
  type Tsig,
} from './tsig-record.ts';

/** What a reply to a signed request is worth. */
export type ReplyOutcome =
  /** Signed by who holds the key, and now. */
  | { readonly kind: 'good' }
  /** An unsigned message amid a stream: worth what the next signed one is (RFC 8945 §5.3.1). */
  | { readonly kind: 'unsigned' }
  /**
   * The server did not accept the request. Only when `isSigned` it is certain that the server itself says so.
   * `serverTime`, in seconds since 1970, comes with BADTIME: sign by that clock and ask again.
   */
  | {
      readonly kind: 'refused';
      readonly error: number;
      readonly isSigned: boolean;
      readonly serverTime: number | undefined;
    }
  /** Not to be believed: drop it, and over UDP wait for another (RFC 8945 §5.4). */
  | { readonly kind: 'bad'; readonly reason: string };

/** RFC 8945 §5.3.1: so many unsigned messages in a row a client must accept. */
const MAX_UNSIGNED = 99;

/**
 * Verifies the replies to one request, in their order: one message, or the stream of a transfer. After any outcome but
 * 'good' and 'unsigned' a stream is broken; a single reply may be waited for on.
 */
export class TsigReplyVerifier {
  readonly #key: TsigKey;
  /** The request's MAC, later that of the last signed message. */
  #previousMac: Uint8Array;
  #isFirst = true;
  #unsigned: Uint8Array[] = [];

  constructor(key: TsigKey, requestMac: Uint8Array) {
    this.#key = key;
    this.#previousMac = requestMac;
  }

  /** Whether a stream may end here: its last message must be signed. */
  get isComplete(): boolean {
    return !this.#isFirst && this.#unsigned.length === 0;
  }

  /**
   * Judges the next reply: `octets` as they came, parsed to `message`. `nowS` is seconds since 1970. Throws
   * `MalformedMessageError` for a TSIG record that is none. Keeps views of unsigned `octets`.
   */
  verify(octets: Uint8Array, message: Message, nowS: number): ReplyOutcome {
    if (message.tsig === undefined) return this.#takeUnsigned(octets);
    const tsig = parseTsig(message.tsig);
    const key = this.#key;
    const algorithm = algorithmFor(key, tsig);
    if (algorithm === undefined || !equalNames(tsig.keyName, key.name)) {
      return bad(`the reply is signed with another key or algorithm than ${key}`);
    }
    if (tsig.mac.length === 0 && (tsig.error === TsigError.BADKEY || tsig.error === TsigError.BADSIG)) {
      return { kind: 'refused', error: tsig.error, isSigned: false, serverTime: undefined };
    }
    const mac = checkMac(key, algorithm, tsig, [
      ...digestedMac(this.#previousMac),
      ...this.#unsigned,
      ...digestedMessage(octets, message.tsig.offset, tsig.originalId),
      this.#isFirst ? digestedVariables(tsig) : digestedTimers(tsig),
    ]);
    if (mac.kind !== 'right') return bad(`the reply's MAC is wrong: another secret, or it was changed`);
    const finding = checkTimeAndLength(key, tsig, nowS);
    if (finding !== undefined) return bad(`the reply is ${finding.reason}`);
    this.#previousMac = tsig.mac;
    this.#isFirst = false;
    this.#unsigned = [];
    if (tsig.error === 0) return { kind: 'good' };
    return { kind: 'refused', error: tsig.error, isSigned: true, serverTime: serverTimeOf(tsig) };
  }

  #takeUnsigned(octets: Uint8Array): ReplyOutcome {
    if (this.#isFirst) return bad(`the reply is not signed, and the request was, with key ${this.#key}`);
    if (this.#unsigned.length === MAX_UNSIGNED) return bad(`over ${MAX_UNSIGNED} unsigned messages in a row`);
    this.#unsigned.push(octets);
    return { kind: 'unsigned' };
  }
}

function bad(reason: string): ReplyOutcome {
  return { kind: 'bad', reason };
}

function serverTimeOf({ error, otherData }: Tsig): number | undefined {
  if (error !== TsigError.BADTIME || otherData.length !== 6) return undefined;
  return otherData.reduce((time, octet) => time * 256 + octet, 0);
}
