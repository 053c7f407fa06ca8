import type { Log } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { type Happening, showHappening } from './happening.ts';

/** The one place through which everything goes that happens: into the log, to all who listen, into a short memory. */
export class DecisionJournal {
  readonly #log: Log;
  readonly #most: number;
  readonly #kept: Happening[] = [];
  readonly #counts = new Map<Happening['kind'], number>();
  readonly #listeners = new Set<(happening: Happening) => void>();

  /** `most`: how many of the last are remembered. */
  constructor(log: Log, most = 200) {
    this.#log = log;
    this.#most = most;
  }

  /** The last ones, the newest last. */
  get recent(): readonly Happening[] {
    return this.#kept;
  }

  /** How many of a kind there were since the start. */
  count(kind: Happening['kind']): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Calls `listener` with everything from now on, until the returned function is called. */
  listen(listener: (happening: Happening) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Never throws: a listener that does is logged, and the others are told all the same. */
  record(happening: Happening): void {
    const { level, sentence, fields } = showHappening(happening);
    this.#log[level](sentence, fields);
    this.#kept.push(happening);
    if (this.#kept.length > this.#most) this.#kept.shift();
    this.#counts.set(happening.kind, this.count(happening.kind) + 1);
    for (const listener of this.#listeners) {
      try {
        listener(happening);
      } catch (error) {
        this.#log.error('monitor: a listener of ours broke off', { error: messageOf(error) });
      }
    }
  }
}
