import { Responder, type ResponderOptions } from '../../src/answer/respond.ts';
import { Peer } from '../../src/base/peer.ts';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { composeMessage } from '../../src/message/compose.ts';
import type { Message } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { SteeredOwners } from '../../src/store/steered-owners.ts';
import { RRClass } from '../../src/wire/iana.ts';
import type { WireName } from '../../src/wire/name.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { keyOf } from './memory-zone.ts';
import { name, showRecord } from './rr.ts';

/** As a server without settings answers, but for cookies. */
export const OPTIONS: ResponderOptions = {
  maxPayload: 1232,
  nsid: '',
  chaos: { version: 'waypost', hostname: '' },
  cookieSecrets: undefined,
  lateOpcodes: [],
};

/** What the clock of a responder and of an image says; milliseconds since 1970. */
export const NOW_MS = 1_790_000_000_000;

/** An image of these zones; views are looked up in `views`, which a test may change. */
export function imageOf(
  zones: Iterable<ZoneView>,
  views = new Map<string, ZoneView>(),
  steered = new SteeredOwners(() => NOW_MS),
): ZoneImageWriter {
  const image = new ZoneImageWriter({
    view(apex) {
      const view = views.get(keyOf(apex));
      if (view === undefined) throw new Error('asked for the view of a zone that is not here');
      return steered.view(view);
    },
    onGeneration() {},
  });
  image.beginBulk();
  const all = [...zones];
  for (const zone of all) {
    views.set(keyOf(zone.apex), zone);
    image.addZone(zone.apex);
  }
  for (const zone of all) image.apply(zone.apex, steered.served(zone, zone.owners(), 'load'));
  image.endBulk();
  return image;
}

/** A responder on an image, with the options that matter given, and compiled tables if they do. */
export function responderOn(
  image: ZoneImageWriter,
  options: Partial<ResponderOptions> = {},
  geo?: SharedArrayBuffer,
): Responder {
  return new Responder(image.memory, { ...OPTIONS, ...options }, () => NOW_MS, geo);
}

/** The octets of a query without EDNS. */
export function query(qname: WireName, qtype: number, qclass: number = RRClass.IN): Uint8Array {
  const flags = { qr: false, aa: false, tc: false, rd: false, ra: false, ad: false, cd: false };
  return composeMessage({
    id: 0x1234,
    opcode: 0,
    rcode: 0,
    flags,
    questions: [{ name: qname, type: qtype, class: qclass }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
    tsig: undefined,
  });
}

/** Octets in, octets out; `undefined` when nothing is sent. From 192.0.2.99. */
export function exchange(responder: Responder, octets: Uint8Array, overTcp = false): Uint8Array | undefined {
  const room = new Uint8Array(66_000);
  room.set(octets, 7);
  const peer = new Peer(Uint8Array.of(192, 0, 2, 99));
  peer.overTcp = overTcp;
  const length = responder.answer(room, 7, octets.length, 65_535, peer);
  return length === 0 ? undefined : room.slice(7, 7 + length);
}

/** Asks and reads the response; over TCP, so that everything fits. */
export function ask(responder: Responder, qname: string | WireName, qtype: number): Message {
  const octets = exchange(responder, query(typeof qname === 'string' ? name(qname) : qname, qtype), true);
  if (octets === undefined) throw new Error('no response');
  return parseMessage(octets);
}

/** What a response says, as text that does not depend on the order of records. */
export function showMessage(message: Message): string {
  const flags = `${message.rcode}${message.flags.aa ? ' aa' : ''}${message.flags.tc ? ' tc' : ''}`;
  const section = (title: string, records: Message['answers']): string =>
    records
      .map((record) => `\n  ${title} ${showRecord(record)}`)
      .sort()
      .join('');
  return `${flags}${section('answer', message.answers)}${section('authority', message.authorities)}${section('additional', message.additionals)}`;
}
