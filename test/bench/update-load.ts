import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { cpuSeconds } from './proc.ts';
import { UpdateSigner, updateAt } from './update-messages.ts';

/** How a server is loaded with signed updates. */
export interface UpdateLoad {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Text in every name, so that two runs share none. */
  readonly run: string;
  readonly outstanding: number;
  /** Length of the measured part. */
  readonly seconds: number;
  /** Before it, unmeasured. */
  readonly warmUpSeconds: number;
  /** Messages that are signed before the clock runs; more are signed on the way. */
  readonly signedAhead: number;
  /** The server's processes, whose CPU time is counted. */
  readonly pids: readonly number[];
}

/** What came of it, the warm-up not counted. */
export interface UpdateLoadResult {
  readonly acknowledged: number;
  /** Answered with another RCODE than NOERROR. */
  readonly refused: number;
  /** Not answered in time. */
  readonly lost: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Of acknowledged updates, in milliseconds. */
  readonly latencyMs: { readonly median: number; readonly p99: number; readonly highest: number };
  /** Number of the last update that was acknowledged, of all. */
  readonly lastAcknowledged: number;
}

/** Sockets that the outstanding updates are spread over, as several clients would. */
const SOCKETS = 4;
const TIMEOUT_MS = 2_000;

/** Sends updates over UDP, as many outstanding at every moment as the load says. */
export async function loadWithUpdates(load: UpdateLoad): Promise<UpdateLoadResult> {
  const sockets = await Promise.all(
    Array.from({ length: Math.min(SOCKETS, load.outstanding) }, () => connectedSocket(load.port)),
  );
  try {
    return await new LoadRun(load, sockets).result();
  } finally {
    for (const socket of sockets) socket.close();
  }
}

/** A UDP socket that is connected to a port of 127.0.0.1. */
export async function connectedSocket(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  const connected = once(socket, 'connect');
  socket.connect(port, '127.0.0.1');
  await connected;
  return socket;
}

// --- one run ---

interface Sent {
  readonly index: number;
  readonly socket: Socket;
  readonly atMs: number;
}

class LoadRun {
  readonly #load: UpdateLoad;
  readonly #sockets: readonly Socket[];
  readonly #signer = new UpdateSigner();
  readonly #signed: Uint8Array[] = [];
  /** By message ID. */
  readonly #sent = new Map<number, Sent>();
  #next = 0;
  #isMeasured = false;
  #refused = 0;
  #lost = 0;
  #lastAcknowledged = -1;
  readonly #latencies: number[] = [];

  constructor(load: UpdateLoad, sockets: readonly Socket[]) {
    this.#load = load;
    this.#sockets = sockets;
    for (let i = 0; i < load.signedAhead; i++) this.#signed.push(this.#sign(i));
  }

  async result(): Promise<UpdateLoadResult> {
    const { outstanding, pids, seconds, warmUpSeconds } = this.#load;
    for (const socket of this.#sockets) {
      socket.on('message', (octets) => this.#receive(octets));
      socket.on('error', () => {}); // a server that is gone shows as loss
    }
    const watch = setInterval(() => this.#expire(), TIMEOUT_MS / 20);
    for (let i = 0; i < outstanding; i++) this.#send(this.#sockets[i % this.#sockets.length]);
    await passed(warmUpSeconds);
    const cpuBefore = cpuSeconds(pids);
    const startedMs = performance.now();
    this.#isMeasured = true;
    await passed(seconds);
    this.#isMeasured = false;
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const used = cpuSeconds(pids) - cpuBefore;
    clearInterval(watch);
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return {
      acknowledged: sorted.length,
      refused: this.#refused,
      lost: this.#lost,
      wallSeconds,
      cpuSeconds: used,
      latencyMs: { median: at(0.5), p99: at(0.99), highest: at(1) },
      lastAcknowledged: this.#lastAcknowledged,
    };
  }

  #sign(index: number): Uint8Array {
    return this.#signer.sign(index & 0xffff, updateAt(this.#load.run, index), Date.now() / 1000);
  }

  #send(socket: Socket | undefined): void {
    if (socket === undefined) return;
    const index = this.#next++;
    this.#sent.set(index & 0xffff, { index, socket, atMs: performance.now() });
    socket.send(this.#signed[index] ?? this.#sign(index), () => {});
  }

  #receive(octets: Uint8Array): void {
    const id = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
    const sent = this.#sent.get(id);
    if (sent === undefined) return;
    this.#sent.delete(id);
    if (((octets[3] ?? 0) & 15) !== 0) this.#refused++;
    else {
      this.#lastAcknowledged = Math.max(this.#lastAcknowledged, sent.index);
      if (this.#isMeasured) this.#latencies.push(performance.now() - sent.atMs);
    }
    this.#send(sent.socket);
  }

  /** Gives up what has been waited for too long; the next goes out in its place. */
  #expire(): void {
    const nowMs = performance.now();
    for (const [id, { atMs, socket }] of this.#sent) {
      if (nowMs - atMs < TIMEOUT_MS) continue;
      this.#sent.delete(id);
      this.#lost++;
      this.#send(socket);
    }
  }
}

function passed(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
