import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import { runCommand } from './command.ts';
import { type Happening, showHappeningJson } from './happening.ts';
import { runHttpErrand } from './http-errand.ts';

/** Who is told when something happens. */
export interface HookOptions {
  /** For the log. */
  readonly name: string;
  /** Which happenings; default {@link DEFAULT_KINDS}. */
  readonly kinds?: readonly Happening['kind'][];
  readonly target: CommandTarget | WebhookTarget;
  /** Of one try. */
  readonly timeoutMs: number;
  /** How often it is tried, at least 1. */
  readonly tries: number;
  /** Happenings that may wait; the oldest give way. */
  readonly queue: number;
}

/** A program: the happening is its standard input, as JSON; `WAYPOST_KIND`, `_NAME` and `_MEMBER` are in its environment. */
export interface CommandTarget {
  readonly kind: 'command';
  readonly argv: readonly string[];
}

/** A web server: the happening is posted to it as JSON. Any status 2xx says that it has come. */
export interface WebhookTarget {
  readonly kind: 'webhook';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a hook is getting on, in numbers since the start. */
export interface HookReport {
  readonly name: string;
  readonly waiting: number;
  readonly delivered: number;
  /** Given up after all tries. */
  readonly failed: number;
  /** Gave way because too many waited. */
  readonly dropped: number;
  /** Of the last try that failed, until one succeeds. */
  readonly trouble: string | undefined;
}

/** What hooks are told of unless they say otherwise. */
export const DEFAULT_KINDS: readonly Happening['kind'][] = ['state', 'decision', 'sight', 'update-failed'];

/**
 * Tells one hook, one happening after the other, in their order. Nobody waits for it: `tell` returns at once, what
 * cannot be delivered is tried again with growing pauses, and what is too much is dropped, counted and logged.
 */
export class Hook {
  readonly #options: HookOptions;
  readonly #effects: Pick<Effects, 'log'>;
  readonly #timers: Timers;
  readonly #kinds: ReadonlySet<string>;
  readonly #queue: Happening[] = [];
  readonly #abort = new AbortController();
  #cancel: () => void = () => {};
  #isBusy = false;
  #isStopped = false;
  #delivered = 0;
  #failed = 0;
  #dropped = 0;
  #droppedUnsaid = 0;
  #trouble: string | undefined;

  constructor(options: HookOptions, effects: Pick<Effects, 'log'>, timers: Timers) {
    this.#options = options;
    this.#effects = effects;
    this.#timers = timers;
    this.#kinds = new Set<string>(options.kinds ?? DEFAULT_KINDS);
  }

  get report(): HookReport {
    return {
      name: this.#options.name,
      waiting: this.#queue.length + (this.#isBusy ? 1 : 0),
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      trouble: this.#trouble,
    };
  }

  /** Never blocks and never throws. */
  tell(happening: Happening): void {
    if (this.#isStopped || !this.#kinds.has(happening.kind)) return;
    this.#queue.push(happening);
    if (this.#queue.length > this.#options.queue) this.#drop();
    this.#next();
  }

  /** Tells nobody any more; a try under way is given up. */
  stop(): void {
    this.#isStopped = true;
    this.#queue.length = 0;
    this.#cancel();
    this.#abort.abort();
  }

  #drop(): void {
    this.#queue.shift();
    this.#dropped++;
    this.#droppedUnsaid++;
    if (this.#droppedUnsaid === 1) {
      const fields = { hook: this.#options.name, waiting: this.#queue.length, trouble: this.#trouble };
      this.#effects.log.error('monitor: a hook is too slow, its oldest happenings are dropped', fields);
    }
  }

  #next(): void {
    const happening = this.#isBusy ? undefined : this.#queue.shift();
    if (happening === undefined || this.#isStopped) return;
    this.#isBusy = true;
    this.#deliver(happening, 1);
  }

  #deliver(happening: Happening, tries: number): void {
    this.#try(happening).then(
      () => {
        this.#delivered++;
        this.#trouble = undefined;
        this.#sayDropped();
        this.#finish();
      },
      (error: unknown) => this.#retry(happening, tries, messageOf(error)),
    );
  }

  #retry(happening: Happening, tries: number, error: string): void {
    if (this.#isStopped) return;
    this.#trouble = error;
    const fields = { hook: this.#options.name, error, tries };
    if (tries >= this.#options.tries) {
      this.#failed++;
      this.#effects.log.error('monitor: a hook was not told', { ...fields, what: happening.kind });
      this.#finish();
      return;
    }
    this.#effects.log.debug('monitor: a hook could not be told, trying again', fields);
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), MAX_PAUSE_MS);
    this.#cancel = this.#timers.after(pauseMs, () => this.#deliver(happening, tries + 1));
  }

  #finish(): void {
    this.#isBusy = false;
    this.#next();
  }

  /** How many it were, when it is over. */
  #sayDropped(): void {
    if (this.#droppedUnsaid === 0 || this.#queue.length > this.#options.queue / 2) return;
    const fields = { hook: this.#options.name, dropped: this.#droppedUnsaid };
    this.#effects.log.warn('monitor: a hook keeps up again, happenings were dropped', fields);
    this.#droppedUnsaid = 0;
  }

  async #try(happening: Happening): Promise<void> {
    const { target, timeoutMs } = this.#options;
    const body = showHappeningJson(happening);
    if (target.kind === 'command') {
      const { argv } = target;
      const command = { argv, input: `${body}\n`, env: environmentOf(happening), timeoutMs };
      await runCommand({ ...command, maxOctets: MAX_OCTETS }, this.#timers, this.#abort.signal);
      return;
    }
    const headers = { 'content-type': 'application/json', ...target.headers };
    const errand = { url: target.url, body, headers, timeoutMs, maxOctets: MAX_OCTETS };
    await runHttpErrand(errand, this.#timers, this.#abort.signal);
  }
}

// --- helpers ---

/** What hooks say is not looked at, but may not be endless either. */
const MAX_OCTETS = 65_536;

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;

function environmentOf(happening: Happening): Record<string, string> {
  return {
    WAYPOST_KIND: happening.kind,
    ...('name' in happening ? { WAYPOST_NAME: happening.name } : {}),
    ...('member' in happening ? { WAYPOST_MEMBER: happening.member } : {}),
  };
}
