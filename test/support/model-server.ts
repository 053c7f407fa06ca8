import { type Endpoint, showEndpoint } from '../../src/base/endpoint.ts';
import { latin1 } from '../../src/base/latin1.ts';
import { ExchangeError } from '../../src/client/errors.ts';
import type { ExchangeOptions } from '../../src/client/exchange.ts';
import type { WantedTransfer } from '../../src/client/transfer-client.ts';
import { composeExtendedError } from '../../src/message/edns.ts';
import { type Message, makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import { refuse } from '../../src/message/refusal.ts';
import { LiveView } from '../../src/steer/live-view.ts';
import { IncomingTransferError } from '../../src/transfer/incoming-error.ts';
import type { IncomingTransfer } from '../../src/transfer/incoming-records.ts';
import { decideUpdate } from '../../src/update/decide.ts';
import { type UpdateRules, viewOf } from '../../src/update/permission.ts';
import { openRequest } from '../../src/update/request.ts';
import { EdnsOption, ExtendedError, Opcode, Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { type DomainName, equalNames, foldName, isSubdomain } from '../../src/wire/name.ts';
import type { RecordDifference } from '../../src/zone/net-change.ts';
import { apexSoa, rrsetOf } from '../../src/zone/owner.ts';
import { serialOf, soaWithSerial } from '../../src/zone/serial.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import type { FakeEffects } from './effects.ts';
import { MemoryZone } from './memory-zone.ts';
import { rr, showRecord } from './rr.ts';

/** What goes wrong with one request. */
export type Mishap =
  /** It never comes. */
  | 'lose request'
  /** It is done, and nobody hears of it. */
  | 'lose reply'
  /** It is answered with this RCODE, and nothing is done. */
  | number;

/** A server without a network, that answers and updates one zone by the rules of Waypost. */
export class ModelServer {
  zone: MemoryZone;
  isUp = true;
  /** What goes wrong with the next updates, one after the other. */
  readonly mishaps: (Mishap | undefined)[] = [];
  /** The updates that came, mishaps or not. */
  readonly updates: Message[] = [];
  /** How often was asked for each type. */
  queries = 0;
  /** Told of each update that changed something, before it is to be seen. */
  onUpdate: ((by: DomainName | undefined, change: RecordDifference) => void) | undefined;
  /** Runs before an update is looked at: another writer. */
  meanwhile: (() => void) | undefined;
  readonly #rules: UpdateRules;
  readonly #effects: FakeEffects;
  #rawKeys: readonly string[];
  /** Who has an update under way. */
  readonly #underWay = new Set<string>();

  constructor(
    zone: MemoryZone,
    rules: UpdateRules,
    effects: FakeEffects,
    rawKeys: readonly DomainName[] = [],
  ) {
    this.zone = zone;
    this.#rules = rules;
    this.#effects = effects;
    this.#rawKeys = rawKeys.map(latin1);
  }

  get serial(): number {
    return serialOf(this.zone);
  }

  /** The records at a name, in presentation format without SOA. */
  at(owner: DomainName): string[] {
    return this.zone.records.filter((record) => equalNames(record.owner, owner)).map(showRecord);
  }

  /** Changes the zone as somebody else would: `- www 60 A 192.0.2.1`, `+ www 60 A 192.0.2.1`. */
  change(...lines: string[]): void {
    const removed = lines
      .filter((line) => line.startsWith('- '))
      .map((line) => showRecord(rr(line.slice(2))));
    const added = lines.filter((line) => line.startsWith('+ ')).map((line) => rr(line.slice(2)));
    const kept = this.zone.records.filter((record) => !removed.includes(showRecord(record)));
    if (kept.length + removed.length !== this.zone.records.length) throw new Error('it is not there');
    this.#replace([...kept, ...added]);
  }

  async ask(request: Message, to: Endpoint, { key, signal }: ExchangeOptions = {}): Promise<Message> {
    await Promise.resolve();
    if (signal?.aborted === true) throw new ExchangeError('aborted', 'given up');
    if (!this.isUp) throw new ExchangeError('timeout', `no answer from ${showEndpoint(to)}`);
    return request.opcode === Opcode.UPDATE
      ? await this.#update(request, key?.name, to)
      : this.#answer(request, key?.name);
  }

  async fetch({ apex, key, onRecord, from }: WantedTransfer): Promise<IncomingTransfer> {
    await Promise.resolve();
    if (!this.isUp) throw new ExchangeError('timeout', `no answer from ${showEndpoint(from)}`);
    if (key === undefined || !this.#isRaw(key.name)) throw new IncomingTransferError('refused', 'REFUSED');
    for (const record of this.zone.records) onRecord(record);
    const soa = apexSoa(this.zone) ?? { owner: apex, type: RRType.SOA, ttl: 0, rdata: new Uint8Array(22) };
    return { kind: 'whole', soa, records: this.zone.records.length };
  }

  async #update(request: Message, key: DomainName | undefined, to: Endpoint): Promise<Message> {
    this.updates.push(request);
    const who = latin1(key ?? this.zone.apex);
    if (this.#underWay.has(who)) throw new Error('two updates of one zone at a time');
    this.#underWay.add(who);
    try {
      const mishap = this.mishaps.shift();
      if (mishap === 'lose request') throw new ExchangeError('timeout', `no answer from ${showEndpoint(to)}`);
      if (typeof mishap === 'number') return this.#reply(request, mishap);
      this.meanwhile?.();
      await Promise.resolve();
      const reply = this.#decide(request, key);
      if (mishap === 'lose reply') throw new ExchangeError('timeout', `no answer from ${showEndpoint(to)}`);
      return reply;
    } finally {
      this.#underWay.delete(who);
    }
  }

  #decide(request: Message, key: DomainName | undefined): Message {
    const opened = openRequest(request, (name) =>
      isSubdomain(name, this.zone.apex) ? this.zone.apex : undefined,
    );
    const who = { key, address: Uint8Array.of(192, 0, 2, 200) };
    const nowSeconds = Math.floor(this.#effects.nowMs() / 1000);
    const outcome =
      opened.kind === 'refusal'
        ? refuse(opened.rcode, opened.reason)
        : decideUpdate(opened, this.zone, { who, rules: this.#rules, nowSeconds });
    if (outcome.kind === 'refusal') return this.#reply(request, outcome.rcode, outcome.reason);
    const removed = outcome.removed.map(showRecord);
    if (removed.length + outcome.added.length > 0) {
      this.onUpdate?.(key, outcome);
      const kept = this.zone.records.filter((record) => !removed.includes(showRecord(record)));
      this.#replace([...kept, ...outcome.added]);
    }
    const reply = this.#reply(request, Rcode.NOERROR);
    if (outcome.leaseSeconds === undefined || reply.edns === undefined) return reply;
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, outcome.leaseSeconds);
    return { ...reply, edns: { ...reply.edns, options: [{ code: EdnsOption.UPDATE_LEASE, data }] } };
  }

  #answer(request: Message, key: DomainName | undefined): Message {
    this.queries++;
    const [question] = request.questions;
    if (question === undefined) return this.#reply(request, Rcode.FORMERR);
    const name = foldName(question.name);
    const nowSeconds = Math.floor(this.#effects.nowMs() / 1000);
    const view: Pick<ZoneView, 'get'> = this.#isRaw(key) ? this.zone : new LiveView(this.zone, nowSeconds);
    const set = rrsetOf(view.get(name), question.type);
    const answers = (set?.rdatas ?? []).map((rdata) => {
      return { owner: name, type: question.type, class: RRClass.IN, ttl: set?.ttl ?? 0, rdata };
    });
    return { ...this.#reply(request, Rcode.NOERROR), answers };
  }

  #isRaw(key: DomainName | undefined): boolean {
    if (key === undefined) return false;
    return this.#rawKeys.includes(latin1(key)) || viewOf(this.#rules, { key, address: undefined }) === 'raw';
  }

  #reply(request: Message, rcode: number, why?: string): Message {
    const [question] = request.questions;
    if (question === undefined) throw new Error('no question');
    const option =
      why === undefined ? [] : [composeExtendedError({ infoCode: ExtendedError.OTHER, extraText: why })];
    return makeQuery(request.id, question, {
      opcode: request.opcode,
      rcode,
      flags: { ...NO_FLAGS, qr: true, aa: request.opcode === Opcode.QUERY },
      edns: request.edns === undefined ? undefined : { ...request.edns, options: option },
    });
  }

  #replace(
    records: readonly {
      readonly owner: DomainName;
      readonly type: number;
      readonly ttl: number;
      readonly rdata: Uint8Array;
    }[],
  ): void {
    const serial = this.serial + 1;
    this.zone = new MemoryZone(
      this.zone.apex,
      records.map((record) =>
        record.type === RRType.SOA ? { ...record, rdata: soaWithSerial(record.rdata, serial) } : record,
      ),
    );
  }
}
