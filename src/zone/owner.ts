import { RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, isSubdomain, parentName } from '../wire/name.ts';
import type { Owner, RR, RRset } from './record.ts';
import type { ZoneView } from './view.ts';

/** The RRset of `type`, when the owner has one. */
export function rrsetOf(owner: Owner | undefined, type: number): RRset | undefined {
  return owner?.rrsets.find((rrset) => rrset.type === type);
}

/** The SOA record of a zone; `undefined` when it has none. */
export function apexSoa(view: Pick<ZoneView, 'apex' | 'get'>): RR | undefined {
  const soa = rrsetOf(view.get(view.apex), RRType.SOA);
  const [rdata] = soa?.rdatas ?? [];
  if (soa === undefined || rdata === undefined) return undefined;
  return { owner: view.apex, type: RRType.SOA, ttl: soa.ttl, rdata };
}

/** Whether `owner` has an A or AAAA RRset. */
export function hasAddress(owner: Owner | undefined): boolean {
  return rrsetOf(owner, RRType.A) !== undefined || rrsetOf(owner, RRType.AAAA) !== undefined;
}

/** The name that hides what is below it: a zone cut (RFC 1034 §4.2.1) or a DNAME (RFC 6672 §2.4). */
export interface Occluder {
  readonly kind: 'cut' | 'dname';
  readonly name: DomainName;
}

/** What `owner` is to the names below it in the zone of `apex`; `undefined` when it hides nothing. */
export function occluderAt(apex: DomainName, owner: Owner | undefined): Occluder | undefined {
  if (owner === undefined) return undefined;
  if (rrsetOf(owner, RRType.NS) !== undefined && !equalNames(owner.name, apex)) {
    return { kind: 'cut', name: owner.name };
  }
  return rrsetOf(owner, RRType.DNAME) === undefined ? undefined : { kind: 'dname', name: owner.name };
}

/** The highest cut or DNAME strictly above `name`: nothing below it is this zone's to answer. */
export function occluderAbove(view: ZoneView, name: DomainName): Occluder | undefined {
  let highest: Occluder | undefined;
  for (let above = parentName(name); above !== undefined; above = parentName(above)) {
    if (!isSubdomain(above, view.apex)) break;
    highest = occluderAt(view.apex, view.get(above)) ?? highest;
  }
  return highest;
}
