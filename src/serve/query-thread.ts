import { getHeapStatistics } from 'node:v8';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { WaypostError } from '../base/errors.ts';
import type { MakeAnswerer, ThreadAnswerer } from './answerer.ts';
import { type HandOver, type LateDatagram, LateQueue } from './late.ts';
import { LateParcel } from './late-parcel.ts';
import { type ListenAddress, ListenError } from './listen.ts';
import { loadSystemCalls, SystemCallError } from './system-calls.ts';
import { Count, ThreadStatus } from './thread-status.ts';
import { BatchUdp } from './udp-batch.ts';
import { DgramUdp } from './udp-dgram.ts';
import type { UdpSocket } from './udp-socket.ts';

/** Where the words of {@link LateQueue} begin in the shared control words: on a cache line of their own. */
export const LATE_WORD = 16;

/** Control word: the thread leaves. Any other value is the newest generation. */
export const STOP = -1;

/** What the pool gives a thread at its start. */
export interface ThreadStart {
  /** Word 0 is {@link STOP} or the newest generation; the same for all threads. */
  readonly control: SharedArrayBuffer;
  /** This thread's {@link ThreadStatus}. */
  readonly status: SharedArrayBuffer;
  /**
   * Where {@link ThreadNews} come in, and requests for the control thread go out, as {@link LateDatagram}s: each holds a
   * place in the {@link LateQueue}.
   */
  readonly news: MessagePort;
  /** What the answerer is made from, and its generation. */
  readonly shared: unknown;
  readonly generation: number;
  readonly transport:
    | { readonly kind: 'batch'; readonly sockets: readonly UdpSocket[] }
    | { readonly kind: 'dgram'; readonly addresses: readonly ListenAddress[] };
}

/** Control thread to query thread. */
export type ThreadNews =
  | { readonly kind: 'publish'; readonly generation: number; readonly shared: unknown }
  /** The response to a late request (node:dgram: only the thread can send). */
  | { readonly kind: 'reply'; readonly datagram: LateDatagram; readonly response: Uint8Array }
  | { readonly kind: 'stop' };

/** Query thread to control thread. */
export type ThreadReport =
  /** It answers; `addresses` as bound when the thread binds them itself (node:dgram). */
  | { readonly kind: 'ready'; readonly addresses: readonly ListenAddress[] }
  /** It has gone over to this generation. */
  | { readonly kind: 'took'; readonly generation: number }
  /** An address could not be bound (node:dgram). */
  | { readonly kind: 'refused'; readonly address: string; readonly systemCode: string };

/** The whole life of a query thread: makes its answerer and answers until the pool says stop. */
export async function runQueryThread(makeAnswerer: MakeAnswerer): Promise<void> {
  const start: ThreadStart = workerData;
  const status = new ThreadStatus(start.status);
  const answerer = answererOf(makeAnswerer);
  status.acknowledge(start.generation);
  const thread: Thread = { start, status, answerer, sampleAtMs: 0 };
  if (start.transport.kind === 'batch') runBatches(thread, start.transport.sockets);
  else await runDgram(thread, start.transport.addresses);
}

// --- helpers ---

/**
 * What the answerer is made from must not be held by anything else: not by the thread's data, nor by the frame of a function that
 * runs as long as the thread does. So it is taken out here.
 */
function answererOf(makeAnswerer: MakeAnswerer): ThreadAnswerer {
  const answerer = makeAnswerer(workerData.shared);
  workerData.shared = undefined;
  return answerer;
}

const SAMPLE_MS = 1000;

interface Thread {
  readonly start: ThreadStart;
  readonly status: ThreadStatus;
  readonly answerer: ThreadAnswerer;
  sampleAtMs: number;
}

/** Blocks until stopped: news are fetched, not delivered, since this thread's event loop stands still. */
function runBatches(thread: Thread, sockets: readonly UdpSocket[]): void {
  const { start, status, answerer } = thread;
  const calls = loadSystemCalls();
  if ('reason' in calls) throw new SystemCallError('loading the C library', calls.reason);
  const udp = new BatchUdp(calls, sockets, status.counts, handOverOf(start));
  report({ kind: 'ready', addresses: [] });
  udp.run(answerer, {
    words: new Int32Array(start.control),
    seen: start.generation,
    onChange(word) {
      if (word === STOP) return false;
      let newest: ThreadNews | undefined;
      for (;;) {
        const next: { readonly message: ThreadNews } | undefined = receiveMessageOnPort(start.news);
        if (next === undefined) break;
        newest = next.message;
      }
      if (newest?.kind === 'publish') take(thread, newest.generation, newest.shared);
      return true;
    },
    onTick: () => sampleHeap(thread),
  });
  start.news.close();
}

async function runDgram(thread: Thread, addresses: readonly ListenAddress[]): Promise<void> {
  const { start, status, answerer } = thread;
  const udp = new DgramUdp(answerer, status.counts, handOverOf(start));
  const sampling = setInterval(() => sampleHeap(thread), SAMPLE_MS);
  start.news.on('message', (news: ThreadNews) => {
    if (news.kind === 'publish') {
      take(thread, news.generation, news.shared);
    } else if (news.kind === 'reply') {
      udp.sendLate(news.datagram, news.response);
    } else {
      clearInterval(sampling);
      start.news.close();
      void udp.close();
    }
  });
  try {
    report({ kind: 'ready', addresses: await udp.listen(addresses) });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    clearInterval(sampling);
    start.news.close();
    report({ kind: 'refused', address: error.address, systemCode: error.systemCode });
  }
}

function handOverOf(start: ThreadStart): HandOver {
  const queue = new LateQueue(new Int32Array(start.control, 4 * LATE_WORD));
  const parcel = new LateParcel();
  return {
    take(datagram) {
      if (!queue.enter()) return false;
      parcel.add(datagram);
      return true;
    },
    send() {
      const octets = parcel.take();
      if (octets !== undefined) start.news.postMessage(octets, [octets.buffer]);
    },
  };
}

function take({ answerer, status }: Thread, generation: number, shared: unknown): void {
  answerer.take(shared);
  status.acknowledge(generation);
  report({ kind: 'took', generation });
}

function report(message: ThreadReport): void {
  if (parentPort === null) throw new NotAThreadError();
  parentPort.postMessage(message);
}

function sampleHeap(thread: Thread): void {
  const nowMs = performance.now();
  if (nowMs < thread.sampleAtMs) return;
  thread.sampleAtMs = nowMs + SAMPLE_MS;
  thread.status.counts[Count.HEAP_USED] = getHeapStatistics().used_heap_size;
}

class NotAThreadError extends WaypostError {
  readonly code = 'WP_NOT_A_THREAD';
  constructor() {
    super('a query thread can only be started by the pool, not as a program');
  }
}
