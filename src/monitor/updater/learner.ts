import type { Endpoint } from '../../base/endpoint.ts';
import { showEndpoint } from '../../base/endpoint.ts';
import { WaypostError } from '../../base/errors.ts';
import type { Timers } from '../../base/timers.ts';
import type { Exchanger } from '../../client/exchange.ts';
import type { ServerList } from '../../client/server-list.ts';
import type { TransferClient } from '../../client/transfer-client.ts';
import { readZone } from '../../client/zone-reader.ts';
import { type Message, makeQuery } from '../../message/message.ts';
import { matchesPattern } from '../../update/name-pattern.ts';
import { Rcode, RRClass, RRType, showRcode } from '../../wire/iana.ts';
import { type DomainName, equalNames, foldName, showName } from '../../wire/name.ts';
import type { RR, RRset } from '../../zone/record.ts';
import { soaSerial } from '../../zone/serial.ts';
import { isSteeringOwner, steeredOwner, steeringOwner } from '../../zone/steering-owner.ts';
import { whyNoJudge } from './judge-question.ts';
import { isSteeredBy, type NameRecords } from './known-name.ts';
import { markedOwner, markOwner } from './marker.ts';
import { textOf } from './outcome.ts';
import { nameKey } from './plan.ts';
import { EDNS } from './update-message.ts';
import { MEMBER_TYPES, type UpdatedZone, type WatchedName } from './watched.ts';

/** What was learned of a zone. */
export interface LearnedZone {
  readonly server: Endpoint;
  readonly serial: number;
  /** The names that are looked after, those found by patterns among them. */
  readonly names: readonly LearnedName[];
}

/** A name, and what the server holds of it; or why that is not known. */
export type LearnedName = { readonly watched: WatchedName } & (
  | { readonly kind: 'known'; readonly records: NameRecords }
  | { readonly kind: 'hidden'; readonly reason: string }
);

/** A server did not say what is in a zone. The text says what to look at. */
export class LearnError extends WaypostError {
  readonly code = 'WP_LEARN';
}

/** What learning is done with. */
export interface LearnerOptions {
  readonly zone: UpdatedZone;
  readonly exchanger: Pick<Exchanger, 'ask'>;
  readonly transfers: Pick<TransferClient, 'fetch'>;
  readonly servers: ServerList;
  readonly timers: Pick<Timers, 'nowMs'>;
  readonly timeoutMs?: number | undefined;
}

/**
 * Reads from the servers of a zone what they hold of the names that are looked after: by signed questions, or by
 * signed AXFR. What a judge may not see it finds out in another way: see {@link Learner.learn}.
 */
export class Learner {
  readonly #options: LearnerOptions;
  /** Where it was found that the key judges, and until when that is believed; by server and name. */
  readonly #judgesUntilMs = new Map<string, number>();

  constructor(options: LearnerOptions) {
    this.#options = options;
  }

  /**
   * Asks the servers in their order. Rejects with what the last one said: `ExchangeError`, `IncomingTransferError`,
   * {@link LearnError}.
   *
   * A judged name is seen whole by a key that has the raw view. One that has not gets chosen answers, from which
   * nothing follows; then the server is asked whether the key judges there (`judge-question.ts`), and the monitor
   * goes by what it says itself, beginning with a word on each member.
   */
  async learn(signal: AbortSignal): Promise<LearnedZone> {
    const { servers, zone } = this.#options;
    let failure: unknown = new LearnError(`no server is named for ${showName(zone.apex)}`);
    for (const server of servers.inOrder()) {
      try {
        const learned =
          zone.learn === 'axfr'
            ? await this.#learnByTransfer(server, signal)
            : await this.#learnByQueries(server, signal);
        servers.answered(server);
        return learned;
      } catch (error) {
        if (!(error instanceof WaypostError)) throw error;
        failure = error;
        servers.failed(server);
        if (signal.aborted) break;
      }
    }
    throw failure;
  }

