// DNS cookies: RFC 7873, with the interoperable server cookie of RFC 9018.
import { WaypostError } from '../base/errors.ts';
import { SipHash } from '../base/siphash.ts';

/** What a COOKIE option turned out to be. Small integers, since one is made per query. */
export const CookieVerdict = {
  /** A client cookie alone: the client asks for a server cookie. */
  NONE: 0,
  /** A server cookie that is not ours, or no longer (RFC 7873 §5.2.4: treat as if there were none). */
  BAD: 1,
  /** Ours, and fresh enough to be sent back as it came. */
  GOOD: 2,
  /** Ours, but over half an hour old, by the previous secret, or with reserved bits: answer with a new one. */
  RENEW: 3,
  /** A length that no COOKIE option has: FORMERR (RFC 7873 §5.2.2). */
  MALFORMED: 4,
} as const;
export type CookieVerdict = (typeof CookieVerdict)[keyof typeof CookieVerdict];

/** Octets of a client cookie (RFC 7873 §4). */
export const CLIENT_COOKIE_LENGTH = 8;
/** Octets that {@link CookieJar.write} writes: client cookie and server cookie. */
export const FULL_COOKIE_LENGTH = 24;
/** Octets of one secret: a SipHash key. */
export const COOKIE_SECRET_LENGTH = 16;
/** Octets of shared memory that hold the secrets: one generation word, the current and the previous secret. */
export const COOKIE_MEMORY_LENGTH = 36;

/** RFC 9018 §4.3: a cookie is accepted for an hour, or five minutes before its time, and renewed after half an hour. */
const MAX_AGE_S = 3600;
const MAX_LEAD_S = 300;
const RENEW_AFTER_S = 1800;
/** RFC 7873 §4: client cookie (8) and server cookie (8–32). */
const MIN_FULL_LENGTH = 16;
const MAX_FULL_LENGTH = 40;
/** RFC 9018 §4: version, reserved, timestamp, hash. */
const VERSION_1 = 1;

/** The shared memory holds no cookie secrets: {@link writeCookieSecrets} must come before the first reader. */
export class NoCookieSecretsError extends WaypostError {
  readonly code = 'WP_NO_COOKIE_SECRETS';
  constructor() {
    super('cookie secrets are read before they were written into the shared memory');
  }
}

/**
 * Publishes the secrets (16 octets each) to every reader of `memory`. There must be one writer only. The
 * generation word is odd while the secrets are being written.
 */
export function writeCookieSecrets(
  memory: SharedArrayBuffer,
  current: Uint8Array,
  previous: Uint8Array,
): void {
  const words = new Int32Array(memory);
  const secrets = new Int32Array(8);
  const octets = new Uint8Array(secrets.buffer);
  octets.set(current.subarray(0, COOKIE_SECRET_LENGTH), 0);
  octets.set(previous.subarray(0, COOKIE_SECRET_LENGTH), COOKIE_SECRET_LENGTH);
  Atomics.add(words, 0, 1);
  for (const [i, word] of secrets.entries()) Atomics.store(words, 1 + i, word);
  Atomics.add(words, 0, 1);
}

/**
 * Checks and makes server cookies with the secrets in shared memory. One per thread; allocates nothing per
 * query. A change of secrets is seen by the next call. Peer addresses are 4 or 16 octets; IPv4 clients of an
 * IPv6 socket must be given as 4.
 */
export class CookieJar {
  readonly #words: Int32Array;
  readonly #taken = new Int32Array(8);
  readonly #takenOctets = new Uint8Array(this.#taken.buffer);
  readonly #current = new SipHash();
  readonly #previous = new SipHash();
  #generation = 0;
  /** Hash input: client cookie, version, reserved, timestamp, client address (RFC 9018 §4.4). */
  readonly #input = new Uint8Array(32);

