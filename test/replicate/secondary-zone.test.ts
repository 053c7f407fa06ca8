import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Endpoint } from '../../src/base/endpoint.ts';
import { Slots } from '../../src/client/slots.ts';
import type { WantedTransfer } from '../../src/client/transfer-client.ts';
import type { Message } from '../../src/message/message.ts';
import { unservable } from '../../src/replicate/secondaries.ts';
import { SecondaryZone } from '../../src/replicate/secondary-zone.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { Turns } from '../../src/store/turns.ts';
import { ZoneReceiver } from '../../src/store/zone-receiver.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { MapImage, showView } from '../support/map-image.ts';
import { ModelPrimary } from '../support/model-primary.ts';
import { histories, type PrimaryVersion, wholeOf } from '../support/primary-history.ts';
import { name, rr, showRecord } from '../support/rr.ts';

const APEX = name('example.test');
const ONE: PrimaryVersion = { serial: 5, records: [rr('@ 3600 NS ns1'), rr('ns1 3600 A 192.0.2.53')] };
const TWO: PrimaryVersion = { serial: 6, records: [...ONE.records, rr('www 60 A 192.0.2.1')] };
/** Of the SOA that the model sends. */
const REFRESH_MS = 7_200_000;
const RETRY_MS = 900_000;
const EXPIRE_MS = 1_209_600_000;

