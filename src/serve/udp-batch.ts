import { Peer } from '../base/peer.ts';
import type { Answerer } from './answerer.ts';
import { type HandOver, LATE } from './late.ts';
import { LINUX, SystemCallError, type SystemCalls } from './system-calls.ts';
import { Count } from './thread-status.ts';
import {
  BATCH,
  BUFFER_STRIDE,
  CONTROL_STRIDE,
  Header,
  type Lane,
  layOutArena,
  MAX_UDP_RESPONSE,
  NAME_STRIDE,
  type UdpArena,
  Vector,
} from './udp-arena.ts';
import type { UdpSocket } from './udp-socket.ts';

/** What the loop looks at between batches. */
export interface LoopControl {
  /** Shared with the control thread; word 0 changes when there is something to do. */
  readonly words: Int32Array;
  /** The value of word 0 that is already dealt with. */
  readonly seen: number;
  /** Called when word 0 has changed, with its new value, before anything received later is answered. `false` ends the loop. */
  readonly onChange: (word: number) => boolean;
  /** Called every 64 batches, and whenever 100 ms pass without a packet. */
  readonly onTick: () => void;
}

/**
 * Answers UDP in batches: up to 64 datagrams per recvmmsg, answered where they lie, and one sendmmsg for the responses.
 * In its steady state the loop allocates nothing. One per thread; it blocks its thread.
 */
export class BatchUdp {
  readonly #calls: SystemCalls;
  readonly #arena: UdpArena;
  readonly #counts: Float64Array;
  readonly #handOver: HandOver;
  readonly #peer: Peer;
  #control: LoopControl | undefined;
  /** The value of the control word that is dealt with. */
  #seen = 0;
  #rounds = 0;
  #hotLanes = 0;
  /** The messages of the batch in hand that are late, and the lengths of their control data: the first `#lates` of each. */
  readonly #lateAt = new Uint8Array(BATCH);
  readonly #lateControlLengths = new Uint8Array(BATCH);
  #lates = 0;

  /** `counts` is indexed by {@link Count}; `handOver` takes what the answerer calls late. */
  constructor(
    calls: SystemCalls,
    sockets: readonly UdpSocket[],
    counts: Float64Array,
    handOver: HandOver = () => false,
  ) {
    this.#calls = calls;
    this.#handOver = handOver;
    this.#arena = layOutArena(calls, sockets);
    this.#counts = counts;
    this.#peer = new Peer(this.#arena.octets);
  }