  /** The serial, and the server that says it. Rejects as {@link learn} does. */
  async serial(signal: AbortSignal): Promise<Pick<LearnedZone, 'server' | 'serial'>> {
    const { servers } = this.#options;
    const [server] = servers.inOrder();
    if (server === undefined) throw new LearnError('no server is named');
    try {
      return { server, serial: await this.#serialOf(server, signal) };
    } catch (error) {
      servers.failed(server);
      throw error;
    }
  }

  // --- by questions ---

  async #learnByQueries(server: Endpoint, signal: AbortSignal): Promise<LearnedZone> {
    const { zone } = this.#options;
    const serial = await this.#serialOf(server, signal); // before the rest: a change in between shows at the next poll
    const names: LearnedName[] = [];
    const waiting = [...zone.names];
    const work = async (): Promise<void> => {
      for (let watched = waiting.shift(); watched !== undefined; watched = waiting.shift()) {
        names.push(await this.#learnName(server, watched, signal));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { server, serial, names: inOrderOf(zone.names, names) };
  }

  async #learnName(server: Endpoint, watched: WatchedName, signal: AbortSignal): Promise<LearnedName> {
    const { name } = watched;
    const types = watched.members === 'auto' ? MEMBER_TYPES : typesOf(watched.members);
    try {
      const sets = new Map<number, RRset>();
      for (const type of types) {
        const set = await this.#ask(server, name, type, signal);
        if (set !== undefined) sets.set(type, set);
      }
      const at = this.#companionOf(name);
      const lines = at === undefined ? undefined : await this.#ask(server, at, RRType.TXT, signal);
      return await this.#understand(server, watched, { name, sets, lines, stated: undefined }, signal);
    } catch (error) {
      if (!(error instanceof LearnError)) throw error;
      return { watched, kind: 'hidden', reason: error.message };
    }
  }

  /** The RRset that a name owns; `undefined` when it owns none of the type. */
  async #ask(
    server: Endpoint,
    name: DomainName,
    type: number,
    signal: AbortSignal,
  ): Promise<RRset | undefined> {
    const { exchanger, zone, timeoutMs } = this.#options;
    const query = makeQuery(0, { name, type, class: RRClass.IN }, { edns: EDNS });
    const reply = await exchanger.ask(query, server, {
      key: zone.key,
      signal,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    const { rcode } = reply;
    if ((rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) || !reply.flags.aa) {
      throw new LearnError(sayUnanswered(reply, server, name));
    }
    const records = reply.answers.filter(
      (record) =>
        record.type === type && record.class === RRClass.IN && equalNames(foldName(record.owner), name),
    );
    const [first] = records;
    return first === undefined
      ? undefined
      : { type, ttl: first.ttl, rdatas: records.map(({ rdata }) => rdata) };
  }

  async #serialOf(server: Endpoint, signal: AbortSignal): Promise<number> {
    const { apex } = this.#options.zone;
    const [rdata] = (await this.#ask(server, apex, RRType.SOA, signal))?.rdatas ?? [];
    if (rdata !== undefined) return soaSerial(rdata);
    throw new LearnError(`${showEndpoint(server)} has no SOA of ${showName(apex)}: is that a zone there?`);
  }

  // --- by transfer ---

  async #learnByTransfer(server: Endpoint, signal: AbortSignal): Promise<LearnedZone> {
    const { zone, transfers } = this.#options;
    const { apex, key } = zone;
    const listed = new Set(zone.names.map(({ name }) => nameKey(name)));
    const isWatched = (name: DomainName) =>
      listed.has(nameKey(name)) ||
      (zone.patterns?.some((pattern) => matchesPattern(pattern, name, apex)) ?? false);
    const ownerOf = ({ owner, type }: RR): DomainName | undefined => {
      if (type === RRType.TXT) return zone.action === 'judge' ? steeredOwner(owner) : markedOwner(owner);
      const isData = MEMBER_TYPES.includes(type) && !isSteeringOwner(owner);
      return isData && markedOwner(owner) === undefined ? owner : undefined;
    };
    const { serial, records } = await readZone(transfers, {
      apex,
      from: server,
      key,
      signal,
      isWanted(rr) {
        const owner = ownerOf(rr);
        return owner !== undefined && isWatched(owner);
      },
    });
    const found = new Map<string, FoundName>();
    for (const { name } of zone.names) found.set(nameKey(name), { name, sets: new Map(), lines: undefined });
    for (const rr of records) {
      const owner = ownerOf(rr) ?? rr.owner;
      const key_ = nameKey(owner);
      const name = found.get(key_) ?? { name: owner, sets: new Map(), lines: undefined };
      found.set(key_, name);
      if (rr.type === RRType.TXT) name.lines = withRdata(name.lines, rr);
      else name.sets.set(rr.type, withRdata(name.sets.get(rr.type), rr));
    }
    const names: LearnedName[] = [];
    for (const { name, sets, lines } of found.values()) {
      const watched = zone.names.find((other) => equalNames(other.name, name)) ?? {
        name,
        members: 'auto',
      };
      names.push(await this.#understand(server, watched, { name, sets, lines, stated: undefined }, signal));
    }
    return { server, serial, names };
  }

  // --- what a judge sees ---

  async #understand(
    server: Endpoint,
    watched: WatchedName,
    records: NameRecords,
    signal: AbortSignal,
  ): Promise<LearnedName> {
    const { exchanger, zone } = this.#options;
    if (zone.action === 'edit' || isSteeredBy(records)) return { watched, kind: 'known', records };
    const proof = `${showEndpoint(server)} ${nameKey(watched.name)}`;
    const isProven = this.#nowMs() < (this.#judgesUntilMs.get(proof) ?? 0);
    const reason = isProven ? undefined : await whyNoJudge(exchanger, server, zone, watched, signal);
    if (reason !== undefined) return { watched, kind: 'hidden', reason };
    if (!isProven) this.#judgesUntilMs.set(proof, this.#nowMs() + PROOF_MS);
    return { watched, kind: 'known', records: { ...records, sets: new Map(), stated: new Map() } };
  }

  #nowMs(): number {
    return this.#options.timers.nowMs();
  }

  /** Where the lines of a name stand, when they are looked at. */
  #companionOf(name: DomainName): DomainName | undefined {
    const { action, memory } = this.#options.zone;
    if (action === 'judge') return steeringOwner(name);
    return memory === 'file' ? undefined : markOwner(name);
  }
}

