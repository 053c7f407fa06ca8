import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Gives back the memory of images that are no longer read. V8 does not see how large a SharedArrayBuffer is: a thread
 * that allocates nothing never collects its garbage, and so would hold every image it has ever had.
 */
export class RetiredMemory {
  readonly #collect: () => void;
  #octets = 0;

  /** `collect` collects the garbage of this thread. */
  constructor(collect: () => void = collectGarbage) {
    this.#collect = collect;
  }

  /** An image of so many octets has just been let go by this thread. Collects when there is enough to be worth it. */
  note(octets: number): void {
    this.#octets += octets;
    if (this.#octets < WORTH_OCTETS) return;
    this.#octets = 0;
    this.#collect();
  }
}

// --- helpers ---

/** Some milliseconds of a query thread, some tens of the control thread. */
const WORTH_OCTETS = 64 << 20;

let collector: (() => void) | undefined;

function collectGarbage(): void {
  collector ??= findCollector();
  collector();
}

/**
 * The collector, which V8 shows only to those who ask by a flag. The flag is the whole process's and stays: all threads ask at
 * the same moment when there are new tables, and one that took it back would take it from the others.
 */
function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  return typeof found === 'function' ? () => void found() : () => {};
}
