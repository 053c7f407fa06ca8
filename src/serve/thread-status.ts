/** What a query thread counts, each a slot of {@link ThreadStatus.counts}. They only grow, except the heap. */
export const Count = {
  /** Datagrams taken from the sockets. */
  RECEIVED: 0,
  /** Responses given to the kernel. */
  ANSWERED: 1,
  /** Responses that the kernel did not take: no route, buffers full, forbidden by a firewall. */
  UNSENT: 2,
  /** Requests thrown away unread: longer than the buffer, or from port 0, to which nothing can be sent. */
  DISCARDED: 3,
  /** Errors that receiving reported, such as ICMP messages about earlier responses. */
  RECEIVE_ERRORS: 4,
  /** Octets of JavaScript heap in use, sampled about once a second. */
  HEAP_USED: 5,
} as const;

/**
 * A thread's own page of numbers in shared memory: one writer (the thread), any reader. Doubles, since they count
 * to 2^53 and are stored without allocating, as BigInts are not.
 */
export class ThreadStatus {
  readonly shared: SharedArrayBuffer;
  readonly counts: Float64Array;
  readonly #acknowledged: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(STATUS_OCTETS)) {
    this.shared = shared;
    this.counts = new Float64Array(shared, 0, COUNT_SLOTS);
    this.#acknowledged = new Int32Array(shared, 8 * COUNT_SLOTS, 1);
  }

  /** The newest generation the thread has taken. */
  get acknowledged(): number {
    return Atomics.load(this.#acknowledged, 0);
  }

  acknowledge(generation: number): void {
    Atomics.store(this.#acknowledged, 0, generation);
  }
}

const COUNT_SLOTS = 8;
/** Two cache lines, so that threads do not share one. */
const STATUS_OCTETS = 128;
