import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';

/** As much of a reply as the benchmark checks. */
export interface Reply {
  readonly rcode: number;
  readonly authoritative: boolean;
  /** The A records of the answer section, dotted, in the order received. */
  readonly addresses: readonly string[];
}

const HEADER_LENGTH = 12;
const TYPE_A = 1;

/** One question for the A records of `name` (plain letters, digits and dots; no EDNS, RD clear). */
export function composeQuestion(id: number, name: string): Uint8Array {
  const octets = [id >> 8, id & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of name.split('.')) octets.push(label.length, ...Buffer.from(label, 'latin1'));
  octets.push(0, 0, TYPE_A, 0, 1);
  return Uint8Array.from(octets);
}

/** Reads a reply to a question with one name; `undefined` when the message is cut short or not a reply. */
export function parseReply(octets: Uint8Array): Reply | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (octets.length < HEADER_LENGTH || (view.getUint8(2) & 0x80) === 0) return undefined;
  const addresses: string[] = [];
  try {
    let offset = HEADER_LENGTH;
    for (let i = view.getUint16(4); i > 0; i--) offset = afterName(view, offset) + 4;
    for (let i = view.getUint16(6); i > 0; i--) {
      offset = afterName(view, offset);
      const length = view.getUint16(offset + 8);
      if (view.getUint16(offset) === TYPE_A && length === 4) {
        addresses.push([10, 11, 12, 13].map((k) => view.getUint8(offset + k)).join('.'));
      }
      offset += 10 + length;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return { rcode: view.getUint8(3) & 15, authoritative: (view.getUint8(2) & 4) !== 0, addresses };
}

/** Asks 127.0.0.1 once over UDP; `undefined` when no reply comes in time or the port is closed. */
export function ask(port: number, name: string, timeoutMs: number): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let done = false;
    const finish = (reply: Reply | undefined): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.close();
      resolve(reply);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    socket.on('error', () => finish(undefined));
    socket.on('message', (octets) => finish(parseReply(octets)));
    // Connected, so that a closed port is reported at once. A random ID, for Knot rotates by it.
    socket.connect(port, '127.0.0.1', () => socket.send(composeQuestion(randomInt(0x10000), name)));
  });
}

/** True when the reply is NOERROR and holds exactly these addresses, in any order. */
export function isRight(reply: Reply | undefined, addresses: readonly string[]): boolean {
  return reply?.rcode === 0 && reply.addresses.toSorted().join() === addresses.toSorted().join();
}

// --- names ---

function afterName(view: DataView, start: number): number {
  for (let offset = start; ; ) {
    const length = view.getUint8(offset);
    if (length === 0) return offset + 1;
    if (length >= 0xc0) return offset + 2;
    offset += 1 + length;
  }
}
