import { WaypostError } from '../base/errors.ts';
import { RRType } from '../wire/iana.ts';
import { showName } from '../wire/name.ts';
import { apexSoa } from '../zone/owner.ts';
import type { RR } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';

/** A zone that cannot be transferred. */
export class TransferError extends WaypostError {
  readonly code = 'WP_TRANSFER';
}

/**
 * The records of a whole zone as AXFR sends them: the SOA, then everything else once and in canonical order, what is at
 * and below zone cuts included, then the SOA again (RFC 5936 §2.2, §3). Read as they are asked for; RDATA may share
 * memory that lives until the next. Throws {@link TransferError} for a zone without an SOA.
 */
export function* axfrRecords(view: ZoneView): Iterable<RR> {
  const soa = soaOf(view);
  yield soa;
  let isApex = true; // which comes first
  for (const { name, rrsets } of view.owners()) {
    for (const { type, ttl, rdatas } of rrsets) {
      if (isApex && type === RRType.SOA) continue;
      for (const rdata of rdatas) yield { owner: name, type, ttl, rdata };
    }
    isApex = false;
  }
  yield soa;
}

/** The SOA record of a zone. Throws {@link TransferError} when there is none. */
export function soaOf(view: ZoneView): RR {
  const soa = apexSoa(view);
  if (soa !== undefined) return soa;
  throw new TransferError(`zone ${showName(view.apex)} has no SOA to begin a transfer with`);
}
