// The server without its sockets: zones in memory, the image, one responder.
import { Responder } from '../../src/answer/respond.ts';
import { Peer } from '../../src/base/peer.ts';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import type { DomainName } from '../../src/wire/name.ts';
import { FakeEffects } from './effects.ts';
import { MemoryZone } from './memory-zone.ts';
import type { Scenario } from './scenario.ts';
import type { Ask } from './scenario-run.ts';

/** What scenarios may `set`, and what it is otherwise. */
export const SCENARIO_SETTINGS = {
  version: 'Waypost under test',
  hostname: 'node1.test',
  nsid: 'node1',
  'max-payload': '1232',
} as const;

const LOCALHOST = Uint8Array.of(127, 0, 0, 1);
const SECRET = Uint8Array.from({ length: 16 }, (_, i) => i);
/** A message does not begin where its buffer does, and what is around it is not zero. */
const START = 37;
const UDP_ROOM = 4096;
const TCP_ROOM = 65_535;

/** Serves a scenario's zones and answers in this process. */
export function answerInProcess(scenario: Scenario): Ask {
  const responder = responderFor(scenario);
  const octets = new Uint8Array(START + TCP_ROOM + 100);
  return (query, overTcp, from) => {
    octets.fill(0xa5);
    octets.set(query, START);
    const peer = new Peer(from ?? LOCALHOST);
    peer.addressLength = peer.octets.length;
    peer.port = 53_000;
    peer.overTcp = overTcp;
    responder.beginBatch();
    const room = overTcp ? TCP_ROOM : UDP_ROOM;
    const length = responder.answer(octets, START, query.length, room, peer);
    if (octets.subarray(0, START).some((octet) => octet !== 0xa5))
      throw new Error('written before the start');
    if (octets.subarray(START + room).some((octet) => octet !== 0xa5))
      throw new Error('written past the room');
    return length === 0 ? undefined : octets.slice(START, START + length);
  };
}

function responderFor(scenario: Scenario): Responder {
  const zones = scenario.zones.map(({ apex, records }) => new MemoryZone(apex, records));
  const writer = new ZoneImageWriter({
    view: (apex) => zoneOf(zones, apex),
    onGeneration: () => {},
  });
  writer.beginBulk();
  for (const zone of zones) {
    writer.addZone(zone.apex);
    writer.apply(zone.apex, zone.owners());
  }
  writer.endBulk();
  const setting = (key: keyof typeof SCENARIO_SETTINGS) =>
    scenario.settings.get(key) ?? SCENARIO_SETTINGS[key];
  const cookieSecrets = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
  writeCookieSecrets(cookieSecrets, SECRET, SECRET);
  const effects = new FakeEffects();
  const options = {
    maxPayload: Number(setting('max-payload')),
    nsid: setting('nsid'),
    chaos: { version: setting('version'), hostname: setting('hostname') },
    cookieSecrets,
  };
  return new Responder(writer.memory, options, () => effects.nowMs());
}

function zoneOf(zones: readonly MemoryZone[], apex: DomainName): MemoryZone {
  const zone = zones.find((candidate) => Buffer.compare(candidate.apex, apex) === 0);
  if (zone === undefined) throw new Error('the image asks for a zone that it was not given');
  return zone;
}
