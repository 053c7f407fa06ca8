import { canonicalRdata } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import { compareNames, type DomainName, equalNames, isSubdomain } from '../wire/name.ts';
import type { Owner, RRset } from '../zone/record.ts';
import { isSteeringOwner, steeringOwner } from '../zone/steering-owner.ts';
import type { ZoneView } from '../zone/view.ts';
import { steeringLinesOf } from './lines.ts';
import { liveSetOf } from './live.ts';
import { isSteeredType, memberOf } from './member.ts';

/**
 * A zone as everybody sees it at one moment: live sets instead of desired ones, fail-open applied, no `_steer` names
 * (STEERING.md §8). Of several CNAMEs it holds the first live one in canonical order (§9).
 */
export class LiveView implements ZoneView {
  readonly apex: DomainName;
  readonly #raw: ZoneView;
  readonly #nowSeconds: number;

  constructor(raw: ZoneView, nowSeconds: number) {
    this.apex = raw.apex;
    this.#raw = raw;
    this.#nowSeconds = nowSeconds;
  }

  get(name: DomainName): Owner | undefined {
    const owner = this.#raw.get(name);
    return owner === undefined ? undefined : this.#live(owner, undefined);
  }

  owners(): Iterable<Owner> {
    return this.#lives(this.#raw.owners());
  }

  ownersBelow(name: DomainName): Iterable<Owner> {
    return this.#lives(this.#raw.ownersBelow(name));
  }

  /**
   * The live ones of owners that come in canonical order with all that is below them. The one after an owner says mostly
   * whether its `_steer` name is there, so that a zone without steering is walked without a look-up.
   */
  *#lives(owners: Iterable<Owner>): Iterable<Owner> {
    let owner: Owner | undefined;
    for (const next of owners) {
      const isAbove = owner !== undefined && isSubdomain(next.name, owner.name);
      const live = isAbove ? owner && this.#live(owner, next) : withoutLines(owner);
      if (live !== undefined) yield live;
      owner = next;
    }
    const last = withoutLines(owner);
    if (last !== undefined) yield last;
  }

  /** `next` is the first owner below this one, where that is known. */
  #live(owner: Owner, next: Owner | undefined): Owner | undefined {
    if (isSteeringOwner(owner.name)) return undefined;
    if (!owner.rrsets.some(({ type }) => isSteeredType(type))) return owner;
    const at = steeringOwner(owner.name);
    if (at === undefined) return owner;
    if (next !== undefined && compareNames(next.name, at) > 0) return owner;
    const steering = next !== undefined && equalNames(next.name, at) ? next : this.#raw.get(at);
    return liveOwner(owner, steering, this.#nowSeconds);
  }
}

/**
 * What everybody sees of `owner` when its `_steer` name owns `steering`; `undefined` when that is nothing. `nowSeconds` is
 * since 1970; `-Infinity` when nothing shall have lapsed.
 */
export function liveOwner(owner: Owner, steering: Owner | undefined, nowSeconds: number): Owner | undefined {
  if (isSteeringOwner(owner.name)) return undefined;
  if (steering === undefined || !owner.rrsets.some(({ type }) => isSteeredType(type))) return owner;
  const lines = steeringLinesOf(steering);
  if (lines.policy === undefined) return owner;
  const rrsets: RRset[] = [];
  for (const rrset of owner.rrsets) {
    const { type, ttl } = rrset;
    if (!isSteeredType(type)) {
      rrsets.push(rrset);
      continue;
    }
    const byMember = new Map(rrset.rdatas.map((rdata) => [memberOf(type, rdata), rdata]));
    const { answering } = liveSetOf([...byMember.keys()], lines, nowSeconds);
    const alive = new Set(answering);
    let rdatas = [...byMember].filter(([member]) => alive.has(member)).map(([, rdata]) => rdata);
    if (type === RRType.CNAME) rdatas = [...rdatas].sort(inCanonicalOrder).slice(0, 1);
    if (rdatas.length > 0) rrsets.push({ type, ttl, rdatas });
  }
  return rrsets.length === 0 ? undefined : { name: owner.name, rrsets };
}

// --- helpers ---

/** An owner that nothing is below: no `_steer` name either. */
function withoutLines(owner: Owner | undefined): Owner | undefined {
  return owner === undefined || isSteeringOwner(owner.name) ? undefined : owner;
}

/** RFC 4034 §6.3: the records of an RRset are in the order of their canonical RDATA. */
function inCanonicalOrder(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(canonicalRdata(RRType.CNAME, a), canonicalRdata(RRType.CNAME, b));
}
