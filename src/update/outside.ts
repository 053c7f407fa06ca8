import { type Refusal, refuse, showPlace } from '../message/refusal.ts';
import { Rcode } from '../wire/iana.ts';
import { type DomainName, isSubdomain } from '../wire/name.ts';

/** RFC 2136 §3.2.5, §3.4.1.1: a record of either section whose owner is not in the zone is NOTZONE. */
export function refuseOutside(owner: DomainName, apex: DomainName): Refusal | undefined {
  if (isSubdomain(owner, apex)) return undefined;
  return refuse(Rcode.NOTZONE, `${showPlace(owner)} is not in zone ${showPlace(apex)}`);
}
