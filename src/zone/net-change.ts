import { latin1 } from '../base/latin1.ts';
import { canonicalRdata } from '../rdata/table.ts';
import { RRType } from '../wire/iana.ts';
import type { RR } from './record.ts';

/** Records that go and records that come. One that only gets another TTL or spelling is in both, otherwise none is. */
export interface RecordDifference {
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
}

/**
 * What a row of removals and additions comes to: a record that comes and goes again is in neither list, and one that
 * goes and comes back only when its TTL or spelling is another.
 */
export class NetChange {
  /** By owner, type and canonical RDATA. */
  readonly #fates = new Map<string, Fate>();

  remove(rr: RR): void {
    const known = this.#fate(rr);
    if (known === undefined) this.#put(rr, { before: rr, after: undefined });
    else known.after = undefined;
  }

  add(rr: RR): void {
    const known = this.#fate(rr);
    if (known === undefined) this.#put(rr, { before: undefined, after: rr });
    else known.after = rr;
  }

  /** SOAs first (RFC 1995 §4), the others in the order in which they were met. */
  difference(): RecordDifference {
    const removed: RR[] = [];
    const added: RR[] = [];
    for (const { before, after } of this.#fates.values()) {
      if (before !== undefined && after !== undefined && isSame(before, after)) continue;
      if (before !== undefined) put(removed, before);
      if (after !== undefined) put(added, after);
    }
    return { removed, added };
  }

  #fate(rr: RR): Fate | undefined {
    return this.#fates.get(recordKey(rr));
  }

  #put(rr: RR, fate: Fate): void {
    this.#fates.set(recordKey(rr), fate);
  }
}

/** What makes a record the one it is, whatever its TTL and spelling: owner, type and canonical RDATA, as text. */
export function recordKey({ owner, type, rdata }: RR): string {
  return `${latin1(owner)}${type} ${latin1(canonicalRdata(type, rdata))}`;
}

/** Whether two records with one key are alike in TTL and spelling too. */
export function isSame(a: RR, b: RR): boolean {
  return a.ttl === b.ttl && latin1(a.rdata) === latin1(b.rdata);
}

// --- helpers ---

/** What became of a record. */
interface Fate {
  readonly before: RR | undefined;
  after: RR | undefined;
}

function put(records: RR[], rr: RR): void {
  if (rr.type === RRType.SOA) records.unshift(rr);
  else records.push(rr);
}
