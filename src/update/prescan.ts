// The Update Section before anything is touched: RFC 2136 §3.4.1.

import { type Refusal, refuse, showPlace } from '../message/refusal.ts';
import { showType } from '../rdata/table.ts';
import { isMetaType, Rcode, RRClass, RRType } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
import { refuseOutside } from './outside.ts';
import type { UpdateRecord } from './request.ts';

/** Refuses a malformed Update Section: all of it is looked at before anything is done. */
export function prescan(updates: readonly UpdateRecord[], apex: DomainName): Refusal | undefined {
  for (const record of updates) {
    // §3.4.1.1
    const refusal = refuseOutside(record.owner, apex) ?? prescanRecord(record);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** §3.4.1.2, §3.4.1.3 */
function prescanRecord({ owner, type, class: rrClass, ttl, rdata }: UpdateRecord): Refusal | undefined {
  const malformed = (what: string) => refuse(Rcode.FORMERR, `the update at ${showPlace(owner)} ${what}`);
  switch (rrClass) {
    case RRClass.IN: // §2.5.1: an addition names one real type
      return isMetaType(type) ? malformed(`adds type ${showType(type)}`) : undefined;
    case RRClass.ANY: // §2.5.2, §2.5.3: deleting an RRset or a name carries neither TTL nor data
      if (ttl !== 0) return malformed('deletes with a TTL');
      if (rdata.length > 0) return malformed('deletes an RRset with data');
      return isMetaType(type) && type !== RRType.ANY
        ? malformed(`deletes type ${showType(type)}`)
        : undefined;
    case RRClass.NONE: // §2.5.4: deleting one record carries data and no TTL
      if (ttl !== 0) return malformed('deletes with a TTL');
      return isMetaType(type) ? malformed(`deletes a record of type ${showType(type)}`) : undefined;
    default:
      return malformed(`has class ${rrClass}`);
  }
}
