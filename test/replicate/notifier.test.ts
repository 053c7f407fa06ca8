import { expect } from 'chai';
import { type Endpoint, showEndpoint } from '../../src/base/endpoint.ts';
import { ExchangeError } from '../../src/client/errors.ts';
import type { ExchangeOptions } from '../../src/client/exchange.ts';
import type { Message } from '../../src/message/message.ts';
import { type NotifyRules, SPACING_MS } from '../../src/replicate/notified-zone.ts';
import { Notifier } from '../../src/replicate/notifier.ts';
import { Opcode, Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { soaSerial } from '../../src/zone/serial.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';
import { tsigKey } from '../support/tsig.ts';

const APEX = name('example.test');
const KEY = tsigKey('secondary.');

function zone(serial: number, more = '') {
  return memoryZone('example.test', `@ SOA ns1 hostmaster ${serial} 7200 900 1209600 300\n@ NS ns1\n${more}`);
}

/** A secondary that a test plays. */
class FakeSecondary {
  serial: number;
  /** What it does with a NOTIFY or a query: an RCODE, or silence. */
  rcode: number | 'silent' = Rcode.NOERROR;
  /** Whether a NOTIFY makes it fetch the zone at once. */
  isObedient = true;
  readonly heard: string[] = [];

  constructor(serial: number) {
    this.serial = serial;
  }

  answer(request: Message, options: ExchangeOptions): Message {
    const isNotify = request.opcode === Opcode.NOTIFY;
    const told = request.answers[0] === undefined ? 0 : soaSerial(request.answers[0].rdata);
    this.heard.push(
      `${isNotify ? `NOTIFY ${told}` : 'SOA'}${options.key === undefined ? '' : ` ${options.key}`}`,
    );
    if (this.rcode === 'silent') throw new ExchangeError('timeout', 'no answer');
    if (isNotify && this.isObedient && this.rcode === Rcode.NOERROR) this.serial = told;
    const soa = zone(this.serial)
      .get(APEX)
      ?.rrsets.find(({ type }) => type === RRType.SOA)?.rdatas[0];
    const record = {
      owner: APEX,
      type: RRType.SOA,
      class: RRClass.IN,
      ttl: 300,
      rdata: soa ?? new Uint8Array(),
    };
    const answers = isNotify || this.rcode !== Rcode.NOERROR ? [] : [record];
    return { ...request, flags: { ...request.flags, qr: true }, rcode: this.rcode, answers };
  }
}

describe('the notifier', () => {
  let effects = new FakeEffects();
  let timers = new FakeTimers();
  let view = zone(7);
  let isServed = true;
  let isBroken = false;
  const own = new Set<string>();
  let secondaries = new Map<string, FakeSecondary>();

  function make(...rules: Partial<NotifyRules>[]): Notifier {
    return new Notifier({
      zones: rules.map((rule) => ({ apex: APEX, targets: [], tellsNameServers: false, ...rule })),
      exchanger: {
        async ask(request: Message, to: Endpoint, options: ExchangeOptions = {}) {
          const secondary = secondaries.get(showEndpoint(to));
          if (secondary === undefined) throw new ExchangeError('unreachable', 'nothing listens');
          return secondary.answer(request, options);
        },
      },
      effects,
      timers,
      apexOf: (apex) => {
        if (isBroken) throw new Error('disk I/O error');
        return isServed ? view.get(apex) : undefined;
      },
      find: (owner) => view.get(owner),
      isOwn: (address) => own.has(address),
    });
  }

  function at(address: string, key = false) {
    return { endpoint: { address, port: 53 }, key: key ? KEY : undefined, source: undefined };
  }

  function secondaryAt(address: string, serial = 7): FakeSecondary {
    const secondary = new FakeSecondary(serial);
    secondaries.set(`${address}:53`, secondary);
    return secondary;
  }

  /** Lets `ms` pass, and what was asked be answered, in steps of a millisecond at first. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; ) {
      const step = Math.min(left, ms > 2000 ? 250 : 5);
      for (let i = 0; i < 10; i++) {
        timers.turn();
        await Promise.resolve();
      }
      timers.pass(step);
      left -= step;
    }
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  /** A new serial, as the zone writer says it. */
  function change(notifier: Notifier, serial: number): void {
    view = zone(serial);
    notifier.changed(APEX);
  }

  beforeEach(() => {
    effects = new FakeEffects();
    timers = new FakeTimers();
    view = zone(7);
    isServed = true;
    isBroken = false;
    own.clear();
    secondaries = new Map();
  });

  it('announces at the start, asks what they have, and then is quiet', async () => {
    const one = secondaryAt('192.0.2.1', 5);
    const notifier = make({ targets: [at('192.0.2.1')] });
    notifier.start();
    await pass(10_000);
    expect(one.heard).to.deep.equal(['NOTIFY 7', 'SOA']);
    expect(notifier.secondaries()).to.deep.equal([
      {
        zone: 'example.test.',
        address: '192.0.2.1:53',
        standing: 'level',
        serial: 7,
        lag: 0,
        error: undefined,
        seenSecondsAgo: 10,
        behindSeconds: undefined,
      },
    ]);
  });

  it('tells a single change at once, with the SOA, and signed where there is a key', async () => {
    const one = secondaryAt('192.0.2.1');
    const two = secondaryAt('192.0.2.2');
    const notifier = make({ targets: [at('192.0.2.1', true), at('192.0.2.2')] });
    notifier.start();
    await pass(1000);
    one.heard.length = 0;
    two.heard.length = 0;
    change(notifier, 8);
    await pass(5);
    expect(one.heard).to.deep.equal(['NOTIFY 8 secondary.']);
    expect(two.heard).to.deep.equal(['NOTIFY 8']);
    await pass(1000);
    expect(one.heard).to.deep.equal(['NOTIFY 8 secondary.', 'SOA secondary.']);
  });

  it('tells a storm of changes in a few NOTIFYs, the last of the newest serial', async () => {
    const one = secondaryAt('192.0.2.1');
    const notifier = make({ targets: [at('192.0.2.1')] });
    notifier.start();
    await pass(1000);
    one.heard.length = 0;
    for (let serial = 8; serial < 208; serial++) {
      change(notifier, serial);
      await pass(1);
    }
    await pass(1000);
    const told = one.heard.filter((line) => line.startsWith('NOTIFY'));
    expect(told.length).to.be.lessThan(2 + Math.ceil(200 / SPACING_MS) + 1);
    expect(told[0]).to.equal('NOTIFY 8');
    expect(told.at(-1)).to.equal('NOTIFY 207');
    expect(notifier.secondaries()[0]).to.include({ standing: 'level', serial: 207 });
  });

  it('tells nothing when a change gave no new serial, before the start, after the stop, of other zones', async () => {
    const one = secondaryAt('192.0.2.1');
    const notifier = make({ targets: [at('192.0.2.1')] });
    change(notifier, 8);
    await pass(500);
    expect(one.heard).to.deep.equal([]);
    notifier.start();
    await pass(500);
    one.heard.length = 0;
    notifier.changed(APEX);
    notifier.changed(name('other.test'));
    await pass(500);
    notifier.stop();
    change(notifier, 9);
    await pass(500);
    expect(one.heard).to.deep.equal([]);
  });

  it('says once that a secondary is out of reach, and that it is back', async () => {
    const one = secondaryAt('192.0.2.1');
    one.rcode = 'silent';
    const notifier = make({ targets: [at('192.0.2.1')] });
    notifier.start();
    await pass(600_000);
    expect(effects.lines).to.deep.equal([
      'warn notify: secondary 192.0.2.1:53: told 8 times without success, until the next serial no more',
    ]);
    expect(effects.fields[0]).to.deep.equal({ zone: 'example.test.', error: 'no answer' });
    expect(notifier.secondaries()[0]).to.include({ standing: 'unknown', error: 'no answer' });
    one.rcode = Rcode.NOERROR;
    change(notifier, 8);
    await pass(1000);
    expect(effects.lines.slice(1)).to.deep.equal(['info notify: secondary 192.0.2.1:53: takes NOTIFY again']);
    expect(notifier.secondaries()[0]).to.include({ standing: 'level', error: undefined });
  });

  for (const [rcode, advice] of [
    [Rcode.NOTIMP, 'shorten REFRESH'],
    [Rcode.REFUSED, 'allow-notify'],
    [Rcode.NOTAUTH, 'no secondary of the zone'],
    [Rcode.FORMERR, 'look into its log'],
  ] as const) {
    it(`says once what to do when a NOTIFY is answered with RCODE ${rcode}`, async () => {
      const one = secondaryAt('192.0.2.1');
      one.rcode = rcode;
      const notifier = make({ targets: [at('192.0.2.1')] });
      notifier.start();
      await pass(1000);
      for (const serial of [8, 9, 10]) {
        change(notifier, serial);
        await pass(1000);
      }
      expect(one.heard.filter((line) => line.startsWith('NOTIFY'))).to.have.length(4); // none twice
      expect(effects.lines).to.deep.equal(['warn notify: secondary 192.0.2.1:53: it does not take NOTIFY']);
      expect(effects.fields[0]?.['error']).to.contain(advice);
    });
  }

  it('shows how far a secondary is behind, in serials and seconds', async () => {
    const one = secondaryAt('192.0.2.1');
    const notifier = make({ targets: [at('192.0.2.1')] });
    notifier.start();
    await pass(1000);
    one.isObedient = false;
    change(notifier, 8);
    await pass(4000);
    change(notifier, 9);
    await pass(6000);
    expect(notifier.secondaries()[0]).to.include({
      standing: 'behind',
      serial: 7,
      lag: 2,
      behindSeconds: 10,
    });
    one.serial = 8;
    await pass(60_000);
    expect(notifier.secondaries()[0]).to.include({
      standing: 'behind',
      serial: 8,
      lag: 1,
      behindSeconds: 66,
    });
  });

  it('warns of a secondary that has a later serial than this server', async () => {
    secondaryAt('192.0.2.1', 99).isObedient = false;
    const notifier = make({ targets: [at('192.0.2.1')] });
    notifier.start();
    await pass(1000);
    change(notifier, 8);
    await pass(1000);
    expect(effects.lines).to.deep.equal(['warn notify: secondary 192.0.2.1:53: it is ahead of this server']);
    expect(notifier.secondaries()[0]).to.include({ standing: 'ahead', lag: 0 });
  });

  it('asks a secondary that the zone was just sent to', async () => {
    const one = secondaryAt('192.0.2.1');
    const notifier = make({ targets: [at('192.0.2.1'), at('192.0.2.2')] });
    notifier.start();
    await pass(1000);
    one.heard.length = 0;
    notifier.noteTransfer(APEX, '192.0.2.1');
    await pass(100);
    expect(one.heard).to.deep.equal(['SOA']);
  });

  it('takes over other rules: tells those who are new, forgets those who went, tries those who failed again', async () => {
    const heard = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(
      (address) => secondaryAt(address).heard,
    );
    const told = () => heard.map((lines) => lines.splice(0).filter((line) => line.startsWith('NOTIFY')));
    const notifier = make({ targets: [at('192.0.2.1'), at('192.0.2.2'), at('192.0.2.3')] });
    const refusing = secondaries.get('192.0.2.3:53');
    if (refusing !== undefined) refusing.rcode = Rcode.NOTAUTH;
    notifier.start();
    await pass(2000);
    expect(told()).to.deep.equal([['NOTIFY 7'], ['NOTIFY 7'], ['NOTIFY 7'], []]);
    if (refusing !== undefined) refusing.rcode = Rcode.NOERROR;
    const targets = [at('192.0.2.1'), at('192.0.2.3', true), at('192.0.2.4')];
    notifier.configure([{ apex: APEX, targets, tellsNameServers: false }]);
    await pass(2000);
    expect(told()).to.deep.equal([[], [], ['NOTIFY 7 secondary.'], ['NOTIFY 7']]);
    expect(notifier.secondaries().map(({ standing }) => standing)).to.deep.equal(['level', 'level', 'level']);
    notifier.configure([]);
    change(notifier, 8);
    await pass(1000);
    expect(told().flat()).to.deep.equal([]);
    expect(notifier.secondaries()).to.deep.equal([]);
    notifier.configure([{ apex: APEX, targets: [at('192.0.2.2')], tellsNameServers: false }]);
    await pass(1000);
    expect(told()[1]).to.deep.equal(['NOTIFY 8']);
  });

  describe('with notify-ns', () => {
    const SERVERS = `@ NS ns2\n@ NS ns3\n@ NS ns4.example.org.
ns1 A 192.0.2.1\nns2 A 192.0.2.2\nns2 AAAA 2001:db8::2\nns3 A 192.0.2.3\n`;

    it('RFC 1996 §2.3: tells the apex NS but for MNAME, itself, and names that are not here', async () => {
      view = zone(7, SERVERS);
      own.add('192.0.2.3');
      const notifier = make({ tellsNameServers: true });
      notifier.start();
      await pass(100);
      const told = notifier.secondaries().map(({ address }) => address);
      expect(told).to.deep.equal(['192.0.2.2:53', '[2001:db8::2]:53']);
      expect(effects.lines).to.have.length(1);
      expect(effects.fields[0]).to.deep.equal({ zone: 'example.test.', server: 'ns4.example.org.' });
    });

    it('tells an address once, as it is configured', async () => {
      view = zone(7, SERVERS);
      const notifier = make({ tellsNameServers: true, targets: [at('192.0.2.2', true)] });
      const two = secondaryAt('192.0.2.2');
      notifier.start();
      await pass(1000);
      expect(two.heard).to.deep.equal(['NOTIFY 7 secondary.', 'SOA secondary.']);
    });

    it('tells those that come with a change, and forgets those that go', async () => {
      const notifier = make({ tellsNameServers: true });
      const two = secondaryAt('192.0.2.2');
      notifier.start();
      await pass(1000);
      expect(notifier.secondaries()).to.deep.equal([]);
      view = zone(8, '@ NS ns2\nns2 A 192.0.2.2\n');
      notifier.changed(APEX);
      await pass(1000);
      expect(two.heard).to.deep.equal(['NOTIFY 8', 'SOA']);
      change(notifier, 9);
      await pass(1000);
      expect(two.heard).to.have.length(2);
      expect(notifier.secondaries()).to.deep.equal([]);
    });
  });

  it('does not tell anew because somebody looks at the status', async () => {
    view = zone(7, '@ NS ns2\nns2 A 192.0.2.2\n');
    const two = secondaryAt('192.0.2.2');
    two.rcode = Rcode.REFUSED;
    const notifier = make({ tellsNameServers: true });
    notifier.start();
    for (let i = 0; i < 5; i++) {
      await pass(1000);
      notifier.secondaries();
    }
    expect(two.heard.filter((line) => line.startsWith('NOTIFY'))).to.have.length(1);
  });

  it('tells later when the zone cannot be read at the moment', async () => {
    const one = secondaryAt('192.0.2.1');
    const notifier = make({ targets: [at('192.0.2.1')] });
    notifier.start();
    await pass(500);
    isBroken = true;
    change(notifier, 8);
    await pass(2000);
    change(notifier, 9);
    await pass(1500);
    expect(one.heard).to.deep.equal(['NOTIFY 7', 'SOA']);
    expect(effects.lines).to.deep.equal(['error notify: the zone cannot be read']);
    isBroken = false;
    await pass(1500);
    expect(one.heard.slice(2)).to.deep.equal(['NOTIFY 9', 'SOA']);
  });

  it('has no secondaries of a zone that is not served, and tells when it comes', async () => {
    isServed = false;
    const one = secondaryAt('192.0.2.1', 0);
    const notifier = make({ targets: [at('192.0.2.1')] });
    notifier.start();
    await pass(1000);
    expect(notifier.secondaries()).to.deep.equal([]);
    isServed = true;
    notifier.changed(APEX);
    await pass(1000);
    expect(one.heard).to.deep.equal(['NOTIFY 7', 'SOA']);
  });

  describe('waiting', () => {
    it('ends when all have the serial, and asks them often meanwhile', async () => {
      const one = secondaryAt('192.0.2.1');
      const two = secondaryAt('192.0.2.2');
      const notifier = make({ targets: [at('192.0.2.1'), at('192.0.2.2')] });
      notifier.start();
      await pass(1000);
      two.isObedient = false;
      change(notifier, 8);
      await pass(100_000);
      two.heard.length = 0;
      const waiting = notifier.wait('example.test.', undefined, 60_000);
      await pass(1000);
      expect(two.heard.length).to.be.within(5, 8);
      two.serial = 8;
      await pass(200);
      const report = await waiting;
      expect(report).to.include({ zone: 'example.test.', serial: 8, isReached: true });
      expect(report.secondaries.map(({ serial }) => serial)).to.deep.equal([8, 8]);
      expect(one.heard.length).to.be.lessThan(6);
    });

    it('ends at once when all have it already', async () => {
      secondaryAt('192.0.2.1');
      const notifier = make({ targets: [at('192.0.2.1')] });
      notifier.start();
      await pass(1000);
      expect(await notifier.wait('example.test.', 6, 60_000)).to.include({ isReached: true, serial: 6 });
    });

    it('waits for a serial that is still to come', async () => {
      secondaryAt('192.0.2.1');
      const notifier = make({ targets: [at('192.0.2.1')] });
      notifier.start();
      await pass(1000);
      const waiting = notifier.wait('example.test.', 8, 60_000);
      await pass(1000);
      change(notifier, 8);
      await pass(200);
      expect(await waiting).to.include({ isReached: true, serial: 8 });
    });

    it('ends when the time is out, and tells who is behind; and when the server stops', async () => {
      secondaryAt('192.0.2.1').isObedient = false;
      const notifier = make({ targets: [at('192.0.2.1')] });
      notifier.start();
      await pass(1000);
      change(notifier, 8);
      const waiting = notifier.wait('example.test.', undefined, 1500);
      await pass(1500);
      const report = await waiting;
      expect(report).to.include({ isReached: false, serial: 8 });
      expect(report.secondaries[0]).to.include({ standing: 'behind', lag: 1 });
      const again = notifier.wait('example.test.', undefined, 1500);
      await pass(10);
      notifier.stop();
      expect((await again).isReached).to.equal(false);
    });

    it('says when there is nobody to wait for', async () => {
      const notifier = make({ targets: [at('192.0.2.1')] });
      const messageFor = async (apex: string) => {
        const error = await notifier.wait(apex, undefined, 10).catch((thrown: unknown) => thrown);
        return error instanceof Error ? error.message : 'no error';
      };
      notifier.start();
      expect(await messageFor('other.test.')).to.contain(
        'nobody is told of other.test.: name its secondaries',
      );
      isServed = false;
      expect(await messageFor('example.test.')).to.equal('zone example.test. is not served here');
    });
  });
});
