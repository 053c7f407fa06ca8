import { WaypostError } from '../base/errors.ts';

/** The writer's limit was reached; nothing of the last item was written. */
export class NoRoomError extends WaypostError {
  readonly code = 'WP_NO_ROOM';
}

/** Collects octets. Grows by itself up to `limit`, then throws {@link NoRoomError}. */
export class WireWriter {
  /** What is written so far is `buffer.subarray(0, length)`. */
  buffer: Uint8Array;
  length = 0;
  readonly limit: number;

  constructor(limit = 65_535, initial = 512) {
    this.limit = limit;
    this.buffer = new Uint8Array(Math.min(limit, initial));
  }

  u8(value: number): void {
    this.need(1);
    this.buffer[this.length++] = value;
  }

  u16(value: number): void {
    this.need(2);
    this.buffer[this.length++] = value >>> 8;
    this.buffer[this.length++] = value;
  }

  u32(value: number): void {
    this.need(4);
    this.buffer[this.length++] = value >>> 24;
    this.buffer[this.length++] = value >>> 16;
    this.buffer[this.length++] = value >>> 8;
    this.buffer[this.length++] = value;
  }

  /** Writes an unsigned 48-bit integer (RFC 8945 §4.2). */
  u48(value: number): void {
    this.u16(Math.floor(value / 0x1_0000_0000));
    this.u32(value % 0x1_0000_0000);
  }

  bytes(octets: Uint8Array): void {
    this.need(octets.length);
    this.buffer.set(octets, this.length);
    this.length += octets.length;
  }

  /** Overwrites a 16-bit integer that was written before, such as a length. */
  patchU16(at: number, value: number): void {
    this.buffer[at] = value >>> 8;
    this.buffer[at + 1] = value;
  }

  /** Forgets everything after `length`; used to take back what did not fit. */
  truncate(length: number): void {
    this.length = Math.min(this.length, length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private need(length: number): void {
    const wanted = this.length + length;
    if (wanted <= this.buffer.length) return;
    if (wanted > this.limit) throw new NoRoomError(`${wanted} octets do not fit into ${this.limit}`);
    const grown = new Uint8Array(Math.min(this.limit, Math.max(wanted, 2 * this.buffer.length)));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}
