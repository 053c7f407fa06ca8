import type { Effects } from '../base/effects.ts';
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import { ExchangeError } from '../client/errors.ts';
import type { Exchanger } from '../client/exchange.ts';
import { type Message, makeQuery, NO_FLAGS } from '../message/message.ts';
import type { TsigKey } from '../message/tsig-key.ts';
import { MOST_TRIES, Secondary, type SecondaryKnowledge } from '../transfer/secondary.ts';
import { Opcode, Rcode, RRClass, RRType, showRcode } from '../wire/iana.ts';
import { equalNames, showName } from '../wire/name.ts';
import type { RR } from '../zone/record.ts';
import { isSerialAhead, soaSerial } from '../zone/serial.ts';

/** A server that is told of a zone's changes. */
export interface NotifyTarget {
  readonly endpoint: Endpoint;
  /** Signs what is sent; then only replies signed with it are believed. */
  readonly key: TsigKey | undefined;
  /** The address of this machine to send from; `undefined`: the system chooses. */
  readonly source: string | undefined;
}

/** One secondary of one zone, for people. */
export interface SecondaryReport extends Omit<SecondaryKnowledge, 'seenMs' | 'behindSinceMs'> {
  /** In presentation format. */
  readonly zone: string;
  /** `ADDR:PORT`. */
  readonly address: string;
  /** Seconds since it was last seen. */
  readonly seenSecondsAgo: number | undefined;
  /** Seconds since we have the first serial that it lacks. */
  readonly behindSeconds: number | undefined;
}

/** What a {@link TrackedSecondary} works with. */
export interface TrackedSecondaryOptions {
  readonly exchanger: Pick<Exchanger, 'ask'>;
  readonly effects: Pick<Effects, 'log'>;
  readonly timers: Timers;
  /** Called when it was asked which serial it has. */
  onSeen(): void;
}

/** A {@link Secondary} joined with the network: sends what it wants sent, when it wants it. */
export class TrackedSecondary {
  #target: NotifyTarget;
  readonly #options: TrackedSecondaryOptions;
  readonly #state: Secondary;
  readonly #stopping = new AbortController();
  #soa: RR;
  #disarm: () => void = () => {};
  /** What was last said in the log about telling, so that it is said once. */
  #said: string | undefined;
  #isSaidAhead = false;

  /** `soa` is the zone's as it is now. Nothing is sent before {@link announce} or {@link changed}. */
  constructor(soa: RR, target: NotifyTarget, options: TrackedSecondaryOptions) {
    this.#target = target;
    this.#options = options;
    this.#soa = soa;
    this.#state = new Secondary(soaSerial(soa.rdata));
  }

  get target(): NotifyTarget {
    return this.#target;
  }

  /** The server has begun to serve the zone: the secondary is told after `delayMs`. */
  announce(delayMs: number): void {
    this.#state.announce(this.#nowMs + delayMs);
    this.#run();
  }

