import { type Message, makeQuery, NO_FLAGS, type Question } from '../../message/message.ts';
import { PresentationError } from '../../wire/errors.ts';
import { RRClass } from '../../wire/iana.ts';
import { scanFullName } from '../../wire/name.ts';
import { askTcp, askUdp } from './dns-ask.ts';
import { ProbeOptionsError } from './errors.ts';
import { showMs } from './evidence.ts';
import { ExpectedAnswer } from './expected-answer.ts';
import { DEFAULT_TIMEOUT_MS, type DnsProbeOptions } from './probe-options.ts';
import { type Probe, type ProbeResult, type ProbeRun, type ProbeVerdict, runProbe } from './probe-run.ts';
import type { ProbeTools } from './probe-tools.ts';

/** Looks whether a DNS server answers a question as it should. */
export class DnsProbe implements Probe {
  readonly #options: DnsProbeOptions;
  readonly #tools: ProbeTools;
  readonly #question: Question;
  readonly #expected: ExpectedAnswer;

  /** Throws {@link ProbeOptionsError}. */
  constructor(options: DnsProbeOptions, tools: ProbeTools) {
    this.#options = options;
    this.#tools = tools;
    this.#expected = new ExpectedAnswer(options);
    this.#question = { name: scanQname(options.name), type: this.#expected.type, class: RRClass.IN };
  }

  run(signal: AbortSignal): Promise<ProbeResult> {
    return runProbe(this.#tools.timers, signal, (run) => this.#look(run));
  }

  async #look(run: ProbeRun): Promise<ProbeVerdict> {
    run.start(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const reply = await this.#ask(run);
    const { problem, said } = this.#expected.judge(reply);
    if (problem !== undefined) return { passed: false, detail: problem };
    return { passed: true, detail: `${said} in ${showMs(run.elapsedMs)}` };
  }

  async #ask(run: ProbeRun): Promise<Message> {
    const { address, port = 53, connectTimeoutMs, transport = 'udp' } = this.#options;
    const server = { address, port, connectTimeoutMs };
    const { names } = this.#tools;
    if (transport === 'udp') {
      const reply = await askUdp(run, names, server, this.#query());
      if (!reply.flags.tc) return reply;
    }
    return await askTcp(run, names, server, this.#query());
  }

  #query(): Message {
    const [high = 0, low = 0] = this.#tools.randomOctets(2);
    const flags = { ...NO_FLAGS, rd: this.#options.recursion ?? false };
    return makeQuery((high << 8) | low, this.#question, { flags, edns: EDNS });
  }
}

// --- helpers ---

/** 1232: what fits into a packet anywhere (DNS flag day 2020). */
const EDNS = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };

function scanQname(name: string): Question['name'] {
  try {
    return scanFullName(name);
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new ProbeOptionsError(`name: ${error.message}`, { cause: error });
  }
}
