// What a primary knows of one of its secondaries, and what it does about it. RFC 1996 §3, RFC 1982.
import { isSerialAhead } from '../zone/serial.ts';

/** How the secondary's serial stands to ours. */
export type Standing = 'level' | 'behind' | 'ahead' | 'unknown';

/** What is to be done now. */
export type SecondaryTask =
  /** Send a NOTIFY, then call `acknowledged`, `refused` or `unanswered`. */
  | 'notify'
  /** Ask for its SOA, then call `looked` or `lookFailed`. */
  | 'look';

/** What is known of a secondary. */
export interface SecondaryKnowledge {
  readonly standing: Standing;
  /** The serial it had when it was last asked. */
  readonly serial: number | undefined;
  /** When that was, by the clock of the calls. */
  readonly seenMs: number | undefined;
  /** Serials that it lacks (RFC 1982 distance); 0 unless it is behind. */
  readonly lag: number;
  /** Since when we have the first serial that it lacks. */
  readonly behindSinceMs: number | undefined;
  /** What went wrong last, and has not gone right since. */
  readonly error: string | undefined;
}

/**
 * One secondary of one zone, as two small machines side by side; time comes in with each call.
 *
 * ```text
 *                 changed                take                          (telling)
 *   ┌───────┐ ─────────────► ┌─────┐ ──────────► ┌──────┐ acknowledged, refused,
 *   │ quiet │                │ due │             │ sent │ unanswered for the last time
 *   └───────┘                └─────┘ ◄────────── └──────┘ ──────────► quiet
 *                     unanswered (after 1 2 4 … 60 s), or changed meanwhile (at once)
 *
 *             acknowledged, refused,     take                          (looking)
 *   ┌───────┐ transferred, hurry     ┌─────┐ ──────► ┌───────┐ looked: level or ahead
 *   │ quiet │ ─────────────────────► │ due │         │ asked │ ──────────► quiet
 *   └───────┘                        └─────┘ ◄────── └───────┘
 *                          looked: behind, or lookFailed (after 50 100 200 … ms, at most 5 min)
 * ```
 *
 * At most one NOTIFY and one question are under way. A serial that came while a NOTIFY was under way makes one more NOTIFY
 * after it, however many serials came. A secondary that was given up and answers a question again is told anew.
 */
export class Secondary {
  #ours: number;
  /** Our serials that it may lack, with the time we had them first; the oldest first. */
  #milestones: { readonly serial: number; readonly atMs: number }[] = [];
  #serial: number | undefined;
  #seenMs: number | undefined;

  #tellAtMs: number | undefined;
  #isTelling = false;
  #isOutdated = false;
  #isGivenUp = false;
  #tries = 0;
  #tellError: string | undefined;

  #lookAtMs: number | undefined;
  #isLooking = false;
  #lookDelayMs = FIRST_LOOK_MS;
  #lookError: string | undefined;
  /** How many wait for it. */
  #hurried = 0;

  /** The zone's serial as it is now. Nothing is done before {@link changed} or {@link announce}. */
  constructor(serial: number) {
    this.#ours = serial;
  }

