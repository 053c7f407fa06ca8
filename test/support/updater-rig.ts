import type { Endpoint } from '../../src/base/endpoint.ts';
import { ExchangeError } from '../../src/client/errors.ts';
import type { ExchangeOptions } from '../../src/client/exchange.ts';
import type { WantedTransfer } from '../../src/client/transfer-client.ts';
import type { Message } from '../../src/message/message.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import { Updater } from '../../src/monitor/updater/updater.ts';
import type { UpdaterTools } from '../../src/monitor/updater/updater-tools.ts';
import { memberFromText, type UpdatedZone } from '../../src/monitor/updater/watched.ts';
import type { DomainName } from '../../src/wire/name.ts';
import { FakeEffects } from './effects.ts';
import { FakeTimers } from './fake-timers.ts';
import { memoryZone } from './memory-zone.ts';
import { ModelServer } from './model-server.ts';
import { name } from './rr.ts';
import { tsigKey } from './tsig.ts';
import { grant, rulesOf } from './updating.ts';

/** The names that the rig's tests are about. */
export const APEX = name('example.test');
export const WWW = name('www.example.test');

/** Model servers and updaters on one clock that a test turns by hand. */
export class UpdaterRig {
  readonly effects = new FakeEffects();
  readonly timers = new FakeTimers();
  readonly servers: ModelServer[];
  /** Lines for nsupdate, of dry runs. */
  readonly planned: string[] = [];
  readonly #updaters: Updater[] = [];

  /** One server for each list of lines of example.test; `mon.`, `other.` may edit, `judge.` and `raw.` judge. */
  constructor(...zones: readonly string[]) {
    const rules = rulesOf(
      grant({ key: 'mon.', names: ['**'] }),
      grant({ key: 'other.', names: ['**'] }),
      grant({ key: 'narrow.', names: ['www'], types: ['A'] }),
      grant({ key: 'judge.', names: ['**'], action: 'judge', load: true }),
      grant({ key: 'raw.', names: ['**'], action: 'judge', load: true }),
    );
    this.servers = zones.map((lines) => {
      const text = `@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300\n@ 300 NS ns1\nns1 300 A 192.0.2.53\n${lines}`;
      return new ModelServer(memoryZone('example.test', text), rules, this.effects, [name('raw.')]);
    });
  }

  get server(): ModelServer {
    const [server] = this.servers;
    if (server === undefined) throw new Error('a rig without a server');
    return server;
  }

  /** Starts an updater of www.example.test, with listed members or `auto`. */
  start(
    key: TsigKey | undefined,
    members: readonly string[] | 'auto',
    zone: Partial<UpdatedZone> = {},
    tools: Partial<UpdaterTools> = {},
  ): Updater {
    const whole: UpdatedZone = {
      apex: APEX,
      servers: this.servers.map((_, i) => ({ address: '192.0.2.53', port: i })),
      key,
      action: 'edit',
      names: [
        {
          name: WWW,
          members: members === 'auto' ? 'auto' : members.flatMap((text) => memberFromText(text) ?? []),
        },
      ],
      ...zone,
    };
    const updater = new Updater([whole], {
      effects: this.effects,
      timers: this.timers,
      exchanger: { ask: (...asked) => this.#ask(...asked) },
      transfers: { fetch: (wanted) => this.#fetch(wanted) },
      events: { onPlanned: (lines) => this.planned.push(...lines) },
      ...tools,
    });
    this.#updaters.push(updater);
    updater.start();
    return updater;
  }

  /** Lets time pass, and what is under way come to its end. */
  async pass(ms = 0): Promise<void> {
    await this.#turn();
    for (let left = ms; left > 0; left -= STEP_MS) {
      const step = Math.min(STEP_MS, left);
      this.effects.now += step;
      this.timers.pass(step);
      await this.#turn();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#updaters.map((updater) => updater.close()));
  }

  async #turn(): Promise<void> {
    for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async #ask(request: Message, to: Endpoint, options?: ExchangeOptions): Promise<Message> {
    const server = this.servers[to.port];
    if (server === undefined) throw new ExchangeError('unreachable', 'no such server');
    return await server.ask(request, to, options);
  }

  async #fetch(wanted: WantedTransfer) {
    const server = this.servers[wanted.from.port];
    if (server === undefined) throw new ExchangeError('unreachable', 'no such server');
    return await server.fetch(wanted);
  }
}

const STEP_MS = 250;

/** Keys of the rig's servers. */
export const EDITOR = tsigKey('mon.');
export const OTHER = tsigKey('other.');
export const NARROW = tsigKey('narrow.');
export const JUDGE = tsigKey('judge.');
export const RAW_JUDGE = tsigKey('raw.');

/** The members that answer at www.example.test, as everybody is told. */
export function membersThere(server: ModelServer, owner: DomainName = WWW): string[] {
  return server
    .at(owner)
    .map((line) => line.split(' ').at(-1) ?? '')
    .sort();
}
