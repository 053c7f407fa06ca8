import type { Timers } from '../base/timers.ts';
import { breathe } from '../store/slices.ts';
import type { StreamMessage } from '../transfer/compose-stream.ts';
import type { Reply } from './opened-request.ts';

/** How long a transfer may take, in milliseconds. */
export interface TransferLimits {
  /** Until the client has taken one message. */
  readonly messageMs: number;
  readonly wholeMs: number;
}

/** Long enough for any client that wants the zone; meanwhile the database keeps what was changed since (its WAL grows). */
export const DEFAULT_TRANSFER_LIMITS: TransferLimits = { messageMs: 60_000, wholeMs: 7_200_000 };

/** What {@link sendStream} needs of the rest. */
export interface StreamOptions {
  readonly limits: TransferLimits;
  readonly timers: Timers;
  /** Asked before each message: whether to break off. */
  isStopping(): boolean;
}

/** How far a stream came. */
export interface SentStream {
  readonly records: number;
  readonly octets: number;
  readonly messages: number;
  /** Why it was not all; `undefined` when it was. */
  readonly trouble: string | undefined;
}

/** Sends messages as the client takes them, and lets everything else on this thread have its turn after each. */
export async function sendStream(
  messages: Iterable<StreamMessage>,
  reply: Reply,
  options: StreamOptions,
): Promise<SentStream> {
  const { limits, timers, isStopping } = options;
  const untilMs = timers.nowMs() + limits.wholeMs;
  let records = 0;
  let octets = 0;
  let count = 0;
  const end = (trouble?: string): SentStream => ({ records, octets, messages: count, trouble });
  for (const message of messages) {
    if (isStopping()) return end('the server is stopping');
    if (timers.nowMs() > untilMs) return end('it took too long');
    const isTaken = await within(reply(message.octets), limits.messageMs, timers);
    if (isTaken === undefined) return end('the client takes nothing');
    if (!isTaken) return end('the client is gone');
    records += message.records;
    octets += message.octets.length;
    count++;
    await breathe(); // the next message costs some milliseconds
  }
  return end();
}

/** What `done` resolves to; `undefined` when that takes longer than `ms`. */
async function within<T>(done: Promise<T>, ms: number, timers: Timers): Promise<T | undefined> {
  let cancel: () => void = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = timers.after(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    cancel();
  }
}
