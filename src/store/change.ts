import { latin1 } from '../base/latin1.ts';
import { canonicalRdata } from '../rdata/table.ts';
import { checkSteering } from '../steer/check.ts';
import { RRType } from '../wire/iana.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { checkOwners, checkZone } from '../zone/check.ts';
import { MAX_TTL } from '../zone/check-owner.ts';
import type { Finding, Rule } from '../zone/finding.ts';
import type { Owner, RR } from '../zone/record.ts';
import { nextSerial, soaSerial, soaWithSerial } from '../zone/serial.ts';
import { isSteeringOwner } from '../zone/steering-owner.ts';
import type { StoredZone } from './database.ts';
import { ChangeMismatchError, ChangeRefusedError, StoreError } from './errors.ts';
import type { ChangedBy, JournalEntry } from './journal.ts';
import { composeOwnerKey } from './owner-key.ts';
import { sameOctets } from './packed-records.ts';
import type { ZoneRecords } from './zone-records.ts';

/** Records that go and records that come. Of SOA records only the last added one counts, as a wish. */
export interface Change {
  readonly apex: DomainName;
  readonly removed: Iterable<RR>;
  /** A record that is there already gets this TTL and this spelling. */
  readonly added: Iterable<RR>;
  readonly by: ChangedBy;
  /**
   * As a primary says: the SOA comes as it is, serial included, what is removed must be there, and only what cannot be
   * served at all is refused.
   */
  readonly isGiven?: boolean;
  /** Done in the same transaction, even when the records stay as they are. */
  alongside?(zone: StoredZone): void;
}

/** A record of a change that was not as the change took it to be. */
export interface Conflict {
  /** 'gone': to be removed, but not there. 'other-ttl': to be removed, and there with another TTL. */
  readonly kind: 'gone' | 'other-ttl';
  readonly rr: RR;
}

/** What a change did. */
export interface Changed {
  readonly apex: DomainName;
  /** Equal to `serialTo` when nothing changed. */
  readonly serialFrom: number;
  readonly serialTo: number;
  /** Records removed and added, the SOA not counted. */
  readonly removed: number;
  readonly added: number;
  readonly warnings: readonly Finding[];
  readonly conflicts: readonly Conflict[];
}

/**
 * Of findings in a zone whose primary is elsewhere: what the image cannot answer from throws {@link ChangeRefusedError};
 * the rest is to be mended there, and is returned as warnings.
 */
export function acceptGiven(findings: readonly Finding[]): Finding[] {
  const grave = findings.filter(({ rule }) => UNSERVABLE.has(rule));
  if (grave.length > 0) throw new ChangeRefusedError(grave);
  return findings.map((finding) => ({ ...finding, severity: 'warning' }));
}

const UNSERVABLE: ReadonlySet<Rule> = new Set(['no-soa', 'several-soa', 'no-apex-ns', 'outside-zone']);

function accept(findings: Finding[]): Finding[] {
  if (findings.some(({ severity }) => severity === 'error')) throw new ChangeRefusedError(findings);
  return findings;
}

/** Owners that a change may touch before the whole zone is checked instead: each costs several look-ups. */
const MANY_OWNERS = 10_000;

/** A change in the course of being made: {@link make} inside its transaction, {@link touchedKeys} after it. */
export class ChangeDraft {
  readonly #records: ZoneRecords;
  readonly #apex: DomainName;
  /** By owner key, in Latin-1. */
  readonly #touched = new Map<string, DomainName>();
  readonly #conflicts: Conflict[] = [];
  #removed = 0;
  #added = 0;
  #hasOddTtl = false;
  #isGiven = false;
  /** RRsets that got records, by owner key and type. */
  readonly #grown = new Map<string, Pick<RR, 'owner' | 'type'>>();

  constructor(records: ZoneRecords) {
    this.#records = records;
    this.#apex = records.view.apex;
  }

