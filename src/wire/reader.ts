import { MalformedMessageError } from './errors.ts';

/** A cursor over one message. Every read checks its bounds; none copies. */
export class WireReader {
  readonly octets: Uint8Array;
  offset: number;
  /** Reads stop here; at most `octets.length`. */
  readonly end: number;

  constructor(octets: Uint8Array, offset = 0, end = octets.length) {
    // of a Buffer, subarray would make Buffers, whose slice is a view and not a copy
    const isPlain = octets.constructor === Uint8Array;
    this.octets = isPlain ? octets : new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
    this.offset = offset;
    this.end = Math.min(end, octets.length);
  }

  /** Octets not read yet. */
  get remaining(): number {
    return this.end - this.offset;
  }

  /** Reads one octet. Throws {@link MalformedMessageError} past the end, as every read here. */
  u8(): number {
    this.need(1);
    return this.octets[this.offset++]!;
  }

  /** Reads one big-endian 16-bit integer. */
  u16(): number {
    this.need(2);
    const high = this.octets[this.offset++]!;
    const low = this.octets[this.offset++]!;
    return (high << 8) | low;
  }

  /** Reads one big-endian unsigned 32-bit integer. */
  u32(): number {
    const high = this.u16();
    return high * 0x10000 + this.u16();
  }

  /** Reads one big-endian unsigned 48-bit integer (RFC 8945 §4.2). */
  u48(): number {
    const high = this.u16();
    return high * 0x1_0000_0000 + this.u32();
  }

  /** A view of the next `length` octets; it shares memory with the message. */
  take(length: number): Uint8Array {
    this.need(length);
    const start = this.offset;
    this.offset += length;
    return this.octets.subarray(start, this.offset);
  }

  /** A reader over the next `length` octets of the same message, so that pointers still reach back. */
  part(length: number): WireReader {
    this.need(length);
    const part = new WireReader(this.octets, this.offset, this.offset + length);
    this.offset += length;
    return part;
  }

  private need(length: number): void {
    if (this.offset + length > this.end) {
      throw new MalformedMessageError(
        `${length} more octets expected, ${Math.max(0, this.end - this.offset)} left`,
        this.offset,
      );
    }
  }
}
