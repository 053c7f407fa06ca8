import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { latin1 } from '../base/latin1.ts';
import { type DomainName, foldName, showName, type WireName } from '../wire/name.ts';
import { shortestMac, type TsigAlgorithm } from './tsig-algorithm.ts';

/** How a {@link TsigKey} differs from the default. */
export interface TsigKeyOptions {
  /**
   * The shortest MAC that is accepted, in octets; default: the algorithm's own length. Never below what RFC 8945
   * §5.2.2.1 allows.
   */
  readonly minimumMacLength?: number;
}

/** A shared secret and what it is used with. The secret cannot be got out again: no log or dump shows it. */
export class TsigKey {
  readonly name: DomainName;
  readonly algorithm: TsigAlgorithm;
  /** Octets; shorter MACs are BADTRUNC (RFC 8945 §5.2.4). */
  readonly minimumMacLength: number;
  readonly #secret: KeyObject;

  /** Keeps a copy of the secret. */
  constructor(name: WireName, algorithm: TsigAlgorithm, secret: Uint8Array, options: TsigKeyOptions = {}) {
    this.name = foldName(name);
    this.algorithm = algorithm;
    this.minimumMacLength = Math.max(
      options.minimumMacLength ?? algorithm.macLength,
      Math.min(shortestMac(algorithm), algorithm.macLength),
    );
    this.#secret = createSecretKey(secret);
  }

  /** The HMAC of the octets of all parts, whole. */
  digest(parts: readonly Uint8Array[]): Uint8Array {
    const hmac = createHmac(this.algorithm.hash, this.#secret);
    // Small ones together: a call for each costs more than to copy them.
    let held = 0;
    for (const part of parts) {
      if (held + part.length > scratch.length) {
        hmac.update(scratch.subarray(0, held));
        held = 0;
      }
      if (part.length > scratch.length) hmac.update(part);
      else {
        scratch.set(part, held);
        held += part.length;
      }
    }
    return hmac.update(scratch.subarray(0, held)).digest();
  }

  toString(): string {
    return showName(this.name);
  }

  toJSON(): { readonly name: string; readonly algorithm: string } {
    return { name: showName(this.name), algorithm: this.algorithm.word };
  }
}

/** The keys a server knows, found by name. */
export class TsigKeyRing {
  readonly #keys = new Map<string, TsigKey>();

  /** Of several keys of one name the last is kept. */
  constructor(keys: Iterable<TsigKey> = []) {
    for (const key of keys) this.#keys.set(latin1(key.name), key);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The key of this name, in any case. */
  find(name: WireName): TsigKey | undefined {
    return this.#keys.get(latin1(foldName(name)));
  }

  [Symbol.iterator](): IterableIterator<TsigKey> {
    return this.#keys.values();
  }
}

const scratch = Buffer.alloc(1024);