  /** When something is to be done next; `undefined`: when something has happened. */
  get dueMs(): number | undefined {
    if (this.#tellAtMs === undefined) return this.#lookAtMs;
    return Math.min(this.#tellAtMs, this.#lookAtMs ?? this.#tellAtMs);
  }

  /** What is to be done now, which is under way from then on; call it until there is nothing. */
  take(nowMs: number): SecondaryTask | undefined {
    if (this.#tellAtMs !== undefined && this.#tellAtMs <= nowMs) {
      this.#tellAtMs = undefined;
      this.#isTelling = true;
      this.#isOutdated = false;
      return 'notify';
    }
    if (this.#lookAtMs !== undefined && this.#lookAtMs <= nowMs) {
      this.#lookAtMs = undefined;
      this.#isLooking = true;
      return 'look';
    }
    return undefined;
  }

  // --- what happens here ---

  /** The server has begun to serve (RFC 1996 §3.9), or speaks to it in another way now: it is told at `atMs`. */
  announce(atMs: number): void {
    this.#tries = 0;
    if (this.#isTelling) this.#isOutdated = true;
    else this.#tellAtMs = atMs;
  }

  /** The zone has a new serial. */
  changed(serial: number, nowMs: number): void {
    this.#ours = serial;
    if (this.#milestones.length === MOST_MILESTONES) {
      this.#milestones = this.#milestones.filter((_, i) => i % 2 === 0);
    }
    this.#milestones.push({ serial, atMs: nowMs });
    this.#isGivenUp = false;
    this.#tries = 0;
    if (this.#isTelling) this.#isOutdated = true;
    else this.#tellAtMs = nowMs;
  }

  /** The zone was sent to the secondary's address: it will have it in a moment. */
  transferred(nowMs: number): void {
    this.#lookSoon(nowMs + FIRST_LOOK_MS);
  }

  /** Somebody waits: the secondary is asked at once, and often, until {@link unhurry}. */
  hurry(nowMs: number): void {
    this.#hurried++;
    if (this.knowledge.standing !== 'level') this.#lookSoon(nowMs);
  }

  unhurry(): void {
    this.#hurried--;
  }

  // --- what the secondary does with a NOTIFY ---

  acknowledged(nowMs: number): void {
    this.#tellError = undefined;
    this.#told(nowMs);
    this.#lookSoon(nowMs + FIRST_LOOK_MS);
  }

  /** It answered that it does not want NOTIFY: it is not told again before the next serial. */
  refused(error: string, nowMs: number): void {
    this.#tellError = error;
    this.#told(nowMs);
    if (this.knowledge.standing !== 'level') this.#lookSoon(nowMs + REFUSED_LOOK_MS);
  }

  /** No answer that can be used. Returns whether it is given up until the next serial. */
  unanswered(error: string, nowMs: number): boolean {
    this.#tellError = error;
    this.#isTelling = false;
    if (this.#isOutdated) {
      this.#tellAtMs = nowMs;
      return false;
    }
    this.#tries++;
    if (this.#tries < MOST_TRIES) {
      this.#tellAtMs = nowMs + Math.min(FIRST_RETRY_MS * 2 ** (this.#tries - 1), MOST_RETRY_MS);
      return false;
    }
    this.#isGivenUp = true;
    if (!this.#isLooking) this.#lookAtMs ??= nowMs + MOST_RETRY_MS;
    this.#lookDelayMs = MOST_RETRY_MS;
    return true;
  }

  #told(nowMs: number): void {
    this.#isTelling = false;
    this.#isGivenUp = false;
    this.#tries = 0;
    if (this.#isOutdated) this.#tellAtMs = nowMs;
  }

  // --- what it answers to a question for its SOA ---

  looked(serial: number, nowMs: number): void {
    this.#isLooking = false;
    this.#lookError = undefined;
    this.#serial = serial;
    this.#seenMs = nowMs;
    this.#milestones = this.#milestones.filter((milestone) => isSerialAhead(milestone.serial, serial));
    const { standing } = this.knowledge;
    if (standing !== 'behind') {
      this.#lookDelayMs = FIRST_LOOK_MS;
      return;
    }
    if (this.#milestones.length === 0) this.#milestones.push({ serial: this.#ours, atMs: nowMs });
    if (this.#isGivenUp) {
      this.#isGivenUp = false;
      this.#tries = 0;
      this.#tellAtMs = nowMs;
    }
    this.#lookLater(nowMs);
  }

  lookFailed(error: string, nowMs: number): void {
    this.#isLooking = false;
    this.#lookError = error;
    this.#lookLater(nowMs);
  }

  #lookSoon(atMs: number): void {
    this.#lookDelayMs = FIRST_LOOK_MS;
    if (!this.#isLooking) this.#lookAtMs = Math.min(this.#lookAtMs ?? atMs, atMs);
  }

  #lookLater(nowMs: number): void {
    const most = this.#hurried > 0 ? HURRIED_LOOK_MS : MOST_LOOK_MS;
    this.#lookDelayMs = Math.min(this.#lookDelayMs, most);
    this.#lookAtMs = nowMs + this.#lookDelayMs;
    this.#lookDelayMs *= 2;
  }

  // --- what is known ---

  get knowledge(): SecondaryKnowledge {
    const serial = this.#serial;
    const isBehind = serial !== undefined && serial !== this.#ours && !isSerialAhead(serial, this.#ours);
    return {
      standing: standingOf(serial, this.#ours, isBehind),
      serial,
      seenMs: this.#seenMs,
      lag: isBehind ? (this.#ours - serial) >>> 0 : 0,
      behindSinceMs: isBehind ? this.#milestones[0]?.atMs : undefined,
      error: this.#tellError ?? this.#lookError,
    };
  }
}

/** A NOTIFY is sent so often: over two minutes, as RFC 1996 §3.6 has it, but beginning with a second. */
export const MOST_TRIES = 8;

const FIRST_RETRY_MS = 1000;
const MOST_RETRY_MS = 60_000;
/** A secondary that was told needs a moment to fetch the zone. */
const FIRST_LOOK_MS = 50;
const REFUSED_LOOK_MS = 1000;
const MOST_LOOK_MS = 300_000;
const HURRIED_LOOK_MS = 200;
const MOST_MILESTONES = 32;

function standingOf(serial: number | undefined, ours: number, isBehind: boolean): Standing {
  if (serial === undefined) return 'unknown';
  if (serial === ours) return 'level';
  return isBehind ? 'behind' : 'ahead';
}
