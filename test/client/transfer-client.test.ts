import { expect } from 'chai';
import { ExchangeError } from '../../src/client/errors.ts';
import { TransferClient } from '../../src/client/transfer-client.ts';
import type { TsigKey } from '../../src/message/tsig-key.ts';
import { IncomingTransferError } from '../../src/transfer/incoming-error.ts';
import { RRType } from '../../src/wire/iana.ts';
import type { RR } from '../../src/zone/record.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { recordsOf, soaAt, stepBetween, wholeOf } from '../support/primary-history.ts';
import { name, rr } from '../support/rr.ts';
import { type ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';
import { streamOf } from '../support/transfer-streams.ts';
import { tsigKey, verified } from '../support/tsig.ts';

const NOW = Math.floor(new FakeEffects().now / 1000);
const KEY = tsigKey('secondary.');
const HOSTS = Array.from({ length: 20 }, (_, i) => rr(`h${i} A 192.0.2.${i}`));
const ONE = { serial: 5, records: [rr('@ NS ns1'), ...HOSTS] };
const TWO = { serial: 6, records: [rr('@ NS ns1'), rr('new A 192.0.2.99')] };

describe('client/transfer-client', () => {
  let primary: ScriptedServer | undefined;
  let timers: FakeTimers;

  afterEach(async () => {
    await primary?.close();
    primary = undefined;
  });

  async function fetch(
    answer: (request: ScriptedRequest) => void,
    rest: { readonly soa?: RR; readonly key?: TsigKey; readonly signal?: AbortSignal } = {},
  ) {
    timers = new FakeTimers();
    primary = await ScriptedServer.start(answer);
    const client = new TransferClient({ effects: new FakeEffects(), timers });
    const records: RR[] = [];
    const result = await client.fetch({
      apex: name('example.test'),
      from: primary.endpoint,
      key: rest.key,
      soa: rest.soa,
      maxOctets: 1 << 20,
      onRecord: (record) => records.push(record),
      onMessage: async () => {
        await new Promise<void>((resolve) => setImmediate(resolve));
      },
      signal: rest.signal ?? new AbortController().signal,
    });
    return { result, records };
  }

  /** The messages of a transfer as the answer to a request. */
  function messagesFor({ octets }: ScriptedRequest, records: readonly RR[], type: number): Uint8Array[] {
    const id = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
    return streamOf(records, { id, type });
  }

  const whole = [...wholeOf(ONE), soaAt(5)];

  it('fetches a zone, message by message', async () => {
    const { result, records } = await fetch((request) => {
      for (const message of messagesFor(request, whole, RRType.AXFR)) request.send(message);
    });
    expect(result).to.include({ kind: 'whole', records: 22 });
    expect(records).to.have.length(22);
  });

  it('asks for differences with the SOA that is here', async () => {
    const steps = [stepBetween(ONE, TWO)];
    const { result } = await fetch(
      (request) => {
        for (const message of messagesFor(request, recordsOf(steps, 6), RRType.IXFR)) request.send(message);
      },
      { soa: soaAt(5) },
    );
    expect(result).to.deep.equal({ kind: 'steps', soa: soaAt(6), steps });
  });

  it('verifies each message of a signed transfer', async () => {
    const { result } = await fetch(
      (request) => {
        const reply = verified(request.octets, KEY, NOW).reply();
        for (const message of messagesFor(request, whole, RRType.AXFR))
          request.send(reply.sign(message, NOW));
      },
      { key: KEY },
    );
    expect(result.kind).to.equal('whole');
    await primary?.close();
    const error = await fetch(
      (request) => {
        for (const message of messagesFor(request, whole, RRType.AXFR)) request.send(message);
      },
      { key: KEY },
    ).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(IncomingTransferError).and.include({ flaw: 'signature' });
  });

  it('a connection that breaks off, or a stream without its end, is an error', async () => {
    const error = await fetch((request) => {
      for (const message of messagesFor(request, whole, RRType.AXFR).slice(0, -1)) request.send(message);
      setImmediate(() => request.hangUp());
    }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ExchangeError).and.include({ failure: 'unreachable' });
  });

  it('gives up when nothing comes any more', async () => {
    const failed = fetch((request) => {
      const [first] = messagesFor(request, whole, RRType.AXFR);
      if (first !== undefined) request.send(first);
    }).catch((thrown: unknown) => thrown);
    let error: unknown;
    void failed.then((thrown) => {
      error = thrown;
    });
    while (error === undefined) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if ((primary?.requests.length ?? 0) > 0) timers.pass(1000);
    }
    expect(error).to.be.instanceOf(ExchangeError).and.include({ failure: 'timeout' });
  });

  it('gives up when told to', async () => {
    const ending = new AbortController();
    const error = await fetch(() => ending.abort(), { signal: ending.signal }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(ExchangeError).and.include({ failure: 'aborted' });
  });
});
