import type { Log, LogFields } from '../base/effects.ts';

/**
 * A log for what strangers can cause: at most some lines a second, and then how many were left out. So
 * nobody fills the disk from afar.
 */
export class SparseLog implements Log {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #most: number;
  #secondMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  /** At most `most` lines a second. */
  constructor(log: Log, nowMs: () => number, most = 50) {
    this.#log = log;
    this.#nowMs = nowMs;
    this.#most = most;
  }

  error(sentence: string, fields?: LogFields): void {
    if (this.#isWanted()) this.#log.error(sentence, fields);
  }

  warn(sentence: string, fields?: LogFields): void {
    if (this.#isWanted()) this.#log.warn(sentence, fields);
  }

  info(sentence: string, fields?: LogFields): void {
    if (this.#isWanted()) this.#log.info(sentence, fields);
  }

  debug(sentence: string, fields?: LogFields): void {
    this.#log.debug(sentence, fields);
  }

  #isWanted(): boolean {
    const nowMs = this.#nowMs();
    if (Math.abs(nowMs - this.#secondMs) >= 1000) {
      if (this.#leftOut > 0)
        this.#log.warn('serve: lines of this log were left out', { lines: this.#leftOut });
      this.#secondMs = nowMs;
      this.#lines = 0;
      this.#leftOut = 0;
    }
    this.#lines++;
    if (this.#lines <= this.#most) return true;
    this.#leftOut++;
    return false;
  }
}
