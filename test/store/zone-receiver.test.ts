import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { DATABASE_FILE, ZoneDatabase } from '../../src/store/database.ts';
import { ChangeMismatchError, ChangeRefusedError, StoreError } from '../../src/store/errors.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { Turns } from '../../src/store/turns.ts';
import { secondaryTimes, ZoneReceiver } from '../../src/store/zone-receiver.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import type { RR } from '../../src/zone/record.ts';
import { serialOf } from '../../src/zone/serial.ts';
import { FakeEffects } from '../support/effects.ts';
import { MapImage, showView } from '../support/map-image.ts';
import { histories, type PrimaryVersion, soaAt, stepBetween, wholeOf } from '../support/primary-history.ts';
import { name, rr, showRecord } from '../support/rr.ts';

const APEX = name('example.test');
const PRIMARY = '192.0.2.1:53';
const ONE: PrimaryVersion = {
  serial: 5,
  records: ['@ 3600 NS ns1', 'ns1 3600 A 192.0.2.53', 'www 60 A 192.0.2.1'].map((line) => rr(line)),
};

function many(serial: number, count: number, ttl: number): PrimaryVersion {
  const hosts = Array.from({ length: count }, (_, i) => rr(`h${i} ${ttl} A 192.0.2.${i % 250}`));
  return { serial, records: [...ONE.records, ...hosts] };
}

