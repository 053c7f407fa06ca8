import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ZoneDatabase } from '../../src/store/database.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { type SortedRecords, SortedZoneView, sortRecords } from '../../src/store/sorted-records.ts';
import { stageZone } from '../../src/store/zone-stage.ts';
import { StoredZoneView } from '../../src/store/zone-view.ts';
import { childName, type DomainName } from '../../src/wire/name.ts';
import { checkZone } from '../../src/zone/check.ts';
import type { RR } from '../../src/zone/record.ts';
import type { ZoneView } from '../../src/zone/view.ts';
import { holds } from '../support/fuzz.ts';
import { showView } from '../support/map-image.ts';
import { MemoryZone } from '../support/memory-zone.ts';
import { name, rr, showRecord } from '../support/rr.ts';

const APEX = name('example.test');

const label = fc.constantFrom('a', 'b', 'ab', 'B*', '*', '\0', '\x01', '\xff', 'www');
const owner = fc
  .array(label, { maxLength: 3 })
  .map((labels) =>
    labels.reduce<DomainName>(
      (parent, next) => childName(Buffer.from(next.toLowerCase(), 'latin1'), parent),
      APEX,
    ),
  );
const rdata = fc.uint8Array({ maxLength: 300 });
/** Types without names in their RDATA, so that any octets will do. */
const record: fc.Arbitrary<RR> = fc.record({
  owner,
  type: fc.constantFrom(65280, 65281, 300, 127, 128, 16383, 16384, 65535),
  ttl: fc.constantFrom(0, 1, 127, 128, 300, 0x7fff_ffff),
  rdata,
});

