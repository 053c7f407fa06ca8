import type { DomainName } from '../wire/name.ts';
import type { Owner, RRset } from '../zone/record.ts';
import type { ZoneView } from '../zone/view.ts';
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
      const page = row?.[0] ?? undefined;
      if (page === undefined) break;
      for (let at = 0; at < page.length; ) {
        // The head: see packedPage in statements.ts.
        const key = at + HEAD_LENGTH;
        const keyEnd = key + u7(page, at, 2);
        const rdataEnd = keyEnd + u7(page, at + 10, 3);
        const end = rdataEnd + u7(page, at + 13, 3);
        if (draft === undefined || !sameOctets(page, key, keyEnd, afterOwner)) {
          if (draft !== undefined) yield draft;
          draft = new OwnerDraft(parseOwnerKey(page, key, keyEnd, this.apex));
          afterOwner = page.subarray(key, keyEnd);
        }
        afterType = u7(page, at + 2, 3);
        draft.add(
          afterType,
          u7(page, at + 5, 5),
          end > rdataEnd ? page.subarray(rdataEnd, end) : page.subarray(keyEnd, rdataEnd),
        );
        afterRdata = page.subarray(keyEnd, rdataEnd);
        at = end;
      }
    }
    if (draft !== undefined) yield draft;
  }
}

/** Lengths, type and TTL of a record in a page. */
const HEAD_LENGTH = 16;
const HIGHEST_TYPE = 0xffff;
const NO_OCTETS: Uint8Array = new Uint8Array(0);

/** An {@link Owner} in the making. Its records come in the order of types. */
class OwnerDraft implements Owner {
  readonly name: DomainName;
  readonly rrsets: RRsetDraft[] = [];

  constructor(name: DomainName) {
    this.name = name;
  }

  add(type: number, ttl: number, rdata: Uint8Array): void {
    const last = this.rrsets[this.rrsets.length - 1];
    if (last === undefined || last.type !== type) {
      this.rrsets.push({ type, ttl, rdatas: [rdata] });
    } else {
      last.rdatas.push(rdata);
      if (ttl < last.ttl) last.ttl = ttl; // RFC 2181 §5.2
    }
  }
}

interface RRsetDraft extends RRset {
  ttl: number;
  readonly rdatas: Uint8Array[];
}

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
