// The Zone Section and the shape of an UPDATE message: RFC 2136 §2.3, §3.1. Update Lease: RFC 9664 §4.
import { findOption } from '../message/edns.ts';
import type { Message, MessageRecord } from '../message/message.ts';
import { type Refusal, refuse, showPlace } from '../message/refusal.ts';
import { EdnsOption, Rcode, RRClass, RRType } from '../wire/iana.ts';
import { type DomainName, equalNames, foldName } from '../wire/name.ts';
import type { ZoneView } from '../zone/view.ts';

/** One record of the Prerequisite or the Update Section: the class says what it asks for (RFC 2136 §2.4, §2.5). */
export interface UpdateRecord extends MessageRecord {
  readonly owner: DomainName;
}

/** An UPDATE message for one zone. */
export interface UpdateRequest {
  readonly kind: 'request';
  readonly apex: DomainName;
  /** §2.4. */
  readonly prerequisites: readonly UpdateRecord[];
  /** §2.5. */
  readonly updates: readonly UpdateRecord[];
  /** How long what is asked for shall hold (RFC 9664), when the message says; never 0. */
  readonly leaseSeconds: number | undefined;
}

/** What an update looks at: a zone, or one in the course of being changed. */
export type OwnerLookup = Pick<ZoneView, 'apex' | 'get'>;

/**
 * Takes an UPDATE message apart. `zoneAbove` gives the apex of the deepest zone served here that holds a name.
 * Refuses with FORMERR and NOTAUTH (§3.1); NOTZONE is for the two sections, see `checkPrerequisites` and `prescan`.
 */
export function openRequest(
  message: Message,
  zoneAbove: (name: DomainName) => DomainName | undefined,
): UpdateRequest | Refusal {
  const [zone] = message.questions;
  if (zone === undefined || message.questions.length !== 1) {
    return refuse(Rcode.FORMERR, `${message.questions.length} zones in the zone section, not one`);
  }
  if (zone.type !== RRType.SOA) return refuse(Rcode.FORMERR, 'the zone section is not of type SOA');
  const apex = foldName(zone.name);
  if (apex.length === 1 && zoneAbove(apex) === undefined) {
    const advice = `tell the client which zone to change (nsupdate: 'zone NAME', external-dns: --rfc2136-zone)`;
    return refuse(Rcode.NOTAUTH, `the zone section says '.', which is not served here: ${advice}`);
  }
  // §3.1.2: a zone is its name and its class.
  if (zone.class !== RRClass.IN) return refuse(Rcode.NOTAUTH, `class ${zone.class} is not served here`);
  const above = zoneAbove(apex);
  if (above === undefined || !equalNames(above, apex)) {
    const hint = above === undefined ? '' : `; did you mean zone ${showPlace(above)}?`;
    return refuse(Rcode.NOTAUTH, `zone ${showPlace(apex)} is not served here${hint}`);
  }
  const lease = leaseOf(message);
  if (lease === 'malformed') return refuse(Rcode.FORMERR, 'an Update Lease option that is not 4 or 8 octets');
  return {
    kind: 'request',
    apex,
    prerequisites: message.answers.map(fold),
    updates: message.authorities.map(fold),
    leaseSeconds: lease,
  };
}

/** RFC 9664 §4: LEASE, then perhaps KEY-LEASE, which is for records we do not treat apart. 0 asks for nothing. */
function leaseOf(message: Message): number | undefined | 'malformed' {
  const option = findOption(message.edns, EdnsOption.UPDATE_LEASE);
  if (option === undefined) return undefined;
  const { data } = option;
  if (data.length !== 4 && data.length !== 8) return 'malformed';
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0) || undefined;
}

function fold(record: MessageRecord): UpdateRecord {
  return { ...record, owner: foldName(record.owner) };
}
