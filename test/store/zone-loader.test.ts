import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { ZoneDatabase } from '../../src/store/database.ts';
import type { LoadReport, ZoneReport } from '../../src/store/load-report.ts';
import { ZoneLoader } from '../../src/store/zone-loader.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { FakeEffects } from '../support/effects.ts';
import { MapImage, showView } from '../support/map-image.ts';
import { name, rr } from '../support/rr.ts';

const HEAD = '$TTL 3600\n@ SOA ns1 hostmaster 7 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n';
const BY = { kind: 'key', name: 'deploy.' } as const;

describe('store/zone-loader', () => {
  let directory = '';
  let zones = '';
  let database: ZoneDatabase;
  let image: MapImage;
  let writer: ZoneWriter;
  let loader: ZoneLoader;
  let effects: FakeEffects;
  let progress: string[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    zones = join(directory, 'zones');
    mkdirSync(zones);
    effects = new FakeEffects();
    open();
  });
  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('loads every zone file; the file name says the apex', async () => {
    write('example.test.zone', `${HEAD}www 60 A 192.0.2.1\n`);
    write('Other.Example.zone', HEAD);
    write('notes.txt', 'not a zone');
    write('.#example.test.zone', 'an editor was here');
    mkdirSync(join(zones, 'directory.zone'));
    const report = await loader.load();
    expect(report.errors).to.deep.equal([]);
    expect(outcomes(report)).to.deep.equal(['new 7 3+3-0', 'new 7 4+4-0']);
    expect(image.at('example.test.', 'www.example.test.')).to.deep.equal([
      'www.example.test. 60 A 192.0.2.1',
    ]);
    expect([...image.zones.keys()]).to.deep.equal(['other.example.', 'example.test.']);
    expect(progress).to.deep.equal(['read 3', 'read 4', 'served 2', 'served 3']);
  });

  it('the next load, and the next start, read no file that is as it was', async () => {
    write('example.test.zone', HEAD);
    await loader.load();
    expect(outcomes(await loader.load())).to.deep.equal(['unchanged 7 3+0-0']);
    database.close();
    open();
    for (const _ of writer.serveStored());
    expect(image.at('example.test.', 'ns1.example.test.')).to.have.length(1);
    expect(outcomes(await loader.load())).to.deep.equal(['unchanged 7 3+0-0']);
  });

  it('applies the difference of an edited file, so that dynamic changes live on', async () => {
    write('example.test.zone', `${HEAD}www 60 A 192.0.2.1\nold 60 A 192.0.2.2\n`);
    await loader.load();
    writer.change({ apex: name('example.test'), removed: [], added: [rr('dyn 60 A 192.0.2.9')], by: BY });
    write('example.test.zone', `${HEAD}www 90 A 192.0.2.1\nnew 60 A 192.0.2.3\n`);
    const report = await loader.load();
    expect(outcomes(report)).to.deep.equal(['changed 9 6+2-2']);
    expect(report.zones[0]?.warnings).to.deep.equal([]);
    expect(showView(database.view(name('example.test'))).slice(2)).to.deep.equal([
      'dyn.example.test. 60 A 192.0.2.9',
      'new.example.test. 60 A 192.0.2.3',
      'ns1.example.test. 3600 A 192.0.2.53',
      'www.example.test. 90 A 192.0.2.1',
    ]);
    expect(image.at('example.test.', 'old.example.test.')).to.deep.equal([]);
    expect(outcomes(await loader.load())).to.deep.equal(['unchanged 9 6+0-0']);
  });

  it("the file's serial counts when it is ahead", async () => {
    write('example.test.zone', HEAD);
    await loader.load();
    write('example.test.zone', HEAD.replace(' 7 ', ' 2026112201 '));
    expect(outcomes(await loader.load())).to.deep.equal(['changed 2026112201 3+0-0']);
    write('example.test.zone', HEAD.replace(' 7 ', ' 2026112200 '));
    expect(outcomes(await loader.load())).to.deep.equal(['unchanged 2026112201 3+0-0']);
  });

  it('a comment or another order changes nothing but what is remembered of the file', async () => {
    write('example.test.zone', `${HEAD}a A 192.0.2.1\nb A 192.0.2.2\n`);
    await loader.load();
    write('example.test.zone', `${HEAD}; a comment\nb A 192.0.2.2\na A 192.0.2.1\n`);
    expect(outcomes(await loader.load())).to.deep.equal(['unchanged 7 5+0-0']);
  });

  it('says by record where file and dynamic changes are at odds', async () => {
    write('example.test.zone', `${HEAD}a 60 A 192.0.2.1\nb 60 A 192.0.2.2\n`);
    await loader.load();
    writer.change({
      apex: name('example.test'),
      removed: [rr('a 60 A 192.0.2.1')],
      added: [rr('b 30 A 192.0.2.2')],
      by: BY,
    });
    write('example.test.zone', `${HEAD}a 60 A 192.0.2.7\n`);
    const report = await loader.load();
    const path = join(zones, 'example.test.zone');
    expect(report.zones[0]?.warnings).to.deep.equal([
      `${path}: no longer has a.example.test. 60 A 192.0.2.1, which a dynamic change had removed already`,
      `${path}: no longer has b.example.test. 60 A 192.0.2.2; a dynamic change had given it another TTL, it is removed all the same`,
    ]);
    expect(image.at('example.test.', 'a.example.test.')).to.deep.equal(['a.example.test. 60 A 192.0.2.7']);
  });

  it('steering lines with faults keep a zone, and a change, out: with the place of the line itself', async () => {
    const lines = 'www 60 A 192.0.2.1\n_steer.www 60 TXT "order=rotate"\n';
    write('example.test.zone', HEAD + lines);
    write('new.test.zone', `${HEAD}${lines}_steer.www 60 TXT "192.0.2.1 backup" "wieght=2"\n`);
    const first = await loader.load();
    expect(outcomes(first)).to.deep.equal(['new 7 5+5-0', 'failed - 0+0-0']);
    expect(first.zones[1]?.errors).to.deep.equal([
      `${join(zones, 'new.test.zone')}:7:39: _steer.www.new.test.: '192.0.2.1 backup wieght=2', word 3: unknown key 'wieght' in a member line; did you mean 'weight'? [steering-line]`,
    ]);
    write('example.test.zone', `${HEAD}www 60 A 192.0.2.1\n_steer.www 60 TXT "order=backwards"\n`);
    const second = await loader.load();
    expect(outcomes(second)[0]).to.equal('failed 7 5+0-0');
    expect(second.zones[0]?.errors[0]).to.match(/:6:20: _steer\.www.*'order=backwards', word 1: /);
    expect(image.at('example.test.', '_steer.www.example.test.')[0]).to.include('order=rotate');
  });

  it('steering that is probably not meant is said once: at the load that brings it, or changes it', async () => {
    const file = (www: string, api: string) =>
      `${HEAD}www A 192.0.2.1\nwww A ${www}\n_steer.www TXT "ttl=60"\napi A 192.0.2.3\n_steer.api TXT "${api}"\n`;
    const warnings = (report: LoadReport) =>
      report.zones[0]?.warnings.map((text) => text.replace(/^.*zone:([\d:]+): .*(\[.*\])$/, '$1 $2'));
    write('example.test.zone', file('192.0.2.2', 'min=0'));
    expect(warnings(await loader.load())).to.deep.equal(['7:17 [low-ttl-too-long]']);
    expect(warnings(await loader.load())).to.deep.equal([]);
    write('example.test.zone', file('192.0.2.2', 'min=1'));
    expect(warnings(await loader.load())).to.deep.equal(['9:17 [single-member]']);
    write('example.test.zone', file('192.0.2.22', 'min=1'));
    expect(warnings(await loader.load())).to.deep.equal(['7:17 [low-ttl-too-long]']);
  });

  it('a file that does not parse changes nothing and says file, line and column', async () => {
    write('example.test.zone', `${HEAD}www A 192.0.2.1\n`);
    await loader.load();
    write('example.test.zone', `${HEAD}www A 192.0.2.1\nnew A 192.0.2.2\nbad A 192.0.2.256\nworse B C\n`);
    const report = await loader.load();
    const path = join(zones, 'example.test.zone');
    expect(outcomes(report)).to.deep.equal(['failed 7 4+0-0']);
    expect(report.zones[0]?.errors).to.have.length(2);
    expect(report.zones[0]?.errors[0]).to.include(`${path}:7:7: `);
    expect(report.zones[0]?.errors[1]).to.include(`${path}:8:`);
    expect(image.at('example.test.', 'new.example.test.')).to.deep.equal([]);
    write('example.test.zone', `${HEAD}www A 192.0.2.1\nnew A 192.0.2.2\n`);
    expect(outcomes(await loader.load())).to.deep.equal(['changed 8 5+1-0']);
  });

  it('a file that fails the check changes nothing and says file, line and rule', async () => {
    write('example.test.zone', `${HEAD}www A 192.0.2.1\n`);
    write('new.test.zone', `${HEAD}www A 192.0.2.1\nwww CNAME ns1\n`);
    await loader.load();
    write('example.test.zone', `${HEAD}www A 192.0.2.1\nwww CNAME ns1\n`);
    const report = await loader.load();
    expect(outcomes(report)).to.deep.equal(['failed 7 4+0-0', 'failed - 0+0-0']);
    expect(report.zones[0]?.errors).to.deep.equal([
      `${join(zones, 'example.test.zone')}:6: www.example.test.: CNAME beside A: an alias has no other data [cname-and-other-data]`,
    ]);
    expect(report.zones[1]?.errors[0]).to.include(`${join(zones, 'new.test.zone')}:6: `);
    expect([...image.zones.keys()]).to.deep.equal(['example.test.']);
  });

  it('a file without SOA, or with two, changes nothing', async () => {
    write('example.test.zone', HEAD);
    await loader.load();
    write('example.test.zone', '$TTL 60\n@ NS ns1\nns1 A 192.0.2.53\n');
    expect((await loader.load()).zones[0]?.errors[0]).to.include('0 SOA records');
    write('example.test.zone', `${HEAD}@ SOA ns1 hostmaster 8 7200 900 1209600 300\n`);
    expect((await loader.load()).zones[0]?.errors[0]).to.include('2 SOA records');
    expect(outcomes(await loader.load())).to.deep.equal(['failed 7 3+0-0']);
  });

  it('a record outside the zone is an error with its line', async () => {
    write('example.test.zone', `${HEAD}www.other.test. A 192.0.2.1\n`);
    const { errors } = (await loader.load()).zones[0] ?? { errors: [] };
    expect(errors[0]).to.include('example.test.zone:5: www.other.test. is not in the zone example.test.');
  });

  it('follows $INCLUDE, also when only the included file changes', async () => {
    write('example.test.zone', `${HEAD}$INCLUDE hosts.inc\n`);
    write('hosts.inc', 'www 60 A 192.0.2.1\n');
    expect(outcomes(await loader.load())).to.deep.equal(['new 7 4+4-0']);
    write('hosts.inc', 'www 60 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww 60 CNAME ns1\n');
    expect((await loader.load()).zones[0]?.errors[0]).to.include(
      `${join(zones, 'hosts.inc')}:3: www.example.test.: CNAME`,
    );
    write('hosts.inc', 'www 60 A 192.0.2.1\nwww 60 A 192.0.2.2\n');
    expect(outcomes(await loader.load())).to.deep.equal(['changed 8 5+1-0']);
  });

  it('a zone whose file is gone is removed, one whose file cannot be read is not', async () => {
    write('example.test.zone', HEAD);
    write('other.test.zone', HEAD);
    await loader.load();
    rmSync(join(zones, 'example.test.zone'));
    rmSync(join(zones, 'other.test.zone'));
    symlinkSync('nowhere', join(zones, 'other.test.zone'));
    const report = await loader.load();
    expect(outcomes(report)).to.deep.equal(['removed - 0+0-3', 'failed 7 3+0-0']);
    expect(report.zones[1]?.errors[0]).to.include(`cannot read ${join(zones, 'other.test.zone')}`);
    expect([...image.zones.keys()]).to.deep.equal(['other.test.']);
    expect(rows('SELECT count(*) FROM rr')).to.deep.equal([[3]]);
    expect(rows("SELECT action FROM journal WHERE action = 'remove'")).to.have.length(1);
    write('example.test.zone', HEAD);
    expect(outcomes(await loader.load())).to.deep.equal(['new 7 3+3-0', 'failed 7 3+0-0']);
  });

  it('a zone that comes back with a serial which secondaries take for an old one is warned of', async () => {
    const path = join(zones, 'example.test.zone');
    write('example.test.zone', HEAD);
    await loader.load();
    writer.change({ apex: name('example.test'), removed: [], added: [rr('dyn 60 A 192.0.2.9')], by: BY });
    rmSync(path);
    await loader.load();
    write('example.test.zone', HEAD);
    const report = await loader.load();
    expect(report.zones[0]?.warnings).to.deep.equal([
      `${path}: serial 7 is not ahead of 8, which the zone had when it was taken away: secondaries keep what they have until it is`,
    ]);
    rmSync(path);
    await loader.load();
    write('example.test.zone', HEAD.replace(' 7 ', ' 9 '));
    expect((await loader.load()).zones[0]?.warnings).to.deep.equal([]);
  });

  it('a server of secondary zones alone needs no directory of zone files', async () => {
    rmSync(zones, { recursive: true });
    const secondary = new ZoneLoader({
      directory: zones,
      database,
      writer,
      effects,
      hasSecondaries: () => true,
    });
    expect(await secondary.load()).to.deep.equal({ zones: [], errors: [] });
    expect((await loader.load()).errors).to.have.length(1);
  });

  it('a directory that cannot be read removes nothing', async () => {
    write('example.test.zone', HEAD);
    await loader.load();
    rmSync(zones, { recursive: true });
    const report = await loader.load();
    expect(report.errors[0]).to.include(`cannot read the zone directory ${zones}`);
    expect([...image.zones.keys()]).to.deep.equal(['example.test.']);
  });

  it('file names that say no zone, or the same one twice, are errors of their own', async () => {
    write('example.test.zone', HEAD);
    write('EXAMPLE.test.zone', HEAD);
    write('a..b.zone', HEAD);
    write('has space.zone', HEAD);
    write('münchen.example.zone', HEAD);
    write('0\\04764.2.0.192.in-addr.arpa.zone', HEAD);
    const { errors, zones: loaded } = await loader.load();
    expect(errors).to.have.length(4);
    expect(errors.join('\n'))
      .to.include('empty label')
      .and.include('are both for the zone example.test.')
      .and.include("' ' is not usual in a zone's name; if it belongs to the name, write it as \\032")
      .and.include('write the name in its xn-- form');
    expect(loaded.map(({ outcome }) => outcome)).to.deep.equal(['new', 'new']);
    expect([...image.zones.keys()]).to.include('0/64.2.0.192.in-addr.arpa.');
  });

  it('a change that leaves size and time as they were is seen when it came soon after the reading', async () => {
    const path = join(zones, 'example.test.zone');
    write('example.test.zone', `${HEAD}www 60 A 192.0.2.1\n`);
    utimesSync(path, effects.now / 1000, effects.now / 1000);
    await loader.load();
    write('example.test.zone', `${HEAD}www 60 A 192.0.2.2\n`);
    utimesSync(path, effects.now / 1000, effects.now / 1000);
    expect(outcomes(await loader.load())).to.deep.equal(['changed 8 4+1-1']);
  });

  it('loads that are asked for at once come one after the other', async () => {
    write('example.test.zone', HEAD);
    const both = await Promise.all([loader.load(), loader.load()]);
    expect(both.map(outcomes)).to.deep.equal([['new 7 3+3-0'], ['unchanged 7 3+0-0']]);
  });

  it('a large edited file rewrites few of the chunks that keep it', async () => {
    const hosts = Array.from({ length: 10_000 }, (_, i) => `host${i} 60 A 192.0.2.${i & 255}\n`);
    write('example.test.zone', HEAD + hosts.join(''));
    await loader.load();
    const before = rows('SELECT id, first FROM (SELECT rowid AS id, * FROM zone_file_chunk) ORDER BY first');
    expect(before).to.have.length.greaterThan(5);
    hosts.splice(5000, 1, 'inserted 60 A 192.0.2.1\n');
    write('example.test.zone', HEAD + hosts.join(''));
    expect(outcomes(await loader.load())).to.deep.equal(['changed 8 10003+1-1']);
    const after = rows('SELECT id, first FROM (SELECT rowid AS id, * FROM zone_file_chunk) ORDER BY first');
    const kept = new Set(before.map((row) => JSON.stringify(row)));
    expect(after.filter((row) => !kept.has(JSON.stringify(row))).length).to.be.lessThan(5);
    expect(outcomes(await loader.load())).to.deep.equal(['unchanged 8 10003+0-0']);
  });

  it('a thousand small zones come in by few transactions', async () => {
    for (let i = 0; i < 1000; i++) write(`zone${i}.test.zone`, HEAD);
    const before = image.switches;
    const report = await loader.load();
    expect(report.zones.filter(({ outcome }) => outcome === 'new')).to.have.length(1000);
    expect(image.zones.size).to.equal(1000);
    expect(image.switches - before).to.equal(1);
  });

  function open(): void {
    database = new ZoneDatabase(join(directory, 'data'));
    image = new MapImage((apex) => database.view(apex));
    writer = new ZoneWriter({ database, image, effects });
    progress = [];
    loader = new ZoneLoader({
      directory: zones,
      database,
      writer,
      effects,
      onProgress: (_, count, step) => progress.push(`${step} ${count}`),
    });
  }

  function write(file: string, text: string): void {
    writeFileSync(join(zones, file), text, 'latin1');
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

/** `outcome serial records+added-removed` of each zone. */
function outcomes({ zones }: LoadReport): string[] {
  return zones.map(
    ({ outcome, serial, records, added, removed }: ZoneReport) =>
      `${outcome} ${serial ?? '-'} ${records}+${added}-${removed}`,
  );
}
