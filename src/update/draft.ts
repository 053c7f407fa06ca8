import { latin1 } from '../base/latin1.ts';
import { RRType } from '../wire/iana.ts';
import { compareNames, type DomainName } from '../wire/name.ts';
import type { RecordDifference } from '../zone/net-change.ts';
import type { Owner, RR, RRset } from '../zone/record.ts';
import { isPolicyLine, steeringOwner } from '../zone/steering-owner.ts';
import { rdataKey } from './record-key.ts';
import type { OwnerLookup } from './request.ts';

/** A zone while an update is made: the zone as it is, and beside it the owners that were touched. */
export class ZoneDraft implements OwnerLookup {
  readonly apex: DomainName;
  readonly #zone: OwnerLookup;
  readonly #touched = new Map<string, DraftOwner>();
  /** By `_steer` name. */
  readonly #steered = new Map<string, { readonly isSteered: boolean; readonly changes: number }>();

  constructor(zone: OwnerLookup) {
    this.apex = zone.apex;
    this.#zone = zone;
  }

  /** How often records of `name` were added or removed. */
  changesOf(name: DomainName): number {
    return this.#touched.get(latin1(name))?.changes ?? 0;
  }

  /** The owner as it is now; a copy. */
  get(name: DomainName): Owner | undefined {
    const draft = this.#touched.get(latin1(name));
    if (draft === undefined) return this.#zone.get(name);
    if (draft.rrsets.size === 0) return undefined;
    const rrsets = [...draft.rrsets.values()].sort((a, b) => a.type - b.type);
    return {
      name,
      rrsets: rrsets.map(({ type, ttl, rdatas }) => ({ type, ttl, rdatas: [...rdatas.values()] })),
    };
  }

  /** The types that `name` owns. */
  types(name: DomainName): readonly number[] {
    const draft = this.#touched.get(latin1(name));
    if (draft !== undefined) return [...draft.rrsets.keys()];
    return this.#zone.get(name)?.rrsets.map(({ type }) => type) ?? [];
  }

  /** Whether `owner` has a policy line, which an earlier record of the same message may have added. */
  isSteered(owner: DomainName): boolean {
    const name = steeringOwner(owner);
    if (name === undefined) return false;
    const key = latin1(name);
    const changes = this.changesOf(name);
    const known = this.#steered.get(key);
    if (known?.changes === changes) return known.isSteered; // there may be thousands of lines to look through
    const lines = this.get(name)?.rrsets.find(({ type }) => type === RRType.TXT);
    const isSteered = lines?.rdatas.some(isPolicyLine) ?? false;
    this.#steered.set(key, { isSteered, changes });
    return isSteered;
  }

  /** The record with these data, its RDATA as written; `undefined` when there is none. */
  find(owner: DomainName, type: number, rdata: Uint8Array): Uint8Array | undefined {
    return this.#touch(owner).rrsets.get(type)?.rdatas.get(rdataKey(type, rdata));
  }

  /** How many records the RRset has, and its TTL in seconds. */
  rrset(owner: DomainName, type: number): { readonly size: number; readonly ttl: number } | undefined {
    const rrset = this.#touch(owner).rrsets.get(type);
    return rrset === undefined ? undefined : { size: rrset.rdatas.size, ttl: rrset.ttl };
  }

  /** Adds a record, or gives one that is there this spelling. The whole RRset gets its TTL (RFC 2181 §5.2). */
  add(owner: DomainName, type: number, ttl: number, rdata: Uint8Array): void {
    const { rrsets } = this.#change(owner);
    const rrset = rrsets.get(type) ?? { type, ttl, rdatas: new Map<string, Uint8Array>() };
    rrset.ttl = ttl;
    rrset.rdatas.set(rdataKey(type, rdata), rdata);
    rrsets.set(type, rrset);
  }

  /** Removes a record, if it is there. */
  remove(owner: DomainName, type: number, rdata: Uint8Array): void {
    const { rrsets } = this.#change(owner);
    const rrset = rrsets.get(type);
    rrset?.rdatas.delete(rdataKey(type, rdata));
    if (rrset?.rdatas.size === 0) rrsets.delete(type);
  }

  /** Removes an RRset, if it is there. */
  removeRRset(owner: DomainName, type: number): void {
    this.#change(owner).rrsets.delete(type);
  }

  /** The owners that may have changed. */
  touchedOwners(): readonly DomainName[] {
    return [...this.#touched.values()].map(({ name }) => name).sort(compareNames);
  }

  /** The net difference to the zone the draft was made of, owners in canonical order. */
  difference(): RecordDifference {
    const removed: RR[] = [];
    const added: RR[] = [];
    for (const owner of this.touchedOwners()) {
      const before = recordsOf(owner, this.#zone.get(owner));
      const after = recordsOf(owner, this.get(owner));
      for (const [key, rr] of before) if (!isSame(rr, after.get(key))) removed.push(rr);
      for (const [key, rr] of after) if (!isSame(rr, before.get(key))) added.push(rr);
    }
    return { removed, added };
  }

  #change(name: DomainName): DraftOwner {
    const draft = this.#touch(name);
    draft.changes++;
    return draft;
  }

  #touch(name: DomainName): DraftOwner {
    const key = latin1(name);
    const known = this.#touched.get(key);
    if (known !== undefined) return known;
    const rrsets = new Map((this.#zone.get(name)?.rrsets ?? []).map((rrset) => [rrset.type, copyOf(rrset)]));
    const draft = { name, rrsets, changes: 0 };
    this.#touched.set(key, draft);
    return draft;
  }
}

// --- helpers ---

interface DraftOwner {
  readonly name: DomainName;
  readonly rrsets: Map<number, DraftRRset>;
  changes: number;
}

interface DraftRRset {
  readonly type: number;
  ttl: number;
  /** By canonical RDATA. */
  readonly rdatas: Map<string, Uint8Array>;
}

function copyOf({ type, ttl, rdatas }: RRset): DraftRRset {
  return { type, ttl, rdatas: new Map(rdatas.map((rdata) => [rdataKey(type, rdata), rdata])) };
}

function recordsOf(name: DomainName, owner: Owner | undefined): Map<string, RR> {
  const records = new Map<string, RR>();
  for (const { type, ttl, rdatas } of owner?.rrsets ?? []) {
    for (const rdata of rdatas)
      records.set(`${type} ${rdataKey(type, rdata)}`, { owner: name, type, ttl, rdata });
  }
  return records;
}

/** Of two records with the same owner, type and canonical RDATA: whether TTL and spelling are the same too. */
function isSame(a: RR, b: RR | undefined): boolean {
  return b !== undefined && a.ttl === b.ttl && Buffer.compare(a.rdata, b.rdata) === 0;
}
