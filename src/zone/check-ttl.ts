import { showType } from '../rdata/table.ts';
import { type DomainName, equalNames } from '../wire/name.ts';
import { type Finding, finding } from './finding.ts';
import type { RR } from './record.ts';

/**
 * RRsets whose records disagree about the TTL (RFC 2181 §5.2), each reported once; the lowest is used. For
 * those who merge records into RRsets, since a view no longer shows it. The records of an RRset must stand
 * together in `records`.
 */
export function* checkTtls(records: Iterable<RR>): Iterable<Finding> {
  let first: RR | undefined;
  let lowest = 0;
  let highest = 0;
  for (const rr of records) {
    if (first !== undefined && rr.type === first.type && equalNames(rr.owner, first.owner)) {
      lowest = Math.min(lowest, rr.ttl);
      highest = Math.max(highest, rr.ttl);
      continue;
    }
    if (first !== undefined && lowest !== highest)
      yield unequalTtls(first.owner, first.type, lowest, highest);
    first = rr;
    lowest = rr.ttl;
    highest = rr.ttl;
  }
  if (first !== undefined && lowest !== highest) yield unequalTtls(first.owner, first.type, lowest, highest);
}

/** The finding for an RRset with several TTLs (seconds), for a loader that knows the two outermost. */
export function unequalTtls(owner: DomainName, type: number, lowest: number, highest: number): Finding {
  const message = `${showType(type)} records with TTLs from ${lowest} to ${highest}: the lowest is used for all`;
  return finding('unequal-ttls', owner, type, message);
}
