import type { Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { showRcode } from '../../src/wire/iana.ts';
import { connectedSocket } from './update-load.ts';
import { type Signature, UpdateSigner, updateAt } from './update-messages.ts';

/** An update storm: so many a second, whatever comes back. */
export interface Storm {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Text in every name, so that two storms share none. */
  readonly run: string;
  readonly signature: Signature;
  readonly clients: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** What came of it. */
export interface StormResult {
  readonly sent: number;
  /** Replies by the name of their RCODE. */
  readonly replies: Readonly<Record<string, number>>;
  /** What got no reply: lost in a full buffer on the way there or back. */
  readonly unanswered: number;
  /** From the first to the last that was sent. */
  readonly seconds: number;
}

/** What a storm's process prints when everything is signed and the storm begins. */
export const READY = 'the storm begins';

const TICK_MS = 1;
/** Replies to what was sent last are awaited so long. */
const LAST_WAIT_MS = 1_000;

/** Signs everything, calls `onBegin`, and sends. */
export async function rage(storm: Storm, onBegin: () => void): Promise<StormResult> {
  const { clients, perSecond, port, run, seconds, signature } = storm;
  const signer = new UpdateSigner(signature);
  const nowS = Date.now() / 1000;
  const messages = Array.from({ length: perSecond * seconds }, (_, i) =>
    signer.sign(i & 0xffff, updateAt(run, i), nowS),
  );
  const sockets = await Promise.all(Array.from({ length: clients }, () => connectedSocket(port)));
  const counts = new Array<number>(16).fill(0);
  for (const socket of sockets) {
    socket.on('error', () => {}); // a server that is gone shows as loss
    socket.on('message', (octets) => {
      const rcode = (octets[3] ?? 0) & 15;
      counts[rcode] = (counts[rcode] ?? 0) + 1;
    });
  }
  onBegin();
  const tookMs = await sendAll(messages, sockets, perSecond);
  await new Promise((resolve) => setTimeout(resolve, LAST_WAIT_MS));
  for (const socket of sockets) socket.close();
  const replies = Object.fromEntries(
    counts.flatMap((count, rcode) => (count === 0 ? [] : [[showRcode(rcode), count]])),
  );
  const answered = counts.reduce((sum, count) => sum + count, 0);
  return { sent: messages.length, replies, unanswered: messages.length - answered, seconds: tookMs / 1000 };
}

/** Sends each message at its time, or as soon after it as this process gets a CPU. Resolves with the milliseconds it took. */
function sendAll(
  messages: readonly Uint8Array[],
  sockets: readonly Socket[],
  perSecond: number,
): Promise<number> {
  const startedMs = performance.now();
  let next = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedMs;
      const due = Math.min(messages.length, Math.floor((elapsedMs * perSecond) / 1000));
      for (; next < due; next++) sockets[next % sockets.length]?.send(messages[next] ?? '', () => {});
      if (next < messages.length) return;
      clearInterval(timer);
      resolve(elapsedMs);
    }, TICK_MS);
  });
}
