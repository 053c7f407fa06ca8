import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { ZoneLoader } from '../../src/store/zone-loader.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { FakeEffects } from '../support/effects.ts';
import { name } from '../support/rr.ts';

const CHILD = fileURLToPath(new URL('../support/load-child.js', import.meta.url));
const APEX = name('example.test');
const RECORDS = 20_000;
const LARGE = 50_000;
/** How often each load is killed. */
const KILLS = Number(process.env['WAYPOST_KILLS'] ?? 6);

describe('store: kill -9', () => {
  let directory = '';
  let zones = '';
  let records = RECORDS;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    zones = join(directory, 'zones');
    records = RECORDS;
    mkdirSync(zones);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  for (const [kind, count] of [
    ['a zone', RECORDS],
    ['a large zone, by the store thread,', LARGE],
  ] as const) {
    it(`during the first load of ${kind} leaves no zone or the whole zone, and the next load completes it`, async function () {
      this.timeout(120_000);
      records = count;
      write(1, 0);
      const whole = await loadHere('whole');
      const slices = await runChild('counted', Number.POSITIVE_INFINITY);
      expect(slices).to.be.greaterThan(KILLS);
      for (let i = 1; i <= KILLS; i++) {
        const data = `first${i}`;
        await runChild(data, Math.ceil((i * slices) / KILLS));
        expect(stateOf(data)).to.be.oneOf(['', whole]);
        expect(await loadHere(data)).to.equal(whole);
      }
    });
  }

  it('during a reload leaves the old zone or the new one, never a mix, and the next load completes it', async function () {
    this.timeout(120_000);
    write(1, 0);
    const before = await loadHere('old');
    write(2, 7);
    const after = await loadHere('new');
    expect(after).not.to.equal(before);
    let slices = Number.POSITIVE_INFINITY;
    for (let i = 0; i <= KILLS; i++) {
      const data = `reload${i}`;
      write(1, 0);
      expect(await loadHere(data)).to.equal(before);
      write(2, 7);
      // The one transaction that changes the zone, in the store thread, is near the end, before the image's slices:
      // half of the kills strike there.
      const end = i === 0 || i > KILLS / 2 ? slices - (i % 4) - 1 : Math.ceil((2 * i * slices) / KILLS);
      const seen = await runChild(data, end);
      if (i === 0) slices = seen;
      expect(stateOf(data)).to.be.oneOf([before, after]);
      expect(await loadHere(data)).to.equal(after);
    }
  });

  /** A zone of so many records; `shift` changes every seventh of them. */
  function write(serial: number, shift: number): void {
    let text = `$TTL 60\n@ SOA ns1 hostmaster ${serial} 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n`;
    for (let i = 0; i < records; i++) {
      text += `host${i} A 192.0.2.${i % 7 === 0 ? (i + shift) & 255 : i & 255}\n`;
    }
    writeFileSync(join(zones, 'example.test.zone'), text);
  }

  /** Loads in another process, which is killed when it has come to slice number `end`. Returns the slices seen. */
  function runChild(data: string, end: number): Promise<number> {
    const child = spawn(process.execPath, [CHILD, join(directory, data), zones], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let slices = 0;
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      slices += text.split('slice').length - 1;
      if (slices >= end) child.kill('SIGKILL');
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', () => resolve(slices));
    });
  }

  /** Serves what is stored and loads, here, until all is well; the image must agree with the database. */
  async function loadHere(data: string): Promise<string> {
    const database = new ZoneDatabase(join(directory, data));
    const image = new ZoneImageWriter({ view: (apex) => database.view(apex), onGeneration() {} });
    const writer = new ZoneWriter({ database, image, effects: new FakeEffects() });
    for (const _ of writer.serveStored());
    const loader = new ZoneLoader({ directory: zones, database, writer, effects: new FakeEffects() });
    const first = await loader.load();
    expect(first.zones.map(({ errors }) => errors)).to.deep.equal([[]]);
    const second = await loader.load();
    expect(second.zones.map(({ outcome }) => outcome)).to.deep.equal(['unchanged']);
    expect(database.statements.leftOverZones.all()).to.deep.equal([]);
    expect(image.statistics().nodes).to.equal(records + 2);
    database.close();
    return stateOf(data);
  }

  /** A digest of the zone in a database; empty when it is not there. */
  function stateOf(data: string): string {
    const database = new ZoneDatabase(join(directory, data));
    try {
      if (database.zone(APEX) === undefined) return '';
      const hash = createHash('sha256');
      for (const { name: owner, rrsets } of database.view(APEX).owners()) {
        hash.update(owner);
        for (const { type, ttl, rdatas } of rrsets) {
          hash.update(`${type} ${ttl}`);
          for (const rdata of rdatas) hash.update(rdata);
        }
      }
      return hash.digest('hex');
    } finally {
      database.close();
    }
  }
});
