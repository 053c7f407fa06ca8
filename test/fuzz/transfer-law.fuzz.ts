import { expect } from 'chai';
import fc from 'fast-check';
import { NO_FLAGS, type Question } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { scanType } from '../../src/rdata/table.ts';
import { LiveView } from '../../src/steer/live-view.ts';
import { ChangeRefusedError } from '../../src/store/errors.ts';
import { axfrRecords } from '../../src/transfer/axfr.ts';
import { composeStream } from '../../src/transfer/compose-stream.ts';
import { ixfrRecords } from '../../src/transfer/ixfr.ts';
import type { TransferView } from '../../src/transfer/permission.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { childName, foldName, scanName, type WireName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { FUZZ_MS, holds } from '../support/fuzz.ts';
import { octets, validRdata, wireName } from '../support/rdata-arbitraries.ts';
import { name, rr, showRecord } from '../support/rr.ts';
import { axfr as axfrRequest, ixfr as ixfrRequest, TransferredZone } from '../support/transferred-zone.ts';
import { applyIxfr, planned, SteppedZone, showSorted } from '../support/transferring.ts';

describe('laws of transfers', () => {
  it('IXFR from any serial makes of the AXFR there the AXFR of now, in both views', () => {
    let stepped = 0;
    holds(
      fc.property(histories(), ({ start, changes }) => {
        const zone = new SteppedZone(APEX, start);
        const held: Record<TransferView, Map<number, string[]>> = { live: new Map(), raw: new Map() };
        for (const { removed, added } of [{ removed: [], added: [] }, ...changes]) {
          zone.change(removed, added);
          const now = zone.snapshot(Number.POSITIVE_INFINITY);
          for (const view of ['live', 'raw'] as const) {
            const seen = viewOf(now.view, view);
            held[view].set(zone.serial, axfr(seen));
            for (const [serial, lines] of held[view]) {
              const plan = planned(now, view, serial);
              if (serial === zone.serial) expect(plan.kind).to.equal('current');
              if (plan.kind !== 'steps') continue;
              stepped++;
              const answer = [...ixfrRecords(seen, plan.sequences)].map((one) => showRecord(one));
              expect(applyIxfr(lines, answer)).to.deep.equal(axfr(seen));
            }
          }
        }
      }),
    );
    expect(stepped).to.be.greaterThan(100);
  });

  it('the same of the whole way: database, journal, signed messages', async () => {
    let stepped = 0;
    const law = fc.asyncProperty(histories(), async ({ start, changes }) => {
      const zone = new TransferredZone({}, 3, [...start.map((one) => showRecord(one)), ...FILLERS]);
      const held: Record<TransferView, Map<number, string[]>> = { live: new Map(), raw: new Map() };
      for (const { removed, added } of [{ removed: [], added: [] }, ...changes]) {
        await zone
          .change(
            removed.map((one) => showRecord(one)),
            added.map((one) => showRecord(one)),
          )
          .catch(ifRefused);
        for (const [view, key] of [['live', zone.other] as const, ['raw', zone.secondary] as const]) {
          const now = [...new Set((await zone.fetch(axfrRequest(), { key })).records)].sort();
          for (const [serial, lines] of held[view]) {
            const { records } = await zone.fetch(ixfrRequest(serial), { key });
            if (records.length === 1) expect(lines).to.deep.equal(now);
            else if (/ SOA /.test(records[1] ?? '')) expect(applyIxfr(lines, records)).to.deep.equal(now);
            if (/ SOA /.test(records[1] ?? '')) stepped++;
          }
          held[view].set(zone.serial, now);
        }
      }
      await zone.close();
    });
    await fc.assert(law, { interruptAfterTimeLimit: FUZZ_MS, numRuns: Number.MAX_SAFE_INTEGER });
    expect(stepped).to.be.greaterThan(5);
  });

  it('a stream of messages holds the records it was made of, in their order, each message in its room', () => {
    const owner = fc.oneof(wireName(), fewLabels()).map((octets) => foldName(octets as WireName));
    const data = fc.oneof(compressible(), opaque());
    const record = fc
      .tuple(owner, data, fc.nat(0x7fff_ffff))
      .map(([own, [type, rdata], ttl]) => ({ owner: own, type, ttl, rdata }));
    const stream = fc.record({
      records: fc.array(record, { maxLength: 30 }),
      times: fc.integer({ min: 1, max: 60 }),
      room: fc.integer({ min: 1500, max: 65_535 }),
      qname: wireName(),
    });
    holds(
      fc.property(stream, ({ records, times, room, qname }) => {
        const question: Question = { name: qname as WireName, type: RRType.AXFR, class: RRClass.IN };
        const all = Array.from({ length: times }, (_, i) =>
          records.flatMap((one) => twice(numbered(one, i))),
        ).flat();
        const head = { id: 7, question, recursionDesired: true, edns: undefined };
        const messages = [...composeStream(head, all, room)];
        const read: RR[] = [];
        for (const [i, message] of messages.entries()) {
          expect(message.octets.length).to.be.at.most(room);
          const parsed = parseMessage(message.octets);
          expect(parsed.answers).to.have.length(message.records);
          expect(parsed.questions).to.deep.equal(i === 0 ? [question] : []);
          expect(parsed.flags).to.deep.equal({ ...NO_FLAGS, qr: true, aa: true, rd: true });
          for (const { owner, type, ttl, rdata } of parsed.answers)
            read.push({ owner: foldName(owner), type, ttl, rdata });
        }
        expect(read).to.deep.equal(all);
      }),
    );
  });
});

