import type { Effects } from '../base/effects.ts';
import { showEndpoint } from '../base/endpoint.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import type { Slots } from '../client/slots.ts';
import { secondaryTimes, type ZoneReceiver } from '../store/zone-receiver.ts';
import {
  begin,
  confirmed,
  failed,
  hurried,
  overdue,
  type RefreshPhase,
  type RefreshState,
  resumed,
} from '../transfer/refresh.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { isSerialAhead, soaSerial } from '../zone/serial.ts';
import { SecondaryLog } from './secondary-log.ts';
import { type FetchOutcome, type FetchTools, fetchZone, type Primary, storedSoa } from './zone-fetch.ts';

/** A zone that is fetched, and from where: the primaries are tried in their order. */
export interface WantedZone {
  readonly apex: DomainName;
  readonly primaries: readonly Primary[];
}

/** How a secondary zone does, for people. Times are milliseconds since 1970. */
export interface SecondaryZoneStatus {
  readonly apex: DomainName;
  readonly phase: RefreshPhase;
  readonly serial: number | undefined;
  readonly primaries: readonly string[];
  readonly isChecking: boolean;
  /** Records of the transfer under way. */
  readonly receiving: number | undefined;
  readonly confirmedMs: number;
  readonly expiresMs: number;
  readonly nextMs: number;
  /** Why the last check failed; `undefined` when it did not. */
  readonly lastError: string | undefined;
}

/** What the zones share. */
export interface SecondaryTools extends FetchTools {
  readonly receiver: Pick<ZoneReceiver, 'takeWhole' | 'takeSteps' | 'confirm' | 'withhold'>;
  readonly effects: Effects;
  readonly timers: Timers;
  /** Checks at once. */
  readonly slots: Slots;
  /** Says how far the transfer of a zone has come; `undefined`: it is over. */
  onReceiving?(apex: DomainName, records: number | undefined): void;
}

/** How a check ended, for who asked for it. */
export type RefreshResult =
  | { readonly kind: 'current' | 'taken'; readonly serial: number }
  | { readonly kind: 'failed'; readonly error: string };

/** One secondary zone: looks after it when its time has come, when it is told to, and until it has expired. */
export class SecondaryZone {
  readonly apex: DomainName;
  readonly primaries: readonly Primary[];
  readonly #tools: SecondaryTools;
  readonly #log: SecondaryLog;
  #state: RefreshState;
  readonly #ending = new AbortController();
  #cancel: () => void = () => {};
  #running: Promise<RefreshResult> | undefined;
  /** Told while a check was under way: its question may have come too early. */
  #isWantedAgain = false;
  /** The primary that has told of a change: asked first by the next check. */
  #notifier: string | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #receiving: number | undefined;
  #lastError: string | undefined;

