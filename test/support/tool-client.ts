import { composeMessage } from '../../src/message/compose.ts';
import { findOption, parseExtendedError } from '../../src/message/edns.ts';
import { type Message, makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { scanType } from '../../src/rdata/table.ts';
import { EdnsOption, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { name, showRecord } from './rr.ts';
import { askOverTcp } from './tcp-exchange.ts';
import { UdpClient } from './udp-client.ts';
import { updateMessage } from './updating.ts';

/** What a tool got for an UPDATE. */
export interface ToolReply {
  /** Mnemonic. */
  readonly rcode: string;
  /** Text of the Extended DNS Error; empty without one. */
  readonly why: string;
}

/** How a tool sends. */
export interface ToolSending {
  readonly overTcp?: boolean;
  /** As miekg/dns without `Id()`: the tool chooses. */
  readonly id?: number;
  readonly withEdns?: boolean;
}

/**
 * Sends to 127.0.0.1, signed, what tools that do not run here send: those in Go (external-dns, terraform, dnscontrol,
 * cert-manager) and in Python (octoDNS, ansible). Throws when a reply's signature is not good.
 */
export class ToolClient {
  readonly #port: number;
  readonly #key: TsigKey;

  constructor(port: number, key: TsigKey) {
    this.#port = port;
    this.#key = key;
  }

  /** Sends an UPDATE; its parts are lines as `updateRecord` reads them. */
  async update(
    parts: Parameters<typeof updateMessage>[0],
    { overTcp = false, id = nextId(), withEdns = false }: ToolSending = {},
  ): Promise<ToolReply> {
    const edns = withEdns ? EDNS : undefined;
    const message = { ...updateMessage(parts), id, edns };
    const [reply] = await (overTcp ? this.#tcp(message) : this.#udp(message));
    if (reply === undefined) throw new Error('no reply');
    const option = findOption(reply.edns, EdnsOption.EXTENDED_ERROR);
    return {
      rcode: showRcode(reply.rcode),
      why: option === undefined ? '' : parseExtendedError(option.data).extraText,
    };
  }

  /** A plain query, RD and EDNS off. */
  async query(owner: string, type: string, { overTcp = false }: ToolSending = {}): Promise<Message> {
    const question = { name: name(owner), type: scanType(type) ?? 0, class: RRClass.IN };
    const asked = makeQuery(nextId(), question);
    const [reply] = await (overTcp ? this.#tcp(asked) : this.#udp(asked));
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  /** The answer's data, one line for each record, sorted. */
  async read(owner: string, type: string): Promise<readonly string[]> {
    return (await this.query(owner, type)).answers.map((record) => showRecord(record)).sort();
  }

  /** A zone by AXFR, its SOA once, as sorted lines; or the RCODE. */
  async transfer(
    apex: string,
    { rd = false }: { readonly rd?: boolean } = {},
  ): Promise<readonly string[] | string> {
    const question = { name: name(apex), type: RRType.AXFR, class: RRClass.IN };
    const messages = await this.#tcp(
      makeQuery(nextId(), question, { flags: { ...NO_FLAGS, rd } }),
      isWholeZone,
    );
    const [first] = messages;
    if (first === undefined) throw new Error('no reply');
    if (first.rcode !== 0) return showRcode(first.rcode);
    const records = messages.flatMap(({ answers }) => answers);
    return records
      .slice(0, -1)
      .map((record) => showRecord(record))
      .sort();
  }

  /** The reply to octets sent as they are, over UDP. */
  async sendRaw(octets: Uint8Array): Promise<Message> {
    const client = await UdpClient.open();
    const reply = await client.ask(octets, { octets: LOOPBACK, port: this.#port });
    await client.close();
    if (reply === undefined) throw new Error('no reply');
    return parseMessage(reply.octets);
  }

  /** A query as {@link query} sends it, with its signature. */
  signedQuery(owner: string, type: string): Uint8Array {
    const question = { name: name(owner), type: scanType(type) ?? 0, class: RRClass.IN };
    return signRequest(composeMessage(makeQuery(nextId(), question)), this.#key, nowSeconds()).octets;
  }

  async #udp(message: Message): Promise<readonly Message[]> {
    const { octets, replies } = signRequest(composeMessage(message), this.#key, nowSeconds());
    const client = await UdpClient.open();
    const reply = await client.ask(octets, { octets: LOOPBACK, port: this.#port });
    await client.close();
    if (reply === undefined) return [];
    const parsed = parseMessage(reply.octets);
    expectGood(replies.verify(reply.octets, parsed, nowSeconds()));
    return [parsed];
  }

  async #tcp(
    message: Message,
    isLast: (got: readonly Message[]) => boolean = () => true,
  ): Promise<readonly Message[]> {
    const { octets, replies } = signRequest(composeMessage(message), this.#key, nowSeconds());
    const got: Message[] = [];
    await askOverTcp(this.#port, octets, (reply) => {
      const parsed = parseMessage(reply);
      const outcome = replies.verify(reply, parsed, nowSeconds());
      if (outcome.kind !== 'unsigned') expectGood(outcome);
      got.push(parsed);
      return isLast(got);
    });
    return got;
  }
}

// --- helpers ---

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const EDNS = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };

/** The same request again, signed in the same second, would be taken for a recorded one: IDs must differ. */
let lastId = 0;

function nextId(): number {
  lastId = (lastId + 1) & 0xffff;
  return lastId;
}

function nowSeconds(): number {
  return Date.now() / 1000;
}

function isWholeZone(messages: readonly Message[]): boolean {
  if (messages[0]?.rcode !== 0) return true;
  let soas = 0;
  for (const { answers } of messages) for (const { type } of answers) if (type === RRType.SOA) soas += 1;
  return soas === 2;
}

function expectGood(outcome: {
  readonly kind: string;
  readonly reason?: string;
  readonly error?: number;
}): void {
  if (outcome.kind === 'good') return;
  throw new Error(`the reply is ${outcome.kind}: ${outcome.reason ?? outcome.error ?? ''}`);
}