  make(change: Change, nowMs: number): Changed {
    const apex = this.#apex;
    this.#isGiven = change.isGiven === true;
    const entry = this.#records.beginEntry(change.by, nowMs);
    let wished: RR | undefined;
    for (const rr of change.removed) {
      if (rr.type !== RRType.SOA || this.#isBelow(rr)) this.#remove(rr, entry);
    }
    for (const rr of change.added) {
      if (rr.type === RRType.SOA && !this.#isBelow(rr)) wished = rr;
      else this.#add(rr, entry);
    }
    this.#evenTtls(entry);
    const [removed, added] = [this.#removed, this.#added];
    const named = [...this.#touched.values()];
    const serials = this.#stepSerial(wished, entry);
    if (serials.from === serials.to) entry.forget();
    else entry.complete(serials.from, serials.to, removed, added);
    // That the serial went on makes nothing wrong at the apex. But whoever reads a file wants all warnings.
    const isPlainStep = wished === undefined && change.by.kind !== 'file';
    const warnings = this.#check(isPlainStep ? named : [...this.#touched.values()], change.by);
    const { from: serialFrom, to: serialTo } = serials;
    return { apex, serialFrom, serialTo, removed, added, warnings, conflicts: this.#conflicts };
  }

  /** The keys of the owners that were touched, in Latin-1. */
  touchedKeys(): Iterable<string> {
    return this.#touched.keys();
  }

  #isBelow({ owner }: RR): boolean {
    return owner.length !== this.#apex.length;
  }

  #remove(rr: RR, entry: JournalEntry): void {
    const { owner, type } = rr;
    const key = composeOwnerKey(owner, this.#apex);
    const rdata = canonicalRdata(type, rr.rdata);
    const stored = this.#records.take({ owner, key, type, rdata });
    if (stored === undefined) {
      if (this.#isGiven) throw new ChangeMismatchError(this.#apex, rr);
      this.#conflicts.push({ kind: 'gone', rr });
      return;
    }
    const [ttl, written] = stored;
    if (ttl !== rr.ttl) this.#conflicts.push({ kind: 'other-ttl', rr });
    entry.removed(key, type, rdata, ttl, written);
    this.#removed++;
    this.#touch(key, owner);
  }

  #add(rr: RR, entry: JournalEntry): void {
    const { owner, type } = rr;
    const records = this.#records;
    const key = composeOwnerKey(owner, this.#apex);
    const rdata = canonicalRdata(type, rr.rdata);
    const written = sameOctets(rdata, rr.rdata) ? null : rr.rdata;
    const place = { owner, key, type, rdata };
    const held = records.put(place, [rr.ttl, written]);
    if (held !== undefined) {
      const [ttl, spelt] = held;
      if (ttl === rr.ttl && sameOctets(spelt ?? rdata, rr.rdata)) return;
      records.take(place);
      entry.removed(key, type, rdata, ttl, spelt);
      this.#removed++;
      records.put(place, [rr.ttl, written]);
    }
    entry.added(key, type, rdata, rr.ttl, written);
    this.#added++;
    this.#hasOddTtl ||= rr.ttl > MAX_TTL;
    this.#grown.set(`${type} ${this.#touch(key, owner)}`, rr);
  }

  /**
   * RFC 2181 §5.2: the records of an RRset share one TTL, the lowest. So they stand in the database too, and a
   * journal that is read backwards finds what was answered then.
   */
  #evenTtls(entry: JournalEntry): void {
    const records = this.#records;
    for (const { owner, type } of this.#grown.values()) {
      const key = composeOwnerKey(owner, this.#apex);
      for (const [rdata, ttl, written, least] of records.longerLived({ owner, key, type })) {
        const place = { owner, key, type, rdata };
        records.take(place);
        records.put(place, [least, written]);
        entry.removed(key, type, rdata, ttl, written);
        entry.added(key, type, rdata, least, written);
        this.#removed++;
        this.#added++;
      }
    }
  }

  /** Replaces the SOA when anything changed, the wished SOA itself included. */
  #stepSerial(wished: RR | undefined, entry: JournalEntry): { from: number; to: number } {
    const soa = this.#records.view.get(this.#apex)?.rrsets.find(({ type }) => type === RRType.SOA);
    const [rdata] = soa?.rdatas ?? [];
    if (soa === undefined || rdata === undefined) {
      throw new StoreError('failed', `zone ${showName(this.#apex)} has no SOA in the database`);
    }
    const from = soaSerial(rdata);
    const wishedSerial = wished === undefined ? undefined : soaSerial(wished.rdata);
    const next = this.#isGiven ? (wishedSerial ?? from) : nextSerial(from, wishedSerial);
    if (this.#isGiven && next === from) {
      const message = `zone ${showName(this.#apex)} is at serial ${from}, and the change leads nowhere else`;
      throw new StoreError('failed', message);
    }
    const isAhead = wishedSerial !== undefined && next === wishedSerial;
    const isOther =
      wished !== undefined &&
      (wished.ttl !== soa.ttl || !sameOctets(soaWithSerial(wished.rdata, from), rdata));
    if (this.#touched.size === 0 && !isAhead && !isOther) return { from, to: from };
    const owner = this.#apex;
    this.#remove({ owner, type: RRType.SOA, ttl: soa.ttl, rdata }, entry);
    const ttl = wished?.ttl ?? soa.ttl;
    this.#add({ owner, type: RRType.SOA, ttl, rdata: soaWithSerial(wished?.rdata ?? rdata, next) }, entry);
    return { from, to: next };
  }

  /** Looks at the owners that have changed. Throws {@link ChangeRefusedError} on errors; returns the warnings. */
  #check(changed: readonly DomainName[], by: ChangedBy): Finding[] {
    if (changed.length === 0) return [];
    const { view } = this.#records;
    const isMany = changed.length > MANY_OWNERS;
    const findings = [
      ...(isMany
        ? checkZone(this.#hasOddTtl ? view : this.#records.viewForCheck())
        : checkOwners(view, changed)),
      ...(by.kind === 'file' ? checkSteering(this.#touchedOwners()) : []), // others have looked at what is new
    ];
    return this.#isGiven ? acceptGiven(findings) : accept(findings);
  }

  *#touchedOwners(): Iterable<Owner> {
    for (const name of this.#touched.values()) {
      const owner = isSteeringOwner(name) ? this.#records.view.get(name) : undefined;
      if (owner !== undefined) yield owner;
    }
  }

  /** Returns the key as text. */
  #touch(key: Uint8Array, owner: DomainName): string {
    const text = latin1(key);
    this.#touched.set(text, owner);
    return text;
  }
}
