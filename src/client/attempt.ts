import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import type { Message } from '../message/message.ts';
import { ExchangeError } from './errors.ts';
import type { Doubt, SentRequest } from './sent-request.ts';

/** One try of a request, on a socket of its own. */
export interface Attempt {
  readonly request: SentRequest;
  readonly to: Endpoint;
  /** The address of this machine to send from; the system chooses when there is none. */
  readonly source: string | undefined;
  readonly timeoutMs: number;
  readonly timers: Timers;
  /** Ends the try when it is aborted. */
  readonly signal: AbortSignal;
}

/** How a try ended, when it did not fail for good. */
export type AttemptOutcome =
  | { readonly kind: 'reply'; readonly message: Message; readonly octets: Uint8Array }
  | { readonly kind: 'truncated' }
  /** Nothing came that could be believed; `doubt` is of the last that came. */
  | { readonly kind: 'timeout'; readonly doubt: Doubt | undefined };

/**
 * Sends one datagram from a random port, and takes nothing but what the other end sends back to it (RFC 5452 §9.2); what
 * is not the answer is passed over until the time is out. Rejects with {@link ExchangeError}.
 */
export function tryUdp(attempt: Attempt): Promise<AttemptOutcome> {
  return ending(attempt, ({ resolve, reject, doubt, onEnd }) => {
    const { request, to, source } = attempt;
    const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
    onEnd(() => socket.close());
    const fail = (error: unknown) => reject(explain(error, to, 'UDP'));
    socket.on('error', fail);
    socket.on('message', (octets) => {
      const verdict = request.judge(octets);
      if (verdict.kind === 'doubtful') doubt(verdict.doubt);
      else if (verdict.kind === 'failed') reject(verdict.error);
      else resolve(verdict);
    });
    const connectAndSend = () =>
      socket.connect(to.port, to.address, () => {
        socket.send(request.octets, (error) => {
          if (error !== null) fail(error);
        });
      });
    if (source === undefined) connectAndSend();
    else socket.bind({ address: source, port: 0 }, connectAndSend);
  });
}

/** Asks over a connection of its own (RFC 7766). Rejects with {@link ExchangeError}. */
export function tryTcp(attempt: Attempt): Promise<AttemptOutcome> {
  return ending(attempt, ({ resolve, reject, onEnd }) => {
    const { request, to, source } = attempt;
    const socket = connect({
      host: to.address,
      port: to.port,
      noDelay: true,
      ...(source === undefined ? {} : { localAddress: source }),
    });
    onEnd(() => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on('error', (error) => reject(explain(error, to, 'TCP')));
    socket.on('close', () => {
      const message = `${showEndpoint(to)} closed the TCP connection without an answer`;
      reject(new ExchangeError('unreachable', message));
    });
    socket.on('data', (part) => {
      received = Buffer.concat([received, part]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length < 2 + length) return;
      // Nobody else can have sent it: what is no answer is the other server's fault.
      const verdict = request.judge(received.subarray(2, 2 + length));
      if (verdict.kind === 'doubtful') reject(verdict.doubt.error);
      else if (verdict.kind === 'failed') reject(verdict.error);
      else if (verdict.kind === 'truncated') {
        const message = `${showEndpoint(to)} sent a truncated answer over TCP`;
        reject(new ExchangeError('malformed', message));
      } else resolve(verdict);
    });
    socket.write(framed(request.octets));
  });
}

/** A message with its length before it (RFC 1035 §4.2.2). */
export function framed(octets: Uint8Array): Uint8Array {
  const whole = new Uint8Array(2 + octets.length);
  whole[0] = octets.length >>> 8;
  whole[1] = octets.length & 0xff;
  whole.set(octets, 2);
  return whole;
}

/** What the system says of a socket, in words, with what to look at. `transport` is UDP or TCP. */
export function explain(error: unknown, to: Endpoint, transport: string): ExchangeError {
  const where = `${showEndpoint(to)} over ${transport}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const say = (what: string) => new ExchangeError('unreachable', what, { cause: error });
  switch (code) {
    case 'ECONNREFUSED':
      return say(`nothing listens on ${where}; is the server running, is the port right?`);
    case 'ECONNRESET':
    case 'EPIPE':
      return say(`${where}: the server broke the connection off without an answer`);
    case 'EADDRNOTAVAIL':
      return say(
        `cannot ask ${where}: this machine does not have the source address, or none of that family`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return say(`there is no way from here to ${where} (${code})`);
    default:
      return say(`cannot ask ${where}: ${messageOf(error)}`);
  }
}

// --- ending once ---

/** What a try calls; what comes after the first end of it is without effect. */
interface Ending {
  resolve(outcome: AttemptOutcome): void;
  reject(error: unknown): void;
  /** Keeps in mind what came and was not believed. */
  doubt(doubt: Doubt): void;
  /** What to do at the end, however it comes. */
  onEnd(call: () => void): void;
}

/** Runs a try that ends once: by itself, when its time is out, or when it is aborted. */
function ending(
  { timers, timeoutMs, signal, to }: Attempt,
  run: (ending: Ending) => void,
): Promise<AttemptOutcome> {
  return new Promise((resolve, reject) => {
    let isEnded = false;
    let lastDoubt: Doubt | undefined;
    const cleanups: (() => void)[] = [];
    const once =
      <T>(call: (value: T) => void) =>
      (value: T) => {
        if (isEnded) return;
        isEnded = true;
        for (const cleanup of cleanups) cleanup();
        call(value);
      };
    const end = once(resolve);
    const fail = once(reject);
    const abort = () => fail(new ExchangeError('aborted', `gave up asking ${showEndpoint(to)}`));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    cleanups.push(() => signal.removeEventListener('abort', abort));
    cleanups.push(timers.after(timeoutMs, () => end({ kind: 'timeout', doubt: lastDoubt })));
    run({
      resolve: end,
      reject: fail,
      doubt: (doubt) => {
        lastDoubt = doubt;
      },
      onEnd: (call) => cleanups.push(call),
    });
  });
}
