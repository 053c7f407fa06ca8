import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { StoreError, WriterBusyError } from '../../src/store/errors.ts';
import type { ZoneImage } from '../../src/store/image-filler.ts';
import type { LoadReport } from '../../src/store/load-report.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { StoreThread } from '../../src/store/store-thread.ts';
import { ZoneLoader } from '../../src/store/zone-loader.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { showName } from '../../src/wire/name.ts';
import type { Owner } from '../../src/zone/record.ts';
import { FakeEffects } from '../support/effects.ts';
import { MapImage, showView } from '../support/map-image.ts';
import { name, rr } from '../support/rr.ts';

const APEX = name('large.test');
const FILE = 'large.test.zone';
/** As many as the store thread takes. */
const RECORDS = 50_000;
const HEAD = '$TTL 3600\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n';
const BY = { kind: 'key', name: 'deploy.' } as const;

describe('store: large zones, by the store thread', function () {
  this.timeout(60_000);
  let directory = '';
  let database: ZoneDatabase;
  let image: MapImage;
  let writer: ZoneWriter;
  let loader: ZoneLoader;
  let effects: FakeEffects;
  let busy = 0;
  let onBreath: () => void = () => {};

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    mkdirSync(join(directory, 'zones'));
    database = new ZoneDatabase(join(directory, 'data'));
    image = new MapImage((apex) => database.view(apex));
    effects = new FakeEffects();
    writer = new ZoneWriter({ database, image, effects });
    loader = makeLoader(writer);
    busy = 0;
    onBreath = () => {};
  });
  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('a large zone is in the database and in the image, and journaled as one load', async () => {
    write();
    expect(outcomes(await loader.load())).to.deep.equal([`new 1 ${RECORDS + 3}+${RECORDS + 3}-0`]);
    expectImageIsDatabase();
    expect(database.statements.leftOverZones.all()).to.deep.equal([]);
    expect(outcomes(await loader.load())).to.deep.equal([`unchanged 1 ${RECORDS + 3}+0-0`]);
  });

  it('steered owners are shown as they are answered, new and in a large change', async () => {
    const lines =
      'www A 192.0.2.1\nwww A 192.0.2.2\n_steer.www TXT "order=fixed"\n_steer.www TXT "192.0.2.1 state=out"\n';
    write({ more: lines });
    await loader.load();
    const shown = () => image.at('large.test.', 'www.large.test.').map((line) => line.split(' ').at(-1));
    expect(shown()).to.deep.equal(['192.0.2.2']);
    write({ serial: 2, changed: 5000, more: lines.replace('192.0.2.1 state', '192.0.2.2 state') });
    await loader.load();
    expect(shown()).to.deep.equal(['192.0.2.1']);
    write({ serial: 3, changed: 5000, more: lines.replace('order', 'ordre') });
    const failed = await loader.load();
    expect(failed.zones[0]?.errors[0]).to.include("'ordre=fixed', word 1: unknown key 'ordre'");
    expect(shown()).to.deep.equal(['192.0.2.1']);
  });

  it('a large change is one transaction and one step for readers, and dynamic changes live on', async () => {
    write();
    await loader.load();
    writer.change({ apex: APEX, removed: [], added: [rr('dynamic 60 A 192.0.2.9', 'large.test')], by: BY });
    const before = image.switches;
    write({ serial: 2, changed: 5000, more: 'new.ent A 192.0.2.7\n' });
    expect(outcomes(await loader.load())).to.deep.equal([`changed 3 ${RECORDS + 5}+5001-5000`]);
    expect(image.switches).to.equal(before + 1);
    expect(image.at('large.test.', 'dynamic.large.test.')).to.have.length(1);
    expectImageIsDatabase();
  });

  it('a large change that makes the zone unservable is refused with file and line; nothing has changed', async () => {
    write();
    await loader.load();
    const before = showView(database.view(APEX));
    write({ serial: 2, changed: 5000, more: 'host1 CNAME host2\n' });
    const report = await loader.load();
    expect(outcomes(report)).to.deep.equal([`failed 1 ${RECORDS + 3}+0-0`]);
    expect(report.zones[0]?.errors[0]).to.match(/large\.test\.zone:\d+: host1\.large\.test\.: .*CNAME/);
    expect(showView(database.view(APEX))).to.deep.equal(before);
    expectImageIsDatabase();
  });

  it('a full disk in the thread is a StoreError; what was served is served on, and the next load goes through', async () => {
    writeFileSync(join(directory, 'zones', 'small.test.zone'), HEAD);
    await loader.load();
    write();
    database.limitPages(120);
    const error = await loader.load().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(StoreError).with.property('trouble', 'full');
    expect([...image.zones.keys()]).to.deep.equal(['small.test.']);
    expect(writer.isFilling).to.equal(false);
    database.limitPages(0xffff_fffe);
    expect(outcomes(await loader.load())[0]).to.equal(`new 1 ${RECORDS + 3}+${RECORDS + 3}-0`);

    database.limitPages(300);
    write({ serial: 2, changed: RECORDS });
    expect(await loader.load().catch((thrown: unknown) => thrown)).to.be.instanceOf(StoreError);
    expectImageIsDatabase();
    database.limitPages(0xffff_fffe);
    expect(outcomes(await loader.load())[0]).to.equal(`changed 2 ${RECORDS + 3}+${RECORDS}-${RECORDS}`);
    expectImageIsDatabase();
  });

  it('nothing else changes a zone while a large one comes in', async () => {
    writeFileSync(join(directory, 'zones', 'small.test.zone'), HEAD);
    await loader.load();
    write();
    onBreath = () => {
      if (!writer.isFilling) return;
      const small = name('small.test');
      expect(() => writer.change({ apex: small, removed: [], added: [], by: BY })).to.throw(WriterBusyError);
      busy++;
    };
    await loader.load();
    expect(busy).to.be.greaterThan(0);
    expectImageIsDatabase();
  });

  it('when the image fails on the way, the zone is stored, and the image is made from it', async () => {
    write();
    image.failure = new Error('no memory');
    expect(outcomes(await loader.load())).to.deep.equal([`new 1 ${RECORDS + 3}+${RECORDS + 3}-0`]);
    expectImageIsDatabase();
    image.failure = new Error('no memory');
    write({ serial: 2, changed: 5000 });
    expect(outcomes(await loader.load())).to.deep.equal([`changed 2 ${RECORDS + 3}+5000-5000`]);
    expectImageIsDatabase();
    expect(effects.lines.filter((line) => line.includes('image failed'))).to.have.length(2);
  });

  it('readers of the real image see a large change between two generations, never half of it', async () => {
    const generations: number[] = [];
    const real = new ZoneImageWriter({
      view: (apex) => database.view(apex),
      onGeneration: () => generations.push(real.statistics().nodes),
    });
    const loads = makeLoader(new ZoneWriter({ database, image: real, effects }));
    write();
    await loads.load();
    write({ serial: 2, changed: 5000, more: 'one A 192.0.2.1\ntwo A 192.0.2.2\n' });
    await loads.load();
    expect(generations).to.deep.equal([RECORDS + 2, RECORDS + 4]);
  });

  it('when the real image breaks in the middle of a zone, it is made again from the database', async () => {
    const real = new ZoneImageWriter({ view: (apex) => database.view(apex), onGeneration() {} });
    let breaks = 2;
    function* poisoned(owners: Iterable<Owner>): Iterable<Owner> {
      yield* owners;
      if (breaks-- > 0) throw new Error('no memory');
    }
    const image: ZoneImage = {
      addZone: (apex) => real.addZone(apex),
      clearZone: (apex) => real.clearZone(apex),
      removeZone: (apex) => real.removeZone(apex),
      apply: (apex, owners) => real.apply(apex, poisoned(owners)),
      beginBulk: (expected) => real.beginBulk(expected),
      endBulk: () => real.endBulk(),
      rebuild: () => real.rebuild(),
    };
    const loads = makeLoader(new ZoneWriter({ database, image, effects }));
    writeFileSync(join(directory, 'zones', 'aaa.test.zone'), HEAD);
    write();
    const report = await loads.load();
    expect(report.zones.map(({ outcome }) => outcome)).to.deep.equal(['new', 'new']);
    expect(breaks).to.be.lessThan(1);
    expect(real.statistics()).to.deep.include({ zones: 2, nodes: RECORDS + 4 });
  });

  it('a job for a thread that has ended fails and says so', async () => {
    const thread = new StoreThread(database);
    await thread.end();
    const none = new PackedRecords(APEX, 0);
    const difference = { removed: none, added: none, chunks: [], staleChunks: [] };
    const zone = { id: 1, apex: APEX, source: 'file' };
    const error = await thread.change(zone, difference, [], BY, 0).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(StoreError).with.property('message').that.contains('has ended');
  });

  function makeLoader(into: ZoneWriter): ZoneLoader {
    return new ZoneLoader({
      directory: join(directory, 'zones'),
      database,
      writer: into,
      effects: { ...effects, nowMs: () => (effects.now += 1000), randomOctets: () => new Uint8Array(0) },
      breathe: async () => onBreath(),
    });
  }

  function write({ serial = 1, changed = 0, more = '' } = {}): void {
    const lines = [HEAD.replace('hostmaster 1', `hostmaster ${serial}`)];
    for (let i = 0; i < RECORDS; i++) {
      const n = i < changed ? i + serial : i;
      lines.push(`host${i} A 198.18.${(n >> 8) & 255}.${n & 255}\n`);
    }
    writeFileSync(join(directory, 'zones', FILE), lines.join('') + more);
  }

  function expectImageIsDatabase(): void {
    for (const { apex } of database.zones()) {
      const shown = [...(image.zones.get(showName(apex))?.values() ?? [])].flat().sort();
      expect(shown.join('\n') === showView(database.view(apex)).sort().join('\n')).to.equal(true);
    }
  }
});

function outcomes({ zones }: LoadReport): string[] {
  return zones.map(
    ({ outcome, serial, records, added, removed }) => `${outcome} ${serial} ${records}+${added}-${removed}`,
  );
}
