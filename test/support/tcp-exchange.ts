import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

/**
 * Sends one message over TCP to 127.0.0.1 and gives each message that comes back to `take`, until that returns true or
 * the server closes.
 */
export async function askOverTcp(
  port: number,
  octets: Uint8Array,
  take: (message: Uint8Array) => boolean,
): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const frames = new Frames();
  socket.on('data', (data) => {
    if (frames.add(data).some(take)) socket.end();
  });
  socket.write(framed(octets));
  await once(socket, 'close');
}

/** A TCP server on a free port of 127.0.0.1 that answers each message with the messages `answer` gives. */
export async function answerOverTcp(
  answer: (message: Uint8Array) => readonly Uint8Array[],
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => {
    const frames = new Frames();
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const message of frames.add(data)) {
        for (const reply of answer(message)) socket.write(framed(reply));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server };
}

/** Messages with their lengths before them (RFC 1035 §4.2.2), taken apart. */
class Frames {
  #held = Buffer.alloc(0);

  add(data: Buffer): readonly Uint8Array[] {
    const messages: Uint8Array[] = [];
    this.#held = Buffer.concat([this.#held, data]);
    while (this.#held.length >= 2 && this.#held.length >= 2 + this.#held.readUInt16BE()) {
      const end = 2 + this.#held.readUInt16BE();
      messages.push(new Uint8Array(this.#held.subarray(2, end)));
      this.#held = this.#held.subarray(end);
    }
    return messages;
  }
}

function framed(message: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length), message]);
}
