import type { DomainName } from '../wire/name.ts';
import type { Attempt, Decide, GroupJob } from './change-group.ts';
import { QueueClosedError, QueueFullError } from './errors.ts';
import type { ZoneWriter } from './zone-writer.ts';

/** How a queue is joined with the rest of the program. */
export interface CommitQueueOptions {
  readonly writer: Pick<ZoneWriter, 'changeTogether' | 'isFilling' | 'whenFilled'>;
  /** Jobs that may wait; one more is refused at once. */
  readonly limit?: number;
  /** Jobs that share one transaction at most: nothing else runs on this thread meanwhile. */
  readonly mostAtOnce?: number;
  /** Calls `run` when everything that is there by now has been taken in. */
  readonly schedule?: (run: () => void) => void;
}

/**
 * Group commit: jobs that wait share one transaction and so one sync of the disk, each with a verdict of its
 * own. Those submitted in the same turn of the event loop make a group, and those that come while a group is
 * committed the next one. While the image is filled they wait.
 */
export class CommitQueue {
  readonly #writer: CommitQueueOptions['writer'];
  readonly #limit: number;
  readonly #mostAtOnce: number;
  readonly #schedule: (run: () => void) => void;
  #waiting: WaitingJob[] = [];
  #isScheduled = false;
  #closed: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor({ writer, limit, mostAtOnce, schedule }: CommitQueueOptions) {
    this.#writer = writer;
    this.#limit = limit ?? MOST_WAITING;
    this.#mostAtOnce = mostAtOnce ?? MOST_AT_ONCE;
    this.#schedule = schedule ?? setImmediate;
  }

  /**
   * Has `decide` look at the zone at `apex` when its turn comes, and makes the change it asks for. Resolves when
   * that is on the disk and in every answer. Rejects, nothing of the job being changed, with what `decide` threw,
   * ChangeRefusedError, NoSuchZoneError, StoreError (then the same for the whole group), {@link QueueFullError},
   * {@link QueueClosedError}.
   */
  submit<T>(apex: DomainName, decide: Decide<T>): Promise<T> {
    if (this.#whenEmpty !== undefined) return Promise.reject(new QueueClosedError());
    if (this.#waiting.length >= this.#limit) return Promise.reject(new QueueFullError(this.#limit));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ apex, decide: (view) => settledBy(decide(view), resolve), reject });
      this.#wake();
    });
  }

  /** Takes no more jobs. Resolves when those that wait are done. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#whenEmpty = resolve;
      if (!this.#isScheduled) resolve();
    });
    return this.#closed;
  }

  /** Jobs that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  #wake(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#schedule(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    if (this.#writer.isFilling) {
      this.#isScheduled = true; // so that nobody wakes it before
      this.#writer.whenFilled(() => {
        this.#isScheduled = false;
        this.#wake();
      });
      return;
    }
    const group = this.#waiting.slice(0, this.#mostAtOnce);
    this.#waiting = this.#waiting.slice(group.length);
    const attempts = this.#attempt(group);
    for (const [i, { reject }] of group.entries()) {
      const attempt = attempts[i];
      if (attempt?.kind === 'done') attempt.result();
      else reject(attempt?.error);
    }
    this.#wake();
    if (!this.#isScheduled) this.#whenEmpty?.();
  }

  #attempt(group: readonly WaitingJob[]): readonly Attempt<Settle>[] {
    try {
      return this.#writer.changeTogether(group);
    } catch (error) {
      return group.map(() => ({ kind: 'failed', error }));
    }
  }
}

/** Settles a job's promise with the result it has come to. */
type Settle = () => void;

interface WaitingJob extends GroupJob<Settle> {
  reject(error: unknown): void;
}

/** A decision whose result is that `resolve` be called with the result of this one. */
function settledBy<T>(
  decision: ReturnType<Decide<T>>,
  resolve: (result: T) => void,
): ReturnType<Decide<Settle>> {
  if (decision.kind === 'result') return { kind: 'result', result: () => resolve(decision.result) };
  return {
    kind: 'change',
    change: decision.change,
    result(changed) {
      const result = decision.result(changed);
      return () => resolve(result);
    },
  };
}

/** Well below a second's work; with messages of 64 KiB each, 64 MiB. */
const MOST_WAITING = 1024;

/** Some milliseconds' work, and enough that the sync of the disk costs each of them little. */
const MOST_AT_ONCE = 128;
