import { Responder } from '../../src/answer/respond.ts';
import { Peer } from '../../src/base/peer.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { composeClientSubnet, findOption, parseClientSubnet, subnetOf } from '../../src/message/edns.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { showRdata } from '../../src/rdata/table.ts';
import { EdnsOption, RRClass, RRType } from '../../src/wire/iana.ts';
import { imageOf, NOW_MS, OPTIONS } from './answering.ts';
import type { LawPolicy } from './law-policies.ts';
import { memoryZone } from './memory-zone.ts';
import { name } from './rr.ts';

/** What an answer says of members. */
export interface SteeredAnswer {
  readonly members: readonly string[];
  /** SCOPE of the Client Subnet option; -1: there is none. */
  readonly scope: number;
}

/** A zone with one steered owner, served by several query threads' responders, asked with real messages. */
export class SteeredAsking {
  readonly #type: number;
  readonly #responders: readonly Responder[];
  #id = 0;

  /** `threads` responders share one image, and so its counters. */
  constructor({ records, lines }: Omit<LawPolicy, 'name'>, tables: GeoTables, threads = 1) {
    const first = records[0] ?? '';
    const type = first.includes(':') ? 'AAAA' : /^[\d.]+$/.test(first) ? 'A' : 'CNAME';
    this.#type = RRType[type];
    const zone = memoryZone(
      'example.test',
      [
        '@ SOA ns h 1 2 3 4 5',
        '@ NS ns.example.',
        ...records.map((data) => `www 60 ${type} ${data}`),
        ...lines.map(
          (line) =>
            `_steer.www 60 TXT ${line
              .split(/ +/)
              .map((word) => `"${word}"`)
              .join(' ')}`,
        ),
      ].join('\n'),
    );
    const { memory } = imageOf([zone]);
    this.#responders = Array.from(
      { length: threads },
      () => new Responder(memory, OPTIONS, () => NOW_MS, tables.memory),
    );
  }

  /** Asks a thread for a client, told by ECS (the whole address) or, `fromSource`, by where the query comes from. */
  ask(client: Uint8Array, thread = 0, fromSource = false): SteeredAnswer {
    this.#id = ((this.#id * 75 + 74) % 65_537) & 0xffff;
    const query = composeMessage({
      id: this.#id,
      opcode: 0,
      rcode: 0,
      flags: { qr: false, aa: false, tc: false, rd: false, ra: false, ad: false, cd: false },
      questions: [{ name: name('www.example.test'), type: this.#type, class: RRClass.IN }],
      answers: [],
      authorities: [],
      additionals: [],
      edns: fromSource
        ? undefined
        : {
            udpPayloadSize: 4096,
            version: 0,
            dnssecOk: false,
            options: [composeClientSubnet(subnetOf(client, 8 * client.length))],
          },
      tsig: undefined,
    });
    const room = new Uint8Array(4096);
    room.set(query);
    const peer = new Peer(fromSource ? client : Uint8Array.of(192, 0, 2, 99));
    peer.addressLength = peer.octets.length;
    const length = this.#responders[thread]?.answer(room, 0, query.length, 4096, peer) ?? 0;
    const { answers, edns, rcode } = parseMessage(room.slice(0, length));
    if (rcode !== 0) throw new Error(`RCODE ${rcode}`);
    const members = answers
      .filter(({ type }) => type === this.#type)
      .map(({ type, rdata }) => showRdata(type, rdata));
    const option = findOption(edns, EdnsOption.CLIENT_SUBNET);
    return { members, scope: option === undefined ? -1 : parseClientSubnet(option.data).scopePrefixLength };
  }
}