describe('store/zone-view', () => {
  let directory = '';
  let database: ZoneDatabase;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    database = new ZoneDatabase(directory);
  });
  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('the database, the sorted records and plain objects show the same zone', () => {
    holds(
      fc.property(fc.array(record, { maxLength: 40 }), owner, (records, place) => {
        const plain = new MemoryZone(APEX, evened(records));
        const sorted = sort(records);
        const id = store(sorted);
        const stored = database.view(APEX);
        for (const view of [stored, new SortedZoneView(sorted)]) {
          expect(canonical(view)).to.deep.equal(canonical(plain));
          expect(showOwners(view.ownersBelow(place))).to.deep.equal(showOwners(plain.ownersBelow(place)));
          expect(showOwner(view, place)).to.equal(showOwner(plain, place));
        }
        database.statements.setZoneState.run('dead', id);
      }),
    );
  });

  it('walks across pages, also inside one RRset, and while other walks and look-ups go on', () => {
    const records: RR[] = [];
    for (let i = 0; i < 1200; i++) records.push(rr(`many 60 A 192.0.${i >> 8}.${i & 255}`));
    for (let i = 0; i < 1300; i++) records.push(rr(`host${i} 60 A 192.0.2.1`));
    store(sort(records));
    const view = database.view(APEX);
    let owners = 0;
    for (const { name: found, rrsets } of view.owners()) {
      owners++;
      expect(view.get(found)?.rrsets[0]?.rdatas).to.have.length(rrsets[0]?.rdatas.length ?? 0);
      if (owners === 600) expect([...view.owners()]).to.have.length(1301);
    }
    expect(owners).to.equal(1301);
    expect(view.get(name('many.example.test'))?.rrsets[0]?.rdatas).to.have.length(1200);
  });

  it('keeps RDATA of 65535 octets and the case of names in RDATA', () => {
    const large = { owner: APEX, type: 65280, ttl: 1, rdata: new Uint8Array(65535).fill(0xaa) };
    const cased = rr('www 60 CNAME Host.EXAMPLE.test.');
    store(sort([large, cased]));
    const view = database.view(APEX);
    expect(view.get(APEX)?.rrsets[0]?.rdatas[0]).to.deep.equal(large.rdata);
    expect(showView(view)).to.include(showRecord(cased));
  });

  it('two spellings of one name in RDATA are one record: the first', () => {
    const sorted = sort([rr('www 60 CNAME Host.EXAMPLE.test.'), rr('www 60 CNAME host.example.test.')]);
    expect(showView(new SortedZoneView(sorted))).to.deep.equal([
      'www.example.test. 60 CNAME Host.EXAMPLE.test.',
    ]);
  });

  it('RFC 2181 §5.2: an RRset gets its lowest TTL, and a warning', () => {
    const sorted = sort([rr('www 60 A 192.0.2.1'), rr('www 30 A 192.0.2.2'), rr('www 90 AAAA 2001:db8::1')]);
    expect(showView(new SortedZoneView(sorted))).to.deep.equal([
      'www.example.test. 30 A 192.0.2.1',
      'www.example.test. 30 A 192.0.2.2',
      'www.example.test. 90 AAAA 2001:db8::1',
    ]);
    expect(sorted.findings.map(({ rule }) => rule)).to.deep.equal(['unequal-ttls']);
  });

  it('a check finds the same in what it is shown as in the whole zone', () => {
    const kind = fc.constantFrom(
      'A 192.0.2.1',
      'NS ns1',
      'NS ns.a',
      'CNAME www',
      'DNAME x',
      'MX 1 a',
      'TXT x',
      'SRV 0 0 1 b',
    );
    const place = fc.constantFrom('@', 'a', 'b', 'x.a', 'y.x.a', '*', 'www', 'ns.a', 'c.b');
    const lines = fc.array(fc.tuple(place, kind), { maxLength: 12 });
    holds(
      fc.property(lines, (pairs) => {
        const view = new SortedZoneView(sort(pairs.map(([at, data]) => rr(`${at} 60 ${data}`))));
        expect([...checkZone(view.forCheck())]).to.deep.equal([...checkZone(view)]);
      }),
    );
  });

  it('a check is shown what is too large to be answered', () => {
    const many = Array.from({ length: 2500 }, (_, i) => rr(`www 60 AAAA 2001:db8::${i}`));
    const sorted = sort([...many, rr('@ 60 NS ns.example.')]);
    const view = new SortedZoneView(sorted);
    const stored = new StoredZoneView(database.statements, store(sorted), APEX);
    for (const one of [view, stored]) {
      expect([...checkZone(one.forCheck())].map(({ rule }) => rule)).to.include('rrset-too-large');
    }
  });

  function store(sorted: SortedRecords): number {
    const id = finish(stageZone(database, sorted, []));
    database.statements.setZoneState.run('live', id);
    return id;
  }
});

function sort(records: readonly RR[]): SortedRecords {
  const packed = new PackedRecords(APEX, 0);
  for (const one of records) packed.add(one);
  return finish(sortRecords(packed));
}

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same records, each RRset with its lowest TTL. */
function evened(records: readonly RR[]): RR[] {
  return records.map((one) => {
    const same = records.filter(
      (other) => other.type === one.type && Buffer.compare(other.owner, one.owner) === 0,
    );
    return { ...one, ttl: Math.min(...same.map(({ ttl }) => ttl)) };
  });
}

/** A view's records, RDATA in canonical order, which plain objects do not keep. */
function canonical(view: ZoneView): string[] {
  return showOwners(view.owners());
}

function showOwners(
  owners: Iterable<{
    name: DomainName;
    rrsets: readonly { type: number; ttl: number; rdatas: readonly Uint8Array[] }[];
  }>,
): string[] {
  return [...owners].map(
    ({ name: found, rrsets }) =>
      `${Buffer.from(found).toString('hex')} ${JSON.stringify(
        rrsets.map(({ type, ttl, rdatas }) => [
          type,
          ttl,
          rdatas.map((octets) => Buffer.from(octets).toString('hex')).sort(),
        ]),
      )}`,
  );
}

function showOwner(view: ZoneView, place: DomainName): string | undefined {
  const found = view.get(place);
  return found === undefined ? undefined : showOwners([found])[0];
}
