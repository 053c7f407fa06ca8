import type { Effects } from '../base/effects.ts';
import { showEndpoint } from '../base/endpoint.ts';
import { messageOf, WaypostError } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import type { Exchanger } from '../client/exchange.ts';
import { notifySetOf } from '../transfer/notify-set.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner } from '../zone/record.ts';
import { soaSerial } from '../zone/serial.ts';
import { type NotifyTarget, type SecondaryReport, TrackedSecondary } from './tracked-secondary.ts';

/** Who is told of a zone's changes. */
export interface NotifyRules {
  readonly apex: DomainName;
  readonly targets: readonly NotifyTarget[];
  /** Whether the zone's name servers are told too, on port 53 and unsigned. */
  readonly tellsNameServers: boolean;
}

/** How notifying is joined with the rest of the program. */
export interface NotifyingOptions {
  readonly exchanger: Pick<Exchanger, 'ask'>;
  readonly effects: Effects;
  readonly timers: Timers;
  /** What the apex of a zone that is served here owns; `undefined` when it is not served. */
  apexOf(apex: DomainName): Owner | undefined;
  /** What a name owns in the deepest zone served here that holds it; `undefined` when nothing. */
  find(name: DomainName): Owner | undefined;
  /** Whether an address is this server's own. */
  isOwn(address: string): boolean;
}

/** How waiting for the secondaries of a zone ended. */
export interface WaitReport {
  readonly zone: string;
  /** The serial that was waited for. */
  readonly serial: number;
  /** Whether all secondaries have it, or a later one. */
  readonly isReached: boolean;
  readonly secondaries: readonly SecondaryReport[];
}

/** Nobody can be waited for; the text says why and what to do. */
export class NothingToWaitForError extends WaypostError {
  readonly code = 'WP_NOTHING_TO_WAIT_FOR';
}

/** One zone and those who are told of its changes. */
export class NotifiedZone {
  #rules: NotifyRules;
  readonly #options: NotifyingOptions;
  /** By `ADDR:PORT`. */
  readonly #secondaries = new Map<string, TrackedSecondary>();
  readonly #waiters = new Set<Waiter>();
  /** Name servers of which was said that they have no address here. */
  readonly #namedElsewhere = new Set<string>();
  #serial: number | undefined;
  #isStale = false;
  /** A look at the zone is to come, or has just been: what changes now waits for the next. */
  #isResting = false;
  #cancelRest: () => void = () => {};
  #isAnnounced = false;
  #isSaidUnreadable = false;
  #isStopped = false;

  constructor(rules: NotifyRules, options: NotifyingOptions) {
    this.#rules = rules;
    this.#options = options;
  }

