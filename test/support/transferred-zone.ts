import { expect } from 'chai';
import { scanNetwork } from '../../src/base/network.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { type TsigKey, TsigKeyRing } from '../../src/message/tsig-key.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { TransferHandler, type TransferHandlerOptions } from '../../src/serve/transfer-handler.ts';
import { SnapshotPool } from '../../src/store/zone-snapshot.ts';
import type { TransferGrant } from '../../src/transfer/permission.ts';
import { Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { equalNames } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { DispatchedZone, type Sending } from './dispatching.ts';
import { FakeTimers } from './fake-timers.ts';
import { name, rr, showRecord } from './rr.ts';
import { tsigKey } from './tsig.ts';
import { grant, rulesOf } from './updating.ts';

/** The zone of {@link TransferredZone}. */
export const TRANSFERRED: readonly string[] = [
  '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300',
  '@ 300 NS ns1',
  'ns1 300 A 192.0.2.53',
  'sub 300 NS ns.sub',
  'ns.sub 300 A 192.0.2.54',
  'www 60 A 192.0.2.1',
  'www 60 A 192.0.2.2',
  '_steer.www 60 TXT "order=rotate"',
  '_steer.www 60 TXT "192.0.2.1 down by=mon."',
];
const UPDATES = rulesOf(
  grant({ key: 'mon.', names: ['www'], action: 'judge' }),
  grant({ key: 'deploy.', names: ['**'] }),
);

/** How a transfer is fetched from a {@link TransferredZone}. */
export interface Fetching extends Omit<Sending, 'key'> {
  readonly key?: TsigKey | undefined;
  readonly onMessage?: (octets: Uint8Array) => Promise<boolean>;
  /** Whether the stream must be complete; by default. */
  readonly isWhole?: boolean;
}

/** A {@link DispatchedZone}, of {@link TRANSFERRED} unless said otherwise, whose transfers are the real ones. */
export class TransferredZone {
  readonly secondary = tsigKey('secondary.');
  readonly other = tsigKey('other.');
  readonly timers = new FakeTimers();
  readonly handler: TransferHandler;
  readonly #zone: DispatchedZone;
  readonly #pool: SnapshotPool;
  /** Each request has one of its own: the same again would be a replay. */
  #id = 9;

  constructor(options: Partial<TransferHandlerOptions> = {}, snapshots = 3, records = TRANSFERRED) {
    const keys = [this.secondary, this.other, tsigKey('deploy.'), tsigKey('mon.')];
    this.#zone = new DispatchedZone('example.test', records, UPDATES, {
      transfer: { handle: (request, reply) => this.handler.handle(request, reply) },
      keys: () => new TsigKeyRing(keys),
    });
    this.#pool = new SnapshotPool(this.#zone.path, snapshots);
    const { apex, effects } = this.#zone;
    this.handler = new TransferHandler({
      snapshots: this.#pool,
      hasZone: (asked) => equalNames(asked, apex),
      rulesOf: () => ({ apex, grants: GRANTS }),
      updateRulesOf: () => UPDATES,
      zonesOf: () => [],
      most: 3,
      effects,
      timers: this.timers,
      ...options,
    });
  }

  get editor(): TsigKey {
    return this.#zone.key;
  }

  get monitor(): TsigKey {
    return this.#zone.monitor;
  }

  get serial(): number {
    return this.#zone.serial;
  }

  get opened(): number {
    return this.#pool.opened;
  }

  get counts() {
    return this.handler.counts;
  }

  get lines() {
    return this.#zone.effects.lines;
  }

  get fields() {
    return this.#zone.effects.fields;
  }

  async close(): Promise<void> {
    await this.handler.stop();
    this.#pool.close();
    this.#zone.close();
  }

  add(lines: readonly string[]): Promise<void> {
    return this.change([], lines);
  }

  async change(removed: readonly string[], added: readonly string[]): Promise<void> {
    const by = { kind: 'key', name: 'deploy.' } as const;
    const records = (lines: readonly string[]) => lines.map((line) => rr(line));
    await this.#zone.queue.submit(this.#zone.apex, () => ({
      kind: 'change',
      change: { removed: records(removed), added: records(added), by },
      result: () => undefined,
    }));
  }

  ask(message: Message, sending: Fetching = {}) {
    const { key = this.secondary, ...rest } = sending;
    const isSigned = !('key' in sending) || sending.key !== undefined;
    return this.#zone.ask(
      { ...message, id: this.#id++ },
      { overTcp: true, ...rest, ...(isSigned ? { key } : {}) },
    );
  }

  /** A signed request, and the stream that answers it: verified, read, put together. */
  async fetch(message: Message, fetching: Fetching = {}) {
    const { key = this.secondary, onMessage = async () => true, overTcp = true } = fetching;
    const nowS = this.#zone.effects.now / 1000;
    const { octets, replies } = signRequest(composeMessage({ ...message, id: this.#id++ }), key, nowS);
    const received: Uint8Array[] = [];
    const address = Uint8Array.of(192, 0, 2, 200);
    await this.#zone.dispatcher.answerLate({ octets, address, port: 5353, overTcp }, (reply) => {
      received.push(reply);
      return onMessage(reply);
    });
    const messages = received.map((reply) => parseMessage(reply));
    for (const [i, parsed] of messages.entries()) {
      expect(replies.verify(received[i] ?? new Uint8Array(0), parsed, nowS)).to.deep.equal({ kind: 'good' });
      expect(parsed.rcode).to.equal(Rcode.NOERROR);
    }
    const records = messages.flatMap(({ answers }) => answers.map(showRecord));
    if (fetching.isWhole !== false) expect(records.at(-1)).to.equal(records[0]);
    return { records, messages, octets: received };
  }
}

const GRANTS: readonly TransferGrant[] = [
  { key: name('secondary.'), view: 'raw', from: [scanNetwork('192.0.2.0/24') ?? fail()] },
  { key: name('other.'), view: 'live', from: undefined },
];

/** One question, class IN. */
export function question(owner: string, type: number) {
  return { name: name(owner), type, class: RRClass.IN };
}

/** A request for the whole of example.test. */
export function axfr(rest: Partial<Message> = {}): Message {
  return makeQuery(9, question('example.test', RRType.AXFR), { flags: { ...NO_FLAGS, rd: true }, ...rest });
}

/** A request for what is new in example.test since a serial. */
export function ixfr(serial: number): Message {
  const have: RR = rr(TRANSFERRED[0]?.replace(' 5 ', ` ${serial} `) ?? '');
  return makeQuery(9, question('example.test', RRType.IXFR), {
    authorities: [{ ...have, class: RRClass.IN }],
  });
}

/** The SOA of example.test as a line. */
export function soa(serial: number): string {
  return `example.test. 300 SOA ns1.example.test. hostmaster.example.test. ${serial} 7200 900 1209600 300`;
}

// --- helpers ---

function fail(): never {
  throw new Error('unreachable');
}
