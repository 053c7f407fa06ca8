// Changes a zone without end while its journal is cut, for tests that kill it: node cut-child.js DIRECTORY. Prints each
// serial when it is on the disk.
import { setTimeout as wait } from 'node:timers/promises';
import { CommitQueue } from '../../src/store/commit-queue.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import { JournalCutter } from '../../src/store/journal-cutter.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { FakeEffects } from './effects.ts';
import { MapImage } from './map-image.ts';
import { name, rr } from './rr.ts';
import { adoptZone } from './stored-zone.ts';

const APEX = name('example.test');
const [, , directory = ''] = process.argv;

const database = new ZoneDatabase(directory);
const effects = new FakeEffects();
const writer = new ZoneWriter({
  database,
  image: new MapImage((apex) => database.view(apex)),
  effects,
  onChanged: (apex) => cutter.note(apex),
});
const cutter = new JournalCutter({
  database,
  writer,
  bounds: { maxEntries: 20, maxRecords: 1500 },
  effects,
  schedule(run) {
    setImmediate(run);
    return () => {};
  },
});
if (database.zone(APEX) === undefined) {
  const soa = '@ 3600 SOA ns1 hostmaster 1 7200 900 1209600 300';
  adoptZone(
    database,
    writer,
    APEX,
    [soa, '@ 60 NS ns1', 'ns1 60 A 192.0.2.53'].map((line) => rr(line)),
  );
}
const queue = new CommitQueue({ writer });
for (let i = 0; ; i++) {
  // Now and then one that is larger than what is cut at once.
  const hosts = Array.from({ length: i % 25 === 0 ? 700 : 1 }, (_, j) => `h${i % 25}-${j}`);
  const serial = await queue.submit(APEX, (view) => {
    const removed = hosts.flatMap((host) => {
      const rdatas = view.get(name(`${host}.example.test`))?.rrsets[0]?.rdatas ?? [];
      return rdatas.map((rdata) => ({ ...rr(`${host} 60 A 192.0.2.1`), rdata }));
    });
    const added = hosts.map((host) => rr(`${host} 60 A 192.0.${i >> 8}.${i & 255}`));
    const by = { kind: 'key', name: 'deploy.' } as const;
    return { kind: 'change', change: { removed, added, by }, result: ({ serialTo }) => serialTo };
  });
  process.stdout.write(`serial ${serial}\n`);
  if (i % 10 === 0) await wait(1);
}