// --- zones with steering, and what happens to them ---

const APEX = name('example.test');
const APEX_LINES = [
  '@ 300 SOA ns1.other.test. hostmaster 1 7200 900 1209600 300',
  '@ 300 NS ns1.other.test.',
];

/** Owners with a policy, and between each and its `_steer` name, in canonical order, others. */
const LINES = [
  '@ TTL A 192.0.2.1',
  'www TTL A 192.0.2.1',
  'www TTL A 192.0.2.2',
  'www TTL TXT "plain"',
  '1.www TTL A 192.0.2.1',
  'b TTL AAAA 2001:db8::1',
  'a.b TTL TXT "below"',
  'cdn TTL CNAME b.other.test.',
  'cdn TTL CNAME A.other.test.',
  'cdn TTL CNAME a.Other.test.', // the same record in another spelling
  '_steer TTL TXT "order=rotate"',
  '_steer TTL TXT "192.0.2.1 state=out"',
  '_steer.www TTL TXT "order=rotate"',
  '_steer.www TTL TXT "192.0.2.1 down by=mon."',
  '_steer.www TTL TXT "192.0.2.2 state=out"',
  '_steer.1.www TTL TXT "min=0"',
  '_steer.1.www TTL TXT "192.0.2.1 down by=mon."',
  '_steer.b TTL TXT "min=0"',
  '_steer.b TTL TXT "2001:db8::1 down by=mon. until=2020-01-01T00:00:00Z"',
  '_steer.cdn TTL TXT "order=rotate"',
  '_steer.cdn TTL TXT "a.other.test. down by=mon."',
  '_steer.cdn TTL TXT "b.other.test. state=out"',
];

/** Make the zone longer than its changes. */
const FILLERS = Array.from({ length: 40 }, (_, i) => `filler${i} 300 TXT "${i}"`);

/** The check refuses some of what changes at random would make. */
function ifRefused(error: unknown): void {
  if (!(error instanceof ChangeRefusedError)) throw error;
}

function histories() {
  const one = fc
    .tuple(fc.constantFrom(...LINES), fc.constantFrom('60', '300'))
    .map(([line, ttl]) => rr(line.replace('TTL', ttl)));
  const some = fc.array(one, { maxLength: 3 });
  const most = fc.subarray(LINES, { minLength: LINES.length >> 1 });
  return fc.record({
    start: most.map((lines) => [...APEX_LINES, ...lines].map((line) => rr(line.replace('TTL', '60')))),
    changes: fc.array(fc.record({ removed: some, added: some }), { minLength: 1, maxLength: 5 }),
  });
}

function viewOf(raw: ZoneView, view: TransferView): ZoneView {
  return view === 'raw' ? raw : new LiveView(raw, Number.NEGATIVE_INFINITY);
}

/** The zone as AXFR gives it, without the SOA that ends it. */
function axfr(view: ZoneView): string[] {
  const records = [...axfrRecords(view)];
  const last = records.pop();
  const [first] = records;
  expect(last && showRecord(last)).to.equal(first && showRecord(first));
  return showSorted(records);
}

// --- records of any kind ---

function compressible(): fc.Arbitrary<readonly [number, Uint8Array]> {
  return fc.constantFrom('NS', 'CNAME', 'MX', 'SOA', 'PTR', 'MINFO', 'RP', 'SRV').chain((type) => {
    const data = type === 'NS' ? fewLabels() : validRdata(type);
    return data.map((rdata) => [scanType(type) ?? 0, rdata] as const);
  });
}

/** Names that meet, and those that share labels but not what follows them. */
function fewLabels(): fc.Arbitrary<Uint8Array> {
  const labels = fc.array(fc.constantFrom('a.', 'b.', 'A.', 'example.'), { minLength: 1, maxLength: 4 });
  return labels.map((list) => scanName(list.join(''), undefined));
}

/** Every other one with a label of its own, where it fits. */
function numbered(one: RR, i: number): RR {
  const owner = one.owner.length > 240 || i % 2 === 0 ? one.owner : childName(Buffer.from(`${i}`), one.owner);
  return { ...one, owner };
}

/** As of an owner with two records: both have the same object. */
function twice(one: RR): readonly RR[] {
  return [one, { ...one, ttl: 1 }];
}

function opaque(): fc.Arbitrary<readonly [number, Uint8Array]> {
  return octets(0, 900).map((rdata) => [65_280, rdata] as const);
}
