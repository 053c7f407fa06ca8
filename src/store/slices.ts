/** Lets everything else on this thread have its turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** How long a piece of long work may hold the thread. */
const SLICE_MS = 10;

/** Does long work in slices of about {@link SLICE_MS}, so that TCP on the same thread is served meanwhile. */
export class Slices {
  readonly #nowMs: () => number;
  readonly #breathe: () => Promise<void>;
  #begunMs: number;

  constructor(nowMs: () => number, pause: () => Promise<void> = breathe) {
    this.#nowMs = nowMs;
    this.#breathe = pause;
    this.#begunMs = nowMs();
  }

  /** Between two pieces of work: waits for the others when this slice is over. */
  async pause(): Promise<void> {
    if (this.#nowMs() - this.#begunMs < SLICE_MS) return;
    await this.#breathe();
    this.#begunMs = this.#nowMs();
  }

  /** Runs `steps` to the end, with a chance to pause at each of its yields. Returns what it returns. */
  async run<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await this.pause();
    }
  }
}
