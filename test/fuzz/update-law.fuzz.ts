import { expect } from 'chai';
import fc from 'fast-check';
import { WaypostError } from '../../src/base/errors.ts';
import { composeMessage } from '../../src/message/compose.ts';
import type { Message, MessageRecord } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { scanType, showRdata } from '../../src/rdata/table.ts';
import { composeSteeringLine } from '../../src/steer/lines.ts';
import { applyUpdates } from '../../src/update/apply.ts';
import { decideUpdate } from '../../src/update/decide.ts';
import { prescan } from '../../src/update/prescan.ts';
import type { UpdateRecord } from '../../src/update/request.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { equalNames, foldName, scanName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { isSteeringOwner } from '../../src/zone/steering-owner.ts';
import { holds } from '../support/fuzz.ts';
import { MemoryZone } from '../support/memory-zone.ts';
import { randomZone, recordIn } from '../support/random-zones.ts';
import { validRdata } from '../support/rdata-arbitraries.ts';
import { linesOf, referenceUpdate } from '../support/reference-update.ts';
import { name, rr, showRecord } from '../support/rr.ts';
import { decide, grant, rulesOf, smallZone, updateMessage, updateRecord } from '../support/updating.ts';

/** Updates near the records of a zone: additions, and deletions of all three kinds. */
function updatesNear(records: readonly RR[]): fc.Arbitrary<UpdateRecord[]> {
  const known = fc.oneof(fc.constantFrom(...records), recordIn('z.test'), apexRecord);
  const one = fc
    .tuple(known, fc.constantFrom('add', 'ttl', 'delete', 'RRset', 'name'))
    .map(([record, kind]): UpdateRecord => {
      const { owner, type, ttl, rdata } = record;
      if (kind === 'add') return { owner, type, ttl, rdata, class: RRClass.IN };
      if (kind === 'ttl') return { owner, type, ttl: 17, rdata, class: RRClass.IN };
      if (kind === 'delete') return { owner, type, ttl: 0, rdata, class: RRClass.NONE };
      return {
        owner,
        type: kind === 'RRset' ? type : RRType.ANY,
        ttl: 0,
        rdata: NOTHING,
        class: RRClass.ANY,
      };
    });
  return fc.array(one, { maxLength: 12 });
}

const apexRecord = fc.constantFrom(
  rr('@ 300 SOA ns.example. hostmaster 2 7200 900 1209600 60', 'z.test'),
  rr('@ 300 SOA ns.example. hostmaster 3 7200 900 1209600 60', 'z.test'),
  rr('@ 300 NS ns.example.', 'z.test'),
  rr('@ 300 NS ns2.example.', 'z.test'),
  rr('_steer.a 300 TXT order=rotate', 'z.test'),
  rr('a 300 CNAME b', 'z.test'),
  rr('a 300 CNAME B', 'z.test'),
  rr('a 300 CNAME c', 'z.test'),
);

const NOTHING = new Uint8Array(0);

