import { isIPv6 } from 'node:net';
import { explainSocket } from './connection.ts';
import { composeEchoRequest, isEchoReply, TOKEN_OCTETS } from './echo-message.ts';
import { type EchoMethod, pingCommand, scanPingTime } from './echo-method.ts';
import { ProbeUnavailableError } from './errors.ts';
import { oneLine, showMs } from './evidence.ts';
import type { PingSockets } from './ping-sockets.ts';
import { DEFAULT_TIMEOUT_MS, type IcmpProbeOptions } from './probe-options.ts';
import { type Probe, type ProbeResult, type ProbeRun, type ProbeVerdict, runProbe } from './probe-run.ts';
import type { ProbeTools } from './probe-tools.ts';

/** Looks whether a host answers an ICMP echo request. */
export class IcmpProbe implements Probe {
  readonly #options: IcmpProbeOptions;
  readonly #tools: ProbeTools;
  readonly #method: Exclude<EchoMethod, { readonly kind: 'none' }>;

  /** Throws {@link ProbeUnavailableError}. */
  constructor(options: IcmpProbeOptions, tools: ProbeTools) {
    const method = tools.echo;
    if (method.kind === 'none') throw new ProbeUnavailableError(`icmp: ${method.about}`);
    this.#options = options;
    this.#tools = tools;
    this.#method = method;
  }

  run(signal: AbortSignal): Promise<ProbeResult> {
    const method = this.#method;
    return runProbe(this.#tools.timers, signal, (run) =>
      method.kind === 'socket' ? this.#ask(run, method.sockets) : this.#runPing(run, method.path),
    );
  }

  async #ask(run: ProbeRun, sockets: PingSockets): Promise<ProbeVerdict> {
    run.start(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const ip = await this.#tools.names.addressOf(this.#options.address, run);
    const family = isIPv6(ip) ? 6 : 4;
    const token = this.#tools.randomOctets(TOKEN_OCTETS);
    await run.until<void>(`an echo reply from ${ip}`, (resolve) => {
      const fail = (error: unknown): void => {
        run.failWith(explainSocket(error, ip, run.waitingFor));
      };
      const socket = sockets.open(family);
      run.onEnd(() => socket.close());
      socket.on('error', fail);
      socket.on('message', (octets) => {
        if (isEchoReply(octets, family, token)) resolve();
      });
      socket.send(composeEchoRequest(family, token), ANY_PORT, ip, (error) => {
        if (error !== null && !run.isEnded) fail(error);
      });
    });
    return { passed: true, detail: `echo reply in ${showMs(run.elapsedMs)}` };
  }

  async #runPing(run: ProbeRun, path: string): Promise<ProbeVerdict> {
    const { address, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    run.start(timeoutMs);
    const ip = await this.#tools.names.addressOf(address, run);
    const command = pingCommand(path, ip, timeoutMs);
    const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
    const { ending, stdout, stderr } = await this.#tools.programs.run(run, { command, env, timeoutMs });
    const timeMs = scanPingTime(stdout);
    if (ending === 0) {
      return { passed: true, detail: `echo reply${timeMs === undefined ? '' : ` in ${showMs(timeMs)}`}` };
    }
    // ping ends with 1 when no reply came, and with 2 when it could not ask
    const [said = ''] = stderr.trim().split('\n', 1);
    const why = said === '' ? '' : `: ${oneLine(said, 160)}`;
    return { passed: false, detail: `no echo reply from ${ip}${why}`, inconclusive: ending !== 1 };
  }
}

// --- helpers ---

/** Node wants one; the kernel does not look at it. */
const ANY_PORT = 1;