  /** Serves until `control` says no more. Throws {@link SystemCallError} when a descriptor is unusable. */
  run(answerer: Answerer, control: LoopControl): void {
    this.#control = control;
    this.#seen = control.seen;
    for (;;) {
      if (!this.#catchUp()) return;
      const received = this.round(answerer);
      if (received === 0 || (this.#rounds & 63) === 0) control.onTick();
    }
  }

  /** One turn over the sockets, waiting up to 100 ms. Returns the number of datagrams received. */
  round(answerer: Answerer): number {
    this.#rounds = (this.#rounds + 1) & 0xffff;
    const { lanes } = this.#arena;
    const only = lanes[0];
    if (only === undefined) throw new SystemCallError('recvmmsg without a socket', 'EBADF');
    if (lanes.length === 1) return this.#serve(only, answerer, LINUX.MSG_WAITFORONE);

    if (this.#hotLanes === 0) this.#poll(WAIT_MS);
    // Busy sockets must not make the quiet ones wait.
    else if (this.#rounds % POLL_EVERY === 0) this.#poll(0);
    let received = 0;
    this.#hotLanes = 0;
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[i];
      if (lane === undefined || !lane.hot) continue;
      const count = this.#serve(lane, answerer, LINUX.MSG_DONTWAIT);
      received += count;
      // A small batch emptied the socket; asking it again would most likely be in vain.
      lane.hot = count >= STAY_HOT;
      if (lane.hot) this.#hotLanes++;
    }
    return received;
  }

  /** Deals with a change of the control word; `false` when that ends the loop. */
  #catchUp(): boolean {
    const control = this.#control;
    if (control === undefined) return true;
    const word = Atomics.load(control.words, 0);
    if (word === this.#seen) return true;
    const goesOn = control.onChange(word);
    if (goesOn) this.#seen = word; // otherwise the loop shall see it too
    return goesOn;
  }

  #poll(timeoutMs: number): void {
    const { lanes, words, pollWord, pollDescriptors } = this.#arena;
    const ready = this.#calls.poll(pollDescriptors, lanes.length, timeoutMs);
    if (ready <= 0) return;
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[i];
      // `revents` is the upper half: POLLIN, or an error, which receiving will fetch.
      if (lane !== undefined && (words[pollWord + 2 * i + 1] ?? 0) >>> 16 !== 0) lane.hot = true;
    }
  }

  #serve(lane: Lane, answerer: Answerer, flags: number): number {
    const count = this.#calls.recvmmsg(lane.fd, lane.receiveHeaders, BATCH, flags, 0n);
    if (count <= 0) {
      const errno = this.#tolerate('recvmmsg');
      if (errno !== LINUX.EAGAIN && errno !== LINUX.EINTR) {
        this.#counts[Count.RECEIVE_ERRORS] = (this.#counts[Count.RECEIVE_ERRORS] ?? 0) + 1;
      }
      return 0;
    }
    this.#counts[Count.RECEIVED] = (this.#counts[Count.RECEIVED] ?? 0) + count;
    // What was published before these were sent, perhaps while this thread waited for them, is in their answers.
    this.#catchUp();
    const sending = this.#answer(lane, count, answerer);
    if (sending > 0) this.#send(lane, sending);
    // Handing over costs more than answering: whoever can be answered at once does not wait for it.
    if (this.#lates > 0) this.#passOnAll(lane, answerer);
    return count;
  }

  /** Answers `count` received datagrams and fills as many send headers as there are responses. */
  #answer(lane: Lane, count: number, answerer: Answerer): number {
    const { octets, words, namesAt, buffersAt } = this.#arena;
    const peer = this.#peer;
    const { addressOffset } = lane;
    peer.addressLength = lane.addressLength;
    answerer.beginBatch();
    let sending = 0;
    this.#lates = 0;
    for (let i = 0; i < count; i++) {
      const header = lane.receiveHeaderWord + i * Header.WORDS;
      const name = namesAt + i * NAME_STRIDE;
      const port = ((octets[name + 2] ?? 0) << 8) | (octets[name + 3] ?? 0);
      const controlLength = lane.wildcard ? this.#keepDestination(lane, header, i) : 0;
      if (port === 0 || ((words[header + Header.FLAGS] ?? 0) & LINUX.MSG_TRUNC) !== 0) {
        this.#counts[Count.DISCARDED] = (this.#counts[Count.DISCARDED] ?? 0) + 1;
        continue;
      }
      peer.port = port;
      peer.addressAt = name + addressOffset;
      const start = buffersAt + i * BUFFER_STRIDE;
      const size = words[header + Header.LENGTH] ?? 0;
      const length = answerer.answer(octets, start, size, MAX_UDP_RESPONSE, peer);
      if (length === LATE) {
        this.#lateAt[this.#lates] = i;
        this.#lateControlLengths[this.#lates++] = controlLength;
      } else if (length > 0) this.#prepare(lane, sending++, i, length, controlLength);
    }
    return sending;
  }

  /** Makes response number `sending` the one to message `i`. */
  #prepare(lane: Lane, sending: number, i: number, length: number, controlLength: number): void {
    const { words } = this.#arena;
    if (lane.pointsTo[sending] !== i) this.#point(lane, sending, i);
    words[lane.sendVectorWord + sending * Vector.WORDS + Vector.LENGTH] = length;
    if (lane.wildcard)
      words[lane.sendHeaderWord + sending * Header.WORDS + Header.CONTROL_LENGTH] = controlLength;
  }

  /** Hands the batch's late messages over to the control thread, and refuses those for which that has no room. */
  #passOnAll(lane: Lane, answerer: Answerer): void {
    const { octets, buffersAt } = this.#arena;
    let sending = 0;
    for (let n = 0; n < this.#lates; n++) {
      const i = this.#lateAt[n] ?? 0;
      const controlLength = this.#lateControlLengths[n] ?? 0;
      if (this.#passOn(lane, i, controlLength)) continue;
      const length = answerer.refuseLate(octets, buffersAt + i * BUFFER_STRIDE);
      this.#prepare(lane, sending++, i, length, controlLength);
    }
    if (sending > 0) this.#send(lane, sending);
  }