// --- helpers ---

/** Names that are asked for at the same time. */
const AT_ONCE = 16;
/** A refusal stands in the server's log each time. */
const PROOF_MS = 600_000;

interface FoundName {
  readonly name: DomainName;
  readonly sets: Map<number, RRset>;
  lines: RRset | undefined;
}

function withRdata(set: RRset | undefined, { type, ttl, rdata }: RR): RRset {
  return { type, ttl: set?.ttl ?? ttl, rdatas: [...(set?.rdatas ?? []), rdata] };
}

/** The types to ask for: those of the members, and all that could stand in the way of putting them back. */
function typesOf(members: readonly { readonly type: number }[]): readonly number[] {
  const own = new Set(members.map(({ type }) => type));
  return MEMBER_TYPES.filter((type) => own.has(type) || own.has(RRType.CNAME) || type === RRType.CNAME);
}

function inOrderOf(order: readonly WatchedName[], names: readonly LearnedName[]): readonly LearnedName[] {
  const byName = new Map(names.map((name) => [nameKey(name.watched.name), name]));
  return order.flatMap(({ name }) => byName.get(nameKey(name)) ?? []);
}

function sayUnanswered(reply: Message, server: Endpoint, name: DomainName): string {
  const { rcode, flags } = reply;
  const where = showEndpoint(server);
  const why = textOf(reply);
  if (rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) {
    const text = why === undefined ? '' : `: ${why}`;
    return `${where} answers a question about ${showName(name)} with ${showRcode(rcode)}${text}`;
  }
  const lower = flags.ra ? 'is it a resolver?' : 'is the name in a zone below?';
  return `${where} is not authoritative for ${showName(name)}: ${lower}`;
}
