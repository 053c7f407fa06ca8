import type { Endpoint } from '../../src/base/endpoint.ts';
import { Exchanger } from '../../src/client/exchange.ts';
import { TransferClient } from '../../src/client/transfer-client.ts';
import { makeQuery } from '../../src/message/message.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import type { PullFile } from '../../src/monitor/updater/pull-file.ts';
import { Updater } from '../../src/monitor/updater/updater.ts';
import { memberFromText, type UpdatedZone } from '../../src/monitor/updater/watched.ts';
import { showRdata } from '../../src/rdata/table.ts';
import { SYSTEM_TIMERS } from '../../src/serve/timers.ts';
import { RRClass } from '../../src/wire/iana.ts';
import type { DomainName } from '../../src/wire/name.ts';
import { FakeEffects } from './effects.ts';
import { name } from './rr.ts';

/** Updaters over real sockets, with a clock that can be wrong. */
export class SocketUpdaters {
  readonly effects = new ClockEffects();
  readonly exchanger = new Exchanger({ effects: this.effects, timers: SYSTEM_TIMERS });
  readonly #transfers = new TransferClient({ effects: this.effects, timers: SYSTEM_TIMERS });
  readonly #updaters: Updater[] = [];
  #changed: () => void = () => {};

  /** Starts an updater of www.example.test. */
  start(
    server: Endpoint,
    key: TsigKey | undefined,
    members: readonly string[],
    zone: Partial<UpdatedZone> = {},
    pullFile?: PullFile,
  ): Updater {
    const whole: UpdatedZone = {
      apex: name('example.test'),
      servers: [server],
      key,
      action: 'edit',
      names: [
        {
          name: name('www.example.test'),
          members: members.flatMap((text) => memberFromText(text) ?? []),
        },
      ],
      ...zone,
    };
    const updater = new Updater([whole], {
      effects: this.effects,
      timers: SYSTEM_TIMERS,
      exchanger: this.exchanger,
      transfers: this.#transfers,
      timeoutMs: 500,
      pullFile,
      events: { onKnown: () => this.#changed(), onAlarms: () => this.#changed() },
    });
    this.#updaters.push(updater);
    updater.start();
    return updater;
  }

  /** Resolves when `isSo`, which is asked whenever an updater tells something; rejects after 20 s. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = SYSTEM_TIMERS.after(LIMIT_MS, () => {
        reject(new Error(`it is not so after ${LIMIT_MS} ms: ${this.effects.lines.slice(-5).join('; ')}`));
      });
      const look = (): void => {
        if (!isSo()) return;
        late();
        this.#changed = () => {};
        resolve();
      };
      this.#changed = look;
      look();
    });
  }

  /** The data of an RRset as everybody is told, sorted. */
  async data(server: Endpoint, owner: DomainName, type: number): Promise<string[]> {
    const reply = await this.exchanger.ask(makeQuery(0, { name: owner, type, class: RRClass.IN }), server);
    return reply.answers.map(({ rdata }) => showRdata(type, rdata)).sort();
  }

  async close(): Promise<void> {
    await Promise.all(this.#updaters.map((updater) => updater.close()));
    this.exchanger.close();
  }
}

const LIMIT_MS = 20_000;

/** The real clock, set wrong by so much; real chance. */
class ClockEffects extends FakeEffects {
  skewMs = 0;

  override nowMs(): number {
    return Date.now() + this.skewMs;
  }

  override randomOctets(length: number): Uint8Array {
    return crypto.getRandomValues(new Uint8Array(length));
  }
}