  /** Hands message `i` over to the control thread; `false` when that has no room. */
  #passOn(lane: Lane, i: number, controlLength: number): boolean {
    const { octets, words, lanes, namesAt, controlsAt, buffersAt } = this.#arena;
    const start = buffersAt + i * BUFFER_STRIDE;
    const name = namesAt + i * NAME_STRIDE;
    const control = controlsAt + i * CONTROL_STRIDE;
    const size = words[lane.receiveHeaderWord + i * Header.WORDS + Header.LENGTH] ?? 0;
    const nameLength = lane.addressLength === 4 ? 16 : 28;
    // One buffer for all that is copied: each costs both threads more than its octets.
    const copy = new Uint8Array(nameLength + controlLength + size);
    copy.set(octets.subarray(name, name + nameLength));
    copy.set(octets.subarray(control, control + controlLength), nameLength);
    copy.set(octets.subarray(start, start + size), nameLength + controlLength);
    return this.#handOver({
      socket: lanes.indexOf(lane),
      octets: copy.subarray(nameLength + controlLength),
      address: copy.subarray(lane.addressOffset, lane.addressOffset + lane.addressLength),
      port: ((octets[name + 2] ?? 0) << 8) | (octets[name + 3] ?? 0),
      name: copy.subarray(0, nameLength),
      control: copy.subarray(nameLength, nameLength + controlLength),
    });
  }

  /**
   * Makes the control data that says where the request was sent to say where the response comes from, and the
   * receive header ready for the next batch. Returns the length of the control data.
   */
  #keepDestination(lane: Lane, header: number, message: number): number {
    const { words, controlsAt } = this.#arena;
    const length = words[header + Header.CONTROL_LENGTH] ?? 0;
    words[header + Header.CONTROL_LENGTH] = lane.controlLength;
    // The route decides through which interface the response goes, not the one the request came in by.
    words[(controlsAt + message * CONTROL_STRIDE) / 4 + lane.interfaceWord] = 0;
    return length;
  }

  /** Points a send header to another message's name, control data and buffer. */
  #point(lane: Lane, sendIndex: number, message: number): void {
    const { words } = this.#arena;
    const to = lane.sendHeaderWord + sendIndex * Header.WORDS;
    const from = lane.receiveHeaderWord + message * Header.WORDS;
    words[to + Header.NAME] = words[from + Header.NAME] ?? 0;
    words[to + Header.NAME + 1] = words[from + Header.NAME + 1] ?? 0;
    words[to + Header.CONTROL] = words[from + Header.CONTROL] ?? 0;
    words[to + Header.CONTROL + 1] = words[from + Header.CONTROL + 1] ?? 0;
    const toVector = lane.sendVectorWord + sendIndex * Vector.WORDS;
    const fromVector = lane.receiveVectorWord + message * Vector.WORDS;
    words[toVector + Vector.BASE] = words[fromVector + Vector.BASE] ?? 0;
    words[toVector + Vector.BASE + 1] = words[fromVector + Vector.BASE + 1] ?? 0;
    lane.pointsTo[sendIndex] = message;
  }

  #send(lane: Lane, count: number): void {
    let sent = this.#calls.sendmmsg(lane.fd, lane.sendHeaders, count, 0);
    if (sent < count) sent = this.#sendRest(lane, count, Math.max(sent, 0));
    this.#counts[Count.ANSWERED] = (this.#counts[Count.ANSWERED] ?? 0) + sent;
  }

  /** Goes on behind the message that stopped sendmmsg. Returns how many of `count` were sent, `first` included. */
  #sendRest(lane: Lane, count: number, first: number): number {
    let at = first;
    let sent = first;
    let retried = -1;
    while (at < count) {
      const more = this.#calls.sendmmsg(lane.fd, lane.sendHeaders + BigInt(64 * at), count - at, 0);
      if (more > 0) {
        at += more;
        sent += more;
        continue;
      }
      const errno = this.#tolerate('sendmmsg');
      if (errno === LINUX.EAGAIN) break; // the interface has taken nothing for 100 ms: the others would wait too
      // Either the message's own error, or one that was pending on the socket: then a second attempt succeeds.
      const pending = errno === LINUX.EINTR || errno === LINUX.ECONNREFUSED;
      if (pending && retried !== at) retried = at;
      else at++;
    }
    this.#counts[Count.UNSENT] = (this.#counts[Count.UNSENT] ?? 0) + count - sent;
    return sent;
  }

  /** Returns the errno of a failure that passes, such as an ICMP error; throws one that would come for ever. */
  #tolerate(call: 'recvmmsg' | 'sendmmsg'): number {
    const errno = this.#calls.errno();
    if (
      errno === LINUX.EBADF ||
      errno === LINUX.ENOTSOCK ||
      errno === LINUX.EFAULT ||
      errno === LINUX.ENOSYS
    ) {
      throw new SystemCallError(call, this.#calls.errnoName(errno));
    }
    return errno;
  }
}

// --- helpers ---

const WAIT_MS = 100;
/** With several sockets: a batch of at least this many makes it worth asking again without polling. */
const STAY_HOT = 4;
/** With several sockets: the quiet ones are looked at after so many rounds of the busy ones. */
const POLL_EVERY = 8;
