import { RRType } from '../wire/iana.ts';
import { equalNames } from '../wire/name.ts';
import { isSame, type RecordDifference, recordKey } from './net-change.ts';
import { rrsetOf } from './owner.ts';
import type { RR } from './record.ts';
import { soaSerial, soaWithSerial } from './serial.ts';
import type { ZoneView } from './view.ts';

/** Why a record cannot be put back to what it was before a change. */
export interface UndoConflict {
  /**
   * 'gone': the change added it, and it is no longer there. 'changed': it is, with another TTL or spelling. 'back': the
   * change removed it, and it is there again. 'other-ttl': it would come back among records that have another TTL by now.
   */
  readonly kind: 'gone' | 'changed' | 'back' | 'other-ttl';
  readonly rr: RR;
}

/** How to take a change back, or why not. */
export type UndoPlan =
  | ({ readonly kind: 'change' } & RecordDifference)
  | { readonly kind: 'conflicts'; readonly conflicts: readonly UndoConflict[] };

/**
 * How the zone of `view` is to change so that a change that was made some time ago is taken back and all that came after
 * it stays. Possible only where each of its records is still what the change made of it. Of the SOA, the serial goes
 * on counting and the rest is what it was. A change with neither removed nor added records: nothing is left to take back.
 */
export function planUndo(view: ZoneView, change: RecordDifference): UndoPlan {
  const conflicts: UndoConflict[] = [];
  const removed: RR[] = [];
  const added: RR[] = [];
  const [soas, others] = [apexSoas(view, change), withoutSoas(view, change)];
  const ours = new Set(others.added.map(recordKey));
  const present = new PresentRecords(view, ours);
  for (const rr of others.added) {
    const now = present.rrsetOf(rr).records.get(recordKey(rr));
    if (now !== undefined && isSame(now, rr)) removed.push(rr);
    else conflicts.push({ kind: now === undefined ? 'gone' : 'changed', rr });
  }
  for (const rr of others.removed) {
    const key = recordKey(rr);
    const { records, otherTtl } = present.rrsetOf(rr);
    if (!ours.has(key) && records.has(key)) conflicts.push({ kind: 'back', rr });
    else if (otherTtl !== undefined && otherTtl !== rr.ttl) conflicts.push({ kind: 'other-ttl', rr });
    else added.push(rr);
  }
  if (soas !== undefined && !isSame(soas.before, soas.after)) {
    if (isSame(soas.now, soas.after))
      added.push({ ...soas.before, rdata: soaWithSerial(soas.before.rdata, soas.serial) });
    else conflicts.push({ kind: 'changed', rr: soas.after });
  }
  return conflicts.length > 0 ? { kind: 'conflicts', conflicts } : { kind: 'change', removed, added };
}

// --- helpers ---

const NO_OCTETS = new Uint8Array(0);

/** The SOA before and after the change and now, all with serial 0; `serial` is the one now. */
function apexSoas(view: ZoneView, { removed, added }: RecordDifference) {
  const isSoa = (rr: RR): boolean => isApexSoa(view, rr);
  const before = removed.find(isSoa);
  const after = added.find(isSoa);
  const rrset = rrsetOf(view.get(view.apex), RRType.SOA);
  const [rdata] = rrset?.rdatas ?? [];
  if (before === undefined || after === undefined || rrset === undefined || rdata === undefined)
    return undefined;
  const now = { owner: view.apex, type: RRType.SOA, ttl: rrset.ttl, rdata };
  return {
    before: unnumbered(before),
    after: unnumbered(after),
    now: unnumbered(now),
    serial: soaSerial(rdata),
  };
}

function unnumbered(soa: RR): RR {
  return { ...soa, rdata: soaWithSerial(soa.rdata, 0) };
}

function withoutSoas(view: ZoneView, { removed, added }: RecordDifference): RecordDifference {
  const isOther = (rr: RR): boolean => !isApexSoa(view, rr);
  return { removed: removed.filter(isOther), added: added.filter(isOther) };
}

function isApexSoa({ apex }: ZoneView, { owner, type }: RR): boolean {
  return type === RRType.SOA && equalNames(owner, apex);
}

/** The RRsets of a zone that a change touched, as they are now. */
class PresentRecords {
  readonly #view: ZoneView;
  readonly #ours: ReadonlySet<string>;
  readonly #rrsets = new Map<string, PresentRRset>();

  /** `ours`: keys of the records that the change added. */
  constructor(view: ZoneView, ours: ReadonlySet<string>) {
    this.#view = view;
    this.#ours = ours;
  }

  rrsetOf({ owner, type }: RR): PresentRRset {
    const id = recordKey({ owner, type: 0, ttl: 0, rdata: NO_OCTETS }) + String(type);
    const known = this.#rrsets.get(id);
    if (known !== undefined) return known;
    const rrset = rrsetOf(this.#view.get(owner), type);
    const records = new Map<string, RR>();
    let otherTtl: number | undefined;
    for (const rdata of rrset?.rdatas ?? []) {
      const rr = { owner, type, ttl: rrset?.ttl ?? 0, rdata };
      const key = recordKey(rr);
      records.set(key, rr);
      if (!this.#ours.has(key)) otherTtl = rr.ttl;
    }
    const present = { records, otherTtl };
    this.#rrsets.set(id, present);
    return present;
  }
}

interface PresentRRset {
  /** By key. */
  readonly records: ReadonlyMap<string, RR>;
  /** The TTL of records that are not the change's. */
  readonly otherTtl: number | undefined;
}
