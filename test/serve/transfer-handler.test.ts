import { expect } from 'chai';
import { NO_FLAGS } from '../../src/message/message.ts';
import { StoreError } from '../../src/store/errors.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import {
  axfr,
  ixfr,
  question,
  soa,
  TransferredZone,
  TRANSFERRED as ZONE,
} from '../support/transferred-zone.ts';

const EDNS = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
const REST = { edns: EDNS };

describe('serve/transfer-handler', () => {
  let zone: TransferredZone;
  beforeEach(() => {
    zone = new TransferredZone();
  });
  afterEach(() => zone.close());

  it('RFC 5936 §2.2, §3: SOA, everything once in canonical order, glue included, SOA', async () => {
    const { records, messages } = await zone.fetch(axfr());
    expect(records).to.deep.equal([
      'example.test. 300 SOA ns1.example.test. hostmaster.example.test. 5 7200 900 1209600 300',
      'example.test. 300 NS ns1.example.test.',
      'ns1.example.test. 300 A 192.0.2.53',
      'sub.example.test. 300 NS ns.sub.example.test.',
      'ns.sub.example.test. 300 A 192.0.2.54',
      'www.example.test. 60 A 192.0.2.1',
      'www.example.test. 60 A 192.0.2.2',
      '_steer.www.example.test. 60 TXT "order=rotate"',
      '_steer.www.example.test. 60 TXT "192.0.2.1 down by=mon."',
      'example.test. 300 SOA ns1.example.test. hostmaster.example.test. 5 7200 900 1209600 300',
    ]);
    expect(messages).to.have.length(1);
    const [first] = messages;
    expect(first?.id).to.equal(9);
    expect(first?.flags).to.deep.equal({ ...NO_FLAGS, qr: true, aa: true, rd: true });
    expect(first?.questions[0]?.type).to.equal(RRType.AXFR);
    expect(zone.counts).to.deep.equal({ underWay: 0, served: 1, refused: 0, failed: 0 });
  });

  it('STEERING.md §8: the live view has live sets and no steering lines', async () => {
    const { records } = await zone.fetch(axfr(), { key: zone.other });
    expect(records.filter((line) => line.includes('www'))).to.deep.equal([
      'www.example.test. 60 A 192.0.2.2',
    ]);
  });

  it('STEERING.md §8: a key with edit gets the raw view, and is told so; one that judges gets nothing', async () => {
    const editor = await zone.ask(axfr(REST), { key: zone.editor });
    expect([editor.rcode, editor.why]).to.deep.equal([
      'NOERROR',
      'raw view: desired records and steering lines',
    ]);
    const judge = await zone.ask(axfr(REST), { key: zone.monitor });
    expect([judge.rcode, judge.why]).to.deep.equal([
      'REFUSED',
      'key mon. may not transfer zone example.test: no rule names it',
    ]);
  });

  it('every message is signed, and fits with its signature; the question is in the first alone', async () => {
    await zone.add(Array.from({ length: 900 }, (_, i) => `t${i} 60 TXT "${'x'.repeat(200)}"`));
    const { messages, octets, records } = await zone.fetch(axfr());
    expect(messages).to.have.length(4);
    expect(messages.map(({ questions }) => questions.length)).to.deep.equal([1, 0, 0, 0]);
    for (const message of octets) expect(message.length).to.be.at.most(65_535);
    expect(octets[0]?.length).to.be.above(65_000);
    expect(records).to.have.length(ZONE.length + 1 + 900);
  });

  it('a transfer is of one serial while changes go on', async () => {
    await zone.add(Array.from({ length: 600 }, (_, i) => `t${i} 60 TXT "${'x'.repeat(200)}"`));
    let sent = 0;
    const { records } = await zone.fetch(axfr(), {
      onMessage: async () => {
        if (sent++ === 0) await zone.add(['zzz 60 A 192.0.2.9']);
        return true;
      },
    });
    expect(records.filter((line) => line.startsWith('zzz'))).to.deep.equal([]);
    expect(records.at(-1)).to.equal(records[0]);
    expect(zone.serial).to.equal(7);
  });

  it('RFC 1995 §2: who has the serial already, or a newer one, gets one SOA', async () => {
    for (const serial of [5, 6]) {
      const { records } = await zone.fetch(ixfr(serial));
      expect(records).to.deep.equal([soa(5)]);
    }
  });

  it('RFC 1995 §4: differences, each between its SOAs', async () => {
    await zone.add(['a 60 A 192.0.2.9']);
    await zone.add(['b 60 A 192.0.2.9']);
    expect((await zone.fetch(ixfr(5))).records).to.deep.equal([
      soa(7),
      // RFC 1995 §5: one difference is shorter than two
      soa(5),
      soa(7),
      'a.example.test. 60 A 192.0.2.9',
      'b.example.test. 60 A 192.0.2.9',
      soa(7),
    ]);
    expect((await zone.fetch(ixfr(6))).records).to.deep.equal([
      soa(7),
      soa(6),
      soa(7),
      'b.example.test. 60 A 192.0.2.9',
      soa(7),
    ]);
  });

  it('a verdict is an addition in the raw view, and the judged record goes in the live one', async () => {
    await zone.change(
      ['_steer.www 60 TXT "192.0.2.1 down by=mon."'],
      ['_steer.www 60 TXT "192.0.2.2 down by=mon."'],
    );
    expect((await zone.fetch(ixfr(5))).records).to.deep.equal([
      soa(6),
      soa(5),
      '_steer.www.example.test. 60 TXT "192.0.2.1 down by=mon."',
      soa(6),
      '_steer.www.example.test. 60 TXT "192.0.2.2 down by=mon."',
      soa(6),
    ]);
    expect((await zone.fetch(ixfr(5), { key: zone.other })).records).to.deep.equal([
      soa(6),
      soa(5),
      'www.example.test. 60 A 192.0.2.2',
      soa(6),
      'www.example.test. 60 A 192.0.2.1',
      soa(6),
    ]);
  });

  it('RFC 1995 §4: the whole zone where the journal does not reach, and where that is shorter', async () => {
    expect((await zone.fetch(ixfr(3))).records).to.have.length(ZONE.length + 1);
    await zone.change(ZONE.slice(5), []);
    await zone.add(['a 60 A 192.0.2.9']);
    const { records, messages } = await zone.fetch(ixfr(5));
    expect(records[1]).to.equal('example.test. 300 NS ns1.example.test.');
    expect(messages[0]?.questions[0]?.type).to.equal(RRType.IXFR);
  });

  it('RFC 1995 §2: over UDP what fits into one datagram, otherwise the SOA alone', async () => {
    await zone.add(['a 60 A 192.0.2.9']);
    expect((await zone.fetch(ixfr(5), { overTcp: false })).records).to.have.length(5);
    await zone.add(Array.from({ length: 5 }, (_, i) => `t${i} 60 TXT "${'x'.repeat(200)}"`));
    const { records, messages, octets } = await zone.fetch(ixfr(5), { overTcp: false });
    expect(records).to.deep.equal([soa(7)]);
    expect(messages[0]?.flags.tc).to.equal(false);
    expect(octets[0]?.length).to.be.below(512);
  });

  for (const [what, message, sending, rcode, why] of [
    [
      'without a key',
      axfr(REST),
      { key: undefined },
      'REFUSED',
      'the request is not signed: transfers need a key that may transfer zone example.test',
    ],
    [
      'of a zone that is not here',
      axfr({ ...REST, questions: [question('www.example.test', RRType.AXFR)] }),
      {},
      'NOTAUTH',
      'zone www.example.test is not served here',
    ],
    [
      'from a place that the key is not for',
      axfr(REST),
      { from: '198.51.100.7' },
      'REFUSED',
      'key secondary. may not transfer zone example.test from here: rule 1 is for 192.0.2.0/24 only, not from 198.51.100.7',
    ],
    [
      'AXFR over UDP',
      axfr(REST),
      { overTcp: false },
      'REFUSED',
      'AXFR goes over TCP only (RFC 5936): ask again there',
    ],
    [
      'IXFR without an SOA',
      axfr({ ...REST, questions: [question('example.test', RRType.IXFR)] }),
      {},
      'FORMERR',
      'IXFR without the SOA that the client has in the authority section',
    ],
    [
      'in another class',
      axfr({ ...REST, questions: [{ ...question('example.test', RRType.AXFR), class: RRClass.CH }] }),
      {},
      'REFUSED',
      'zones are served in class IN only',
    ],
  ] as const) {
    it(`refuses a transfer ${what}`, async () => {
      const reply = await zone.ask(message, sending);
      expect([reply.rcode, reply.why]).to.deep.equal([rcode, why]);
      expect(reply.message.answers).to.deep.equal([]);
      expect(zone.lines).to.deep.equal(['warn transfer: refused']);
      expect(zone.fields[0]?.['reason']).to.equal(why);
      expect(zone.counts.refused).to.equal(1);
    });
  }

  it('no more than so many at once; the next is told to come again', async () => {
    const small = new TransferredZone({ most: 1 });
    let release = (_: boolean): void => {};
    const first = small.fetch(axfr(), {
      onMessage: () => new Promise<boolean>((resolve) => (release = resolve)),
    });
    await turns();
    expect(small.counts.underWay).to.equal(1);
    const second = await small.ask(axfr(REST));
    expect([second.rcode, second.why]).to.deep.equal([
      'SERVFAIL',
      '1 transfers are under way, no more may be: try again later',
    ]);
    release(true);
    expect((await first).records).to.have.length(ZONE.length + 1);
    expect((await small.ask(axfr())).rcode).to.equal('NOERROR');
    await small.close();
  });

  it('ends when the client is gone, and gives the snapshot back', async () => {
    await zone.add(Array.from({ length: 900 }, (_, i) => `t${i} 60 TXT "${'x'.repeat(200)}"`));
    const { messages } = await zone.fetch(axfr(), { onMessage: async () => false, isWhole: false });
    expect(messages).to.have.length(1);
    expect(zone.opened).to.equal(0);
    expect(zone.lines).to.deep.equal([
      'debug transfer: begins',
      'warn transfer: broken off, the client is gone',
    ]);
    expect(zone.counts.failed).to.equal(1);
  });

  it('ends when the client takes nothing for too long', async () => {
    const fetched = zone.fetch(axfr(), { onMessage: () => new Promise<boolean>(() => {}), isWhole: false });
    await turns();
    zone.timers.pass(59_999);
    await turns();
    expect(zone.opened).to.equal(1);
    zone.timers.pass(1);
    await fetched;
    expect(zone.opened).to.equal(0);
    expect(zone.lines.at(-1)).to.equal('warn transfer: broken off, the client takes nothing');
  });

  it('ends when the whole takes too long, and when the server stops', async () => {
    await zone.add(Array.from({ length: 900 }, (_, i) => `t${i} 60 TXT "${'x'.repeat(200)}"`));
    await zone.fetch(axfr(), {
      onMessage: async () => {
        zone.timers.pass(7_200_001);
        return true;
      },
      isWhole: false,
    });
    expect(zone.lines.at(-1)).to.equal('warn transfer: broken off, it took too long');
    let stopped: Promise<void> | undefined;
    await zone.fetch(axfr(), {
      onMessage: async () => {
        stopped = zone.handler.stop();
        return true;
      },
      isWhole: false,
    });
    await stopped;
    expect(zone.lines.at(-1)).to.equal('warn transfer: broken off, the server is stopping');
  });

  it('one line for each transfer, with everything worth knowing', async () => {
    await zone.fetch(axfr());
    expect(zone.lines).to.deep.equal(['debug transfer: begins', 'info transfer: done']);
    expect(zone.fields[1]).to.deep.equal({
      zone: 'example.test.',
      type: 'AXFR',
      view: 'raw',
      key: 'secondary.',
      client: '192.0.2.200 port 5353',
      serial: 5,
      from: undefined,
      form: 'whole',
      records: ZONE.length + 1,
      octets: zone.fields[1]?.['octets'],
      messages: 1,
      ms: 0,
    });
  });

  it('a database that cannot be read: SERVFAIL, and the reason is in the log alone', async () => {
    const broken = new TransferredZone({
      snapshots: {
        open: () => {
          throw new StoreError('failed', 'disk I/O error');
        },
      },
    });
    const reply = await broken.ask(axfr(REST));
    expect([reply.rcode, reply.why]).to.deep.equal([
      'SERVFAIL',
      "the zone could not be read; the server's log says why",
    ]);
    expect(broken.lines).to.deep.equal(['error transfer: the zone cannot be read']);
    await broken.close();
  });

  it('many snapshots: the next is told to come again', async () => {
    const few = new TransferredZone({}, 0);
    const reply = await few.ask(axfr(REST));
    expect(reply.rcode).to.equal('SERVFAIL');
    expect(reply.why).to.contain('try again later');
    await few.close();
  });
});

// --- helpers ---

/** Lets everything that waits for a turn of the event loop have some. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
}
