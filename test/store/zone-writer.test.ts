import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { Changed } from '../../src/store/change.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { ChangeRefusedError, NoSuchZoneError, StoreError, WriterBusyError } from '../../src/store/errors.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { SortedZoneView, sortRecords } from '../../src/store/sorted-records.ts';
import { stageZone } from '../../src/store/zone-stage.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { showName } from '../../src/wire/name.ts';
import { FakeEffects } from '../support/effects.ts';
import { MapImage, showView } from '../support/map-image.ts';
import { name, rr } from '../support/rr.ts';

const APEX = name('example.test');
const BY = { kind: 'key', name: 'deploy.' } as const;
const ZONE = [
  '@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300',
  '@ 3600 NS ns1',
  'ns1 3600 A 192.0.2.53',
  'www 60 A 192.0.2.1',
  'www 60 A 192.0.2.2',
];

describe('store/zone-writer', () => {
  let directory = '';
  let database: ZoneDatabase;
  let image: MapImage;
  let writer: ZoneWriter;
  let effects: FakeEffects;
  let told: string[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    database = new ZoneDatabase(directory);
    image = new MapImage((apex) => database.view(apex));
    effects = new FakeEffects();
    told = [];
    writer = new ZoneWriter({ database, image, effects, onChanged: (apex) => told.push(showName(apex)) });
    adopt(ZONE);
  });
  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('a change is in the database, in the image and told, one serial later', () => {
    const changed = change(['www 60 A 192.0.2.1'], ['www 60 A 192.0.2.3', 'new.ent 60 TXT "x"']);
    expect(changed).to.deep.include({ serialFrom: 7, serialTo: 8, removed: 1, added: 2 });
    expect(showView(database.view(APEX))).to.deep.equal([
      'example.test. 3600 NS ns1.example.test.',
      'example.test. 3600 SOA ns1.example.test. hostmaster.example.test. 8 7200 900 1209600 300',
      'new.ent.example.test. 60 TXT "x"',
      'ns1.example.test. 3600 A 192.0.2.53',
      'www.example.test. 60 A 192.0.2.2',
      'www.example.test. 60 A 192.0.2.3',
    ]);
    expectImageIsDatabase();
    expect(told).to.deep.equal(['example.test.', 'example.test.']);
  });

  it('an owner that loses its last record goes from the image', () => {
    change(['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2'], []);
    expect(image.at('example.test.', 'www.example.test.')).to.deep.equal([]);
    expectImageIsDatabase();
  });

  it('readers see a change in one step', () => {
    const before = image.switches;
    change(['www 60 A 192.0.2.1'], ['www 60 A 192.0.2.3', 'a 60 A 192.0.2.4', 'b 60 A 192.0.2.5']);
    expect(image.switches).to.equal(before + 1);
  });

  it('what changes nothing leaves serial, journal and image alone', () => {
    const before = image.switches;
    const changed = change([], ['www 60 A 192.0.2.1']);
    expect(changed).to.deep.include({ serialFrom: 7, serialTo: 7, removed: 0, added: 0 });
    expect(image.switches).to.equal(before);
    expect(journal()).to.have.length(1);
  });

  it('a record that is there already gets the new TTL', () => {
    const changed = change([], ['www 30 A 192.0.2.1', 'www 30 A 192.0.2.2']);
    expect(changed).to.deep.include({ removed: 2, added: 2, serialTo: 8 });
    expect(image.at('example.test.', 'www.example.test.')[0]).to.equal('www.example.test. 30 A 192.0.2.1');
  });

  it('says by record what was to be removed and is gone, or has another TTL', () => {
    const { conflicts } = change(['gone 60 A 192.0.2.9', 'www 99 A 192.0.2.1'], []);
    expect(conflicts.map(({ kind }) => kind)).to.deep.equal(['gone', 'other-ttl']);
  });

  it('the wished serial counts when it is ahead', () => {
    expect(change([], ['@ 3600 SOA ns1 hostmaster 100 7200 900 1209600 300']).serialTo).to.equal(100);
    expect(
      change([], ['a 60 A 192.0.2.4', '@ 3600 SOA ns1 hostmaster 50 7200 900 1209600 300']).serialTo,
    ).to.equal(101);
    expect(change([], ['@ 3600 SOA ns1 hostmaster 50 7200 900 1209600 300']).serialTo).to.equal(101);
    expect(change([], ['@ 3600 SOA ns1 hostmaster 50 7200 900 1209600 301']).serialTo).to.equal(102);
    expectImageIsDatabase();
  });

  it('a change that makes the zone unservable is refused, and nothing has changed', () => {
    const before = [showView(database.view(APEX)), journal(), image.switches];
    expect(() => change(['www 60 A 192.0.2.1'], ['www 60 CNAME ns1'])).to.throw(
      ChangeRefusedError,
      /CNAME beside A/,
    );
    expect(() => change(['@ 3600 NS ns1'], [])).to.throw(ChangeRefusedError, /no NS/);
    expect([showView(database.view(APEX)), journal(), image.switches]).to.deep.equal(before);
  });

  it('what goes alongside is undone with the change', () => {
    const fail = (): void => {
      throw new RangeError('alongside');
    };
    expect(() =>
      writer.change({ apex: APEX, removed: [], added: [rr('a 60 A 192.0.2.4')], by: BY, alongside: fail }),
    ).to.throw(RangeError);
    expect(showView(database.view(APEX))).to.have.length(5);
    expectImageIsDatabase();
  });

  it('on a full disk nothing has changed, and the next change goes through', () => {
    database.limitPages(30);
    const many = Array.from({ length: 20_000 }, (_, i) => `h${i} 60 A 192.0.2.${i & 255}`);
    expect(() => change([], many)).to.throw(StoreError, /disk is full/);
    expectImageIsDatabase();
    expect(showView(database.view(APEX))).to.have.length(5);
    database.limitPages(0xffff_fffe);
    expect(change([], ['a 60 A 192.0.2.4']).serialTo).to.equal(8);
  });

  it('when the image fails after the commit, it is made again from the database', () => {
    image.failure = new Error('no room');
    change([], ['a 60 A 192.0.2.4']);
    expect(image.at('example.test.', 'a.example.test.')).to.have.length(1);
    expect(effects.lines).to.deep.equal(['error store: image failed, making it again']);
    expectImageIsDatabase();
  });

  it('nothing changes while the image is being filled, since it would not be seen', () => {
    const steps = writer.serveStored();
    steps.next();
    expect(writer.isFilling).to.equal(true);
    expect(() => change([], ['a 60 A 192.0.2.4'])).to.throw(WriterBusyError);
    finish(steps);
    expect(change([], ['a 60 A 192.0.2.4']).serialTo).to.equal(8);
    expectImageIsDatabase();
  });

  it('when filling fails, the image is made again from the database', () => {
    image.failure = new Error('no room');
    finish(writer.serveStored());
    expectImageIsDatabase();
    expect(writer.isFilling).to.equal(false);
  });

  it('when filling fails, the zones that were to come after are not forgotten', () => {
    const packed = new PackedRecords(name('other.test'), 0);
    for (const line of ZONE) packed.add(rr(line, 'other.test'));
    const sorted = finish(sortRecords(packed));
    const id = finish(stageZone(database, sorted, []));
    const [first] = database.zones();
    const view = database.view(APEX);
    database.transact(() => database.statements.setZoneState.run('loading', first?.id ?? 0));
    image.zones.clear();
    image.failure = new Error('no room');
    const by = { kind: 'file', name: 'x.zone' } as const;
    const zones = [
      { id: first?.id ?? 0, view, records: ZONE.length, by },
      { id, view: new SortedZoneView(sorted), records: ZONE.length, by },
    ];
    finish(writer.adopt(zones));
    expect([...image.zones.keys()]).to.deep.equal(['example.test.', 'other.test.']);
    expect(image.zones.get('other.test.')?.size).to.equal(3);
  });

  it('the journal says who, when and what; a load is one line', () => {
    effects.now += 5000;
    change(['www 60 A 192.0.2.1'], ['www 60 CAA 0 issue "CA.example"'.replace('www', 'x')]);
    expect(journal()).to.deep.equal([
      ['load', null, 7, 0, 5, effects.now - 5000, 'file', 'example.test.zone'],
      ['change', 7, 8, 1, 1, effects.now, 'key', 'deploy.'],
    ]);
    const lines = rows(
      'SELECT sequence, added, CAST(owner AS TEXT), type, ttl FROM journal_rr ORDER BY journal, sequence',
    );
    expect(lines).to.deep.equal([
      [0, 0, 'www', 1, 60],
      [1, 1, 'x', 257, 60],
      [2, 0, '', 6, 3600],
      [3, 1, '', 6, 3600],
    ]);
  });

  it('a removed zone is gone at once, and the journal keeps saying so', () => {
    writer.remove(APEX, BY);
    expect(database.zones()).to.deep.equal([]);
    expect(image.zones.size).to.equal(0);
    expect(journal().at(-1)).to.deep.equal(['remove', 7, null, 5, 0, effects.now, 'key', 'deploy.']);
    expect(() => change([], ['a 60 A 192.0.2.4'])).to.throw(NoSuchZoneError);
    adopt(ZONE);
    expectImageIsDatabase();
  });

  it('a new writer serves what is stored', () => {
    change([], ['a 60 A 192.0.2.4']);
    const again = new MapImage((apex) => database.view(apex));
    for (const _ of new ZoneWriter({ database, image: again, effects }).serveStored());
    expect(again.zones).to.deep.equal(image.zones);
  });

  function change(removed: readonly string[], added: readonly string[]): Changed {
    return writer.change({
      apex: APEX,
      removed: removed.map((line) => rr(line)),
      added: added.map((line) => rr(line)),
      by: BY,
    });
  }

  function adopt(lines: readonly string[]): void {
    const packed = new PackedRecords(APEX, 0);
    for (const line of lines) packed.add(rr(line));
    const sorted = finish(sortRecords(packed));
    const id = finish(stageZone(database, sorted, []));
    const by = { kind: 'file', name: 'example.test.zone' } as const;
    finish(writer.adopt([{ id, view: new SortedZoneView(sorted), records: lines.length, by }]));
  }

  function expectImageIsDatabase(): void {
    expect([...(image.zones.get('example.test.')?.values() ?? [])].flat().sort()).to.deep.equal(
      showView(database.view(APEX)).sort(),
    );
  }

  function journal(): unknown[] {
    return rows(
      'SELECT action, serial_from, serial_to, removed, added, at_ms, by_kind, by_name FROM journal ORDER BY id',
    );
  }

  function rows(sql: string): unknown[] {
    const side = new Database(database.path, { readonly: true });
    try {
      return side.prepare(sql).raw().all();
    } finally {
      side.close();
    }
  }
});

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
