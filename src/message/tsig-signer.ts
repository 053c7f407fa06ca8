import type { WireName } from '../wire/name.ts';
import { wholeAlgorithm } from './tsig-algorithm.ts';
import type { TsigKey } from './tsig-key.ts';
import {
  appendTsig,
  digestedMac,
  digestedTimers,
  digestedVariables,
  type Tsig,
  tsigLength,
} from './tsig-record.ts';
import { TsigReplyVerifier } from './tsig-reply.ts';

/** Seconds that clocks may differ, as we tell others (RFC 8945 §10). */
export const DEFAULT_FUDGE_S = 300;

/** What a {@link TsigSigner} puts into its records. */
export interface SignerOptions {
  readonly keyName: WireName;
  readonly algorithmName: WireName;
  /** `undefined`: the records carry no MAC (RFC 8945 §5.3.2). */
  readonly key: TsigKey | undefined;
  /** Octets of each MAC; 0 without a key. */
  readonly macLength: number;
  /** The request's, for replies. */
  readonly requestMac?: Uint8Array;
  /** See `TsigError`. */
  readonly error?: number;
  /** With BADTIME the client's own time goes back to it (RFC 8945 §5.2.3). */
  readonly timeSigned?: number;
  readonly hasServerTime?: boolean;
  readonly fudgeS?: number;
}

/**
 * Signs one message, or a stream of them, each with the MAC of the one before (RFC 8945 §5.3.1): the replies to one
 * request, a request, or the requests of none.
 */
export class TsigSigner {
  readonly #options: SignerOptions;
  #previousMac: Uint8Array | undefined;
  #isFirst = true;

  constructor(options: SignerOptions) {
    this.#options = options;
    this.#previousMac = options.requestMac;
  }

  /** Octets by which {@link sign} makes a message longer: leave them room. */
  get length(): number {
    return tsigLength(this.#record(0, 0, new Uint8Array(this.#options.macLength)));
  }

  /** The last MAC that was made; empty before the first. */
  get mac(): Uint8Array {
    return this.#isFirst ? new Uint8Array(0) : (this.#previousMac ?? new Uint8Array(0));
  }

  /**
   * The message with its TSIG record. `octets` is whole and has none; its ID becomes the Original ID. `nowS` is seconds
   * since 1970. Throws `NoRoomError` over 65535 octets.
   */
  sign(octets: Uint8Array, nowS: number): Uint8Array {
    const { key, macLength } = this.#options;
    const id = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
    const bare = this.#record(id, nowS, new Uint8Array(0));
    if (key === undefined) return appendTsig(octets, bare);
    const digest = key.digest([
      ...(this.#previousMac === undefined ? [] : digestedMac(this.#previousMac)),
      octets,
      this.#isFirst ? digestedVariables(bare) : digestedTimers(bare),
    ]);
    const mac = digest.subarray(0, macLength);
    this.#previousMac = mac;
    this.#isFirst = false;
    return appendTsig(octets, { ...bare, mac });
  }

  #record(originalId: number, nowS: number, mac: Uint8Array): Tsig {
    const { keyName, algorithmName, error = 0, timeSigned, hasServerTime, fudgeS } = this.#options;
    return {
      keyName,
      algorithmName,
      timeSigned: timeSigned ?? Math.floor(nowS),
      fudge: fudgeS ?? DEFAULT_FUDGE_S,
      mac,
      originalId,
      error,
      otherData: hasServerTime === true ? sixOctets(Math.floor(nowS)) : new Uint8Array(0),
    };
  }
}

/** A signed request, and what its replies are verified with. */
export interface SignedRequest {
  readonly octets: Uint8Array;
  readonly replies: TsigReplyVerifier;
}

/**
 * Signs a query, UPDATE or NOTIFY of ours. A truncated form is sent under the name of the whole algorithm, as BIND
 * understands it. Throws `NoRoomError` over 65535 octets.
 */
export function signRequest(octets: Uint8Array, key: TsigKey, nowS: number): SignedRequest {
  const signer = new TsigSigner({
    key,
    keyName: key.name,
    algorithmName: wholeAlgorithm(key.algorithm).name,
    macLength: key.algorithm.macLength,
  });
  const signed = signer.sign(octets, nowS);
  return { octets: signed, replies: new TsigReplyVerifier(key, signer.mac) };
}

function sixOctets(value: number): Uint8Array {
  const octets = new Uint8Array(6);
  for (let i = 5, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) octets[i] = rest % 256;
  return octets;
}
