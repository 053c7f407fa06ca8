import type { Effects } from '../../base/effects.ts';
import type { Timers } from '../../base/timers.ts';
import { TrustStore } from './certificate.ts';
import { type EchoMethod, findEchoMethod } from './echo-method.ts';
import { type LookUp, NameLookup, SYSTEM_LOOKUP } from './name-lookup.ts';
import { PatternMatcher } from './pattern-matcher.ts';
import { ProgramRunner } from './program-runner.ts';

/** What {@link ProbeTools} are made of. */
export interface ProbeToolsOptions {
  readonly effects: Pick<Effects, 'nowMs' | 'randomOctets' | 'log'>;
  readonly timers: Timers;
  /** Programs (exec probes, `ping`) that may run at once; default 16. Others wait for their turn. */
  readonly programs?: number;
  /** How names are looked up; default: as the system does. */
  readonly lookUp?: LookUp;
  /** How echo requests can be sent; default: what this system permits. */
  readonly findEchoMethod?: () => EchoMethod;
}

/** What all probes of a monitor share. {@link ProbeTools.close} gives it up. */
export class ProbeTools {
  readonly timers: Timers;
  /** Of the wall clock: certificates are judged by it. */
  readonly nowMs: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
  readonly names: NameLookup;
  readonly patterns = new PatternMatcher();
  readonly trust = new TrustStore();
  readonly programs: ProgramRunner;
  readonly #log: Effects['log'];
  readonly #findEchoMethod: () => EchoMethod;
  #echo: EchoMethod | undefined;

  constructor(options: ProbeToolsOptions) {
    const { effects, timers, programs, lookUp = SYSTEM_LOOKUP } = options;
    this.timers = timers;
    this.nowMs = () => effects.nowMs();
    this.randomOctets = (length) => effects.randomOctets(length);
    this.names = new NameLookup(lookUp);
    this.programs = new ProgramRunner(programs);
    this.#log = effects.log;
    this.#findEchoMethod = options.findEchoMethod ?? findEchoMethod;
  }

  /** How echo requests are sent here; found, and told to the log, when it is first asked for. */
  get echo(): EchoMethod {
    if (this.#echo === undefined) {
      this.#echo = this.#findEchoMethod();
      const how = this.#echo.kind === 'none' ? 'error' : 'info';
      this.#log[how](`icmp: ${this.#echo.about}`);
    }
    return this.#echo;
  }

  /** Ends the programs that still run, and starts no others. */
  close(): void {
    this.programs.close();
  }
}
