// A process that loads a directory of zone files and may be killed while it does. See test/store/kill.test.ts.
import { writeSync } from 'node:fs';
import { SILENT_LOG } from '../../src/base/effects.ts';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { ZoneLoader } from '../../src/store/zone-loader.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';

const [, , data = '', directory = ''] = process.argv;
let nowMs = 0;
const effects = {
  nowMs: () => (nowMs += 1000),
  randomOctets: (n: number) => new Uint8Array(n),
  log: SILENT_LOG,
};
const database = new ZoneDatabase(data);
const image = new ZoneImageWriter({ view: (apex) => database.view(apex), onGeneration() {} });
const writer = new ZoneWriter({ database, image, effects });
for (const _ of writer.serveStored());

/** The clock above makes every pause a breath; each says that it has come, and goes on at once. */
async function breathe(): Promise<void> {
  writeSync(1, 'slice\n');
}
await new ZoneLoader({ directory, database, writer, effects, breathe }).load();
writeSync(1, 'loaded\n');
database.close();