  /** The zone's SOA now, and how to reach the secondary; it is told of a new serial, or when it may be had now. */
  changed(soa: RR, target: NotifyTarget): void {
    const serial = soaSerial(soa.rdata);
    const isNew = serial !== soaSerial(this.#soa.rdata);
    this.#soa = soa;
    const isOther = target.key !== this.#target.key || target.source !== this.#target.source;
    this.#target = target;
    if (isNew) this.#state.changed(serial, this.#nowMs);
    else if (isOther && this.#state.knowledge.error !== undefined) this.#state.announce(this.#nowMs);
    else return;
    this.#run();
  }

  noteTransfer(): void {
    this.#state.transferred(this.#nowMs);
    this.#run();
  }

  hurry(): void {
    this.#state.hurry(this.#nowMs);
    this.#run();
  }

  unhurry(): void {
    this.#state.unhurry();
  }

  /** Whether it has the serial, or a later one, for all we know. */
  has(serial: number): boolean {
    const { serial: theirs } = this.#state.knowledge;
    return theirs !== undefined && (theirs === serial || isSerialAhead(theirs, serial));
  }

  report(): SecondaryReport {
    const { seenMs, behindSinceMs, ...known } = this.#state.knowledge;
    return {
      zone: showName(this.#soa.owner),
      address: this.#where,
      ...known,
      seenSecondsAgo: this.#secondsSince(seenMs),
      behindSeconds: this.#secondsSince(behindSinceMs),
    };
  }

  stop(): void {
    this.#disarm();
    this.#stopping.abort();
  }

  #run(): void {
    this.#disarm();
    if (this.#stopping.signal.aborted) return;
    const now = this.#nowMs;
    for (let task = this.#state.take(now); task !== undefined; task = this.#state.take(now)) {
      if (task === 'notify') void this.#notify();
      else void this.#look();
    }
    const { dueMs } = this.#state;
    if (dueMs !== undefined) {
      this.#disarm = this.#options.timers.after(Math.max(0, dueMs - now), () => this.#run());
    }
  }

  // --- telling ---

  /** RFC 1996 §3.7, §4.5: a NOTIFY with the SOA as a hint. */
  async #notify(): Promise<void> {
    const answers = [{ ...this.#soa, class: RRClass.IN }];
    const request = { ...this.#query(), opcode: Opcode.NOTIFY, flags: { ...NO_FLAGS, aa: true }, answers };
    try {
      const { rcode } = await this.#ask(request);
      if (rcode === Rcode.NOERROR) {
        this.#state.acknowledged(this.#nowMs);
        this.#sayWell();
      } else if (rcode === Rcode.SERVFAIL) this.#unanswered(`${this.#where} answers NOTIFY with SERVFAIL`);
      else {
        const error = `${this.#where} answers NOTIFY with ${showRcode(rcode)}: ${adviceFor(rcode)}`;
        this.#state.refused(error, this.#nowMs);
        this.#say(`it does not take NOTIFY`, error);
      }
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      if (this.#stopping.signal.aborted) return;
      this.#unanswered(messageOf(error));
    }
    this.#run();
  }

  #unanswered(error: string): void {
    const isGivenUp = this.#state.unanswered(error, this.#nowMs);
    if (isGivenUp)
      this.#say(`told ${MOST_TRIES} times without success, until the next serial no more`, error);
  }

  // --- looking ---

  async #look(): Promise<void> {
    try {
      const reply = await this.#ask(this.#query());
      const serial = this.#serialIn(reply);
      if (serial === undefined) this.#state.lookFailed(this.#whyNoSerial(reply), this.#nowMs);
      else this.#saw(serial);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      if (this.#stopping.signal.aborted) return;
      this.#state.lookFailed(messageOf(error), this.#nowMs);
    }
    this.#options.onSeen();
    this.#run();
  }

  #saw(serial: number): void {
    this.#state.looked(serial, this.#nowMs);
    const isAhead = this.#state.knowledge.standing === 'ahead';
    if (isAhead && !this.#isSaidAhead) {
      const ours = soaSerial(this.#soa.rdata);
      const error = `it has serial ${serial}, and this server ${ours}: was the zone set back here, or has it another primary? It will not fetch the zone before our serial is later`;
      this.#warn('it is ahead of this server', error);
    }
    this.#isSaidAhead = isAhead;
  }

  #serialIn({ rcode, answers }: Message): number | undefined {
    if (rcode !== Rcode.NOERROR) return undefined;
    const { owner } = this.#soa;
    const soa = answers.find(({ type, owner: of }) => type === RRType.SOA && equalNames(of, owner));
    return soa === undefined ? undefined : soaSerial(soa.rdata);
  }

  #whyNoSerial({ rcode }: Message): string {
    const zone = showName(this.#soa.owner);
    if (rcode === Rcode.NOERROR) return `${this.#where} does not have zone ${zone}`;
    return `${this.#where} answers a query for the SOA of ${zone} with ${showRcode(rcode)}; does it serve the zone, and may this server ask it?`;
  }

  // --- both ---

  #query(): Message {
    return makeQuery(0, { name: this.#soa.owner, type: RRType.SOA, class: RRClass.IN });
  }

  #ask(request: Message): Promise<Message> {
    const { endpoint, key, source } = this.#target;
    const { signal } = this.#stopping;
    return this.#options.exchanger.ask(request, endpoint, {
      key,
      source,
      timeoutMs: TIMEOUT_MS,
      tries: 1,
      signal,
    });
  }

  get #where(): string {
    return showEndpoint(this.#target.endpoint);
  }

  get #nowMs(): number {
    return this.#options.timers.nowMs();
  }

  #secondsSince(ms: number | undefined): number | undefined {
    return ms === undefined ? undefined : Math.max(0, Math.round((this.#nowMs - ms) / 1000));
  }

  /** Warns once of each trouble until things go well again. */
  #say(what: string, error: string): void {
    if (this.#said === what) return;
    this.#said = what;
    this.#warn(what, error);
  }

  #warn(what: string, error: string): void {
    const zone = showName(this.#soa.owner);
    this.#options.effects.log.warn(`notify: secondary ${this.#where}: ${what}`, { zone, error });
  }

  #sayWell(): void {
    if (this.#said === undefined) return;
    this.#said = undefined;
    const zone = showName(this.#soa.owner);
    this.#options.effects.log.info(`notify: secondary ${this.#where}: takes NOTIFY again`, { zone });
  }
}

/** A try waits so long for an answer; then comes the back-off of {@link Secondary}. */
const TIMEOUT_MS = 2000;

/** What to do about a refused NOTIFY. */
function adviceFor(rcode: number): string {
  switch (rcode) {
    case Rcode.NOTIMP:
      return 'it knows no NOTIFY, and fetches the zone when its refresh time has come; shorten REFRESH in the SOA';
    case Rcode.REFUSED:
      return 'it does not take NOTIFY from here; name this server, and the key, in its primaries or its allow-notify';
    case Rcode.NOTAUTH:
      return 'it is no secondary of the zone, or does not know the key; look at its configuration';
    default:
      return 'look into its log';
  }
}