  constructor({ apex, primaries }: WantedZone, tools: SecondaryTools) {
    this.apex = apex;
    this.primaries = primaries;
    this.#tools = tools;
    this.#log = new SecondaryLog(tools.effects.log, apex);
    const noted = secondaryTimes(tools.database, apex);
    const isHere = tools.database.zone(apex) !== undefined;
    this.#state =
      isHere && noted !== undefined
        ? resumed(noted, this.#nowMs, this.#chance())
        : begin(this.#nowMs, this.#chance());
  }

  start(): void {
    this.#schedule();
  }

  /** Gives up what is under way. Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#cancel();
    await this.#running;
  }

  get status(): SecondaryZoneStatus {
    const soa = storedSoa(this.#tools.database, this.apex);
    const { phase, confirmedMs, expiresMs, nextMs } = overdue(this.#state, this.#nowMs);
    return {
      apex: this.apex,
      phase,
      serial: soa === undefined ? undefined : soaSerial(soa.rdata),
      primaries: this.primaries.map(({ endpoint }) => showEndpoint(endpoint)),
      isChecking: this.#running !== undefined,
      receiving: this.#receiving,
      confirmedMs,
      expiresMs,
      nextMs,
      lastError: this.#lastError,
    };
  }

  /**
   * The primary at `address` says that the zone has changed, perhaps to `serial` (RFC 1996 §3.7): it is asked first, since
   * the others may not have the change yet. Repetitions do no harm.
   */
  notified(serial: number | undefined, address: string): void {
    const soa = storedSoa(this.#tools.database, this.apex);
    const isKnown = serial !== undefined && soa !== undefined && !isSerialAhead(serial, soaSerial(soa.rdata));
    if (isKnown && this.#state.phase === 'fresh') return;
    this.#notifier = address;
    if (this.#running !== undefined) this.#isWantedAgain = true;
    this.#state = hurried(this.#state, Math.max(this.#nowMs, this.#startedMs + NOTIFY_GAP_MS));
    this.#schedule();
  }

  /** Checks now, after the check under way if there is one. `isFull`: fetches the whole zone whatever its serial. */
  async refresh(isFull: boolean): Promise<RefreshResult> {
    while (this.#running !== undefined) await this.#running;
    return await this.#begin(isFull);
  }

  // --- time ---

  #schedule(): void {
    this.#cancel();
    if (this.#ending.signal.aborted) return;
    const { phase, nextMs, expiresMs } = this.#state;
    const isExpiring = phase === 'fresh' || phase === 'retrying';
    const dueMs = isExpiring ? Math.min(nextMs, expiresMs) : nextMs;
    const waitMs = Math.min(Math.max(dueMs - this.#nowMs, 0), LONGEST_SLEEP_MS);
    this.#cancel = this.#tools.timers.after(Math.ceil(waitMs), () => void this.#wake());
  }

  async #wake(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    await this.#expireWhenDue();
    if (this.#running === undefined && this.#nowMs >= this.#state.nextMs) await this.#begin(false);
    else if (this.#running === undefined) this.#schedule(); // a check that runs does it at its end
  }

  async #expireWhenDue(): Promise<void> {
    const before = this.#state;
    this.#state = overdue(before, this.#nowMs);
    if (this.#state === before) return;
    this.#log.expired(this.#state.confirmedMs, this.#lastError);
    try {
      await this.#tools.receiver.withhold(this.apex);
    } catch (error) {
      this.#log.notWithheld(error);
    }
  }

  // --- a check ---

  #begin(isFull: boolean): Promise<RefreshResult> {
    this.#startedMs = this.#nowMs;
    this.#isWantedAgain = false;
    const running = this.#check(isFull).finally(() => {
      this.#running = undefined;
      if (this.#isWantedAgain) {
        this.#state = hurried(this.#state, Math.max(this.#nowMs, this.#startedMs + NOTIFY_GAP_MS));
      }
      this.#schedule();
    });
    this.#running = running;
    return running;
  }

  /** Never rejects. */
  async #check(isFull: boolean): Promise<RefreshResult> {
    const { slots } = this.#tools;
    const { signal } = this.#ending;
    try {
      await slots.take(signal);
    } catch (error) {
      return this.#fail(messageOf(error));
    }
    const errors: string[] = [];
    const notifier = this.#notifier;
    this.#notifier = undefined;
    const isFirst = ({ endpoint }: Primary) => endpoint.address === notifier;
    const rest = this.primaries.filter((primary) => !isFirst(primary));
    try {
      for (const primary of [...this.primaries.filter(isFirst), ...rest]) {
        try {
          return await this.#succeed(primary, await this.#fetch(primary, isFull));
        } catch (error) {
          errors.push(`${showEndpoint(primary.endpoint)}: ${messageOf(error)}`);
        } finally {
          this.#setReceiving(undefined);
        }
        if (signal.aborted) break;
      }
    } finally {
      slots.free();
    }
    return this.#fail(errors.join('; '));
  }

  async #fetch(primary: Primary, isFull: boolean): Promise<FetchOutcome> {
    const { signal } = this.#ending;
    const from = showEndpoint(primary.endpoint);
    let saidMs = this.#nowMs;
    return await fetchZone(
      {
        apex: this.apex,
        primary,
        isFull,
        signal,
        onProgress: async (records) => {
          this.#setReceiving(records);
          if (this.#nowMs - saidMs >= SAY_EACH_MS) {
            saidMs = this.#nowMs;
            this.#log.receiving(from, records);
          }
          await new Promise<void>((resolve) => this.#tools.timers.soon(resolve));
        },
        onFallback: (reason) => this.#log.fallback(from, reason),
      },
      this.#tools,
    );
  }

  async #succeed(primary: Primary, outcome: FetchOutcome): Promise<RefreshResult> {
    const { receiver, database } = this.#tools;
    const from = showEndpoint(primary.endpoint);
    const soa = storedSoa(database, this.apex);
    if (soa === undefined) throw new Error(`zone ${showName(this.apex)} was taken in, and is not here`);
    const serial = soaSerial(soa.rdata);
    if (outcome.kind === 'taken') this.#log.taken(from, serial, outcome.received);
    else if (outcome.serial !== serial) this.#log.behind(from, serial, outcome.serial);
    const { phase } = this.#state;
    const next = confirmed(soa.rdata, this.#nowMs, this.#chance());
    await receiver.confirm(this.apex, next);
    this.#state = next;
    if (phase === 'expired') this.#log.servedAgain(serial);
    this.#lastError = undefined;
    return { kind: outcome.kind, serial };
  }

  #fail(error: string): RefreshResult {
    const soa = storedSoa(this.#tools.database, this.apex);
    this.#state = failed(this.#state, soa?.rdata, this.#nowMs, this.#chance());
    if (!this.#ending.signal.aborted) {
      this.#log.failed(error, this.#state.failures, error === this.#lastError);
    }
    this.#lastError = error;
    return { kind: 'failed', error };
  }

  #setReceiving(records: number | undefined): void {
    if (records === this.#receiving) return;
    this.#receiving = records;
    this.#tools.onReceiving?.(this.apex, records);
  }

  get #nowMs(): number {
    return this.#tools.effects.nowMs();
  }

  /** From 0 up to 1. */
  #chance(): number {
    const [high = 0, low = 0] = this.#tools.effects.randomOctets(2);
    return (high * 256 + low) / 65_536;
  }
}

// --- helpers ---

/** NOTIFY makes at most one check in so long. */
const NOTIFY_GAP_MS = 300;
/** The clock is looked at again after so long: it may have been set. */
const LONGEST_SLEEP_MS = 600_000;
const SAY_EACH_MS = 5000;
