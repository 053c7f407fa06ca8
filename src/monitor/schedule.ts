import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import { DueHeap } from '../store/due-heap.ts';

/** What is done again and again. */
export interface Task {
  /** Unique among the tasks of a schedule. */
  readonly id: string;
  readonly intervalMs: number;
  /** After a run that asks for it, the next begins so soon. Milliseconds. */
  readonly fastMs: number;
  /** Each run begins up to so much later, by chance. Milliseconds; less than the interval. */
  readonly jitterMs: number;
  /** One run. It ends in time by itself, and at once when `signal` is aborted. */
  run(signal: AbortSignal): Promise<Pace>;
}

/** When a task wants to run again: at its usual time, or after `fastMs`. */
export type Pace = 'usual' | 'fast';

/** How the schedule is joined with the rest of the program. */
export interface ScheduleOptions {
  readonly timers: Timers;
  readonly effects: Pick<Effects, 'randomOctets' | 'log'>;
  /** Most runs at one time; the others wait for their turn. */
  readonly parallel: number;
}

/** How the schedule is getting on. */
export interface ScheduleReport {
  readonly tasks: number;
  readonly running: number;
  /** Runs that began, since the start. */
  readonly runs: number;
  /** Rounds left out because the run before had not ended, or because all places were taken for a whole interval. */
  readonly skipped: number;
  /** By how much the run that began last was late. Milliseconds. */
  readonly lateMs: number;
}

/**
 * Runs tasks at their intervals: spread evenly over the interval from the first round on, never two runs of one task
 * at a time, never more than `parallel` together. A round that comes too late is left out: nothing piles up.
 */
export class Schedule {
  readonly #timers: Timers;
  readonly #effects: ScheduleOptions['effects'];
  readonly #parallel: number;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new DueHeap<Entry>((entry, due) => entry.dueMs === due && !entry.isRunning);
  #cancel: () => void = () => {};
  #timerMs = Number.POSITIVE_INFINITY;
  #isStopped = false;
  #added = 0;
  #running = 0;
  #runs = 0;
  #skipped = 0;
  #lateMs = 0;

  constructor({ timers, effects, parallel }: ScheduleOptions) {
    this.#timers = timers;
    this.#effects = effects;
    this.#parallel = parallel;
  }

  get report(): ScheduleReport {
    const { size: tasks } = this.#entries;
    return { tasks, running: this.#running, runs: this.#runs, skipped: this.#skipped, lateMs: this.#lateMs };
  }

  /** Adds a task; one of the same id takes its new form and keeps its place in time. */
  add(task: Task): void {
    if (this.#isStopped) return;
    const before = this.#entries.get(task.id);
    if (before?.task.intervalMs === task.intervalMs) {
      before.task = task;
      return;
    }
    this.remove(task.id);
    // multiples of the golden ratio: however many are added, they lie evenly
    const share = (this.#added++ * GOLDEN) % 1;
    const phaseMs = this.#timers.nowMs() + share * task.intervalMs;
    const entry: Entry = { task, phaseMs, dueMs: phaseMs, isRunning: false, abort: new AbortController() };
    this.#entries.set(task.id, entry);
    this.#wait(entry, phaseMs);
  }

  /** Forgets a task; a run of it that is under way is aborted. */
  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    entry.dueMs = Number.NaN; // not meant by the heap any longer
    entry.abort.abort();
  }

  /** Lets a task run as soon as there is a place; nothing when it is running. Its usual times stay. */
  runSoon(id: string): void {
    const entry = this.#entries.get(id);
    const nowMs = this.#timers.nowMs();
    if (entry !== undefined && !entry.isRunning && entry.dueMs > nowMs) this.#wait(entry, nowMs);
  }

  /** Ends for ever; runs under way are aborted. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    for (const id of [...this.#entries.keys()]) this.remove(id);
  }

  #wait(entry: Entry, dueMs: number): void {
    entry.dueMs = dueMs;
    this.#due.add(dueMs, entry);
    if (this.#due.size > 4 * this.#entries.size + 64) this.#due.compact();
    this.#setTimer();
  }

  /** One timer for all: at the first that is due. None while all places are taken: whoever ends looks again. */
  #setTimer(): void {
    const next = this.#running < this.#parallel ? this.#due.next : undefined;
    if (next === this.#timerMs) return;
    this.#cancel();
    this.#timerMs = next ?? Number.POSITIVE_INFINITY;
    if (next === undefined || this.#isStopped) return;
    // whole milliseconds, not before it is due: otherwise the timer comes too early and twice
    const waitMs = Math.max(Math.ceil(next - this.#timers.nowMs()), 0);
    this.#cancel = this.#timers.after(waitMs, () => {
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#startDue();
    });
  }

  #startDue(): void {
    const nowMs = this.#timers.nowMs();
    while (this.#running < this.#parallel && !this.#isStopped) {
      const entry = this.#due.take(nowMs);
      if (entry === undefined) break;
      this.#start(entry, nowMs);
    }
    this.#setTimer();
  }

  #start(entry: Entry, nowMs: number): void {
    this.#lateMs = nowMs - entry.dueMs;
    this.#skipped += Math.floor(this.#lateMs / entry.task.intervalMs);
    entry.isRunning = true;
    this.#running++;
    this.#runs++;
    const { signal } = entry.abort;
    const run = async (): Promise<Pace> => await entry.task.run(signal);
    run().then(
      (pace) => this.#end(entry, pace, nowMs),
      (error: unknown) => {
        const fields = { task: entry.task.id, error: messageOf(error) };
        this.#effects.log.error('monitor: a probe of ours broke off', fields);
        this.#end(entry, 'usual', nowMs);
      },
    );
  }

  #end(entry: Entry, pace: Pace, startedMs: number): void {
    entry.isRunning = false;
    this.#running--;
    const { task } = entry;
    if (!this.#isStopped && this.#entries.get(task.id) === entry) {
      const nowMs = this.#timers.nowMs();
      const usualMs = this.#nextRound(entry, startedMs, nowMs);
      this.#wait(entry, pace === 'fast' ? Math.min(nowMs + task.fastMs, usualMs) : usualMs);
    }
    this.#startDue();
  }

  /** The next round in the task's own beat after the run that began at `startedMs`. Rounds gone by are skipped. */
  #nextRound(entry: Entry, startedMs: number, nowMs: number): number {
    const { intervalMs, jitterMs } = entry.task;
    const roundAfter = (ms: number) => Math.floor((ms - entry.phaseMs) / intervalMs) + 1;
    const round = Math.max(roundAfter(startedMs), roundAfter(nowMs));
    this.#skipped += round - roundAfter(startedMs);
    return entry.phaseMs + round * intervalMs + this.#chance() * Math.min(jitterMs, intervalMs - 1);
  }

  /** At least 0, less than 1. */
  #chance(): number {
    const [high = 0, low = 0] = this.#effects.randomOctets(2);
    return (high * 256 + low) / 65_536;
  }
}

// --- helpers ---

interface Entry {
  task: Task;
  /** Its rounds are at this time and each interval later. */
  readonly phaseMs: number;
  dueMs: number;
  isRunning: boolean;
  readonly abort: AbortController;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;
