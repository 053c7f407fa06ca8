/** Time for the parts of the server that wait: a clock that never goes back, and calls in the future. */
export interface Timers {
  /** Milliseconds since some fixed moment. */
  nowMs(): number;
  /** Calls once after `ms`. The returned function cancels; cancelling twice or late is harmless. */
  after(ms: number, call: () => void): () => void;
  /** Calls each `ms` until cancelled. */
  every(ms: number, call: () => void): () => void;
  /** Calls after the events that are already waiting have had their turn. */
  soon(call: () => void): void;
}
