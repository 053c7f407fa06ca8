import { ExchangeError } from './errors.ts';

/** A bounded number of places, and a bounded queue before them. */
export class Slots {
  readonly #most: number;
  readonly #mostWaiting: number;
  #taken = 0;
  readonly #waiting = new Set<() => void>();

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  /** Resolves when there is a place. Rejects with {@link ExchangeError} when too many wait, or when aborted. */
  take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(givenUp());
    if (this.#taken < this.#most) {
      this.#taken++;
      return Promise.resolve();
    }
    if (this.#waiting.size >= this.#mostWaiting) {
      const message = `${this.#waiting.size} requests of ours to other servers are waiting; no more are taken`;
      return Promise.reject(new ExchangeError('busy', message));
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        this.#waiting.delete(enter);
        reject(givenUp());
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(enter);
    });
  }

  /** Gives a place back: to the first who waits, or to nobody. */
  free(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

function givenUp(): ExchangeError {
  return new ExchangeError('aborted', 'gave up before the request was sent');
}
