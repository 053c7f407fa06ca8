// The server's side of TSIG: RFC 8945 §5.2.
import { latin1 } from '../base/latin1.ts';
import { MalformedMessageError } from '../wire/errors.ts';
import { TsigError } from '../wire/iana.ts';
import { showName, type WireName } from '../wire/name.ts';
import type { Message, SignatureRecord } from './message.ts';
import type { TsigAlgorithm } from './tsig-algorithm.ts';
import { algorithmFor, checkMac, checkTimeAndLength } from './tsig-check.ts';
import type { TsigKey, TsigKeyRing } from './tsig-key.ts';
import { digestedMessage, digestedVariables, parseTsig, type Tsig } from './tsig-record.ts';
import { TsigSigner } from './tsig-signer.ts';

/** What a request's signature is worth. */
export type TsigOutcome =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'good'; readonly request: VerifiedRequest }
  | RefusedSignature
  /** The answer is FORMERR without TSIG. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** A signature that is not accepted: the answer is NOTAUTH (RFC 8945 §5.2), signed by `reply`. */
export interface RefusedSignature {
  readonly kind: 'refused';
  readonly error: TsigError;
  /** As the client wrote it. */
  readonly keyName: WireName;
  /** For the log and for Extended DNS Errors. Says nothing about secrets. */
  readonly reason: string;
  /** Signs the reply as the error wants it: not at all, or with the server's time (RFC 8945 §5.3.2). */
  readonly reply: TsigSigner;
}

/** A request that a key's holder signed, now, and nobody changed. It may still have been sent before: `ReplayGuard`. */
export class VerifiedRequest {
  readonly key: TsigKey;
  /** Seconds since 1970, by the client's clock. */
  readonly timeSigned: number;
  /** Seconds. */
  readonly fudge: number;
  /** Text that no other request of this key has, ever: from its whole MAC. */
  readonly fingerprint: string;
  readonly #tsig: Tsig;
  readonly #algorithm: TsigAlgorithm;

  constructor(key: TsigKey, tsig: Tsig, algorithm: TsigAlgorithm, digest: Uint8Array) {
    this.key = key;
    this.timeSigned = tsig.timeSigned;
    this.fudge = tsig.fudge;
    this.fingerprint = latin1(digest.subarray(0, FINGERPRINT_LENGTH));
    this.#tsig = tsig;
    this.#algorithm = algorithm;
  }

  /** A new signer for the reply, or for the stream of replies. Names are as the client wrote them. */
  reply(): TsigSigner {
    return new TsigSigner(this.#signerOptions());
  }

  /** The refusal of a request that has come before, or came too late among others (RFC 8945 §5.2.3). */
  refuseAsReplayed(): RefusedSignature {
    return this.refuse(TsigError.BADTIME, `a request with this signature of key ${this.key} has come before`);
  }

  /** The signed refusal for BADTIME or BADTRUNC. */
  refuse(error: TsigError, reason: string): RefusedSignature {
    const isBadTime = error === TsigError.BADTIME;
    const options = {
      ...this.#signerOptions(),
      error,
      ...(isBadTime ? { timeSigned: this.timeSigned, hasServerTime: true } : {}),
    };
    return { kind: 'refused', error, keyName: this.#tsig.keyName, reason, reply: new TsigSigner(options) };
  }

  #signerOptions() {
    const { keyName, algorithmName, mac } = this.#tsig;
    // never shorter than the request's, so that a client that does not truncate understands it
    const wanted = Math.max(mac.length, this.key.algorithm.macLength);
    const macLength = Math.min(wanted, this.#algorithm.macLength);
    return { key: this.key, keyName, algorithmName, macLength, requestMac: mac };
  }
}

/**
 * Verifies the signature of a request: `octets` as they came, parsed to `message`. `nowS` is seconds since 1970. The
 * checks go in the order of RFC 8945 §5.2: key, MAC, time, truncation.
 */
export function verifyRequest(
  octets: Uint8Array,
  message: Message,
  keys: TsigKeyRing,
  nowS: number,
): TsigOutcome {
  const record = message.tsig;
  if (record === undefined) return { kind: 'unsigned' };
  try {
    return verify(octets, record, keys, nowS);
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    return { kind: 'malformed', reason: error.message };
  }
}

/** Octets of a MAC that tell it from every other. */
const FINGERPRINT_LENGTH = 16;

function verify(octets: Uint8Array, record: SignatureRecord, keys: TsigKeyRing, nowS: number): TsigOutcome {
  const tsig = parseTsig(record);
  const key = keys.find(tsig.keyName);
  const shown = showName(tsig.keyName);
  if (key === undefined) {
    return refuseUnsigned(tsig, TsigError.BADKEY, `there is no key ${shown} here`);
  }
  const algorithm = algorithmFor(key, tsig);
  if (algorithm === undefined) {
    const used = showName(tsig.algorithmName);
    const reason = `key ${shown} is for ${key.algorithm.word}, and the client used ${used}`;
    return refuseUnsigned(tsig, TsigError.BADKEY, reason);
  }
  const mac = checkMac(key, algorithm, tsig, [
    ...digestedMessage(octets, record.offset, tsig.originalId),
    digestedVariables(tsig),
  ]);
  switch (mac.kind) {
    case 'malformed':
      throw new MalformedMessageError(`MAC of ${tsig.mac.length} octets`, record.offset);
    case 'wrong':
      return refuseUnsigned(tsig, TsigError.BADSIG, `the client has another secret for key ${shown}`);
    case 'right': {
      const request = new VerifiedRequest(key, tsig, algorithm, mac.digest);
      const finding = checkTimeAndLength(key, tsig, nowS);
      return finding === undefined
        ? { kind: 'good', request }
        : request.refuse(finding.error, finding.reason);
    }
  }
}

/** RFC 8945 §5.3.2: a reply about key or MAC is not signed. */
function refuseUnsigned(tsig: Tsig, error: TsigError, reason: string): RefusedSignature {
  const { keyName, algorithmName } = tsig;
  const reply = new TsigSigner({ key: undefined, keyName, algorithmName, macLength: 0, error });
  return { kind: 'refused', error, keyName, reason, reply };
}
