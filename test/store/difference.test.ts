import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { ZoneLoader } from '../../src/store/zone-loader.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { FakeEffects } from '../support/effects.ts';
import { FUZZ_MS } from '../support/fuzz.ts';
import { showView } from '../support/map-image.ts';
import { name, rr } from '../support/rr.ts';

const HEAD = ['@ 60 SOA ns1 hostmaster 7 7200 900 1209600 300', '@ 60 NS ns1', 'ns1 60 A 192.0.2.53'];
const APEX = name('example.test');

/** Few different records, so that files and changes meet. */
const line = fc
  .tuple(fc.constantFrom('a', 'b', 'x.a', 'y.b', '*'), fc.integer({ min: 1, max: 4 }))
  .map(([owner, host]) => `${owner} 60 A 192.0.2.${host}`);
const lines = fc.uniqueArray(line, { maxLength: 12 });

describe('store: file and dynamic changes live together', () => {
  it('after a reload the zone is what it was, less what the file lost, with what it gained', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    const zones = join(directory, 'zones');
    const file = join(zones, 'example.test.zone');
    mkdirSync(zones);
    const effects = new FakeEffects();
    const database = new ZoneDatabase(join(directory, 'data'));
    const image = new ZoneImageWriter({ view: (apex) => database.view(apex), onGeneration() {} });
    const writer = new ZoneWriter({ database, image, effects });
    const loader = new ZoneLoader({ directory: zones, database, writer, effects });

    const law = fc.asyncProperty(lines, lines, lines, lines, async (first, removed, added, second) => {
      rmSync(file, { force: true });
      await loader.load();
      writeFileSync(file, [...HEAD, ...first].join('\n'));
      await loader.load();
      const by = { kind: 'key', name: 'deploy.' } as const;
      writer.change({
        apex: APEX,
        removed: removed.map((one) => rr(one)),
        added: added.map((one) => rr(one)),
        by,
      });
      writeFileSync(file, [...HEAD, ...second].join('\n'));
      const report = await loader.load();

      const live = new Set(first);
      for (const one of removed) live.delete(one);
      for (const one of added) live.add(one);
      const gone = first.filter((one) => !second.includes(one));
      const conflicts = gone.filter((one) => !live.has(one));
      for (const one of gone) live.delete(one);
      for (const one of second) if (!first.includes(one)) live.add(one);

      const shown = showView(database.view(APEX)).filter((one) => !/ SOA | NS |^ns1/.test(one));
      expect(shown.sort()).to.deep.equal(
        [...live].map((one) => one.replace(' 60', '.example.test. 60')).sort(),
      );
      expect(report.zones[0]?.errors).to.deep.equal([]);
      expect(report.zones[0]?.warnings).to.have.length(conflicts.length);
      expect((await loader.load()).zones[0]?.outcome).to.equal('unchanged');
    });
    try {
      await fc.assert(law, { interruptAfterTimeLimit: FUZZ_MS, numRuns: Number.MAX_SAFE_INTEGER });
    } finally {
      database.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
