import { Responder } from '../../src/answer/respond.ts';
import { Peer } from '../../src/base/peer.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { composeClientSubnet, findOption, parseClientSubnet, subnetOf } from '../../src/message/edns.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { showRdata } from '../../src/rdata/table.ts';
import { EdnsOption, RRClass, RRType } from '../../src/wire/iana.ts';
import { imageOf, NOW_MS, OPTIONS } from './answering.ts';
import { memberType } from './compiled-steering.ts';
import type { LawPolicy } from './law-policies.ts';
import { memoryZone } from './memory-zone.ts';
import { name } from './rr.ts';

/** What an answer says of members. */
export interface SteeredAnswer {
  /** The data of the RRset asked for, at whatever name. */
  readonly members: readonly string[];
  /** The targets of the CNAMEs on the way to it. */
  readonly aliases: readonly string[];
  /** SCOPE of the Client Subnet option; -1: there is none. */
  readonly scope: number;
}

/** How a query tells who its client is. */
export interface Telling {
  /** Which query thread is asked. */
  readonly thread?: number;
  /**
   * SOURCE of the Client Subnet option, by default all bits. 0 tells nothing, and the query comes from the client itself;
   * so it does without the option (-1).
   */
  readonly source?: number;
  /** By default that of the records. */
  readonly type?: number;
}

/** A zone with one steered owner, served by several query threads' responders, asked with real messages. */
export class SteeredAsking {
  readonly #type: number;
  readonly #responders: readonly Responder[];
  #id = 0;

  /** `threads` responders share one image, and so its counters; `more` are other records of example.test. */
  constructor(
    { records, lines }: Omit<LawPolicy, 'name'>,
    tables: GeoTables,
    threads = 1,
    more: readonly string[] = [],
  ) {
    const type = memberType(records[0] ?? '');
    this.#type = RRType[type];
    const zone = memoryZone(
      'example.test',
      [
        '@ SOA ns h 1 2 3 4 5',
        '@ NS ns.example.',
        ...records.map((data) => `www 60 ${type} ${data}`),
        ...lines.map((line) => steeringRecord('www', line)),
        ...more,
      ].join('\n'),
    );
    const { memory } = imageOf([zone]);
    this.#responders = Array.from(
      { length: threads },
      () => new Responder(memory, OPTIONS, () => NOW_MS, tables.memory),
    );
  }

  /** Asks for www.example.test on behalf of a client. */
  ask(
    client: Uint8Array,
    { thread = 0, source = 8 * client.length, type = this.#type }: Telling = {},
  ): SteeredAnswer {
    this.#id = ((this.#id * 75 + 74) % 65_537) & 0xffff;
    const options = source < 0 ? [] : [composeClientSubnet(subnetOf(client, source))];
    const query = composeMessage({
      id: this.#id,
      opcode: 0,
      rcode: 0,
      flags: { qr: false, aa: false, tc: false, rd: false, ra: false, ad: false, cd: false },
      questions: [{ name: name('www.example.test'), type, class: RRClass.IN }],
      answers: [],
      authorities: [],
      additionals: [],
      edns: { udpPayloadSize: 4096, version: 0, dnssecOk: false, options },
      tsig: undefined,
    });
    const room = new Uint8Array(4096);
    room.set(query);
    const peer = new Peer(source > 0 ? Uint8Array.of(192, 0, 2, 99) : client);
    peer.addressLength = peer.octets.length;
    const length = this.#responders[thread]?.answer(room, 0, query.length, 4096, peer) ?? 0;
    const { answers, edns, rcode } = parseMessage(room.slice(0, length));
    if (rcode !== 0) throw new Error(`RCODE ${rcode}`);
    const dataOf = (wanted: number) =>
      answers.filter((record) => record.type === wanted).map(({ rdata }) => showRdata(wanted, rdata));
    const option = findOption(edns, EdnsOption.CLIENT_SUBNET);
    return {
      members: dataOf(type),
      aliases: dataOf(RRType.CNAME),
      scope: option === undefined ? -1 : parseClientSubnet(option.data).scopePrefixLength,
    };
  }
}

/** The TXT record of a line, each word a character-string. */
export function steeringRecord(owner: string, line: string): string {
  const strings = line.split(/ +/).map((word) => `"${word}"`);
  return `_steer.${owner} 60 TXT ${strings.join(' ')}`;
}