describe('laws of updates', () => {
  it('whatever message parses is decided without an exception', () => {
    const zone = smallZone('_steer.www 60 TXT "order=rotate"\n_steer 60 TXT "order=rotate"');
    const rules = rulesOf(
      grant({ key: 'mon.', names: ['**'], action: 'judge', load: true }),
      grant({ key: 'deploy.', names: ['**'] }),
    );
    const section = fc.array(anyRecord, { maxLength: 3 });
    const key = fc.constantFrom('mon.', 'deploy.', undefined);
    holds(
      fc.property(section, section, key, (answers, authorities, signer) => {
        let message: Message;
        try {
          message = parseMessage(composeMessage(updateMessage({ rest: { answers, authorities } })));
        } catch (error) {
          expect(error).to.be.instanceOf(WaypostError);
          return;
        }
        decide(zone, rules, signer, message);
      }),
    );
  });

  it('applying updates and taking the difference is what the pseudocode of RFC 2136 §3.4.2.7 does', () => {
    const example = randomZone('z.test').chain((zone) =>
      updatesNear(zone.records).map((updates) => ({
        zone: new MemoryZone(zone.apex, zone.records),
        updates,
      })),
    );
    holds(
      fc.property(example, ({ zone, updates }) => {
        expect(prescan(updates, zone.apex)).to.equal(undefined);
        const { removed, added } = applyUpdates(zone, updates);
        const before = recordsOf(zone);
        const expected = linesOf(referenceUpdate('z.test', before, updates));
        const gone = new Set(removed.map(showRecord));
        expect(
          linesOf([...before.filter((record) => !gone.has(showRecord(record))), ...added]),
        ).to.deep.equal(expected);
        // the difference is net: what goes was there, what comes was not
        const there = new Set(before.map(showRecord));
        for (const record of removed) expect(there.has(showRecord(record))).to.equal(true);
        for (const record of added) expect(there.has(showRecord(record))).to.equal(false);
      }),
    );
  });

  it('a judge changes nothing but its own verdicts', () => {
    const members = [1, 2, 3, 4].map((octet) => `192.0.2.${octet}`);
    const lines = fc.subarray([
      '192.0.2.1 weight=3',
      '192.0.2.2 down by=mon. since=2026-11-22T09:00:00Z',
      '192.0.2.2 down by=other.',
      '192.0.2.3 down by=mon. until=2026-11-22T09:00:00Z',
      '192.0.2.4 state=out',
    ]);
    const member = fc.constantFrom(...members);
    const update = fc.oneof(
      member.map((address) => `www 0 NONE A ${address}`),
      member.map((address) => `www 60 A ${address}`),
      fc.constantFrom(
        'www 0 ANY A',
        'www 0 ANY ANY',
        'www 0 ANY TXT',
        '_steer.www 0 ANY TXT',
        'www 60 TXT x',
      ),
      fc
        .tuple(
          fc.constantFrom('60', '0 NONE'),
          member,
          fc.constantFrom('down by=mon.', 'down by=other.', 'weight=3'),
        )
        .map(([head, address, rest]) => `_steer.www ${head} TXT "${address} ${rest}"`),
    );
    const rules = rulesOf(grant({ key: 'mon.', names: ['**'], action: 'judge' }));
    const who = { key: name('mon.'), address: undefined };
    holds(
      fc.property(fc.subarray(members), lines, fc.array(update, { maxLength: 8 }), (held, said, updates) => {
        const zone = new MemoryZone(name('example.test'), [
          ...held.map((address) => rr(`www 60 A ${address}`)),
          rr('www 60 TXT plain'),
          rr('_steer.www 60 TXT order=rotate'),
          ...said.map((line) => rr(`_steer.www 60 TXT "${line}"`)),
        ]);
        const records = updates.map((line) => updateRecord(line));
        const request = {
          kind: 'request',
          apex: zone.apex,
          prerequisites: [],
          updates: records,
          leaseSeconds: undefined,
        } as const;
        const outcome = decideUpdate(request, zone, { who, rules, nowSeconds: 1_795_341_521 });
        if (outcome.kind === 'refusal') return;
        for (const { owner, type, rdata } of [...outcome.removed, ...outcome.added]) {
          expect(isSteeringOwner(owner)).to.equal(true);
          expect(showRdata(type, rdata)).to.match(/^"192\.0\.2\.\d down by=mon\./);
        }
      }),
    );
  });

  it('no update takes the SOA or the last NS of the apex away', () => {
    const example = randomZone('z.test').chain((zone) =>
      updatesNear(zone.records).map((updates) => ({
        zone: new MemoryZone(zone.apex, zone.records),
        updates,
      })),
    );
    holds(
      fc.property(example, ({ zone, updates }) => {
        const { removed, added } = applyUpdates(zone, updates);
        const gone = new Set(removed.map(showRecord));
        const after = [...recordsOf(zone).filter((record) => !gone.has(showRecord(record))), ...added];
        for (const type of [RRType.SOA, RRType.NS]) {
          expect(
            after.some((record) => record.type === type && equalNames(record.owner, zone.apex)),
          ).to.equal(true);
        }
      }),
    );
  });
});

/** A record as a message may carry it: what stands in it need not make sense. */
const anyRecord: fc.Arbitrary<MessageRecord> = fc
  .tuple(
    fc.constantFrom('@', 'www', 'a', '_steer.www', '_steer', '_steer._steer.www', '*', 'other.test.'),
    fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(RRClass.IN, RRClass.NONE, RRClass.ANY) },
      { weight: 1, arbitrary: fc.constantFrom(RRClass.CH, 0) },
    ),
    fc.oneof(
      { weight: 20, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(60, 0x8000_0000, 0xffff_ffff) },
    ),
    fc.oneof(
      fc
        .constantFrom('A', 'AAAA', 'CNAME', 'NS', 'SOA', 'TXT', 'MX', 'SRV', 'DNAME')
        .chain((mnemonic) =>
          fc.tuple(
            fc.constant(scanType(mnemonic) ?? 0),
            fc.oneof(validRdata(mnemonic), fc.constant(NOTHING)),
          ),
        ),
      fc.tuple(fc.constantFrom(0, 11, 41, 249, 252, 255, 65_280), fc.uint8Array({ maxLength: 8 })),
      steeringRdata(),
    ),
  )
  .map(([owner, rrClass, ttl, [type, rdata]]) => ({
    owner: foldName(scanName(owner, name('example.test'))),
    type,
    class: rrClass,
    ttl,
    rdata,
  }));

function steeringRdata(): fc.Arbitrary<[number, Uint8Array]> {
  const word = fc.constantFrom(
    ...'order=fixed min=0 192.0.2.1 2001:db8::1 a.test. down by=mon. weight=2 state=out'.split(' '),
  );
  return fc
    .array(word, { maxLength: 4 })
    .map((words) => [RRType.TXT, composeSteeringLine(words.join(' ')) ?? NOTHING]);
}

/** The records as the zone's RRsets hold them: one TTL for each. */
function recordsOf(zone: MemoryZone): RR[] {
  return [...zone.owners()].flatMap((owner) =>
    owner.rrsets.flatMap(({ type, ttl, rdatas }) =>
      rdatas.map((rdata) => ({ owner: owner.name, type, ttl, rdata })),
    ),
  );
}
