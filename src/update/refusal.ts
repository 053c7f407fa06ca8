import { Rcode } from '../wire/iana.ts';
import { type DomainName, isSubdomain, showName } from '../wire/name.ts';

/** Why an update is not made. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly rcode: Rcode;
  /** For people: Extended DNS Error text and the log. Lower case, no full stop. */
  readonly reason: string;
}

/** Makes a refusal. */
export function refuse(rcode: Rcode, reason: string): Refusal {
  return { kind: 'refusal', rcode, reason };
}

/** RFC 2136 §3.2.5, §3.4.1.1: a record of either section whose owner is not in the zone is NOTZONE. */
export function refuseOutside(owner: DomainName, apex: DomainName): Refusal | undefined {
  if (isSubdomain(owner, apex)) return undefined;
  return refuse(Rcode.NOTZONE, `${showPlace(owner)} is not in zone ${showPlace(apex)}`);
}

/** A name as sentences show it: without its final dot. */
export function showPlace(name: DomainName): string {
  return name.length === 1 ? '.' : showName(name).slice(0, -1);
}
