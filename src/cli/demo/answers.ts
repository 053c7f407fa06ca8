import { execFile } from 'node:child_process';
import type { Effects } from '../../base/effects.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import { Exchanger } from '../../client/exchange.ts';
import { makeQuery } from '../../message/message.ts';
import { showRdata } from '../../rdata/table.ts';
import { SYSTEM_TIMERS } from '../../serve/timers.ts';
import { RRClass, RRType } from '../../wire/iana.ts';
import { scanFullName, showName } from '../../wire/name.ts';
import { DEMO_NAME } from './files.ts';

/** An answer, in the order in which it came. */
export interface DemoAnswer {
  readonly addresses: readonly string[];
  /** As dig shows records. */
  readonly lines: readonly string[];
}

/** Asks the name server for the addresses of the web servers, with our own client and with dig. */
export class DemoAnswers {
  readonly #server: Endpoint;
  readonly #exchanger: Exchanger;

  constructor(server: Endpoint, effects: Pick<Effects, 'nowMs' | 'randomOctets'>) {
    this.#server = server;
    this.#exchanger = new Exchanger({ effects, timers: SYSTEM_TIMERS });
  }

  /** The command that asks the same. */
  get digLine(): string {
    return `dig ${this.#digWords.join(' ')}`;
  }

  get #digWords(): readonly string[] {
    const { address, port } = this.#server;
    return [`@${address}`, '-p', String(port), DEMO_NAME.slice(0, -1), '+noall', '+answer'];
  }

  /** One query over UDP. Rejects with `ExchangeError`. */
  async ask(): Promise<DemoAnswer> {
    const question = { name: scanFullName(DEMO_NAME), type: RRType.A, class: RRClass.IN };
    const { answers } = await this.#exchanger.ask(makeQuery(0, question), this.#server, { timeoutMs: 1000 });
    const addresses = answers.map(({ type, rdata }) => showRdata(type, rdata));
    const lines = answers.map(({ owner, ttl }, i) => `${showName(owner)}\t\t${ttl}\tIN\tA\t${addresses[i]}`);
    return { addresses, lines };
  }

  /** What dig prints; without dig on this machine, the answer to a query of our own in the same form. */
  async dig(): Promise<readonly string[]> {
    const printed = await runDig(this.#digWords);
    return printed ?? (await this.ask()).lines;
  }

  close(): void {
    this.#exchanger.close();
  }
}

// --- helpers ---

const DIG_MS = 10_000;

/** `undefined` where there is no dig, or one that does not work. */
function runDig(words: readonly string[]): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    execFile('dig', [...words], { encoding: 'utf8', timeout: DIG_MS }, (error, printed) => {
      resolve(error === null ? printed.split('\n').filter((line) => line !== '') : undefined);
    });
  });
}
