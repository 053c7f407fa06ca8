import type { SecureContext } from 'node:tls';
import { openConnection } from './connection.ts';
import { showMs } from './evidence.ts';
import { DEFAULT_TIMEOUT_MS, type TlsProbeOptions } from './probe-options.ts';
import { type Probe, type ProbeResult, type ProbeRun, type ProbeVerdict, runProbe } from './probe-run.ts';
import type { ProbeTools } from './probe-tools.ts';
import { secure } from './tls-handshake.ts';

/** Looks whether a TLS server makes a handshake, and whether its certificate is right and will be for a while. */
export class TlsProbe implements Probe {
  readonly #options: TlsProbeOptions;
  readonly #tools: ProbeTools;
  readonly #trust: SecureContext;

  /** Throws {@link ProbeOptionsError}. */
  constructor(options: TlsProbeOptions, tools: ProbeTools) {
    this.#options = options;
    this.#tools = tools;
    this.#trust = tools.trust.of(options.ca);
  }

  run(signal: AbortSignal): Promise<ProbeResult> {
    return runProbe(this.#tools.timers, signal, (run) => this.#look(run));
  }

  async #look(run: ProbeRun): Promise<ProbeVerdict> {
    const { address, port = 443, serverName = address, connectTimeoutMs, alpn } = this.#options;
    run.start(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const connection = await openConnection(run, this.#tools.names, { address, port, connectTimeoutMs });
    const { socket, judgement } = await secure(run, connection, {
      certificate: this.#options,
      trust: this.#trust,
      serverName,
      alpn,
      nowMs: this.#tools.nowMs(),
    });
    if (alpn !== undefined && typeof socket.alpnProtocol !== 'string') {
      return { passed: false, detail: `the server takes none of the protocols ${alpn.join(', ')}` };
    }
    const protocol = typeof socket.alpnProtocol === 'string' ? `, ${socket.alpnProtocol}` : '';
    const how = `${socket.getProtocol() ?? 'TLS'}${protocol} in ${showMs(run.elapsedMs)}`;
    return { passed: true, detail: `${how}; ${judgement.about}`, warning: judgement.warning };
  }
}
