import { latin1 } from '../base/latin1.ts';
import { canonicalRdata } from '../rdata/table.ts';
import type { DomainName } from '../wire/name.ts';
import type { ZoneStep } from '../zone/history.ts';
import type { RR } from '../zone/record.ts';
import { composeOwnerKey } from './owner-key.ts';
import { comparePacked, PackedRecords, rdataAt, sameOctets, ttlAt } from './packed-records.ts';
import { RecordPage } from './record-page.ts';
import { type SortedRecords, sortRecords } from './sorted-records.ts';
import type { Statements } from './statements.ts';

/** Records that go and records that come, each in canonical order. One whose TTL or spelling changed is in both. */
export interface ReceivedDifference {
  readonly removed: PackedRecords;
  readonly added: PackedRecords;
}

/** Merges a stored zone with the records that it is to have. Yields between slices. */
export function* differenceFrom(
  statements: Statements,
  zone: number,
  sorted: SortedRecords,
  apex: DomainName,
): Generator<void, ReceivedDifference> {
  const removed = new PackedRecords(apex, 4096);
  const added = new PackedRecords(apex, 4096);
  const { records, order } = sorted;
  const startOf = (i: number): number => records.starts[order[i] ?? 0] ?? 0;
  let next = 0;
  for (const page of pagesOf(statements, zone)) {
    const stored = packPage(page, apex);
    for (let i = 0; i < stored.count; i++) {
      const at = stored.starts[i] ?? 0;
      let comparison = 1;
      for (; next < order.length; next++) {
        comparison = comparePacked(records.octets, startOf(next), stored.octets, at);
        if (comparison >= 0) break;
        added.addPacked(records.octets, startOf(next));
      }
      const isThere = next < order.length && comparison === 0;
      if (isThere) {
        const start = startOf(next++);
        if (isAlike(records.octets, start, stored.octets, at)) continue;
        added.addPacked(records.octets, start);
      }
      removed.addPacked(stored.octets, at);
    }
    yield;
  }
  for (; next < order.length; next++) added.addPacked(records.octets, startOf(next));
  return { removed, added };
}

/** What several steps come to together, in canonical order. Yields between slices. */
export function* condense(steps: readonly ZoneStep[], apex: DomainName): Generator<void, ReceivedDifference> {
  const removed = new Map<string, RR>();
  const added = new Map<string, RR>();
  for (const step of steps) {
    for (const rr of step.removed) {
      const key = keyOf(rr, apex);
      if (!added.delete(key)) removed.set(key, rr);
    }
    for (const rr of step.added) added.set(keyOf(rr, apex), rr);
    yield;
  }
  return {
    removed: yield* packSorted(removed.values(), apex),
    added: yield* packSorted(added.values(), apex),
  };
}

// --- helpers ---

const NO_OCTETS = new Uint8Array(0);

/** The pages of a stored zone, in canonical order. */
function* pagesOf(statements: Statements, zone: number): Iterable<Uint8Array> {
  let owner = NO_OCTETS;
  let type = -1;
  let rdata = NO_OCTETS;
  for (;;) {
    const blob = statements.pageRecords.get(zone, owner, type, rdata)?.[0] ?? undefined;
    if (blob === undefined) return;
    yield blob;
    const page = new RecordPage(blob);
    while (page.next()) {
      owner = new Uint8Array(page.ownerKey);
      type = page.type;
      rdata = new Uint8Array(page.canonicalRdata);
    }
  }
}

function packPage(blob: Uint8Array, apex: DomainName): PackedRecords {
  const packed = new PackedRecords(apex, blob.length);
  const page = new RecordPage(blob);
  while (page.next()) packed.addStored(page.ownerKey, page.type, page.ttl, page.canonicalRdata, page.rdata);
  return packed;
}

/** Of two packed records with the same owner, type and canonical RDATA: whether TTL and spelling are the same too. */
function isAlike(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  return ttlAt(a, atA) === ttlAt(b, atB) && sameOctets(rdataAt(a, atA), rdataAt(b, atB));
}

/** The same for the same record, whatever its TTL. */
function keyOf(rr: RR, apex: DomainName): string {
  const owner = composeOwnerKey(rr.owner, apex);
  const rdata = canonicalRdata(rr.type, rr.rdata);
  return `${latin1(owner)} ${rr.type} ${latin1(rdata)}`;
}

function* packSorted(records: Iterable<RR>, apex: DomainName): Generator<void, PackedRecords> {
  const packed = new PackedRecords(apex, 4096);
  for (const rr of records) packed.add(rr);
  const { order } = yield* sortRecords(packed);
  const sorted = new PackedRecords(apex, packed.length);
  for (const number of order) sorted.addPacked(packed.octets, packed.starts[number] ?? 0);
  return sorted;
}
