import type { Log } from '../../base/effects.ts';

/** Something that keeps an updater from doing what is wanted, and that people should know. */
export interface Alarm {
  /** What it is about; one alarm each: `zone example.test.`, `member www.example.test. 192.0.2.1`. */
  readonly about: string;
  /** What is wrong and what to do, in one sentence. */
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** With BADTIME: by how many seconds the server's clock is ahead of ours. */
  readonly skewS: number | undefined;
}

/** The alarms that stand. Each is logged when it begins, when its reason changes, and when it is over. */
export class Alarms {
  readonly #alarms = new Map<string, Alarm>();
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #onChange: (() => void) | undefined;

  constructor(log: Log, nowMs: () => number, onChange?: () => void) {
    this.#log = log;
    this.#nowMs = nowMs;
    this.#onChange = onChange;
  }

  /** Those that stand, the oldest first. */
  get all(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Begins an alarm, or says why it is still there. */
  raise(about: string, reason: string, skewS?: number): void {
    const standing = this.#alarms.get(about);
    if (standing?.reason === reason) return;
    this.#alarms.set(about, { about, reason, sinceMs: standing?.sinceMs ?? this.#nowMs(), skewS });
    this.#log.error('updater: cannot do what is wanted', { about, reason });
    this.#onChange?.();
  }

  /** Ends an alarm, if it stands. */
  clear(about: string): void {
    const standing = this.#alarms.get(about);
    if (standing === undefined) return;
    this.#alarms.delete(about);
    const forS = Math.round((this.#nowMs() - standing.sinceMs) / 1000);
    this.#log.info('updater: it can be done again', { about, afterS: forS });
    this.#onChange?.();
  }

  /** Ends those about something that is not looked after any more. */
  keepOnly(isAbout: (about: string) => boolean): void {
    for (const about of [...this.#alarms.keys()]) if (!isAbout(about)) this.#alarms.delete(about);
  }
}
