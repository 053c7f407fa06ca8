/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits, in 32-bit halves because JavaScript has no
 * 64-bit integers that cost nothing. Nothing is allocated after the constructor.
 */
export class SipHash {
  /** The lower half of the last hash, signed; its octets come first, least significant first. */
  low32 = 0;
  /** The upper half of the last hash, signed. */
  high32 = 0;
  #key0Low = 0;
  #key0High = 0;
  #key1Low = 0;
  #key1High = 0;

  /** Takes the 16 octets of `octets16` from `at` on as the key. */
  setKey(octets16: Uint8Array, at: number): void {
    this.#key0Low = littleEndian32(octets16, at);
    this.#key0High = littleEndian32(octets16, at + 4);
    this.#key1Low = littleEndian32(octets16, at + 8);
    this.#key1High = littleEndian32(octets16, at + 12);
  }

  /** Hashes `length` octets from `at` on; the result stands in {@link low32} and {@link high32}. */
  hash(octets: Uint8Array, at: number, length: number): void {
    let v0l = this.#key0Low ^ 0x70736575;
    let v0h = this.#key0High ^ 0x736f6d65;
    let v1l = this.#key1Low ^ 0x6e646f6d;
    let v1h = this.#key1High ^ 0x646f7261;
    let v2l = this.#key0Low ^ 0x6e657261;
    let v2h = this.#key0High ^ 0x6c796765;
    let v3l = this.#key1Low ^ 0x79746573;
    let v3h = this.#key1High ^ 0x74656462;
    // The 64-bit words of the input, one last word of what remains and the length, then the finish.
    const whole = length >>> 3;
    for (let word = 0; word <= whole + 1; word++) {
      let low = 0;
      let high = 0;
      let rounds = 2;
      if (word < whole) {
        low = littleEndian32(octets, at + 8 * word);
        high = littleEndian32(octets, at + 8 * word + 4);
      } else if (word === whole) {
        for (let i = 8 * whole; i < length; i++) {
          const octet = octets[at + i] ?? 0;
          if ((i & 7) < 4) low |= octet << (8 * (i & 3));
          else high |= octet << (8 * (i & 3));
        }
        high |= length << 24;
      } else {
        v2l ^= 0xff;
        rounds = 4;
      }
      v3l ^= low;
      v3h ^= high;
      for (; rounds > 0; rounds--) {
        // Sums carry from the lower half when the lower sum came out smaller than what was added.
        v0l = (v0l + v1l) | 0;
        v0h = (v0h + v1h + (v0l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0;
        v2l = (v2l + v3l) | 0;
        v2h = (v2h + v3h + (v2l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0;
        let old = v1l;
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = ((v1h << 13) | (old >>> 19)) ^ v0h;
        old = v3l;
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = ((v3h << 16) | (old >>> 16)) ^ v2h;
        old = v0l;
        v0l = v0h;
        v0h = old;
        v2l = (v2l + v1l) | 0;
        v2h = (v2h + v1h + (v2l >>> 0 < v1l >>> 0 ? 1 : 0)) | 0;
        v0l = (v0l + v3l) | 0;
        v0h = (v0h + v3h + (v0l >>> 0 < v3l >>> 0 ? 1 : 0)) | 0;
        old = v1l;
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
        v1h = ((v1h << 17) | (old >>> 15)) ^ v2h;
        old = v3l;
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = ((v3h << 21) | (old >>> 11)) ^ v0h;
        old = v2l;
        v2l = v2h;
        v2h = old;
      }
      v0l ^= low;
      v0h ^= high;
    }
    this.low32 = v0l ^ v1l ^ v2l ^ v3l;
    this.high32 = v0h ^ v1h ^ v2h ^ v3h;
  }
}

function littleEndian32(octets: Uint8Array, at: number): number {
  return (
    (octets[at] ?? 0) |
    ((octets[at + 1] ?? 0) << 8) |
    ((octets[at + 2] ?? 0) << 16) |
    ((octets[at + 3] ?? 0) << 24)
  );
}
