/**
 * Walks over the records of a page: see `packedPage` in statements.ts. {@link next} goes to the next record;
 * what it then says of it shares the page's memory.
 */
export class RecordPage {
  readonly octets: Uint8Array;
  /** The owner key: from `key` to `keyEnd` in {@link octets}. */
  key = 0;
  keyEnd = 0;
  type = 0;
  ttl = 0;
  #rdataEnd = 0;
  #end = 0;

  constructor(blob: Uint8Array) {
    this.octets = new Uint8Array(blob.buffer, blob.byteOffset, blob.length); // plain: cheaper views than a Buffer's
  }

  /** Whether there is one more; the first call goes to the first. */
  next(): boolean {
    const { octets } = this;
    const at = this.#end;
    if (at >= octets.length) return false;
    this.key = at + HEAD_LENGTH;
    this.keyEnd = this.key + u7(octets, at, 2);
    this.type = u7(octets, at + 2, 3);
    this.ttl = u7(octets, at + 5, 5);
    this.#rdataEnd = this.keyEnd + u7(octets, at + 10, 3);
    this.#end = this.#rdataEnd + u7(octets, at + 13, 3);
    return true;
  }

  /** RDATA as written. */
  get rdata(): Uint8Array {
    const { octets, keyEnd } = this;
    const [rdataEnd, end] = [this.#rdataEnd, this.#end];
    return end > rdataEnd ? octets.subarray(rdataEnd, end) : octets.subarray(keyEnd, rdataEnd);
  }

  get canonicalRdata(): Uint8Array {
    return this.octets.subarray(this.keyEnd, this.#rdataEnd);
  }

  get ownerKey(): Uint8Array {
    return this.octets.subarray(this.key, this.keyEnd);
  }

  /** Whether the record's owner key is this one. */
  hasKey(other: Uint8Array, start = 0, end: number = other.length): boolean {
    const { octets, key, keyEnd } = this;
    if (keyEnd - key !== end - start) return false;
    for (let i = key, j = start; i < keyEnd; i++, j++) if (octets[i] !== other[j]) return false;
    return true;
  }
}

// --- helpers ---

/** Lengths, type and TTL of a record. */
const HEAD_LENGTH = 16;

/** A number of `count` groups of seven bits, least first. */
function u7(octets: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 128 + (octets[at + i] ?? 0);
  return value;
}
