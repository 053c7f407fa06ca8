import type { Effects } from '../base/effects.ts';
import { showEndpoint } from '../base/endpoint.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
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
import type { Slots } from './slots.ts';
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
    const { effects, receiver } = this.#tools;
    effects.log.error(
      'secondary: the zone has expired: it is answered with SERVFAIL until its primary is heard',
      {
        zone: showName(this.apex),
        confirmed: new Date(this.#state.confirmedMs).toISOString(),
        error: this.#lastError,
      },
    );
    try {
      await receiver.withhold(this.apex);
    } catch (error) {
      effects.log.error('secondary: cannot withhold an expired zone', {
        zone: showName(this.apex),
        error: messageOf(error),
      });
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
    const { effects } = this.#tools;
    const { signal } = this.#ending;
    const zone = showName(this.apex);
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
            effects.log.info('secondary: receiving', { zone, from, records });
          }
          await new Promise<void>((resolve) => this.#tools.timers.soon(resolve));
        },
        onFallback: (reason) =>
          effects.log.info('secondary: no differences, fetching the whole zone', { zone, from, reason }),
      },
      this.#tools,
    );
  }

  async #succeed(primary: Primary, outcome: FetchOutcome): Promise<RefreshResult> {
    const { effects, receiver, database } = this.#tools;
    const zone = showName(this.apex);
    const from = showEndpoint(primary.endpoint);
    const soa = storedSoa(database, this.apex);
    if (soa === undefined) throw new Error(`zone ${zone} was taken in, and is not here`);
    const serial = soaSerial(soa.rdata);
    if (outcome.kind === 'taken') {
      const { outcome: how, records, added, removed, warnings } = outcome.received;
      if (how !== 'unchanged')
        effects.log.info(`secondary: ${how}`, { zone, serial, from, records, added, removed });
      for (const { owner, message } of warnings.slice(0, MAX_WARNINGS)) {
        effects.log.warn('secondary: the primary should mend its zone', {
          zone,
          owner: showName(owner),
          message,
        });
      }
    } else if (outcome.serial !== serial) {
      effects.log.warn(
        'secondary: the primary is behind; waypost zone refresh --full takes its zone all the same',
        {
          zone,
          serial,
          from,
          primarySerial: outcome.serial,
        },
      );
    }
    const { phase } = this.#state;
    const next = confirmed(soa.rdata, this.#nowMs, this.#chance());
    await receiver.confirm(this.apex, next);
    this.#state = next;
    if (phase === 'expired') effects.log.info('secondary: served again', { zone, serial });
    this.#lastError = undefined;
    return { kind: outcome.kind, serial };
  }

  #fail(error: string): RefreshResult {
    const { effects, database } = this.#tools;
    this.#state = failed(this.#state, storedSoa(database, this.apex)?.rdata, this.#nowMs, this.#chance());
    if (!this.#ending.signal.aborted) {
      const fields = { zone: showName(this.apex), error, failures: this.#state.failures };
      // The same trouble again is of interest to who looks for it.
      if (error === this.#lastError) effects.log.debug('secondary: cannot refresh', fields);
      else effects.log.warn('secondary: cannot refresh', fields);
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
/** Of one transfer. */
const MAX_WARNINGS = 20;
