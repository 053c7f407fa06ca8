// The Update Section's operations, one record after the other: RFC 2136 §2.5, §3.4.2.
import { RRClass, RRType } from '../wire/iana.ts';
import { equalNames } from '../wire/name.ts';
import type { RecordDifference } from '../zone/net-change.ts';
import { rrsetOf } from '../zone/owner.ts';
import { isSerialAhead, soaSerial } from '../zone/serial.ts';
import { ZoneDraft } from './draft.ts';
import type { OwnerLookup, UpdateRecord } from './request.ts';

/** What the records of an Update Section that passed `prescan` change in `zone`. */
export function applyUpdates(zone: OwnerLookup, updates: readonly UpdateRecord[]): RecordDifference {
  const draft = new ZoneDraft(zone);
  for (const record of updates) applyRecord(draft, record);
  return draft.difference();
}

/** Does what one record asks for, as plain RFC 2136. What the RFC says is ignored changes nothing. */
export function applyRecord(draft: ZoneDraft, record: UpdateRecord): void {
  if (record.class === RRClass.IN) addRecord(draft, record);
  else if (record.class === RRClass.NONE) deleteRecord(draft, record);
  else if (record.type === RRType.ANY) deleteName(draft, record);
  else deleteRRset(draft, record);
}

// --- §3.4.2.2: add to an RRset ---

function addRecord(draft: ZoneDraft, { owner, type, ttl, rdata }: UpdateRecord): void {
  const types = draft.types(owner);
  if (type === RRType.CNAME) {
    // An alias does not come where other data are (RFC 1034 §3.6.2), and other data do not come to an alias.
    if (types.some((other) => !BESIDE_CNAME.has(other))) return;
    // STEERING.md §9: a steered owner may have several CNAMEs; elsewhere the new one replaces the old.
    if (!draft.isSteered(owner)) draft.removeRRset(owner, type);
  } else if (types.includes(RRType.CNAME) && !BESIDE_CNAME.has(type)) return;

  if (type === RRType.SOA) {
    const current = rrsetOf(draft.get(owner), type)?.rdatas[0];
    if (current === undefined || !isSerialAhead(soaSerial(rdata), soaSerial(current))) return;
    draft.removeRRset(owner, type);
  } else if (type === RRType.DNAME) {
    draft.removeRRset(owner, type); // RFC 6672 §5.2
  } else if (type === RRType.WKS) {
    removeSameService(draft, owner, rdata);
  }
  draft.add(owner, type, ttl, rdata);
}

/** RFC 4034 §2: these stand beside a CNAME. */
const BESIDE_CNAME: ReadonlySet<number> = new Set([RRType.CNAME, RRType.RRSIG, RRType.NSEC]);

/** WKS records are duplicates when address and protocol, five octets, are the same (RFC 2136 §3.4.2.2). */
function removeSameService(draft: ZoneDraft, owner: UpdateRecord['owner'], rdata: Uint8Array): void {
  const held = rrsetOf(draft.get(owner), RRType.WKS)?.rdatas ?? [];
  for (const other of held) {
    if (Buffer.compare(other.subarray(0, 5), rdata.subarray(0, 5)) === 0)
      draft.remove(owner, RRType.WKS, other);
  }
}

// --- §3.4.2.3: delete an RRset, or all RRsets from a name ---

function deleteRRset(draft: ZoneDraft, { owner, type }: UpdateRecord): void {
  if (equalNames(owner, draft.apex) && KEPT_AT_APEX.has(type)) return;
  draft.removeRRset(owner, type);
}

function deleteName(draft: ZoneDraft, { owner }: UpdateRecord): void {
  const isApex = equalNames(owner, draft.apex);
  for (const type of draft.types(owner)) {
    if (!isApex || !KEPT_AT_APEX.has(type)) draft.removeRRset(owner, type);
  }
}

/** A zone has these as long as it is one. */
export const KEPT_AT_APEX: ReadonlySet<number> = new Set([RRType.SOA, RRType.NS]);

// --- §3.4.2.4: delete a record from an RRset ---

function deleteRecord(draft: ZoneDraft, { owner, type, rdata }: UpdateRecord): void {
  if (type === RRType.SOA) return;
  // never the last NS of the apex
  if (type === RRType.NS && equalNames(owner, draft.apex) && draft.rrset(owner, type)?.size === 1) return;
  draft.remove(owner, type, rdata);
}