describe('store/zone-receiver', () => {
  let directory = '';
  let database: ZoneDatabase;
  let image: MapImage;
  let writer: ZoneWriter;
  let receiver: ZoneReceiver;

  beforeEach(open);
  afterEach(close);

  function open(): void {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    database = new ZoneDatabase(directory);
    image = new MapImage((apex) => writer.shownView(apex));
    const effects = new FakeEffects();
    writer = new ZoneWriter({ database, image, effects });
    receiver = new ZoneReceiver({ database, writer, effects, turns: new Turns() });
  }

  function close(): void {
    database.close();
    rmSync(directory, { recursive: true, force: true });
  }

  function packed(records: readonly RR[]): PackedRecords {
    const all = new PackedRecords(APEX, 64);
    for (const record of records) all.add(record);
    return all;
  }

  const whole = (version: PrimaryVersion) => receiver.takeWhole(packed(wholeOf(version)), PRIMARY);
  const steps = (...versions: readonly PrimaryVersion[]) =>
    receiver.takeSteps(
      APEX,
      versions.slice(1).map((to, i) => stepBetween(versions[i] ?? to, to)),
      PRIMARY,
    );

  function expectHeld(version: PrimaryVersion): void {
    const stored = [...showView(database.view(APEX))].sort();
    expect(stored).to.deep.equal(wholeOf(version).map(showRecord).sort());
    const shown = [...(image.zones.get('example.test.')?.values() ?? [])].flat().sort();
    expect(shown).to.deep.equal(writer.isWithheld(APEX) ? [] : stored);
  }

  function journal(): readonly unknown[] {
    const sql = new Database(join(directory, DATABASE_FILE), { readonly: true });
    try {
      return sql
        .prepare('SELECT action, serial_from, serial_to, by_kind, by_name FROM journal ORDER BY id')
        .raw()
        .all();
    } finally {
      sql.close();
    }
  }

  it('a zone that was not here comes, with the serial of its primary', async () => {
    expect(await whole(ONE)).to.include({ outcome: 'new', serial: 5, records: 4 });
    expectHeld(ONE);
    expect(database.zone(APEX)?.source).to.equal('transfer');
    expect(journal()).to.deep.equal([['load', null, 5, 'primary', PRIMARY]]);
  });

  it('a later one is a difference, and the journal has it', async () => {
    await whole(ONE);
    const two = { serial: 50, records: [...ONE.records.slice(0, 2), rr('www 60 A 192.0.2.2')] };
    expect(await whole(two)).to.include({ outcome: 'changed', serial: 50, added: 1, removed: 1 });
    expectHeld(two);
    expect(await whole(two)).to.include({ outcome: 'unchanged', serial: 50 });
    const three = { serial: 51, records: two.records };
    expect(await whole(three)).to.include({ outcome: 'changed', serial: 51 });
    const four = { serial: 60, records: ONE.records };
    await steps(three, { serial: 55, records: [...ONE.records, rr('a A 192.0.2.3')] }, four);
    expectHeld(four);
    expect(journal().slice(1)).to.deep.equal(
      [
        [5, 50],
        [50, 51],
        [51, 55],
        [55, 60],
      ].map((serials) => ['change', ...serials, 'primary', PRIMARY]),
    );
  });

  it('one that does not lead forward takes the place of the old one', async () => {
    await whole(ONE);
    const back = { serial: 3, records: [...ONE.records, rr('back A 192.0.2.9')] };
    expect(await whole(back)).to.include({ outcome: 'replaced', serial: 3 });
    expectHeld(back);
    const same = { serial: 3, records: ONE.records };
    expect(await whole(same)).to.include({ outcome: 'replaced', serial: 3 });
    expectHeld(same);
    expect(journal().map((row) => String(row).split(',')[0])).to.deep.equal(['load', 'load', 'load']);
  });

  it('differences that do not fit change nothing', async () => {
    await whole(ONE);
    const two = { serial: 6, records: [...ONE.records, rr('a A 192.0.2.3')] };
    const three = { serial: 7, records: ONE.records };
    const good = stepBetween(ONE, two);
    const bad = stepBetween(two, three);
    const wrong = { ...bad, removed: [...bad.removed, rr('gone A 192.0.2.4')] };
    const error = await receiver.takeSteps(APEX, [good, wrong], PRIMARY).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(ChangeMismatchError);
    expect(String(error)).to.contain('remove a record that is not here: gone.example.test. A');
    expectHeld(ONE);
    expect(await receiver.takeSteps(APEX, [bad], PRIMARY).catch((e: unknown) => e)).to.be.instanceOf(
      StoreError,
    );
    expectHeld(ONE);
    expect(journal()).to.have.length(1);
  });

  it('what a primary may not serve is served, and warned of; a zone without NS is not', async () => {
    await whole(ONE);
    const odd = {
      serial: 6,
      records: [...ONE.records, rr('www CNAME ns1'), rr('below.cut TXT "x"'), rr('cut NS ns1.cut')],
    };
    const { warnings } = await whole(odd);
    expect(warnings.map(({ rule, severity }) => `${rule} ${severity}`)).to.include.members([
      'cname-and-other-data warning',
      'data-below-cut warning',
      'missing-glue warning',
    ]);
    expectHeld(odd);
    const bare = whole({ serial: 7, records: [rr('www A 192.0.2.1')] });
    expect(await bare.catch((e: unknown) => e)).to.be.instanceOf(ChangeRefusedError);
    expectHeld(odd);
  });

  it('large ones too, by the store thread', async () => {
    const versions = [many(5, 5000, 60), many(6, 6000, 300), many(7, 6001, 300), many(8, 100, 60)];
    const [one = ONE, two = ONE, three = ONE, four = ONE] = versions;
    expect(await whole(one)).to.include({ outcome: 'new', records: 5004 });
    expectHeld(one);
    expect(await whole(two)).to.include({ outcome: 'changed' });
    expectHeld(two);
    expect(await steps(two, three, four)).to.include({ outcome: 'changed', serial: 8 });
    expectHeld(four);
    const wrong = {
      ...stepBetween(four, one),
      serialTo: 9,
      added: wholeOf({ ...one, serial: 9 }),
      removed: [rr('gone A 192.0.2.1')],
    };
    const error = await receiver
      .takeSteps(APEX, [{ ...wrong, removed: [soaAt(8), ...wrong.removed] }], PRIMARY)
      .catch((e: unknown) => e);
    expect(error).to.be.instanceOf(ChangeMismatchError);
    expectHeld(four);
  });

  it('a withheld zone shows nothing, changes, and shows all when it is confirmed', async () => {
    for (const _ of writer.serveStored(undefined, [APEX]));
    expect(image.zones.get('example.test.')?.size).to.equal(0);
    await whole(ONE);
    expectHeld(ONE);
    await receiver.withhold(APEX);
    expect(writer.isWithheld(APEX)).to.equal(true);
    expectHeld(ONE);
    const two = { serial: 6, records: [...ONE.records, rr('a A 192.0.2.3')] };
    await whole(two);
    expectHeld(two);
    image.rebuild();
    expectHeld(two);
    await receiver.confirm(APEX, { confirmedMs: 1000, expiresMs: 2000 });
    expect(writer.isWithheld(APEX)).to.equal(false);
    expectHeld(two);
    expect(secondaryTimes(database, APEX)).to.deep.equal({ confirmedMs: 1000, expiresMs: 2000 });
  });

  it('when the image fails, a zone that was replaced is shown all the same', async () => {
    await whole(ONE);
    image.failure = new Error('no memory');
    const back = { serial: 3, records: ONE.records };
    await whole(back);
    expectHeld(back);
  });

  it('law: by whatever mix of transfers, the secondary holds what the primary has', async function () {
    this.timeout(60_000);
    const choices = fc.array(fc.constantFrom('whole', 'steps', 'condensed', 'skip', 'withhold'), {
      minLength: 8,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(histories(), choices, async (history, ways) => {
        close();
        open();
        let [held = ONE] = history;
        await whole(held);
        let missed: PrimaryVersion[] = [held];
        for (const [i, version] of history.slice(1).entries()) {
          missed.push(version);
          const way = ways[i];
          if (way === 'skip') continue;
          if (way === 'withhold') await receiver.withhold(APEX);
          if (way === 'whole' || way === 'withhold') await whole(version);
          else if (way === 'steps') await steps(...missed);
          else await steps(held, version);
          held = version;
          missed = [version];
          expectHeld(held);
          await receiver.confirm(APEX, { confirmedMs: 1, expiresMs: 2 });
          expectHeld(held);
          expect(serialOf(database.view(APEX))).to.equal(version.serial);
        }
      }),
      { numRuns: 40 },
    );
  });
});
