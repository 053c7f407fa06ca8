// Asks a server behind real sockets. Nothing waits for a time-out: a second question marks the end of the first.
import { connect } from 'node:net';
import { showAddress } from '../../src/base/ip.ts';
import type { ListenAddress } from '../../src/serve/listen.ts';
import type { Ask } from './scenario-run.ts';
import { UdpClient } from './udp-client.ts';

/** STATUS, which every server refuses with just a header: what comes before its response belongs to the question before. */
const MARKER = Uint8Array.of(0xfe, 0xed, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** Sends to `udp` or `tcp`; `from` cannot be had and is passed over. Closes with {@link SocketAsk.close}. */
export class SocketAsk {
  readonly #client: UdpClient;
  readonly #udp: ListenAddress;
  readonly #tcp: ListenAddress;

  private constructor(client: UdpClient, udp: ListenAddress, tcp: ListenAddress) {
    this.#client = client;
    this.#udp = udp;
    this.#tcp = tcp;
  }

  static async open(udp: ListenAddress, tcp: ListenAddress): Promise<SocketAsk> {
    return new SocketAsk(await UdpClient.open(udp.octets.length === 4 ? 'udp4' : 'udp6'), udp, tcp);
  }

  readonly ask: Ask = (octets, overTcp) => (overTcp ? this.#overTcp(octets) : this.#overUdp(octets));

  close(): Promise<void> {
    return this.#client.close();
  }

  async #overUdp(octets: Uint8Array): Promise<Uint8Array | undefined> {
    await this.#client.send(octets, this.#udp);
    await this.#client.send(MARKER, this.#udp);
    let reply: Uint8Array | undefined;
    for (;;) {
      const received = await this.#client.next();
      if (received === undefined) throw new Error('the server answers no more');
      if (isMarker(received.octets)) return reply;
      reply = new Uint8Array(received.octets);
    }
  }

  #overTcp(octets: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#tcp.port, showAddress(this.#tcp.octets));
      let held = Buffer.alloc(0);
      let reply: Uint8Array | undefined;
      socket.on('error', reject);
      // A server may close over what it does not like: then there is no reply, and no marker either.
      socket.on('close', () => resolve(reply));
      socket.on('data', (octets) => {
        held = Buffer.concat([held, octets]);
        while (held.length >= 2 && held.length >= 2 + held.readUInt16BE()) {
          const message = new Uint8Array(held.subarray(2, 2 + held.readUInt16BE()));
          held = held.subarray(2 + message.length);
          if (isMarker(message)) socket.end();
          else reply = message;
        }
      });
      socket.write(Buffer.concat([framed(octets), framed(MARKER)]));
    });
  }
}

function isMarker(message: Uint8Array): boolean {
  return message[0] === MARKER[0] && message[1] === MARKER[1];
}

function framed(message: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length), message]);
}
