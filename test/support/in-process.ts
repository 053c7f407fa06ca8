// The server without its sockets: zones in memory, the image, one responder.
import { Responder, type ResponderOptions } from '../../src/answer/respond.ts';
import { Peer } from '../../src/base/peer.ts';
import type { ImageMemory } from '../../src/image/layout.ts';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import { canonicalRdata } from '../../src/rdata/table.ts';
import { type Occasion, SteeredOwners } from '../../src/store/steered-owners.ts';
import type { DomainName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { FakeEffects } from './effects.ts';
import { keyOf, MemoryZone } from './memory-zone.ts';
import { showRecord } from './rr.ts';
import type { Happening, Scenario } from './scenario.ts';
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

/** A server without sockets. */
export interface InProcess {
  ask(...request: Parameters<Ask>): Uint8Array | undefined;
  happen(happening: Happening): void;
}

/** Serves a scenario's zones and answers in this process; its clock stands until it is made to go. */
export function answerInProcess(scenario: Scenario): InProcess {
  const served = new ServedScenario(scenario);
  const { memory, options, geo } = served.state;
  const responder = new Responder(memory, options, () => served.effects.nowMs(), geo);
  served.onGeneration = () => responder.take(served.state.memory, geo);
  const octets = new Uint8Array(START + TCP_ROOM + AROUND);
  const ask: InProcess['ask'] = (query, overTcp, from) => {
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
  return { ask, happen: (happening) => served.happen(happening) };
}

function isWritten(octet: number): boolean {
  return octet !== FILLER;
}

/** The zones' image, the settings and where clients are: what a thread makes its responder from. */
export interface ServedState {
  readonly memory: ImageMemory;
  readonly options: ResponderOptions;
  /** Tables of the scenario's `networks`. */
  readonly geo: SharedArrayBuffer | undefined;
}

/** Compiles a scenario's zones. */
export function stateFor(scenario: Scenario): ServedState {
  return new ServedScenario(scenario).state;
}

/** A scenario's zones in an image, with what happens to them. */
class ServedScenario {
  readonly effects = new FakeEffects();
  onGeneration: () => void = () => {};
  readonly #zones: MemoryZone[];
  readonly #steered = new SteeredOwners(() => this.effects.nowMs());
  readonly #image: ZoneImageWriter;
  readonly #options: ResponderOptions;
  readonly #geo: SharedArrayBuffer | undefined;

  constructor(scenario: Scenario) {
    this.#zones = scenario.zones.map(({ apex, records }) => sortedZone(apex, records));
    this.#image = new ZoneImageWriter({
      view: (apex) => this.#steered.view(zoneOf(this.#zones, apex)),
      onGeneration: () => this.onGeneration(),
    });
    this.#image.beginBulk();
    for (const zone of this.#zones) {
      this.#image.addZone(zone.apex);
      this.#image.apply(zone.apex, this.#steered.served(zone, zone.owners(), 'load'));
    }
    this.#image.endBulk();
    this.#options = optionsOf(scenario);
    this.#geo = scenario.networks;
  }

  get state(): ServedState {
    return { memory: this.#image.memory, options: this.#options, geo: this.#geo };
  }

  /** A change, as the store would show it; or time, in which lines lapse. */
  happen(happening: Happening): void {
    if (happening.kind === 'wait') {
      this.effects.now += happening.seconds * 1000;
      for (const { apex, owner } of this.#steered.takeLapsed(1000)) this.#show(apex, [owner], 'lapse');
      return;
    }
    const { apex, removed, added } = happening;
    const zone = zoneOf(this.#zones, apex);
    const gone = new Set(removed.map(showRecord));
    const kept = zone.records.filter((record) => !gone.has(showRecord(record)));
    if (kept.length + removed.length !== zone.records.length)
      throw new Error('a record to remove is not there');
    this.#zones[this.#zones.indexOf(zone)] = sortedZone(apex, [...kept, ...added]);
    const touched = new Map([...removed, ...added].map(({ owner }) => [keyOf(owner), owner]));
    this.#show(apex, [...touched.values()], 'change');
  }

  #show(apex: DomainName, names: readonly DomainName[], occasion: Occasion): void {
    const zone = zoneOf(this.#zones, apex);
    const owners = names.map((owner) => zone.get(owner) ?? { name: owner, rrsets: [] });
    this.#image.apply(apex, this.#steered.served(zone, owners, occasion));
  }
}

function optionsOf({ settings }: Scenario): ResponderOptions {
  const setting = (key: keyof typeof SCENARIO_SETTINGS) => settings.get(key) ?? SCENARIO_SETTINGS[key];
  const cookieSecrets = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
  writeCookieSecrets(cookieSecrets, SECRET, SECRET);
  return {
    maxPayload: Number(setting('max-payload')),
    nsid: setting('nsid'),
    chaos: { version: setting('version'), hostname: setting('hostname') },
    cookieSecrets,
    lateOpcodes: [],
  };
}

/** A responder whose clock stands. */
export function responderOf(state: ServedState): Responder {
  const effects = new FakeEffects();
  return new Responder(state.memory, state.options, () => effects.nowMs(), state.geo);
}

function zoneOf(zones: readonly MemoryZone[], apex: DomainName): MemoryZone {
  const zone = zones.find((candidate) => Buffer.compare(candidate.apex, apex) === 0);
  if (zone === undefined) throw new Error('the image asks for a zone that it was not given');
  return zone;
}

function sortedZone(apex: DomainName, records: readonly RR[]): MemoryZone {
  return new MemoryZone(apex, records.toSorted(compareRdata));
}

/** RRsets come in canonical order of their data (RFC 4034 §6.3), as from the store. */
function compareRdata(a: RR, b: RR): number {
  return Buffer.compare(canonicalRdata(a.type, a.rdata), canonicalRdata(b.type, b.rdata));
}
