import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';
import { messageOf } from '../../base/errors.ts';
import { composeMessage } from '../../message/compose.ts';
import type { Message, Question } from '../../message/message.ts';
import { parseMessage } from '../../message/parse.ts';
import { MalformedMessageError } from '../../wire/errors.ts';
import { equalNames } from '../../wire/name.ts';
import { explainSocket, openConnection } from './connection.ts';
import type { NameLookup } from './name-lookup.ts';
import type { ProbeRun } from './probe-run.ts';

/** Where a question goes. */
export interface DnsServer {
  /** An address, or a name to look up. */
  readonly address: string;
  readonly port: number;
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Sends one query over UDP from a random port, and waits for what answers it: what does not is passed over (RFC 5452
 * §9.1). It ends with the run.
 */
export async function askUdp(
  run: ProbeRun,
  names: NameLookup,
  { address, port }: DnsServer,
  query: Message,
): Promise<Message> {
  const ip = await names.addressOf(address, run);
  const where = showEndpoint({ address: ip, port });
  const waitingFor = `an answer from ${where} over UDP`;
  return await run.until<Message>(waitingFor, (resolve) => {
    let passedOver = 0;
    const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
    run.onEnd(() => socket.close());
    const fail = (error: unknown): void => run.failWith(explainDatagram(error, { address: ip, port }));
    socket.on('error', fail);
    socket.on('message', (octets) => {
      const reply = readReply(octets, query);
      if (typeof reply !== 'string') return resolve(reply);
      run.waitingFor = `${waitingFor}; it sent ${reply}`;
      if (++passedOver >= MOST_PASSED_OVER)
        run.fail(`${where} sent no answer in ${passedOver} datagrams: ${reply}`);
    });
    socket.connect(port, ip, () => {
      if (run.isEnded) return;
      socket.send(composeMessage(query), (error) => {
        if (error !== null && !run.isEnded) fail(error);
      });
    });
  });
}

/** Asks over a TCP connection of its own (RFC 7766). What comes must be the answer. */
export async function askTcp(
  run: ProbeRun,
  names: NameLookup,
  server: DnsServer,
  query: Message,
): Promise<Message> {
  const socket = await openConnection(run, names, server);
  const where = showEndpoint({ address: socket.remoteAddress ?? '', port: server.port });
  return await run.until<Message>(`an answer from ${where} over TCP`, (resolve) => {
    let received = Buffer.alloc(0);
    socket.on('data', (part) => {
      received = Buffer.concat([received, part]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE(0);
      if (received.length < end) return;
      socket.pause();
      const reply = readReply(received.subarray(2, end), query);
      if (typeof reply === 'string') run.fail(`${where} sent ${reply}`);
      else resolve(reply);
    });
    socket.on('end', () => run.fail(`${where} closed the connection without an answer`));
    const octets = composeMessage(query);
    socket.write(Buffer.concat([Buffer.of(octets.length >>> 8, octets.length & 0xff), octets]));
  });
}

// --- helpers ---

/** Datagrams that are no answer, before it is given up: reading them costs time. */
const MOST_PASSED_OVER = 20;

/** The reply to `query`, or what came instead. */
function readReply(octets: Uint8Array, query: Message): Message | string {
  try {
    const message = parseMessage(octets, { trailing: true });
    if (message.id !== query.id) return 'a reply with another ID than the query has';
    if (!message.flags.qr) return 'a query instead of a reply';
    if (message.opcode !== query.opcode) return `a reply with opcode ${message.opcode}`;
    // FORMERR and the like may leave the question out
    if (message.questions.length === 0 && message.rcode !== 0) return message;
    return isSameQuestion(message.questions, query.questions) ? message : 'a reply to another question';
  } catch (error) {
    if (error instanceof MalformedMessageError) return `what is no DNS message (${messageOf(error)})`;
    throw error;
  }
}

function isSameQuestion(one: readonly Question[], other: readonly Question[]): boolean {
  const [a] = one;
  const [b] = other;
  if (one.length !== 1 || a === undefined || b === undefined) return false;
  return a.type === b.type && a.class === b.class && equalNames(a.name, b.name);
}

function explainDatagram(error: unknown, server: Endpoint): Error {
  const where = showEndpoint(server);
  // a connected UDP socket hears that nobody listens
  return explainSocket(error, where, `an answer from ${where} over UDP`);
}
