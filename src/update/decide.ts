// What an UPDATE message does, from its request to the records it changes: RFC 2136 §3, STEERING.md §7.

import type { Who } from '../message/key-grant.ts';
import { type Refusal, refuse } from '../message/refusal.ts';
import { type SteeringLines, showSteeringFault, steeringLinesOf } from '../steer/lines.ts';
import { LiveView } from '../steer/live-view.ts';
import { Rcode } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
import type { RecordDifference } from '../zone/net-change.ts';
import { isSteeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import { applyRecord } from './apply.ts';
import { ZoneDraft } from './draft.ts';
import { Judge } from './judge.ts';
import { permitRecord, permitZone, type UpdateRules, viewOf } from './permission.ts';
import { checkPrerequisites } from './prerequisites.ts';
import { prescan } from './prescan.ts';
import type { UpdateRequest } from './request.ts';

/** What a decision depends on beside the request and the zone. */
export interface DecideContext {
  readonly who: Who;
  readonly rules: UpdateRules;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
  /** Zones where the key has rules: for the text of a refusal. */
  readonly otherZones?: readonly DomainName[];
}

/** An update that may be made; to be committed at once, before the zone changes. */
export interface AcceptedUpdate extends RecordDifference {
  readonly kind: 'accepted';
  readonly apex: DomainName;
  /** What to grant in the response's Update Lease option (RFC 9664 §4); `undefined`: no option. */
  readonly leaseSeconds: number | undefined;
}

/**
 * Decides a request against the zone as it is, all of it or nothing. No net change, as with prerequisites alone, gives
 * a difference of no records: NOERROR without a new serial.
 */
export function decideUpdate(
  request: UpdateRequest,
  zone: ZoneView,
  context: DecideContext,
): AcceptedUpdate | Refusal {
  const { who, rules, nowSeconds } = context;
  const unknown = permitZone(rules, who, context.otherZones); // before anything of the zone is told
  if (unknown !== undefined) return unknown;
  const seen = viewOf(rules, who) === 'raw' ? zone : new LiveView(zone, nowSeconds);
  const unmet = checkPrerequisites(request.prerequisites, seen); // §3.2
  if (unmet !== undefined) return unmet;
  const malformed = prescan(request.updates, request.apex); // §3.4.1
  if (malformed !== undefined) return malformed;

  const draft = new ZoneDraft(zone);
  const { key } = who;
  const { leaseSeconds } = request;
  const judge = key === undefined ? undefined : new Judge(draft, { key, nowSeconds, leaseSeconds });
  for (const record of request.updates) {
    const permission = permitRecord(rules, who, record, draft); // §3.3, as the records before left the zone
    if (permission.kind === 'refusal') return permission;
    if (permission.action === 'edit') {
      applyRecord(draft, record); // §3.4.2
    } else {
      const refusal = judge?.take(record, permission);
      if (refusal !== undefined) return refusal;
    }
  }
  const refusal = judge?.finish() ?? checkSteering(zone, draft);
  if (refusal !== undefined) return refusal;
  const granted = judge?.usedLease === true ? leaseSeconds : undefined;
  return { kind: 'accepted', apex: request.apex, leaseSeconds: granted, ...draft.difference() };
}

/** STEERING.md, head: steering lines with faults do not come into the zone. Faults that were there do not hinder. */
function checkSteering(zone: ZoneView, draft: ZoneDraft): Refusal | undefined {
  for (const owner of draft.touchedOwners()) {
    if (!isSteeringOwner(owner)) continue;
    const before = new Set(sentencesOf(owner, steeringLinesOf(zone.get(owner))));
    const fresh = sentencesOf(owner, steeringLinesOf(draft.get(owner))).find((text) => !before.has(text));
    if (fresh !== undefined) return refuse(Rcode.REFUSED, fresh);
  }
  return undefined;
}

function sentencesOf(owner: DomainName, { faults }: SteeringLines): string[] {
  return faults.map((fault) => showSteeringFault(owner, fault));
}