describe('replicate/secondary-zone', () => {
  let directory = '';
  let database: ZoneDatabase;
  let writer: ZoneWriter;
  let effects: FakeEffects;
  let timers: FakeTimers;
  let primary: ModelPrimary;
  let zone: SecondaryZone;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    effects = new FakeEffects();
    primary = new ModelPrimary(ONE);
    open();
  });
  afterEach(async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Everything that a start of the server makes. */
  function open(models: Readonly<Record<string, ModelPrimary>> = { '192.0.2.1': primary }): void {
    const modelAt = ({ address }: Endpoint) => models[address] ?? primary;
    timers = new FakeTimers();
    database = new ZoneDatabase(directory);
    const image = new MapImage((apex) => writer.shownView(apex));
    writer = new ZoneWriter({ database, image, effects });
    for (const _ of writer.serveStored(undefined, unservable(database, [APEX], effects.nowMs())));
    const receiver = new ZoneReceiver({ database, writer, effects, turns: new Turns() });
    const tools = {
      exchanger: { ask: (request: Message, to: Endpoint) => modelAt(to).ask(request) },
      client: { fetch: (wanted: WantedTransfer) => modelAt(wanted.from).fetch(wanted) },
      receiver,
      database,
      maxOctets: 1 << 20,
      effects,
      timers,
      slots: new Slots(1, 1),
    };
    const primaries = Object.keys(models).map((address) => ({
      endpoint: { address, port: 53 },
      key: undefined,
    }));
    zone = new SecondaryZone({ apex: APEX, primaries }, tools);
    zone.start();
  }

  async function close(): Promise<void> {
    const stopped = zone.stop();
    timers.turn();
    await stopped;
    database.close();
  }

  /** Lets time pass, and what falls due be done. */
  async function pass(ms: number): Promise<void> {
    effects.now += ms;
    timers.pass(ms);
    for (let calm = 0; calm < 20; calm++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (timers.turn() > 0 || zone.status.isChecking) calm = 0;
    }
  }

  async function refresh(isFull: boolean) {
    const refreshed = zone.refresh(isFull);
    await pass(0);
    return await refreshed;
  }

  function expectHeld(version: PrimaryVersion): void {
    expect([...showView(database.view(APEX))].sort()).to.deep.equal(wholeOf(version).map(showRecord).sort());
  }

  it('is withheld until it has come, then fresh, and looked at in REFRESH', async () => {
    expect(writer.isWithheld(APEX)).to.equal(true);
    expect(zone.status).to.include({ phase: 'never-loaded', serial: undefined });
    await pass(500);
    expect(zone.status).to.include({ phase: 'fresh', serial: 5 });
    expect(writer.isWithheld(APEX)).to.equal(false);
    expectHeld(ONE);
    primary.versions.push(TWO);
    await pass(REFRESH_MS / 2);
    expect(primary.asked).to.deep.equal(['AXFR']);
    await pass(REFRESH_MS / 2);
    expect(primary.asked).to.deep.equal(['AXFR', 'SOA', 'IXFR 5']);
    expectHeld(TWO);
    await pass(REFRESH_MS);
    expect(primary.asked.slice(3)).to.deep.equal(['SOA']);
  });

  it('NOTIFY makes it look at once; repetitions and what is known already do not', async () => {
    await pass(500);
    zone.notified(5, '192.0.2.1');
    await pass(1000);
    expect(primary.asked).to.deep.equal(['AXFR']);
    primary.versions.push(TWO);
    for (let i = 0; i < 10; i++) zone.notified(6, '192.0.2.1');
    await pass(1000);
    expectHeld(TWO);
    for (let i = 0; i < 10; i++) zone.notified(6, '192.0.2.1');
    zone.notified(undefined, '192.0.2.1');
    await pass(1000);
    expect(primary.asked).to.deep.equal(['AXFR', 'SOA', 'IXFR 5', 'SOA']);
  });

  it('asks the primary first that has told of the change', async () => {
    const [first, second] = [new ModelPrimary(ONE), new ModelPrimary(ONE)];
    await close();
    primary = first;
    open({ '192.0.2.1': first, '192.0.2.2': second });
    await pass(500);
    second.versions.push(TWO);
    zone.notified(6, '192.0.2.2');
    await pass(1000);
    expectHeld(TWO);
    expect(first.asked).to.deep.equal(['AXFR']);
    first.isUp = false;
    expect(await refresh(false)).to.deep.equal({ kind: 'current', serial: 6 });
    expect(second.asked).to.deep.equal(['SOA', 'IXFR 5', 'SOA']);
  });

  it('a primary that is away: RETRY, EXPIRE, SERVFAIL, and served again when it is back', async () => {
    await pass(500);
    primary.isUp = false;
    await pass(REFRESH_MS);
    expect(zone.status).to.include({ phase: 'retrying', lastError: '192.0.2.1:53: nothing listens there' });
    await pass(RETRY_MS);
    expect(writer.isWithheld(APEX)).to.equal(false);
    await pass(EXPIRE_MS - REFRESH_MS - RETRY_MS);
    expect(zone.status.phase).to.equal('expired');
    expect(writer.isWithheld(APEX)).to.equal(true);
    expect(effects.lines.filter((line) => line.includes('has expired'))).to.have.length(1);
    expect(
      effects.lines.filter((line) => line.includes('cannot refresh') && line.startsWith('warn')),
    ).to.have.length(1);
    await pass(RETRY_MS);
    expect(writer.isWithheld(APEX)).to.equal(true);
    primary.isUp = true;
    await pass(RETRY_MS);
    expect(zone.status).to.include({ phase: 'fresh', lastError: undefined });
    expect(writer.isWithheld(APEX)).to.equal(false);
    expect(effects.lines.at(-1)).to.contain('served again');
  });

  it('a restart knows whether it has expired', async () => {
    await pass(500);
    await close();
    effects.now += EXPIRE_MS - 1000;
    open();
    expect(writer.isWithheld(APEX)).to.equal(false);
    expect(zone.status).to.include({ phase: 'retrying', serial: 5 });
    await close();
    effects.now += 1000;
    open();
    expect(writer.isWithheld(APEX)).to.equal(true);
    expect(zone.status.phase).to.equal('expired');
    await pass(500);
    expect(writer.isWithheld(APEX)).to.equal(false);
    expectHeld(ONE);
  });

  it('fetches the whole zone when differences cannot be had or do not fit', async () => {
    await pass(500);
    primary.versions.push(TWO);
    primary.hasHistory = false;
    expect(await refresh(false)).to.deep.equal({ kind: 'taken', serial: 6 });
    expectHeld(TWO);
    const three = { serial: 7, records: ONE.records };
    primary.versions.splice(0, 9, { serial: 6, records: [...TWO.records, rr('gone A 192.0.2.9')] }, three);
    primary.hasHistory = true;
    expect(await refresh(false)).to.deep.equal({ kind: 'taken', serial: 7 });
    expectHeld(three);
    expect(primary.asked.slice(-3)).to.deep.equal(['SOA', 'IXFR 6', 'AXFR']);
    expect(effects.lines.join('\n')).to.contain('no differences, fetching the whole zone');
  });

  it('a primary that is behind is told of; --full takes its zone', async () => {
    primary = new ModelPrimary(TWO);
    await close();
    open();
    await pass(500);
    primary.versions.push(ONE);
    expect(await refresh(false)).to.deep.equal({ kind: 'current', serial: 6 });
    expect(effects.lines.at(-1)).to.contain('the primary is behind');
    expect(await refresh(true)).to.deep.equal({ kind: 'taken', serial: 5 });
    expectHeld(ONE);
  });

  it('law: whatever comes damaged, the zone is a version of the primary, and in the end the newest', async function () {
    this.timeout(60_000);
    const event = fc.tuple(
      fc.constantFrom('good', 'cut', 'changed', 'doubled', 'no history', 'down'),
      fc.nat(200),
      fc.nat(255),
    );
    await fc.assert(
      fc.asyncProperty(
        histories(),
        fc.array(event, { minLength: 8, maxLength: 8 }),
        async (history, events) => {
          await close();
          rmSync(directory, { recursive: true, force: true });
          const [first = ONE] = history;
          primary = new ModelPrimary(first);
          open();
          await pass(500);
          for (const [i, version] of history.slice(1).entries()) {
            const [what, at, by] = events[i] ?? ['good', 0, 0];
            primary.versions.push(version);
            primary.isUp = what !== 'down';
            primary.hasHistory = what !== 'no history';
            primary.damage = (messages) => {
              const [hit = new Uint8Array(0)] = messages.slice(-1);
              if (what === 'cut') return [...messages.slice(0, -1), hit.subarray(0, at % hit.length)];
              if (what === 'doubled') return [...messages, hit];
              if (what !== 'changed') return messages;
              // Not in data: without a signature nobody can notice that.
              return [
                ...messages.slice(0, -1),
                hit.map((octet, place) => (place < 12 && place === at % 12 ? octet ^ by : octet)),
              ];
            };
            const refreshed = zone.refresh(i % 3 === 0);
            await pass(0);
            await refreshed;
            const serial = zone.status.serial;
            expectHeld(history.find((known) => known.serial === serial) ?? ONE);
          }
          primary.isUp = true;
          primary.damage = (messages) => messages;
          const last = zone.refresh(true);
          await pass(0);
          await last;
          expectHeld(primary.newest);
        },
      ),
      { numRuns: 25 },
    );
  });
});