  /** Other rules for the same zone. */
  configure(rules: NotifyRules): void {
    this.#rules = rules;
    if (this.#isAnnounced) this.#refresh();
    this.#letGo();
  }

  /**
   * The zone has a new serial. The first change is told at once; those that follow it within {@link SPACING_MS} are told
   * together after that time.
   */
  changed(): void {
    this.#isStale = true;
    if (this.#isResting) return;
    this.#isResting = true;
    this.#options.timers.soon(() => this.#refreshAndRest());
  }

  #refreshAndRest(): void {
    this.#isResting = this.#isStale && !this.#isStopped;
    if (!this.#isResting) return;
    const restMs = this.#tryRefresh() ? SPACING_MS : RETRY_MS;
    this.#cancelRest = this.#options.timers.after(restMs, () => this.#refreshAndRest());
  }

  /** The server has begun to serve: all are told within `withinMs`, at random (RFC 1996 §3.9). */
  announce(withinMs: number): void {
    this.#refresh();
    this.#isAnnounced = true;
    for (const secondary of this.#secondaries.values()) {
      const [high = 0, low = 0] = this.#options.effects.randomOctets(2);
      secondary.announce((((high << 8) | low) / 0x10000) * withinMs);
    }
  }

  /** The zone was sent to this address. */
  noteTransfer(address: string): void {
    for (const secondary of this.#secondaries.values()) {
      if (secondary.target.endpoint.address === address) secondary.noteTransfer();
    }
  }

  reports(): readonly SecondaryReport[] {
    this.#refresh(); // the zone may be gone: nobody says so
    return [...this.#secondaries.values()].map((secondary) => secondary.report());
  }

  /** See `Notifier.wait`. */
  async wait(wanted: number | undefined, timeoutMs: number): Promise<WaitReport> {
    this.#refresh();
    const zone = showName(this.#rules.apex);
    if (this.#serial === undefined) throw new NothingToWaitForError(`zone ${zone} is not served here`);
    if (this.#secondaries.size === 0) {
      throw new NothingToWaitForError(`no name server of ${zone} besides this one has an address here`);
    }
    if (this.#waiters.size >= MOST_WAITERS) {
      throw new NothingToWaitForError(`${this.#waiters.size} wait for ${zone} already; try again later`);
    }
    const serial = wanted ?? this.#serial;
    const all = [...this.#secondaries.values()];
    for (const secondary of all) secondary.hurry();
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel();
        this.#waiters.delete(waiter);
        resolve();
      };
      const cancel = this.#options.timers.after(timeoutMs, end);
      const waiter = { serial, end };
      this.#waiters.add(waiter);
      this.#letGo();
    });
    for (const secondary of all) secondary.unhurry();
    return { zone, serial, isReached: this.#isAt(serial), secondaries: this.reports() };
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRest();
    for (const secondary of this.#secondaries.values()) secondary.stop();
    for (const { end } of this.#waiters) end();
  }

  /** Lets those go whose serial all secondaries have. */
  #letGo(): void {
    for (const { serial, end } of this.#waiters) if (this.#isAt(serial)) end();
  }

  #isAt(serial: number): boolean {
    return [...this.#secondaries.values()].every((secondary) => secondary.has(serial));
  }

  /** As {@link #refresh}; when the zone cannot be read now, says so once and leaves it to be done again. */
  #tryRefresh(): boolean {
    try {
      this.#refresh();
      this.#isSaidUnreadable = false;
      return true;
    } catch (error) {
      this.#isStale = true;
      const zone = showName(this.#rules.apex);
      const fields = { zone, error: messageOf(error) };
      if (!this.#isSaidUnreadable) this.#options.effects.log.error('notify: the zone cannot be read', fields);
      this.#isSaidUnreadable = true;
      return false;
    }
  }

  /** Looks what the zone is now, and hands a new serial on. */
  #refresh(): void {
    this.#isStale = false;
    const owner = this.#options.apexOf(this.#rules.apex);
    const rrset = rrsetOf(owner, RRType.SOA);
    const [rdata] = rrset?.rdatas ?? [];
    const isServed = owner !== undefined && rrset !== undefined && rdata !== undefined;
    const targets = isServed ? this.#targets(owner) : new Map<string, NotifyTarget>();
    for (const [key, secondary] of this.#secondaries) {
      if (targets.has(key)) continue;
      secondary.stop();
      this.#secondaries.delete(key);
    }
    this.#serial = isServed ? soaSerial(rdata) : undefined;
    if (!isServed) return;
    const soa = { owner: this.#rules.apex, type: RRType.SOA, ttl: rrset.ttl, rdata };
    for (const [key, target] of targets) {
      const known = this.#secondaries.get(key);
      known?.changed(soa, target);
      if (known !== undefined) continue;
      const secondary = new TrackedSecondary(soa, target, { ...this.#options, onSeen: () => this.#letGo() });
      this.#secondaries.set(key, secondary);
      if (this.#isAnnounced) secondary.announce(0);
    }
  }

  /** By `ADDR:PORT`; what is configured before what is found. */
  #targets(apex: Owner): ReadonlyMap<string, NotifyTarget> {
    const { targets, tellsNameServers } = this.#rules;
    const all = new Map(targets.map((target) => [showEndpoint(target.endpoint), target]));
    if (!tellsNameServers) return all;
    const { find, isOwn } = this.#options;
    const { addresses, unknown } = notifySetOf(apex, find);
    for (const name of unknown.map(showName)) this.#sayElsewhere(name);
    const told = new Set(targets.map(({ endpoint }) => endpoint.address)); // there, with a key and a port perhaps
    for (const address of addresses) {
      if (isOwn(address) || told.has(address)) continue;
      const endpoint = { address, port: DNS_PORT };
      all.set(showEndpoint(endpoint), { endpoint, key: undefined, source: undefined });
    }
    return all;
  }

  #sayElsewhere(server: string): void {
    if (this.#namedElsewhere.has(server) || this.#namedElsewhere.size >= MOST_NAMED) return;
    this.#namedElsewhere.add(server);
    const zone = showName(this.#rules.apex);
    this.#options.effects.log.warn(
      'notify: a name server has no address in the zones served here, and is not told; put its address into notify',
      { zone, server },
    );
  }
}

/** Who waits. */
interface Waiter {
  readonly serial: number;
  end(): void;
}

/** Changes within that time after one that was told at once are told together. */
export const SPACING_MS = 75;

/** A zone that could not be read is read again after that time. */
const RETRY_MS = 1000;
const DNS_PORT = 53;
const MOST_WAITERS = 64;
const MOST_NAMED = 100;
