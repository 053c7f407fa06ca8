import { setMaxListeners } from 'node:events';
import { messageOf } from '../../base/errors.ts';
import type { Timers } from '../../base/timers.ts';
import { ProbeFailure } from './errors.ts';
import { oneLine } from './evidence.ts';

/** Looks whether one target works. It keeps nothing between its runs, so that they may overlap. */
export interface Probe {
  /**
   * Looks once. Never rejects, and ends within the probe's own time-out: every socket, process and timer of the run is
   * given up by then. When `signal` is aborted it ends at once, inconclusively.
   */
  run(signal: AbortSignal): Promise<ProbeResult>;
}

/** What one run of a probe found. */
export interface ProbeResult {
  readonly passed: boolean;
  /** From the first packet, or the start of the program, to the verdict. */
  readonly latencyMs: number;
  /** The evidence, for logs and status: one printable line of at most 300 characters. */
  readonly detail: string;
  /** It passed, but somebody should look: a certificate that expires in 9 days, a plugin's WARNING. One line. */
  readonly warning?: string;
  /**
   * It did not pass, and that says nothing about the target: the run was given up, this machine has no socket, process
   * or resolver left for it, the plugin is not there. Nobody should be pulled for it.
   */
  readonly inconclusive?: true;
  /** Of a program: what it wrote, several lines of at most 4096 octets together. */
  readonly output?: string;
}

/** What a probe concludes when nothing went wrong on the way. */
export interface ProbeVerdict {
  readonly passed: boolean;
  readonly detail: string;
  readonly warning?: string | undefined;
  readonly inconclusive?: boolean;
  readonly output?: string | undefined;
}

/**
 * Runs `body` until it returns a verdict, throws, fails from an event, runs out of time or is aborted: whatever comes
 * first is the result, and ends the run. Never rejects. What comes later is without effect.
 */
export function runProbe(
  timers: Timers,
  signal: AbortSignal,
  body: (run: ProbeRun) => Promise<ProbeVerdict>,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const run = new ProbeRun(timers, resolve);
    const abort = (): void => run.fail('given up before it had ended', { isInconclusive: true });
    if (signal.aborted) return abort();
    setMaxListeners(0, signal); // all probes of a monitor may have one signal
    signal.addEventListener('abort', abort);
    run.onEnd(() => signal.removeEventListener('abort', abort));
    body(run).then(
      (verdict) => run.conclude(verdict),
      (error: unknown) => run.failWith(error),
    );
  });
}

/**
 * One run under way. Steps of it wait for events with {@link ProbeRun.until}; a step that waits when the run ends is
 * never gone on with.
 */
export class ProbeRun {
  readonly #timers: Timers;
  readonly #resolve: (result: ProbeResult) => void;
  readonly #cleanups: (() => void)[] = [];
  #startMs: number;
  #isEnded = false;
  #isOurs = true;
  #cancelLimit: () => void = () => {};
  /** What is being waited for, as it stands in "timed out after 1000 ms waiting for …". */
  waitingFor = 'its turn';

  constructor(timers: Timers, resolve: (result: ProbeResult) => void) {
    this.#timers = timers;
    this.#resolve = resolve;
    this.#startMs = timers.nowMs();
  }

  /** The clock of the latency starts now, anew if it has been started before; the run fails after `timeoutMs`. */
  start(timeoutMs: number): void {
    this.pause();
    this.#startMs = this.#timers.nowMs();
    this.#cancelLimit = this.limit(
      timeoutMs,
      () => `timed out after ${timeoutMs} ms waiting for ${this.waitingFor}`,
    );
  }

  /** Time does not count until the next start: what is waited for has its own end. */
  pause(): void {
    this.#cancelLimit();
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return this.#timers.nowMs() - this.#startMs;
  }

  /** Fails the run after `ms`, unless it has ended or the returned function was called. */
  limit(ms: number, evidence: () => string): () => void {
    return this.after(ms, () => this.fail(evidence(), { isInconclusive: this.#isOurs }));
  }

  /** Calls after `ms`, unless the run has ended or the returned function was called. */
  after(ms: number, call: () => void): () => void {
    if (this.#isEnded) return () => {};
    const cancel = this.#timers.after(ms, call);
    this.onEnd(cancel);
    return cancel;
  }

  /** What to do when the run ends, however it does; when it has ended: at once. */
  onEnd(call: () => void): void {
    if (this.#isEnded) call();
    else this.#cleanups.push(call);
  }

  /**
   * Waits for what `wait` calls back with. What `wait` throws fails the step. `isOurs`: to run out of time here says
   * nothing about the target.
   */
  until<T>(
    waitingFor: string,
    wait: (resolve: (value: T) => void) => void,
    { isOurs = false } = {},
  ): Promise<T> {
    this.waitingFor = waitingFor;
    this.#isOurs = isOurs;
    return new Promise((resolve) => wait(resolve));
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  fail(evidence: string, { isInconclusive = false } = {}): void {
    this.conclude({ passed: false, detail: evidence, inconclusive: isInconclusive });
  }

  /** Fails with what was thrown: {@link ProbeFailure} has the evidence, anything else is a fault of ours. */
  failWith(error: unknown): void {
    if (error instanceof ProbeFailure) this.fail(error.message, error);
    else this.fail(`the probe itself failed: ${messageOf(error)}`, { isInconclusive: true });
  }

  conclude({ passed, detail, warning, inconclusive = false, output }: ProbeVerdict): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const latencyMs = this.elapsedMs;
    for (const cleanup of this.#cleanups.splice(0).reverse()) cleanup();
    this.#resolve({
      passed,
      latencyMs,
      detail: oneLine(detail),
      ...(warning === undefined ? {} : { warning: oneLine(warning) }),
      ...(inconclusive ? { inconclusive } : {}),
      ...(output === undefined ? {} : { output }),
    });
  }
}
