import { latin1 } from '../base/latin1.ts';
import { canonicalRdata } from '../rdata/table.ts';
import { compareNames, type DomainName, isSubdomain } from '../wire/name.ts';
import type { ZoneStep } from './history.ts';
import type { Owner, RR, RRset } from './record.ts';
import type { ZoneView } from './view.ts';

/**
 * A zone as it was at an older serial: a view of it as it is now, and the steps that led there, undone. It holds what
 * the steps touched and nothing of the rest; a walk goes over the newer view as it goes.
 */
export class PastView implements ZoneView {
  readonly apex: DomainName;
  readonly #newer: ZoneView;
  readonly #touched = new Map<string, PastOwner>();
  /** Made on the first walk. */
  #ordered: readonly PastOwner[] | undefined;

  /**
   * `newer` is the zone at the `serialTo` of the last step, `steps` come oldest first and without a gap; the view is
   * that of the first one's `serialFrom`. Nothing of a step may be both added and removed as the same record.
   */
  constructor(newer: ZoneView, steps: readonly ZoneStep[]) {
    this.apex = newer.apex;
    this.#newer = newer;
    for (const { removed, added } of steps.toReversed()) {
      for (const rr of added) this.#past(rr).put(rr, undefined);
      for (const rr of removed) this.#past(rr).put(rr, rr);
    }
  }

  get(name: DomainName): Owner | undefined {
    const past = this.#touched.get(latin1(name));
    const owner = this.#newer.get(name);
    return past === undefined ? owner : past.undo(owner);
  }

  owners(): Iterable<Owner> {
    return this.#undone(this.#newer.owners(), this.#inOrder());
  }

  ownersBelow(name: DomainName): Iterable<Owner> {
    const below = this.#inOrder().filter(
      (past) => past.name.length > name.length && isSubdomain(past.name, name),
    );
    return this.#undone(this.#newer.ownersBelow(name), below);
  }

  /** Merges two lists in canonical order. */
  *#undone(newer: Iterable<Owner>, touched: readonly PastOwner[]): Iterable<Owner> {
    let i = 0;
    for (const owner of newer) {
      let isTouched = false;
      for (let past = touched[i]; past !== undefined; past = touched[++i]) {
        const order = compareNames(past.name, owner.name);
        if (order > 0) break;
        isTouched = order === 0;
        yield* present(past.undo(isTouched ? owner : undefined));
      }
      if (!isTouched) yield owner;
    }
    for (const past of touched.slice(i)) yield* present(past.undo(undefined));
  }

  #past({ owner }: RR): PastOwner {
    const key = latin1(owner);
    const known = this.#touched.get(key);
    if (known !== undefined) return known;
    const past = new PastOwner(owner);
    this.#touched.set(key, past);
    return past;
  }

  #inOrder(): readonly PastOwner[] {
    this.#ordered ??= [...this.#touched.values()].sort((a, b) => compareNames(a.name, b.name));
    return this.#ordered;
  }
}

/** What became of an owner's records on the way back. */
class PastOwner {
  readonly name: DomainName;
  /** By type, then by canonical RDATA: the record as it was; `undefined` when it was not there. */
  readonly #types = new Map<number, Map<string, RR | undefined>>();

  constructor(name: DomainName) {
    this.name = name;
  }

  put(rr: RR, was: RR | undefined): void {
    const known = this.#types.get(rr.type);
    const records = known ?? new Map<string, RR | undefined>();
    if (known === undefined) this.#types.set(rr.type, records);
    records.set(latin1(canonicalRdata(rr.type, rr.rdata)), was);
  }

  /** The owner as it was; `undefined` when it owned nothing. */
  undo(newer: Owner | undefined): Owner | undefined {
    const byType = new Map<number, RRset>();
    for (const rrset of newer?.rrsets ?? []) byType.set(rrset.type, rrset);
    for (const [type, records] of this.#types) {
      const rrset = undoRRset(type, byType.get(type), records);
      if (rrset === undefined) byType.delete(type);
      else byType.set(type, rrset);
    }
    if (byType.size === 0) return undefined;
    return { name: this.name, rrsets: [...byType.values()].sort((a, b) => a.type - b.type) };
  }
}

// --- helpers ---

function undoRRset(
  type: number,
  newer: RRset | undefined,
  records: ReadonlyMap<string, RR | undefined>,
): RRset | undefined {
  const rdatas = new Map<string, Uint8Array>();
  let ttl = Number.POSITIVE_INFINITY;
  for (const rdata of newer?.rdatas ?? []) {
    const key = latin1(canonicalRdata(type, rdata));
    if (records.has(key)) continue;
    rdatas.set(key, rdata);
    ttl = newer?.ttl ?? ttl;
  }
  for (const [key, was] of records) {
    if (was === undefined) continue;
    rdatas.set(key, was.rdata);
    ttl = Math.min(ttl, was.ttl); // RFC 2181 §5.2
  }
  if (rdatas.size === 0) return undefined;
  // RFC 4034 §6.3: by canonical RDATA; in Latin-1, strings sort as their octets do
  const sorted = [...rdatas].sort(([a], [b]) => (a < b ? -1 : 1));
  return { type, ttl, rdatas: sorted.map(([, rdata]) => rdata) };
}

function* present(owner: Owner | undefined): Iterable<Owner> {
  if (owner !== undefined) yield owner;
}
