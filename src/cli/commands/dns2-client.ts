import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { Packet, UDPClient } from 'dns2';
import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';
import { messageOf, WaypostError } from '../../base/errors.ts';
import type { Transport } from './exactness.ts';

/** A question for addresses or for the alias of a name, class IN. */
export interface Question {
  /** Dots between labels; a dot at the end may be left out. dns2 knows no escapes. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
}

/** What a server said, in the words of dns2. */
export interface Reply {
  readonly rcode: number;
  /** TC: there is more than fits in a datagram. */
  readonly isTruncated: boolean;
  /** Targets of CNAME records in the answer section, in its order; lower case, without the last dot. */
  readonly aliases: readonly string[];
  /** Addresses of A and AAAA records in the answer section, in its order. */
  readonly addresses: readonly string[];
}

/** No answer, or none that can be used. The text says what may be the matter. */
export class NoAnswerError extends WaypostError {
  readonly code = 'WP_NO_ANSWER';
}

/**
 * Asks once, without recursion and without EDNS, through the package dns2: a reading of the octets that shares no code
 * with our own. Throws {@link NoAnswerError}.
 */
export async function ask(
  question: Question,
  server: Endpoint,
  transport: Transport,
  timeoutMs: number,
): Promise<Reply> {
  const packet =
    transport === 'udp'
      ? await askUdp(question, server, timeoutMs)
      : await askTcp(question, server, timeoutMs);
  const { ancount, rcode, tc } = packet.header;
  // dns2 steps over a record that it cannot read; a lost record would look like a fault of the rotation.
  if (ancount !== packet.answers.length)
    throw refuse(server, transport, 'sent a message that dns2 cannot read');
  const aliases: string[] = [];
  const addresses: string[] = [];
  for (const { type, domain, address } of packet.answers) {
    if (type === Packet.TYPE.CNAME) aliases.push((domain ?? '').toLowerCase());
    else if (type === Packet.TYPE.A || type === Packet.TYPE.AAAA) addresses.push(address ?? '');
  }
  return { rcode, isTruncated: tc === 1, aliases, addresses };
}

/** The octets of a query. Throws an `Error` of dns2 for a name with a label over 63 or in all over 255 octets. */
export function composeQuery({ name, type }: Question, id: number): Buffer {
  const query = new Packet();
  query.header.id = id;
  query.header.rd = 0;
  query.questions.push(new Packet.Question(name, Packet.TYPE[type], Packet.CLASS.IN));
  return query.toBuffer();
}

async function askUdp(question: Question, server: Endpoint, timeoutMs: number): Promise<Packet> {
  const client = UDPClient({
    dns: server.address,
    port: server.port,
    socketType: server.address.includes(':') ? 'udp6' : 'udp4',
    timeout: timeoutMs,
    retryOverTCP: false, // an answer over TCP must not pass for one over UDP
  });
  try {
    return await client(question.name, question.type, Packet.CLASS.IN, { recursive: false });
  } catch (error) {
    throw explain(error, server, 'udp', timeoutMs);
  }
}

/**
 * As dns2's TCPClient does it, with dns2's own messages and framing, but on a socket of ours: TCPClient takes an address
 * up to its first colon, so that `::1` becomes the empty host, waits for ever, and always sends the ID 0.
 */
async function askTcp(question: Question, server: Endpoint, timeoutMs: number): Promise<Packet> {
  const id = randomInt(0x10000);
  const query = composeQuery(question, id);
  const socket = connect({ host: server.address, port: server.port });
  const timer = setTimeout(() => socket.destroy(new TimeoutError()), timeoutMs);
  try {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
    const octets = await Packet.readStream(socket);
    if (octets.length < 12) throw refuse(server, 'tcp', 'closed the connection without an answer');
    const packet = Packet.parse(octets);
    if (packet.header.id !== id)
      throw refuse(server, 'tcp', 'sent no answer to the query; is it a DNS server?');
    return packet;
  } catch (error) {
    throw explain(error, server, 'tcp', timeoutMs);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

function refuse(server: Endpoint, transport: Transport, what: string): NoAnswerError {
  return new NoAnswerError(`${showEndpoint(server)} ${what} (${transport.toUpperCase()})`);
}

/** What went wrong with a socket, in words, with what to look at. */
function explain(error: unknown, server: Endpoint, transport: Transport, timeoutMs: number): NoAnswerError {
  if (error instanceof NoAnswerError) return error;
  const where = `${showEndpoint(server)} over ${transport.toUpperCase()}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause = { cause: error };
  switch (code) {
    case 'ETIMEDOUT':
      return new NoAnswerError(
        `no answer from ${where} within ${timeoutMs / 1000} s; is a server running there, is the port right, does a firewall drop ${transport.toUpperCase()}? Name another with --server ADDR:PORT`,
        cause,
      );
    case 'ECONNREFUSED':
      return new NoAnswerError(
        `nothing listens on ${where}; start the server or name another with --server ADDR:PORT`,
        cause,
      );
    case 'ECONNRESET':
    case 'EPIPE':
      return new NoAnswerError(`${where}: the server broke the connection off without an answer`, cause);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new NoAnswerError(
        `there is no way from here to ${where} (${code}); has this machine an address of that family?`,
        cause,
      );
    default:
      return new NoAnswerError(`cannot ask ${where}: ${messageOf(error)}`, cause);
  }
}
