import type { DomainName } from '../wire/name.ts';
import type { Owner } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
import { OwnerDraft } from './owner-draft.ts';
import { composeOwnerKey, keyAfter, keyBelow, parseOwnerKey } from './owner-key.ts';
import type { Statements } from './statements.ts';

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
      const page = new Uint8Array(blob.buffer, blob.byteOffset, blob.length); // plain: cheaper views than a Buffer's
      let key = 0;
      let keyEnd = 0;
      let rdataEnd = 0;
      for (let at = 0; at < page.length; ) {
        // The head: see packedPage in statements.ts.
        const begin = at + HEAD_LENGTH;
        const end = begin + u7(page, at, 2);
        const isSame =
          draft !== undefined &&
          (key === 0 ? sameOctets(page, begin, end, afterOwner) : samePart(page, begin, end, key, keyEnd));
        if (!isSame) {
          if (draft !== undefined) yield draft;
          draft = new OwnerDraft(parseOwnerKey(page, begin, end, this.apex));
        }
        key = begin;
        keyEnd = end;
        rdataEnd = keyEnd + u7(page, at + 10, 3);
        const writtenEnd = rdataEnd + u7(page, at + 13, 3);
        afterType = u7(page, at + 2, 3);
        draft?.add(
          afterType,
          u7(page, at + 5, 5),
          writtenEnd > rdataEnd ? page.subarray(rdataEnd, writtenEnd) : page.subarray(keyEnd, rdataEnd),
        );
        at = writtenEnd;
      }
      afterOwner = page.subarray(key, keyEnd);
      afterRdata = page.subarray(keyEnd, rdataEnd);
    }
    if (draft !== undefined) yield draft;
  }
}

/** Lengths, type and TTL of a record in a page. */
const HEAD_LENGTH = 16;
const HIGHEST_TYPE = 0xffff;
const NO_OCTETS: Uint8Array = new Uint8Array(0);

/** A number of `count` groups of seven bits, least first. */
function u7(octets: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 128 + (octets[at + i] ?? 0);
  return value;
}

function sameOctets(octets: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (octets[start + i] !== other[i]) return false;
  return true;
}

function samePart(octets: Uint8Array, startA: number, endA: number, startB: number, endB: number): boolean {
  if (endA - startA !== endB - startB) return false;
  for (let a = startA, b = startB; a < endA; a++, b++) if (octets[a] !== octets[b]) return false;
  return true;
}
