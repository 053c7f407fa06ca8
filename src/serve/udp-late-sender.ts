import type { LateDatagram } from './late.ts';
import { LINUX, type SystemCalls } from './system-calls.ts';
import { CONTROL_STRIDE, Header, MAX_UDP_RESPONSE, NAME_STRIDE, Vector } from './udp-arena.ts';

/** Sends single datagrams through the query threads' sockets, on the control thread. Never waits. */
export class UdpLateSender {
  readonly #calls: SystemCalls;
  readonly #octets: Uint8Array;
  readonly #words: Int32Array;
  readonly #pointers: BigInt64Array;
  readonly #header: bigint;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
    const buffer = new ArrayBuffer(DATA_AT + MAX_UDP_RESPONSE + 1);
    const base = calls.addressOf(buffer);
    this.#octets = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer, 0, DATA_AT / 4);
    this.#header = base;
    const pointers = new BigInt64Array(buffer, 0, DATA_AT / 8);
    this.#pointers = pointers;
    pointers[Header.NAME / 2] = base + BigInt(NAME_AT);
    pointers[Header.VECTOR / 2] = base + BigInt(VECTOR_AT);
    pointers[VECTOR_AT / 8 + Vector.BASE / 2] = base + BigInt(DATA_AT);
    this.#words[Header.VECTOR_COUNT] = 1;
  }

  /** Sends `response` to where `datagram` came from, with the address it was sent to as source. */
  send(fd: number, datagram: LateDatagram, response: Uint8Array): boolean {
    if (response.length > MAX_UDP_RESPONSE) return false;
    const { name, control } = datagram;
    const words = this.#words;
    this.#octets.set(name, NAME_AT);
    this.#octets.set(control, CONTROL_AT);
    this.#octets.set(response, DATA_AT);
    words[Header.NAME_LENGTH] = name.length;
    words[Header.CONTROL_LENGTH] = control.length;
    const controlPointer = control.length === 0 ? 0n : this.#header + BigInt(CONTROL_AT);
    this.#pointers[Header.CONTROL / 2] = controlPointer;
    words[VECTOR_AT / 4 + Vector.LENGTH] = response.length;
    for (let tries = 0; tries < 2; tries++) {
      if (this.#calls.sendmmsg(fd, this.#header, 1, LINUX.MSG_DONTWAIT) === 1) return true;
      const errno = this.#calls.errno();
      // The error may be one that was pending on the socket, about an earlier datagram.
      if (errno !== LINUX.EINTR && errno !== LINUX.ECONNREFUSED) return false;
    }
    return false;
  }
}

// --- helpers ---

const VECTOR_AT = 64;
const NAME_AT = 96;
const CONTROL_AT = NAME_AT + NAME_STRIDE;
const DATA_AT = CONTROL_AT + CONTROL_STRIDE;
