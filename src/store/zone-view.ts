import type { DomainName } from '../wire/name.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import { OwnerDraft } from './owner-draft.ts';
import { composeOwnerKey, keyAfter, keyBelow, parseOwnerKey } from './owner-key.ts';
import { RecordPage } from './record-page.ts';
import { OWNERS_AT_ONCE, type Statements } from './statements.ts';

/**
 * A zone of the database as it is at the moment of each call: inside a transaction, with what that has done so
 * far. No statement stays open between the steps of a walk, so a walk may be left, resumed or nested; who
 * needs one serial must not let a change come between.
 */
export class StoredZoneView implements ZoneView {
  readonly apex: DomainName;
  readonly #statements: Statements;
  readonly #zone: number;

  constructor(statements: Statements, zone: number, apex: DomainName) {
    this.apex = apex;
    this.#statements = statements;
    this.#zone = zone;
  }

  get(name: DomainName): Owner | undefined {
    const rows = this.#statements.ownerRecords.all(this.#zone, composeOwnerKey(name, this.apex));
    if (rows.length === 0) return undefined;
    const owner = new OwnerDraft(name);
    for (const [type, rdata, ttl, written] of rows) owner.add(type, ttl, written ?? rdata);
    return owner;
  }

  owners(): Iterable<Owner> {
    return this.#walk(NO_OCTETS, -1, undefined);
  }

  ownersBelow(name: DomainName): Iterable<Owner> {
    const key = composeOwnerKey(name, this.apex);
    if (key.length === 0) return this.#walk(key, HIGHEST_TYPE + 1, undefined);
    return this.#walk(keyBelow(key), -1, keyAfter(key));
  }

  /** The owners with these keys, which come in order and once each; one that owns nothing is without RRsets. */
  *ownersAt(keys: readonly Uint8Array[]): Iterable<Owner> {
    for (let from = 0; from < keys.length; from += OWNERS_AT_ONCE) {
      const batch = keys.slice(from, from + OWNERS_AT_ONCE);
      const wanted = batch.length;
      while (batch.length < OWNERS_AT_ONCE) batch.push(batch[0] ?? NO_OCTETS);
      const blob = this.#statements.ownersPage.get(this.#zone, ...batch)?.[0];
      const page = new RecordPage(blob ?? NO_OCTETS);
      let isMore = page.next();
      for (const key of batch.slice(0, wanted)) {
        const owner = new OwnerDraft(parseOwnerKey(key, 0, key.length, this.apex));
        for (; isMore && page.hasKey(key); isMore = page.next()) owner.add(page.type, page.ttl, page.rdata);
        yield owner;
      }
    }
  }

  /**
   * As it is shown to a check, for which most owners of a large zone need not be made: without the owners that
   * have no ruled type, unless something could hide them, or there are many of the others. Only for zones whose
   * TTLs are all in range.
   */
  forCheck(): ZoneView {
    const rows = this.#statements.ruledOwners.all(this.#zone, MANY_RULED);
    if (rows.length === MANY_RULED || rows.some(([, hides]) => hides === 1)) return this;
    return {
      apex: this.apex,
      get: (name) => this.get(name),
      owners: () => this.ownersAt(rows.map(([key]) => key)),
      ownersBelow: (name) => this.ownersBelow(name),
    };
  }

  /** The owners after the place (`owner`, `type`), as far as the key `before`. */
  *#walk(owner: Uint8Array, type: number, before: Uint8Array | undefined): Iterable<Owner> {
    let afterOwner = owner;
    let afterType = type;
    let afterRdata: Uint8Array = NO_OCTETS;
    let draft: OwnerDraft | undefined;
    for (;;) {
      const row =
        before === undefined
          ? this.#statements.pageRecords.get(this.#zone, afterOwner, afterType, afterRdata)
          : this.#statements.pageRecordsBefore.get(this.#zone, afterOwner, afterType, afterRdata, before);
      const blob = row?.[0] ?? undefined;
      if (blob === undefined) break;
      const page = new RecordPage(blob);
      let last = afterOwner; // the owner key of the record before: from `key` to `keyEnd` of it
      let key = 0;
      let keyEnd = last.length;
      while (page.next()) {
        if (draft === undefined || !page.hasKey(last, key, keyEnd)) {
          if (draft !== undefined) yield draft;
          draft = new OwnerDraft(parseOwnerKey(page.octets, page.key, page.keyEnd, this.apex));
          last = page.octets;
          key = page.key;
          keyEnd = page.keyEnd;
        }
        draft.add(page.type, page.ttl, page.rdata);
      }
      afterOwner = page.ownerKey;
      afterType = page.type;
      afterRdata = page.canonicalRdata;
    }
    if (draft !== undefined) yield draft;
  }
}

/** From so many on, ruled owners are met on a walk over the whole zone. */
const MANY_RULED = 20_000;
const HIGHEST_TYPE = 0xffff;
const NO_OCTETS: Uint8Array = new Uint8Array(0);
