import type { Endpoint } from '../../base/endpoint.ts';
import type { Timers } from '../../base/timers.ts';
import type { Exchanger } from '../../client/exchange.ts';
import type { ServerList } from '../../client/server-list.ts';
import { composeMessage } from '../../message/compose.ts';
import type { Message } from '../../message/message.ts';
import type { TsigKey } from '../../message/tsig-key.ts';
import { judgeFailure, judgeReply, type SendOutcome, type Verdict } from './outcome.ts';
import type { PlannedMessage } from './plan.ts';
import { composeUpdate, grantedLease } from './update-message.ts';

/** What sending is done with. */
export interface SenderOptions {
  readonly exchanger: Pick<Exchanger, 'ask'>;
  readonly timers: Timers;
  readonly servers: ServerList;
  readonly key: TsigKey | undefined;
  /** For each try; default 2000. */
  readonly timeoutMs?: number | undefined;
  /** With each server; default 3. */
  readonly tries?: number | undefined;
}

/**
 * Sends the updates of one zone: to the first server, again with growing pauses on SERVFAIL and when nothing comes, then to
 * the others. Over TCP when the message is large, or the reply does not fit (TC).
 */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends one message until something is known about it. Never rejects for what a server or the network does. */
  async send(planned: PlannedMessage, signal: AbortSignal): Promise<SendOutcome> {
    const { servers } = this.#options;
    const message = composeUpdate(planned);
    const troubles: string[] = [];
    const attempt: Attempt = { planned, message, signal, mayBeOurs: false };
    for (const server of servers.inOrder()) {
      const verdict = await this.#askOne(server, attempt);
      if (verdict.kind === 'closed') return verdict;
      if (verdict.kind === 'trouble') {
        servers.failed(server);
        troubles.push(verdict.reason);
        continue;
      }
      servers.answered(server);
      // A fallback that is only a secondary says nothing about the primary that could not be heard.
      if (verdict.kind === 'refused' && troubles.length > 0) {
        troubles.push(verdict.reason);
        continue;
      }
      return verdict.kind === 'stale' ? { ...verdict, server, mayBeOurs: attempt.mayBeOurs } : verdict;
    }
    return { kind: 'failed', reason: troubles.join('; ') };
  }

  /** All tries with one server. */
  async #askOne(server: Endpoint, attempt: Attempt): Promise<Verdict> {
    const { tries = TRIES } = this.#options;
    for (let i = 1; ; i++) {
      const verdict = await this.#tryOne(server, attempt);
      if (verdict.kind !== 'trouble') return verdict;
      if (!verdict.wasHeard) attempt.mayBeOurs = true;
      if (i >= tries) return verdict;
      await this.#pause(PAUSE_MS * 2 ** (i - 1), attempt.signal);
      if (attempt.signal.aborted) return { kind: 'closed' };
    }
  }

  async #tryOne(server: Endpoint, { planned, message, signal }: Attempt): Promise<Verdict> {
    const { exchanger, key, timeoutMs = TIMEOUT_MS } = this.#options;
    const isLarge = composeMessage(message).length + SIGNATURE_ROOM > MAX_DATAGRAM;
    try {
      const reply = await exchanger.ask(message, server, {
        key,
        timeoutMs,
        tries: 1, // the tries are counted here, to know whether one went unanswered
        transport: isLarge ? 'tcp' : 'udp',
        signal,
      });
      return judgeReply(reply, server, planned.apex, key, grantedLease(reply));
    } catch (error) {
      return judgeFailure(error);
    }
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        stop();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const stop = this.#options.timers.after(ms, end);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}

// --- helpers ---

interface Attempt {
  readonly planned: PlannedMessage;
  readonly message: Message;
  readonly signal: AbortSignal;
  /** A try went unanswered: it may have been done all the same. */
  mayBeOurs: boolean;
}

const TIMEOUT_MS = 2000;
const TRIES = 3;
/** After the first try; then twice as long each time. */
const PAUSE_MS = 250;
/** What every path takes without fragments (DNS Flag Day 2020); octets. */
const MAX_DATAGRAM = 1232;
/** A TSIG record with a long key name and algorithm; octets. */
const SIGNATURE_ROOM = 400;
