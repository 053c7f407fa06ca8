import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { canonicalRdata } from '../../src/rdata/table.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { JournalBatch } from '../../src/store/journal-batch.ts';
import { composeOwnerKey } from '../../src/store/owner-key.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { sortRecords } from '../../src/store/sorted-records.ts';
import { ZoneOverlay } from '../../src/store/zone-overlay.ts';
import { StoredRecords, type ZoneRecords } from '../../src/store/zone-records.ts';
import { stageZone } from '../../src/store/zone-stage.ts';
import { StoredZoneView } from '../../src/store/zone-view.ts';
import { showView } from '../support/map-image.ts';
import { name, rr } from '../support/rr.ts';

const APEX = name('example.test');
const ZONE = ['@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300', '@ 3600 NS ns1', 'a 60 A 192.0.2.1'];

/** What is done to records; `keeps` ends a change, which is kept or taken back. */
type Step = { readonly does: 'take' | 'put'; readonly line: string } | { readonly keeps: boolean } | 'look';

describe('store/zone-overlay', () => {
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

  it('law: shows and writes what the same steps make of the records in the database', () => {
    const line = fc
      .tuple(
        fc.constantFrom('a', 'b', 'c.b', '@'),
        fc.constantFrom(60, 30),
        fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'MX 1 Mail', 'MX 1 mail', 'TXT x'),
      )
      .map((words) => words.join(' '));
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 6, arbitrary: fc.record({ does: fc.constantFrom('take', 'put'), line }) },
      { weight: 2, arbitrary: fc.record({ keeps: fc.boolean() }) },
      fc.constant('look'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const [one, other] = [stage(), stage()];
        const overlay = new ZoneOverlay(database.statements, one, new JournalBatch());
        const direct = new StoredRecords(database.statements, other);
        database.transact(() => {
          for (const change of changesOf(steps)) {
            for (const each of change.steps) {
              const done = doStep(overlay, each);
              if (change.keeps) expect(done).to.deep.equal(doStep(direct, each));
            }
            if (change.keeps) overlay.accept();
            else overlay.takeBack();
            for (const owner of ['a', 'b', 'c.b', '@', 'none']) {
              const at = owner === '@' ? APEX : name(`${owner}.example.test`);
              expect(overlay.get(at)).to.deep.equal(direct.view.get(at));
            }
          }
          overlay.write();
        });
        expect(showView(new StoredZoneView(database.statements, one.id, APEX))).to.deep.equal(
          showView(direct.view),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('reads an owner once, and writes nothing that is as it was', () => {
    const zone = stage();
    const overlay = new ZoneOverlay(database.statements, zone, new JournalBatch());
    database.transact(() => {
      const before = overlay.get(name('a.example.test'));
      doStep(overlay, { does: 'take', line: 'a 60 A 192.0.2.1' });
      expect(overlay.get(name('a.example.test'))).to.equal(undefined);
      doStep(overlay, { does: 'put', line: 'a 60 A 192.0.2.1' });
      overlay.accept();
      expect(overlay.get(name('a.example.test'))).to.deep.equal(before);
      database.statements.takeRecord.get(zone.id, Buffer.from('a'), 1, Uint8Array.of(192, 0, 2, 1));
      overlay.write();
      expect(overlay.get(name('a.example.test'))).to.deep.equal(before);
    });
    expect(new StoredZoneView(database.statements, zone.id, APEX).get(name('a.example.test'))).to.equal(
      undefined,
    );
  });

  function stage() {
    const packed = new PackedRecords(APEX, 0);
    for (const line of ZONE) packed.add(rr(line));
    const id = finish(stageZone(database, finish(sortRecords(packed)), []));
    return { id, apex: APEX, source: 'file' };
  }
});

function changesOf(steps: readonly Step[]): { keeps: boolean; steps: Step[] }[] {
  const changes: { keeps: boolean; steps: Step[] }[] = [];
  let current: Step[] = [];
  for (const step of steps) {
    if (step === 'look' || 'does' in step) current.push(step);
    else {
      changes.push({ keeps: step.keeps, steps: current });
      current = [];
    }
  }
  return [...changes, { keeps: true, steps: current }];
}

function doStep(records: ZoneRecords, step: Step): unknown {
  if (step === 'look') return showView(records.view);
  if (!('does' in step)) return undefined;
  const { owner, type, ttl, rdata: written } = rr(step.line);
  const rdata = canonicalRdata(type, written);
  const place = { owner, key: composeOwnerKey(owner, APEX), type, rdata };
  const isCanonical = Buffer.compare(rdata, written) === 0;
  const rest =
    step.does === 'take' ? records.take(place) : records.put(place, [ttl, isCanonical ? null : written]);
  const longer = records.longerLived(place).map(([data, seconds, , least]) => [[...data], seconds, least]);
  return [rest?.[0], rest?.[1] && [...rest[1]], longer];
}

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
