import type { Timers } from '../../src/base/timers.ts';

/** Timers that stand still until the test lets time pass. */
export class FakeTimers implements Timers {
  #nowMs = 0;
  #waiting: { atMs: number; everyMs: number | undefined; call: () => void }[] = [];
  #soon: (() => void)[] = [];

  /** Calls that are still to come. */
  get waiting(): number {
    return this.#waiting.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, call: () => void): () => void {
    return this.#add(ms, undefined, call);
  }

  every(ms: number, call: () => void): () => void {
    return this.#add(ms, ms, call);
  }

  soon(call: () => void): void {
    this.#soon.push(call);
  }

  /** Runs what was put off with `soon`, once; what that puts off waits for the next turn. Returns how many ran. */
  turn(): number {
    const calls = this.#soon.splice(0);
    for (const call of calls) call();
    return calls.length;
  }

  /** Lets `ms` pass, calling what falls due on the way. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#waiting.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#nowMs = next.atMs;
      if (next.everyMs === undefined) this.#waiting = this.#waiting.filter((timer) => timer !== next);
      else next.atMs += next.everyMs;
      next.call();
    }
    this.#nowMs = endMs;
  }

  #add(ms: number, everyMs: number | undefined, call: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, everyMs, call };
    this.#waiting.push(timer);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== timer);
    };
  }
}
