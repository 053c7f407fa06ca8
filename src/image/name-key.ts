import { LOWER } from '../wire/name.ts';

/**
 * A name being looked up: lower case, cut into labels, with the hash of every suffix. One per thread,
 * refilled; it allocates nothing.
 */
export class NameKey {
  /** Lower-case wire form; valid up to `length`. */
  readonly folded: Uint8Array = new Uint8Array(256);
  /** Where label `i` begins in {@link folded}; entry `labels` is the root's. */
  readonly starts: Uint8Array = new Uint8Array(129);
  /** Hash of the suffix that begins with label `i`; entry `labels` is the root's. */
  readonly hashes: Int32Array = new Int32Array(129);
  /** Labels, the root's not counted. */
  labels = 0;
  /** Octets. */
  length = 0;

  /**
   * Takes the uncompressed name at `octets[at]`, which must end before `end`. Returns its length in octets, or
   * 0 when it is no name (a pointer, an over-long name, or the end came first): then the key is unchanged.
   */
  load(octets: Uint8Array, at: number, end: number): number {
    const { folded, starts, hashes } = this;
    let labels = 0;
    let place = at;
    for (;;) {
      if (place >= end || place - at > 254) return 0;
      const size = octets[place] ?? 0;
      if (size === 0) break;
      if (size > 63) return 0;
      starts[labels++] = place - at;
      place += size + 1;
    }
    const length = place - at + 1;
    starts[labels] = length - 1;
    folded[length - 1] = 0;
    let hash = ROOT_HASH;
    hashes[labels] = hash;
    let i = length - 2;
    for (let label = labels - 1; label >= 0; label--) {
      const start = starts[label] ?? 0;
      for (; i >= start; i--) {
        const octet = LOWER[octets[at + i] ?? 0] ?? 0;
        folded[i] = octet;
        hash = Math.imul(hash ^ octet, PRIME);
      }
      hashes[label] = hash;
    }
    this.labels = labels;
    this.length = length;
    return length;
  }
}

/** The hash of `*.<suffix>`, from the suffix's. */
export function wildcardHash(suffixHash: number): number {
  return Math.imul(Math.imul(suffixHash ^ 0x2a, PRIME) ^ 1, PRIME);
}

// FNV-1a, run from a name's last octet to its first, so that every suffix's hash falls off on the way.
const PRIME = 0x01000193;
const ROOT_HASH = Math.imul(0x811c9dc5 ^ 0, PRIME);
