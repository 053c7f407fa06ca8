import type { Effects } from '../../base/effects.ts';
import type { Timers } from '../../base/timers.ts';

/** When an updater goes on: at once, after a pause that grows with each failure, or when something is due. */
export class Pace {
  readonly #timers: Timers;
  readonly #effects: Pick<Effects, 'randomOctets'>;
  readonly #onGo: () => void;
  readonly #stops: (() => void)[] = [];
  #isPaused = false;
  #failures = 0;

  /** `onGo` is called when a pause is over, or something is due. */
  constructor(timers: Timers, effects: Pick<Effects, 'randomOctets'>, onGo: () => void) {
    this.#timers = timers;
    this.#effects = effects;
    this.#onGo = onGo;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Counts a failure; returns how many there are in a row. */
  fail(): number {
    return ++this.#failures;
  }

  succeed(): void {
    this.#failures = 0;
  }

  /** Pauses: a second, and twice as long with each failure in a row, up to half a minute. Counts as a failure. */
  pause(): void {
    const [chance = 0] = this.#effects.randomOctets(1);
    const wholeMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures++;
    this.#isPaused = true;
    // Between half of it and all of it, that monitors do not come back together.
    const end = (): void => {
      this.#isPaused = false;
      this.#onGo();
    };
    this.#stops.push(this.#timers.after(wholeMs * (0.5 + chance / 512), end));
  }

  /** Goes on after so long, when nothing else comes before; a second at least. */
  goAfter(ms: number): void {
    this.#stops.push(this.#timers.after(Math.max(SHORTEST_WAIT_MS, ms), this.#onGo));
  }

  /** Forgets what was to be waited for. */
  clear(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** What is due and cannot be done must not spin. */
const SHORTEST_WAIT_MS = 1000;
