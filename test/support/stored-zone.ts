import type { ZoneDatabase } from '../../src/store/database.ts';
import type { ChangedBy } from '../../src/store/journal.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { SortedZoneView, sortRecords } from '../../src/store/sorted-records.ts';
import { stageZone } from '../../src/store/zone-stage.ts';
import type { ZoneWriter } from '../../src/store/zone-writer.ts';
import type { DomainName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';

/** Puts a zone into the database and has it served, as the loader does with a small zone file. */
export function adoptZone(
  database: ZoneDatabase,
  writer: ZoneWriter,
  apex: DomainName,
  records: Iterable<RR>,
  by: ChangedBy = { kind: 'file', name: 'zone' },
): void {
  const packed = new PackedRecords(apex, 0);
  for (const one of records) packed.add(one);
  const sorted = finish(sortRecords(packed));
  const id = finish(stageZone(database, sorted, []));
  const zone = { id, view: new SortedZoneView(sorted), records: sorted.order.length, by };
  finish(writer.adopt([zone]));
}

/** Runs a generator to its end. */
export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
