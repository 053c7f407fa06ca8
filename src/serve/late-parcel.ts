import type { LateDatagram } from './late.ts';

/**
 * Late requests on their way from a query thread to the control thread, packed into one buffer: each message between
 * threads costs more than its octets.
 *
 * Per request: socket, port, the lengths of address, sockaddr and control data (16 bits each) and of the message (32
 * bits), then sockaddr, control data, address and message.
 */
export class LateParcel {
  #octets = new Uint8Array(FIRST_OCTETS);
  #view = new DataView(this.#octets.buffer);
  #length = 0;

  /** Copies a request into the parcel. */
  add({ socket, octets, address, port, name, control }: LateDatagram): void {
    this.#reserve(HEAD + name.length + control.length + address.length + octets.length);
    const view = this.#view;
    const at = this.#length;
    view.setUint16(at, socket);
    view.setUint16(at + 2, port);
    view.setUint16(at + 4, address.length);
    view.setUint16(at + 6, name.length);
    view.setUint16(at + 8, control.length);
    view.setUint32(at + 10, octets.length);
    this.#length += HEAD;
    for (const part of [name, control, address, octets]) {
      this.#octets.set(part, this.#length);
      this.#length += part.length;
    }
  }

  /** What was added since the last time, in a buffer of its own; `undefined` when that is nothing. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#length === 0) return undefined;
    const taken = this.#octets.slice(0, this.#length);
    this.#length = 0;
    if (this.#octets.length > KEPT_OCTETS) this.#resize(FIRST_OCTETS);
    return taken;
  }

  #reserve(octets: number): void {
    const wanted = this.#length + octets;
    if (wanted <= this.#octets.length) return;
    const held = this.#octets.subarray(0, this.#length);
    this.#resize(Math.max(wanted, 2 * this.#octets.length));
    this.#octets.set(held);
  }

  #resize(octets: number): void {
    this.#octets = new Uint8Array(octets);
    this.#view = new DataView(this.#octets.buffer);
  }
}

/** The requests of a parcel, in their order; they share its memory. */
export function* openParcel(parcel: Uint8Array): Iterable<LateDatagram> {
  const view = new DataView(parcel.buffer, parcel.byteOffset, parcel.length);
  let at = 0;
  function cut(length: number): Uint8Array {
    const part = parcel.subarray(at, at + length);
    at += length;
    return part;
  }
  while (at < parcel.length) {
    const head = at;
    at += HEAD;
    yield {
      socket: view.getUint16(head),
      port: view.getUint16(head + 2),
      name: cut(view.getUint16(head + 6)),
      control: cut(view.getUint16(head + 8)),
      address: cut(view.getUint16(head + 4)),
      octets: cut(view.getUint32(head + 10)),
    };
  }
}

// --- helpers ---

const HEAD = 14;
/** A batch of updates of one record each. */
const FIRST_OCTETS = 1 << 15;
/** What a batch of large messages has taken is given back. */
const KEPT_OCTETS = 1 << 20;
