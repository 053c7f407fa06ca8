import { canonicalRdata } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
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
    return owner === undefined ? undefined : this.#live(owner);
  }

  owners(): Iterable<Owner> {
    return this.#lives(this.#raw.owners());
  }

  ownersBelow(name: DomainName): Iterable<Owner> {
    return this.#lives(this.#raw.ownersBelow(name));
  }

  *#lives(owners: Iterable<Owner>): Iterable<Owner> {
    for (const owner of owners) {
      const live = this.#live(owner);
      if (live !== undefined) yield live;
    }
  }

  /** `undefined` when nothing of the owner is to be seen. */
  #live(owner: Owner): Owner | undefined {
    if (isSteeringOwner(owner.name)) return undefined;
    if (!owner.rrsets.some(({ type }) => isSteeredType(type))) return owner;
    const at = steeringOwner(owner.name);
    const lines = steeringLinesOf(at === undefined ? undefined : this.#raw.get(at));
    if (lines.policy === undefined) return owner;
    const rrsets: RRset[] = [];
    for (const rrset of owner.rrsets) {
      const { type, ttl } = rrset;
      if (!isSteeredType(type)) {
        rrsets.push(rrset);
        continue;
      }
      const byMember = new Map(rrset.rdatas.map((rdata) => [memberOf(type, rdata), rdata]));
      const { answering } = liveSetOf([...byMember.keys()], lines, this.#nowSeconds);
      const alive = new Set(answering);
      let rdatas = [...byMember].filter(([member]) => alive.has(member)).map(([, rdata]) => rdata);
      if (type === RRType.CNAME) rdatas = [...rdatas].sort(inCanonicalOrder).slice(0, 1);
      if (rdatas.length > 0) rrsets.push({ type, ttl, rdatas });
    }
    return rrsets.length === 0 ? undefined : { name: owner.name, rrsets };
  }
}

/** RFC 4034 §6.3: the records of an RRset are in the order of their canonical RDATA. */
function inCanonicalOrder(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(canonicalRdata(RRType.CNAME, a), canonicalRdata(RRType.CNAME, b));
}
