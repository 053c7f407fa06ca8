import type { Peer } from '../base/peer.ts';
import type { Timers } from '../base/timers.ts';
import type { Answerer } from './answerer.ts';
import { LATE, type LateAnswerer } from './late.ts';

/** What a connection needs of its socket. */
export interface TcpStream {
  /** Returns false when the octets had to be kept because the client does not read; `drained` will follow. */
  write(octets: Uint8Array): boolean;
  /** Sends what is kept, then closes our direction. */
  end(): void;
  destroy(): void;
  pause(): void;
  resume(): void;
}

/** How long a connection may stay in each state, in milliseconds. */
export interface TcpLimits {
  /** No message in progress (RFC 7766 §6.2.3). */
  readonly idleMs: number;
  /** From the first octet of a message to its last. */
  readonly messageMs: number;
  /** From the moment the client stops reading until it has taken everything; also from our close to its close. */
  readonly writeMs: number;
}

/** What all connections of a server have in common. */
export interface TcpHost {
  readonly answerer: Answerer;
  readonly peer: Peer;
  readonly timers: Timers;
  readonly limits: TcpLimits;
  /** Responses of one turn are gathered here: {@link TURN_SCRATCH_OCTETS}. */
  readonly scratch: Uint8Array;
  /** Answers what {@link answerer} cannot; without it that is refused. */
  readonly late: LateAnswerer | undefined;
  /** Called for every response. */
  readonly countAnswer: () => void;
}

/** A turn ends after so many messages or octets; then the other connections have theirs. */
export const MESSAGES_PER_TURN = 32;
const OCTETS_PER_TURN = 65_536;
/** Late requests of one connection that are answered at the same time; more wait unread. */
export const MAX_LATE_PER_CONNECTION = 16;
const MAX_MESSAGE_OCTETS = 65_535;
/** Size of {@link TcpHost.scratch}: a full turn and one more message of the largest size. */
export const TURN_SCRATCH_OCTETS = OCTETS_PER_TURN + 2 + MAX_MESSAGE_OCTETS;
/** RFC 1035 §4.1.1: no message is shorter than its header. */
const MIN_MESSAGE_OCTETS = 12;

/**
 * One TCP connection (RFC 7766): messages framed by two octets of length, across any segment boundaries, answered in turns
 * of bounded size. Knows nothing of node:net.
 *
 * ```text
 *   idle ⇄ message (a message has begun, or complete ones wait for their turn)
 *     ↘      ↙ ↖
 *       stalled (the client does not read; nothing more is answered)      any → closing → closed
 * ```
 */
export class TcpConnection {
  readonly #host: TcpHost;
  readonly #stream: TcpStream;
  readonly #address: Uint8Array;
  readonly #port: number;
  /** Octets received and not yet answered: `#held[0, #heldLength)`. */
  #held = new Uint8Array(0);
  #heldLength = 0;
  #state: 'idle' | 'message' | 'stalled' | 'closing' = 'idle';
  #sinceMs: number;
  #turnScheduled = false;
  /** No more requests are wanted or will come: answer what is complete, then close. */
  #last = false;
  /** Late requests being answered. */
  #late = 0;
  /** Late answers that wait for the client to read, and what to tell them. */
  #waiting: ((isOpen: boolean) => void)[] = [];
  #isClosed = false;

  constructor(host: TcpHost, stream: TcpStream, address: Uint8Array, port: number) {
    this.#host = host;
    this.#stream = stream;
    this.#address = address;
    this.#port = port;
    this.#sinceMs = host.timers.nowMs();
  }

  /** Since when nothing is in progress, in the timers' milliseconds; `undefined` while something is. */
  get idleSinceMs(): number | undefined {
    return this.#state === 'idle' && this.#late === 0 ? this.#sinceMs : undefined;
  }

