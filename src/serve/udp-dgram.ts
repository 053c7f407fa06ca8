import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { scanAddress, showAddress } from '../base/ip.ts';
import { Peer } from '../base/peer.ts';
import type { Answerer } from './answerer.ts';
import { type HandOver, LATE, type LateDatagram, NO_HAND_OVER } from './late.ts';
import { type ListenAddress, ListenError, showListenAddress, systemCodeOf } from './listen.ts';
import { Count } from './thread-status.ts';
import { BUFFER_OCTETS, MAX_UDP_RESPONSE } from './udp-arena.ts';

/**
 * Answers UDP behind node:dgram, one datagram at a time: for systems without recvmmsg, and for `--portable`.
 * On a wildcard address the system chooses the source of the responses, since node:dgram cannot (no IP_PKTINFO).
 */
export class DgramUdp {
  readonly #answerer: Answerer;
  readonly #counts: Float64Array;
  readonly #handOver: HandOver;
  /** Requests are copied here, behind the address of who sent them, and answered in place. */
  readonly #octets = new Uint8Array(ADDRESS_OCTETS + BUFFER_OCTETS);
  readonly #peer = new Peer(this.#octets);
  readonly #sockets: Socket[] = [];
  /** Clients come in runs: the last address text is in `#octets` already. */
  #lastAddress = '';

  /** `counts` is indexed by {@link Count}; `handOver` takes what the answerer calls late. */
  constructor(answerer: Answerer, counts: Float64Array, handOver: HandOver = NO_HAND_OVER) {
    this.#answerer = answerer;
    this.#handOver = handOver;
    this.#counts = counts;
  }

  /** Binds and starts to answer. Returns the addresses with their real ports. Throws {@link ListenError}. */
  async listen(addresses: readonly ListenAddress[]): Promise<readonly ListenAddress[]> {
    const bound: ListenAddress[] = [];
    try {
      for (const address of addresses) bound.push(await this.#bind(address));
    } catch (error) {
      await this.close();
      throw error;
    }
    return bound;
  }

  /** Stops receiving; responses already handed to the system are still sent. */
  async close(): Promise<void> {
    const sockets = this.#sockets.splice(0);
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
  }

  /** Sends the response to a request that was handed over. */
  sendLate({ socket, address, port }: LateDatagram, response: Uint8Array): void {
    this.#send(this.#sockets[socket], response, port, showAddress(address));
  }

  #bind(address: ListenAddress): Promise<ListenAddress> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({
        type: address.octets.length === 4 ? 'udp4' : 'udp6',
        ipv6Only: address.octets.length === 16,
        // Responses go to addresses, never to names; this saves a turn of the event loop for each.
        lookup: (to, _options, done) => done(null, to, isIPv6(to) ? 6 : 4),
      });
      const refuse = (error: Error): void => {
        reject(new ListenError('UDP', showListenAddress(address), systemCodeOf(error)));
      };
      socket.once('error', refuse);
      socket.on('message', (request, from) => this.#receive(socket, request, from));
      socket.bind(address.port, showAddress(address.octets), () => {
        socket.off('error', refuse);
        socket.on('error', () => this.#count(Count.RECEIVE_ERRORS));
        this.#sockets.push(socket);
        resolve({ octets: address.octets, port: socket.address().port });
      });
    });
  }

  #receive(socket: Socket, request: Uint8Array, from: RemoteInfo): void {
    this.#count(Count.RECEIVED);
    if (from.port === 0 || request.length > BUFFER_OCTETS || !this.#setPeer(from)) {
      this.#count(Count.DISCARDED);
      return;
    }
    this.#octets.set(request, ADDRESS_OCTETS);
    this.#answerer.beginBatch();
    let length = this.#answerer.answer(
      this.#octets,
      ADDRESS_OCTETS,
      request.length,
      MAX_UDP_RESPONSE,
      this.#peer,
    );
    if (length === LATE) length = this.#passOn(socket, request);
    if (length === 0) return;
    // The system may keep the response until the socket takes it, so it gets octets of its own.
    const response = this.#octets.slice(ADDRESS_OCTETS, ADDRESS_OCTETS + length);
    this.#send(socket, response, from.port, from.address);
  }

  #send(socket: Socket | undefined, response: Uint8Array, port: number, address: string): void {
    socket?.send(response, port, address, (error) => {
      this.#count(error ? Count.UNSENT : Count.ANSWERED);
    });
  }

  /** Returns the length of the refusal when the control thread has no room, or 0. */
  #passOn(socket: Socket, request: Uint8Array): number {
    const isTaken = this.#handOver.take({
      socket: this.#sockets.indexOf(socket),
      octets: request,
      address: this.#octets.subarray(0, this.#peer.addressLength),
      port: this.#peer.port,
      name: NOTHING,
      control: NOTHING,
    });
    this.#handOver.send();
    return isTaken ? 0 : this.#answerer.refuseLate(this.#octets, ADDRESS_OCTETS);
  }

  #setPeer({ address, port }: RemoteInfo): boolean {
    this.#peer.port = port;
    if (address === this.#lastAddress) return true;
    const zoneIndex = address.indexOf('%');
    const octets = scanAddress(zoneIndex === -1 ? address : address.slice(0, zoneIndex));
    if (octets === undefined) return false;
    this.#octets.set(octets);
    this.#peer.addressLength = octets.length;
    this.#lastAddress = address;
    return true;
  }

  #count(slot: number): void {
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }
}

// --- helpers ---

/** Room for the client's address in front of the request. */
const ADDRESS_OCTETS = 16;
const NOTHING = new Uint8Array(0);
