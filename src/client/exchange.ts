import type { Effects } from '../base/effects.ts';
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import type { Timers } from '../base/timers.ts';
import type { Message } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import type { TsigKey } from '../message/tsig-key.ts';
import { type Attempt, type AttemptOutcome, tryTcp, tryUdp } from './attempt.ts';
import { ExchangeError } from './errors.ts';
import { SentRequest, withId } from './sent-request.ts';
import { Slots } from './slots.ts';

/** What the exchanger works with. */
export interface ExchangerOptions {
  readonly effects: Pick<Effects, 'nowMs' | 'randomOctets'>;
  readonly timers: Timers;
  /** Sockets that may be open at once; default 128. Requests beyond that wait. */
  readonly sockets?: number;
}

/** How one request is sent. */
export interface ExchangeOptions {
  /** Default `udp`: and over TCP when the answer does not fit (TC). */
  readonly transport?: 'udp' | 'tcp';
  /** Signs the request; then nothing but a reply signed with the same key is believed (RFC 8945 §5.4). */
  readonly key?: TsigKey | undefined;
  /** The address of this machine to send from; the system chooses when there is none. */
  readonly source?: string | undefined;
  /** For each try; default 2000. */
  readonly timeoutMs?: number;
  /** Over UDP; default 3. Each has its own ID, port and signature. */
  readonly tries?: number;
  /** Ends it before its time, with {@link ExchangeError} `aborted`. */
  readonly signal?: AbortSignal;
}

/**
 * Asks other servers: our DNS client. Each request goes out over a socket of its own, from a random port, under a random
 * ID (RFC 5452 §9.2); replies that are none are passed over until the time is out.
 */
export class Exchanger {
  readonly #effects: Pick<Effects, 'nowMs' | 'randomOctets'>;
  readonly #timers: Timers;
  readonly #slots: Slots;
  readonly #running = new Set<AbortController>();
  #isClosed = false;

  constructor({ effects, timers, sockets = MAX_SOCKETS }: ExchangerOptions) {
    this.#effects = effects;
    this.#timers = timers;
    this.#slots = new Slots(sockets, MAX_WAITING);
  }

  /**
   * Sends a query, NOTIFY or UPDATE and resolves with its reply, whatever its RCODE. `request.id` is replaced. Rejects
   * with {@link ExchangeError}.
   */
  async ask(request: Message, to: Endpoint, options: ExchangeOptions = {}): Promise<Message> {
    const reply = await this.#exchange(to, options, () =>
      SentRequest.compose(request, this.#randomId(), to, options.key, this.#nowS),
    );
    return reply.message;
  }

  /**
   * Passes on a request of somebody else's, its signature untouched (the ID is no part of it: RFC 8945 §4.2). Resolves
   * with the octets of the reply under the request's own ID; their signature is for that other to verify. `key` is not
   * used. Throws `MalformedMessageError` when `octets` are no message; rejects with {@link ExchangeError}.
   */
  async passOn(
    octets: Uint8Array,
    to: Endpoint,
    options: Omit<ExchangeOptions, 'key'> = {},
  ): Promise<Uint8Array> {
    const request = parseMessage(octets);
    const id = this.#randomId(); // one for all tries: a primary that has acted must see that it is asked again
    const reply = await this.#exchange(to, options, () =>
      SentRequest.passOn(octets, request, id, to, this.#nowS),
    );
    return withId(reply.octets, request.id);
  }

  /** Gives up what is under way; whatever comes after is refused. */
  close(): void {
    this.#isClosed = true;
    for (const controller of this.#running) controller.abort();
  }

  async #exchange(
    to: Endpoint,
    options: ExchangeOptions,
    compose: () => SentRequest,
  ): Promise<AttemptOutcome & { readonly kind: 'reply' }> {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    if (this.#isClosed || options.signal?.aborted === true) abort();
    options.signal?.addEventListener('abort', abort);
    this.#running.add(controller);
    try {
      await this.#slots.take(controller.signal);
      try {
        return await this.#converse(to, options, compose, controller.signal);
      } finally {
        this.#slots.free();
      }
    } finally {
      this.#running.delete(controller);
      options.signal?.removeEventListener('abort', abort);
    }
  }

  async #converse(
    to: Endpoint,
    { transport = 'udp', source, timeoutMs = TIMEOUT_MS, tries = TRIES }: ExchangeOptions,
    compose: () => SentRequest,
    signal: AbortSignal,
  ): Promise<AttemptOutcome & { readonly kind: 'reply' }> {
    const attempt = (): Attempt => {
      return { request: compose(), to, source, timeoutMs, timers: this.#timers, signal };
    };
    let isTruncated = false;
    for (let i = 1; transport === 'udp' && !isTruncated; i++) {
      const outcome = await tryUdp(attempt());
      if (outcome.kind === 'reply') return outcome;
      if (outcome.kind === 'truncated') isTruncated = true;
      else if (outcome.doubt?.isRefusal === true) throw outcome.doubt.error;
      else if (i >= tries) throw outcome.doubt?.error ?? noAnswer(to, 'UDP', timeoutMs, tries);
    }
    const outcome = await tryTcp(attempt());
    if (outcome.kind === 'reply') return outcome;
    throw noAnswer(to, 'TCP', timeoutMs, 1);
  }

  #randomId(): number {
    const [high = 0, low = 0] = this.#effects.randomOctets(2);
    return (high << 8) | low;
  }

  readonly #nowS = (): number => this.#effects.nowMs() / 1000;
}

// --- helpers ---

const TIMEOUT_MS = 2000;
const TRIES = 3;
const MAX_SOCKETS = 128;
/** Requests that may wait for a socket. */
const MAX_WAITING = 10_000;

function noAnswer(to: Endpoint, transport: string, timeoutMs: number, tries: number): ExchangeError {
  const often = tries === 1 ? '' : `, asked ${tries} times`;
  const message = `no answer from ${showEndpoint(to)} over ${transport} within ${timeoutMs / 1000} s${often}; is a server running there, does a firewall drop ${transport}?`;
  return new ExchangeError('timeout', message);
}
