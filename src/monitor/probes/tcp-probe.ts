import type { Socket } from 'node:net';
import { openConnection } from './connection.ts';
import { quote, showMs } from './evidence.ts';
import { DEFAULT_TIMEOUT_MS, type TcpProbeOptions } from './probe-options.ts';
import { type Probe, type ProbeResult, type ProbeRun, type ProbeVerdict, runProbe } from './probe-run.ts';
import type { ProbeTools } from './probe-tools.ts';

/** Looks whether a TCP port takes connections, and whether what is there answers as it should. */
export class TcpProbe implements Probe {
  readonly #options: TcpProbeOptions;
  readonly #tools: ProbeTools;

  constructor(options: TcpProbeOptions, tools: ProbeTools) {
    this.#options = options;
    this.#tools = tools;
  }

  run(signal: AbortSignal): Promise<ProbeResult> {
    return runProbe(this.#tools.timers, signal, (run) => this.#look(run));
  }

  async #look(run: ProbeRun): Promise<ProbeVerdict> {
    const { send, expect, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    run.start(timeoutMs);
    const socket = await openConnection(run, this.#tools.names, this.#options);
    const connected = `connected in ${showMs(run.elapsedMs)}`;
    if (send !== undefined) await sendText(run, socket, send);
    if (expect === undefined) return { passed: true, detail: connected };
    return { passed: true, detail: `${connected}; it said ${quote(await readUntil(run, socket, expect))}` };
  }
}

// --- helpers ---

/** Octets that are read before what is expected must have come. */
const MAX_READ = 4096;

function sendText(run: ProbeRun, socket: Socket, text: string): Promise<void> {
  return run.until('what we send to be taken', (resolve) => {
    socket.write(text, (error) => {
      if (error === undefined || error === null) resolve(); // an error fails the run by itself
    });
  });
}

/** Reads until `text` has come, and returns what came; anything else fails the run. */
function readUntil(run: ProbeRun, socket: Socket, text: string): Promise<Uint8Array> {
  const needle = Buffer.from(text);
  let received = Buffer.alloc(0);
  const instead = (): string => `${quote(needle)} did not come but ${quote(received)}`;
  return run.until(`${quote(needle)}`, (resolve) => {
    socket.on('data', (part) => {
      received = Buffer.concat([received, part.subarray(0, MAX_READ - received.length)]);
      if (received.includes(needle)) resolve(received);
      else if (received.length >= MAX_READ) run.fail(`${instead()}, in ${MAX_READ} octets`);
      else run.waitingFor = `${quote(needle)}; ${quote(received)} came`;
    });
    socket.on('end', () => run.fail(`${instead()}, then the connection was closed`));
  });
}