  /** Throws {@link NoCookieSecretsError}. */
  constructor(secrets: SharedArrayBuffer) {
    this.#words = new Int32Array(secrets);
    this.#refresh();
    if (this.#generation === 0) throw new NoCookieSecretsError();
  }

  /** Judges the COOKIE option data of `length` octets from `octets[at]` on, sent by the peer address given. */
  verify(
    octets: Uint8Array,
    at: number,
    length: number,
    peerOctets: Uint8Array,
    peerAt: number,
    peerLength: number,
    nowSeconds: number,
  ): CookieVerdict {
    if (length === CLIENT_COOKIE_LENGTH) return CookieVerdict.NONE;
    if (length < MIN_FULL_LENGTH || length > MAX_FULL_LENGTH) return CookieVerdict.MALFORMED;
    if (length !== FULL_COOKIE_LENGTH || octets[at + 8] !== VERSION_1) return CookieVerdict.BAD;
    // RFC 9018 §4.3: serial number arithmetic, which the signed difference of 32 bits is.
    const age = ((nowSeconds | 0) - bigEndian32(octets, at + 12)) | 0;
    if (age > MAX_AGE_S || age < -MAX_LEAD_S) return CookieVerdict.BAD;
    this.#refresh();
    const input = this.#input;
    for (let i = 0; i < 16; i++) input[i] = octets[at + i] ?? 0;
    const size = this.#takeAddress(peerOctets, peerAt, peerLength);
    const low = littleEndian32(octets, at + 16);
    const high = littleEndian32(octets, at + 20);
    this.#current.hash(input, 0, size);
    if (((this.#current.low32 ^ low) | (this.#current.high32 ^ high)) === 0) {
      const reserved = (octets[at + 9] ?? 0) | (octets[at + 10] ?? 0) | (octets[at + 11] ?? 0);
      return age > RENEW_AFTER_S || reserved !== 0 ? CookieVerdict.RENEW : CookieVerdict.GOOD;
    }
    this.#previous.hash(input, 0, size);
    if (((this.#previous.low32 ^ low) | (this.#previous.high32 ^ high)) === 0) return CookieVerdict.RENEW;
    return CookieVerdict.BAD;
  }

  /**
   * Writes the option data of a fresh cookie, {@link FULL_COOKIE_LENGTH} octets, to `out[outAt]`, for the
   * client cookie at `clientOctets[clientAt]`. `out` and `clientOctets` may be the same memory.
   */
  write(
    out: Uint8Array,
    outAt: number,
    clientOctets: Uint8Array,
    clientAt: number,
    peerOctets: Uint8Array,
    peerAt: number,
    peerLength: number,
    nowSeconds: number,
  ): void {
    this.#refresh();
    const input = this.#input;
    for (let i = 0; i < CLIENT_COOKIE_LENGTH; i++) input[i] = clientOctets[clientAt + i] ?? 0;
    input[8] = VERSION_1;
    input[9] = 0;
    input[10] = 0;
    input[11] = 0;
    input[12] = nowSeconds >>> 24;
    input[13] = nowSeconds >>> 16;
    input[14] = nowSeconds >>> 8;
    input[15] = nowSeconds;
    const size = this.#takeAddress(peerOctets, peerAt, peerLength);
    this.#current.hash(input, 0, size);
    for (let i = 0; i < 16; i++) out[outAt + i] = input[i] ?? 0;
    for (let i = 0; i < 4; i++) {
      out[outAt + 16 + i] = this.#current.low32 >>> (8 * i);
      out[outAt + 20 + i] = this.#current.high32 >>> (8 * i);
    }
  }

  /** Puts the client address into the hash input; returns how long that is now. */
  #takeAddress(peerOctets: Uint8Array, peerAt: number, peerLength: number): number {
    for (let i = 0; i < peerLength; i++) this.#input[16 + i] = peerOctets[peerAt + i] ?? 0;
    return 16 + peerLength;
  }

  /** Takes new secrets, if there are. While they are being written the old ones stay in use. */
  #refresh(): void {
    const generation = Atomics.load(this.#words, 0);
    if (generation === this.#generation || (generation & 1) === 1) return;
    for (let i = 0; i < 8; i++) this.#taken[i] = Atomics.load(this.#words, 1 + i);
    if (Atomics.load(this.#words, 0) !== generation) return;
    this.#current.setKey(this.#takenOctets, 0);
    this.#previous.setKey(this.#takenOctets, COOKIE_SECRET_LENGTH);
    this.#generation = generation;
  }
}

// --- helpers ---

function bigEndian32(octets: Uint8Array, at: number): number {
  return (
    ((octets[at] ?? 0) << 24) |
    ((octets[at + 1] ?? 0) << 16) |
    ((octets[at + 2] ?? 0) << 8) |
    (octets[at + 3] ?? 0)
  );
}

function littleEndian32(octets: Uint8Array, at: number): number {
  return (
    (octets[at] ?? 0) |
    ((octets[at + 1] ?? 0) << 8) |
    ((octets[at + 2] ?? 0) << 16) |
    ((octets[at + 3] ?? 0) << 24)
  );
}
