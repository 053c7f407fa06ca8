// The server without its sockets: zones in memory, the image, one responder.
import { Responder, type ResponderOptions } from '../../src/answer/respond.ts';
import { Peer } from '../../src/base/peer.ts';
import type { ImageMemory } from '../../src/image/layout.ts';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import { canonicalRdata } from '../../src/rdata/table.ts';
import type { DomainName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
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
const AROUND = 100;
const FILLER = 0xa5;
const UDP_ROOM = 4096;
const TCP_ROOM = 65_535;

/** Serves a scenario's zones and answers in this process. */
export function answerInProcess(scenario: Scenario): (...request: Parameters<Ask>) => Uint8Array | undefined {
  const responder = responderOf(stateFor(scenario));
  const octets = new Uint8Array(START + TCP_ROOM + AROUND);
  return (query, overTcp, from) => {
    const room = overTcp ? TCP_ROOM : UDP_ROOM;
    octets.fill(FILLER, 0, START + room + AROUND);
    octets.set(query, START);
    const peer = new Peer(from ?? LOCALHOST);
    peer.addressLength = peer.octets.length;
    peer.port = 53_000;
    peer.overTcp = overTcp;
    responder.beginBatch();
    const length = responder.answer(octets, START, query.length, room, peer);
    if (octets.subarray(0, START).some(isWritten)) throw new Error('written before the start');
    const after = octets.subarray(START + room, START + room + AROUND);
    if (after.some(isWritten)) throw new Error('written past the room');
    return length === 0 ? undefined : octets.slice(START, START + length);
  };
}

function isWritten(octet: number): boolean {
  return octet !== FILLER;
}

/** The zones' image and the settings: what a thread makes its responder from. */
export interface ServedState {
  readonly memory: ImageMemory;
  readonly options: ResponderOptions;
}

/** Compiles a scenario's zones. */
export function stateFor(scenario: Scenario): ServedState {
  const zones = scenario.zones.map(
    ({ apex, records }) => new MemoryZone(apex, records.toSorted(compareRdata)),
  );
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
  const options = {
    maxPayload: Number(setting('max-payload')),
    nsid: setting('nsid'),
    chaos: { version: setting('version'), hostname: setting('hostname') },
    cookieSecrets,
    lateOpcodes: [],
  };
  return { memory: writer.memory, options };
}

/** A responder whose clock stands. */
export function responderOf(state: ServedState): Responder {
  const effects = new FakeEffects();
  return new Responder(state.memory, state.options, () => effects.nowMs());
}

function zoneOf(zones: readonly MemoryZone[], apex: DomainName): MemoryZone {
  const zone = zones.find((candidate) => Buffer.compare(candidate.apex, apex) === 0);
  if (zone === undefined) throw new Error('the image asks for a zone that it was not given');
  return zone;
}

/** RRsets come in canonical order of their data (RFC 4034 §6.3), as from the store. */
function compareRdata(a: RR, b: RR): number {
  return Buffer.compare(canonicalRdata(a.type, a.rdata), canonicalRdata(b.type, b.rdata));
}