  /** Since when the connection has been in its present state. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Takes octets as they came from the network. */
  receive(octets: Uint8Array): void {
    if (this.#last) return; // discarded; reading on lets the client take our last responses
    this.#hold(octets);
    if (!this.#turnScheduled && this.#state !== 'stalled') this.#turn();
  }

  /** The client has taken everything that was written. */
  drained(): void {
    if (this.#state !== 'stalled') return;
    this.#enter('message');
    for (const resume of this.#waiting.splice(0)) resume(true);
    this.#turn();
  }

  /** The socket is gone. */
  closed(): void {
    this.#isClosed = true;
    for (const resume of this.#waiting.splice(0)) resume(false);
  }

  /** No more requests: the client closed its direction, or the server stops. What is complete is answered first. */
  finish(): void {
    this.#last = true;
    if (!this.#turnScheduled && this.#state !== 'stalled') this.#turn();
  }

  /** Closes the connection when it has been in its state for too long. */
  expire(nowMs: number): void {
    if (this.#late > 0 && this.#state !== 'stalled') return; // it waits for us
    const { idleMs, messageMs, writeMs } = this.#host.limits;
    const limit = this.#state === 'idle' ? idleMs : this.#state === 'message' ? messageMs : writeMs;
    if (nowMs - this.#sinceMs >= limit) this.#stream.destroy();
  }

  /** Answers complete messages, at most a turn's worth, with a single write. */
  #turn(): void {
    if (this.#state === 'closing') return;
    const { scratch } = this.#host;
    const { used, filled, more } = this.#answer();
    this.#release(used);
    const taken = filled === 0 || this.#stream.write(scratch.slice(0, filled));
    if (!taken) {
      this.#enter('stalled');
      if (!this.#last) this.#stream.pause();
    } else if (more) {
      this.#enter('message');
      this.#scheduleTurn();
    } else if (this.#last) {
      if (this.#late === 0) this.#close();
    } else {
      // A message that has begun keeps its clock; trickling octets do not wind it up again.
      const state = this.#heldLength > 0 ? 'message' : 'idle';
      if (state !== this.#state || used > 0) this.#enter(state);
      this.#stream.resume();
    }
  }

  /** Fills the scratch with responses. `more`: complete messages are left for the next turn. */
  #answer(): { used: number; filled: number; more: boolean } {
    const { answerer, peer, scratch } = this.#host;
    const held = this.#held;
    const heldLength = this.#heldLength;
    peer.octets = this.#address;
    peer.addressAt = 0;
    peer.addressLength = this.#address.length;
    peer.port = this.#port;
    peer.overTcp = true;
    let used = 0;
    let filled = 0;
    for (let messages = 0; heldLength - used >= 2; messages++) {
      const length = ((held[used] ?? 0) << 8) | (held[used + 1] ?? 0);
      if (length < MIN_MESSAGE_OCTETS) {
        // What follows cannot be trusted to be a frame.
        this.#last = true;
        return { used: heldLength, filled, more: false };
      }
      if (heldLength - used < 2 + length) break;
      if (this.#late >= MAX_LATE_PER_CONNECTION) break; // the next turn comes when one is done
      if (messages === MESSAGES_PER_TURN || filled >= OCTETS_PER_TURN) return { used, filled, more: true };
      if (messages === 0) answerer.beginBatch();
      const start = filled + 2;
      scratch.set(held.subarray(used + 2, used + 2 + length), start);
      let answered = answerer.answer(scratch, start, length, MAX_MESSAGE_OCTETS, peer);
      if (answered === LATE) answered = this.#answerLate(scratch, start, length);
      used += 2 + length;
      if (answered === 0) continue;
      scratch[filled] = answered >> 8;
      scratch[filled + 1] = answered & 0xff;
      filled = start + answered;
      this.#host.countAnswer();
    }
    return { used, filled, more: false };
  }

  /** Has a request answered in its own time. Returns the length of a refusal when nobody does that, or 0. */
  #answerLate(scratch: Uint8Array, start: number, length: number): number {
    const { late, answerer } = this.#host;
    if (late === undefined) return answerer.refuseLate(scratch, start);
    this.#late++;
    const octets = scratch.slice(start, start + length);
    const request = { octets, address: this.#address, port: this.#port, overTcp: true };
    void late
      .answerLate(request, (response) => this.#sendLate(response))
      .finally(() => {
        this.#late--;
        if (!this.#isClosed && !this.#turnScheduled && this.#state !== 'stalled') this.#turn();
      });
    return 0;
  }

  #sendLate(response: Uint8Array): Promise<boolean> {
    if (this.#isClosed || this.#state === 'closing') return Promise.resolve(false);
    const frame = new Uint8Array(2 + response.length);
    frame[0] = response.length >> 8;
    frame[1] = response.length & 0xff;
    frame.set(response, 2);
    this.#host.countAnswer();
    if (this.#stream.write(frame)) return Promise.resolve(true);
    if (this.#state !== 'stalled') {
      this.#enter('stalled');
      if (!this.#last) this.#stream.pause();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #scheduleTurn(): void {
    this.#turnScheduled = true;
    if (!this.#last) this.#stream.pause();
    this.#host.timers.soon(() => {
      this.#turnScheduled = false;
      this.#turn();
    });
  }

  #close(): void {
    this.#heldLength = 0;
    this.#held = EMPTY;
    this.#enter('closing');
    this.#stream.end();
    this.#stream.resume();
  }

  #enter(state: 'idle' | 'message' | 'stalled' | 'closing'): void {
    this.#state = state;
    this.#sinceMs = this.#host.timers.nowMs();
  }

  #hold(octets: Uint8Array): void {
    const needed = this.#heldLength + octets.length;
    if (needed > this.#held.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#heldLength));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(octets, this.#heldLength);
    this.#heldLength = needed;
  }

  #release(used: number): void {
    if (used === 0) return;
    this.#held.copyWithin(0, used, this.#heldLength);
    this.#heldLength -= used;
    // An idle connection holds no memory, and a small rest does not keep a large buffer.
    if (this.#heldLength === 0) this.#held = EMPTY;
    else if (this.#held.length > 4 * this.#heldLength) this.#held = this.#held.slice(0, this.#heldLength);
  }
}

const EMPTY = new Uint8Array(0);
