import type { Log } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { lapseChange } from '../steer/lapse.ts';
import { type DomainName, ROOT, showName } from '../wire/name.ts';
import { steeringOwner } from '../zone/steering-owner.ts';
import type { GroupJob } from './change-group.ts';
import type { ZoneDatabase } from './database.ts';
import type { LapsedOwner, SteeredOwners } from './steered-owners.ts';
import { TRANSFER } from './zone-stage.ts';
import type { ZoneWriter } from './zone-writer.ts';

/** Calls once after `ms`; the returned function cancels. */
export interface LapseTimers {
  after(ms: number, call: () => void): () => void;
}

/** How the timer is joined with the rest of the program. */
export interface LapseTimerOptions {
  readonly database: Pick<ZoneDatabase, 'zone'>;
  readonly writer: Pick<ZoneWriter, 'changeTogether' | 'showAgain' | 'isFilling' | 'whenFilled'>;
  readonly steered: SteeredOwners;
  readonly timers: LapseTimers;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly log: Log;
}

/**
 * The one timer for everything in steering lines that has an end (STEERING.md §2, §7). When it has come, a change by
 * the server takes the lapsed lines out of the zone, so that the serial says so; a zone that comes by transfer
 * changes only by transfers, so there the owner alone is shown anew.
 */
export class LapseTimer {
  readonly #options: LapseTimerOptions;
  #cancel: () => void = () => {};
  #isRunning = false;
  /** Whether owners are being shown by this timer: it is set once, when that is over. */
  #isAtWork = false;
  /** Whether the end of the image's filling is awaited. */
  #isWaiting = false;
  /** Owners whose change could not be committed. */
  #failed: LapsedOwner[] = [];

  constructor(options: LapseTimerOptions) {
    this.#options = options;
  }

  /** Begins; what has lapsed by now is cleared away first. */
  start(): void {
    this.#isRunning = true;
    this.#options.steered.onSooner = () => {
      if (!this.#isAtWork) this.#set();
    };
    this.#run();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
  }

  #set(): void {
    this.#cancel();
    const next = this.#options.steered.nextLapse;
    if (!this.#isRunning || (next === undefined && this.#failed.length === 0)) return;
    const waitMs = next === undefined ? MOST_MS : next * 1000 - this.#options.nowMs();
    this.#cancel = this.#options.timers.after(Math.min(Math.max(waitMs, 0), MOST_MS), () => this.#run());
  }

  #run(): void {
    const { writer, steered, log } = this.#options;
    if (!this.#isRunning || this.#isWaiting) return;
    if (writer.isFilling) {
      this.#isWaiting = true;
      writer.whenFilled(() => {
        this.#isWaiting = false;
        this.#set(); // at once: what is called here must not change anything
      });
      return;
    }
    this.#isAtWork = true;
    const lapsed = [...this.#failed.splice(0, MOST_AT_ONCE), ...steered.takeLapsed(MOST_AT_ONCE)];
    try {
      this.#clear(lapsed);
    } catch (error) {
      log.error('store: cannot look at lapsed steering lines, trying again', { error: messageOf(error) });
      this.#failed.push(...lapsed);
    }
    this.#isAtWork = false;
    this.#set();
  }

  #clear(lapsed: readonly LapsedOwner[]): void {
    const { database, writer, nowMs, log } = this.#options;
    const jobs: LapseJob[] = [];
    for (const { apex, owner } of lapsed) {
      const zone = database.zone(apex);
      if (zone?.source === TRANSFER) writer.showAgain(apex, [owner], 'lapse');
      else if (zone !== undefined) jobs.push(jobFor(apex, owner, Math.floor(nowMs() / 1000)));
    }
    if (jobs.length === 0) return;
    let failed: readonly LapsedOwner[] = jobs;
    let trouble: unknown;
    try {
      const attempts = writer.changeTogether(jobs);
      failed = jobs.filter((_, i) => attempts[i]?.kind === 'failed');
      for (const [i, attempt] of attempts.entries()) {
        if (attempt.kind === 'failed') trouble ??= attempt.error;
        else if (attempt.result !== undefined) {
          const owner = showName(jobs[i]?.owner ?? ROOT);
          log.info(`store: took lapsed steering lines of ${owner} out`, { serial: attempt.result });
        }
      }
    } catch (error) {
      trouble = error;
    }
    if (failed.length > 0) this.#keep(failed, trouble);
  }

  /** What lapsed no longer counts, even where it cannot be taken out of the zone; that is tried again later. */
  #keep(lapsed: readonly LapsedOwner[], error: unknown): void {
    const { log, writer } = this.#options;
    this.#failed.push(...lapsed);
    log.error('store: cannot take lapsed steering lines out of a zone, trying again', {
      owner: lapsed[0] === undefined ? undefined : showName(lapsed[0].owner),
      owners: lapsed.length,
      error: messageOf(error),
    });
    for (const { apex, owner } of lapsed) writer.showAgain(apex, [owner], 'lapse');
  }
}

/** Its result is the new serial. */
type LapseJob = GroupJob<number | undefined> & LapsedOwner;

/** Looks at the lines again, since a change may have come before. */
function jobFor(apex: DomainName, owner: DomainName, nowSeconds: number): LapseJob {
  return {
    apex,
    owner,
    decide(view) {
      const at = steeringOwner(owner);
      const lines = at === undefined ? undefined : view.get(at);
      const change = lines === undefined ? undefined : lapseChange(lines, nowSeconds);
      if (change === undefined || change.removed.length === 0) return { kind: 'result', result: undefined };
      return { kind: 'change', change: { ...change, by: BY_LAPSE }, result: ({ serialTo }) => serialTo };
    },
  };
}

const BY_LAPSE = { kind: 'server', name: 'lapse' } as const;

/** Owners that share one transaction. */
const MOST_AT_ONCE = 128;

/** The clock may be set: it is looked at so often at least while anything is to lapse. */
const MOST_MS = 30_000;
