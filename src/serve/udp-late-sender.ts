import type { LateDatagram } from './late.ts';
import { LINUX, type SystemCalls } from './system-calls.ts';
import { CONTROL_STRIDE, Header, MAX_UDP_RESPONSE, NAME_STRIDE, Vector } from './udp-arena.ts';

/**
 * Sends responses through the query threads' sockets, on the control thread. Those that are given in one go, as to the
 * updates of one group, leave in one system call at the end of it, before the event loop turns. Never waits.
 */
export class UdpLateSender {
  readonly #calls: SystemCalls;
  readonly #octets: Uint8Array;
  readonly #words: Int32Array;
  readonly #pointers: BigInt64Array;
  readonly #base: bigint;
  /** Those that are queued go through this socket. */
  #fd = -1;
  #queued = 0;
  #dataEnd = DATA_AT;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
    const buffer = new ArrayBuffer(DATA_AT + DATA_OCTETS);
    this.#base = calls.addressOf(buffer);
    this.#octets = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer, 0, DATA_AT / 4);
    this.#pointers = new BigInt64Array(buffer, 0, DATA_AT / 8);
    for (let i = 0; i < MOST; i++) {
      const header = (i * HEADER_STRIDE) / 8;
      this.#pointers[header + Header.NAME / 2] = this.#base + BigInt(NAMES_AT + i * NAME_STRIDE);
      this.#pointers[header + Header.VECTOR / 2] = this.#base + BigInt(VECTORS_AT + i * VECTOR_STRIDE);
      this.#words[2 * header + Header.VECTOR_COUNT] = 1;
    }
  }

  /**
   * Queues `response` to where `datagram` came from, with the address it was sent to as source. `false` when it is
   * larger than a datagram.
   */
  send(fd: number, datagram: LateDatagram, response: Uint8Array): boolean {
    if (response.length > MAX_UDP_RESPONSE) return false;
    const hasRoom = this.#queued < MOST && this.#dataEnd + response.length <= DATA_AT + DATA_OCTETS;
    if (fd !== this.#fd || !hasRoom) this.#flush();
    if (this.#queued === 0) queueMicrotask(() => this.#flush());
    this.#fd = fd;
    this.#put(this.#queued++, datagram, response);
    return true;
  }

  #put(index: number, { name, control }: LateDatagram, response: Uint8Array): void {
    const controlAt = CONTROLS_AT + index * CONTROL_STRIDE;
    this.#octets.set(name, NAMES_AT + index * NAME_STRIDE);
    this.#octets.set(control, controlAt);
    this.#octets.set(response, this.#dataEnd);
    const header = (index * HEADER_STRIDE) / 4;
    this.#words[header + Header.NAME_LENGTH] = name.length;
    this.#words[header + Header.CONTROL_LENGTH] = control.length;
    const controlPointer = control.length === 0 ? 0n : this.#base + BigInt(controlAt);
    this.#pointers[(header + Header.CONTROL) / 2] = controlPointer;
    const vector = (VECTORS_AT + index * VECTOR_STRIDE) / 4;
    this.#pointers[(vector + Vector.BASE) / 2] = this.#base + BigInt(this.#dataEnd);
    this.#words[vector + Vector.LENGTH] = response.length;
    this.#dataEnd += response.length;
  }

  #flush(): void {
    const count = this.#queued;
    this.#queued = 0;
    this.#dataEnd = DATA_AT;
    let retried = -1;
    for (let at = 0; at < count; ) {
      const first = this.#base + BigInt(at * HEADER_STRIDE);
      const sent = this.#calls.sendmmsg(this.#fd, first, count - at, LINUX.MSG_DONTWAIT);
      if (sent > 0) {
        at += sent;
        continue;
      }
      const errno = this.#calls.errno();
      // The error may be one that was pending on the socket, about an earlier datagram.
      const isPassing = errno === LINUX.EINTR || errno === LINUX.ECONNREFUSED;
      if (isPassing && retried !== at) retried = at;
      else at++;
    }
  }
}

// --- helpers ---

/** Responses that leave in one system call, at most. */
const MOST = 32;
const DATA_OCTETS = 65_536;
const HEADER_STRIDE = 4 * Header.WORDS;
const VECTOR_STRIDE = 4 * Vector.WORDS;
const VECTORS_AT = MOST * HEADER_STRIDE;
const NAMES_AT = VECTORS_AT + MOST * VECTOR_STRIDE;
const CONTROLS_AT = NAMES_AT + MOST * NAME_STRIDE;
const DATA_AT = CONTROLS_AT + MOST * CONTROL_STRIDE;
