// What must be so before anything is changed: RFC 2136 §2.4, §3.2.

import { latin1 } from '../base/latin1.ts';
import { type Refusal, refuse, showPlace } from '../message/refusal.ts';
import { showType } from '../rdata/table.ts';
import { isMetaType, Rcode, RRClass, RRType } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner } from '../zone/record.ts';
import { refuseOutside } from './outside.ts';
import { rdataKey } from './record-key.ts';
import type { OwnerLookup, UpdateRecord } from './request.ts';

/**
 * Whether `zone` is as the prerequisites say, in the order of §3.2.5; `undefined` when it is. An empty non-terminal is
 * not in use (§2.4.4).
 */
export function checkPrerequisites(
  prerequisites: readonly UpdateRecord[],
  zone: OwnerLookup,
): Refusal | undefined {
  const wanted = new Map<string, WantedRRset>();
  const known = lookOnce(zone);
  for (const record of prerequisites) {
    const refusal = checkRecord(record, known, wanted);
    if (refusal !== undefined) return refusal;
  }
  for (const rrset of wanted.values()) {
    const refusal = checkWanted(rrset, known);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** An RRset that must be there with exactly these data (§2.4.2). */
interface WantedRRset {
  readonly owner: DomainName;
  readonly type: number;
  readonly rdatas: Set<string>;
}

function checkRecord(
  record: UpdateRecord,
  zone: OwnerLookup,
  wanted: Map<string, WantedRRset>,
): Refusal | undefined {
  const { owner, type, rdata } = record;
  const place = showPlace(owner);
  if (record.ttl !== 0) return refuse(Rcode.FORMERR, `the prerequisite about ${place} has a TTL`);
  const outside = refuseOutside(owner, zone.apex);
  if (outside !== undefined) return outside;

  const held = zone.get(owner);
  const isInUse = held !== undefined && held.rrsets.length > 0;
  const hasRRset = rrsetOf(held, type) !== undefined;
  switch (record.class) {
    case RRClass.ANY:
      if (rdata.length > 0) return refuse(Rcode.FORMERR, `the prerequisite about ${place} has data`);
      // §2.4.4: name is in use. §2.4.1: RRset exists, whatever its data.
      if (type === RRType.ANY) return isInUse ? undefined : refuse(Rcode.NXDOMAIN, `${place} owns nothing`);
      return hasRRset ? undefined : refuse(Rcode.NXRRSET, `${place} has no ${showType(type)}`);
    case RRClass.NONE:
      if (rdata.length > 0) return refuse(Rcode.FORMERR, `the prerequisite about ${place} has data`);
      // §2.4.5: name is not in use. §2.4.3: RRset does not exist.
      if (type === RRType.ANY) return isInUse ? refuse(Rcode.YXDOMAIN, `${place} is in use`) : undefined;
      return hasRRset ? refuse(Rcode.YXRRSET, `${place} has ${showType(type)}`) : undefined;
    case RRClass.IN: {
      // §2.4.2: a type that no zone holds cannot have a value.
      if (isMetaType(type)) return refuse(Rcode.FORMERR, `${showType(type)} has no data to compare`);
      const key = `${type} ${latin1(owner)}`;
      const rrset = wanted.get(key) ?? { owner, type, rdatas: new Set<string>() };
      rrset.rdatas.add(rdataKey(type, rdata));
      wanted.set(key, rrset);
      return undefined;
    }
    default:
      return refuse(Rcode.FORMERR, `the prerequisite about ${place} has class ${record.class}`);
  }
}

/** §3.2.3: the sets are compared, TTLs are not. */
function checkWanted({ owner, type, rdatas }: WantedRRset, zone: OwnerLookup): Refusal | undefined {
  const held = rrsetOf(zone.get(owner), type)?.rdatas ?? [];
  const isSame = held.length === rdatas.size && held.every((rdata) => rdatas.has(rdataKey(type, rdata)));
  if (isSame) return undefined;
  const what = held.length === 0 ? `has no ${showType(type)}` : `has other ${showType(type)} records`;
  return refuse(Rcode.NXRRSET, `${showPlace(owner)} ${what}`);
}

/** The zone, each owner looked up once: a live view works out the whole live set each time. */
function lookOnce(zone: OwnerLookup): OwnerLookup {
  const owners = new Map<string, Owner | undefined>();
  return {
    apex: zone.apex,
    get(name) {
      const key = latin1(name);
      const known = owners.get(key);
      if (known !== undefined || owners.has(key)) return known;
      const owner = zone.get(name);
      owners.set(key, owner);
      return owner;
    },
  };
}
