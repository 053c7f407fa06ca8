import { RRType } from '../wire/iana.ts';
import type { DomainName } from '../wire/name.ts';
import type { ZoneStep } from '../zone/history.ts';
import type { RR } from '../zone/record.ts';
import { parseOwnerKey } from './owner-key.ts';
import { sameOctets } from './packed-records.ts';
import type { Statements } from './statements.ts';

/** Part of a zone's journal, up to its newest entry, that leads there without a gap. */
export interface JournalRun {
  /** The id of its first entry. */
  readonly first: number;
  readonly steps: number;
  /** Records removed and added, the SOAs not counted. */
  readonly removed: number;
  readonly added: number;
}

/** Reads the journal of one zone that is served. For one serial throughout, inside a transaction. */
export class JournalReader {
  readonly #statements: Statements;
  readonly #apex: DomainName;

  constructor(statements: Statements, apex: DomainName) {
    this.#statements = statements;
    this.#apex = apex;
  }

  /**
   * The entries that led from `serialFrom` to `serial`, the zone's serial now; `undefined` when the journal does not
   * reach back so far, since the load of the zone or since it was cut.
   */
  since(serialFrom: number, serial: number): JournalRun | undefined {
    if (serialFrom === serial) return NO_STEPS;
    const after = this.#statements.lastLoad.get(this.#apex)?.[0] ?? 0;
    // Each step goes ahead by one at least; who steps around the whole circle of serials loses what is before.
    const most = (serial - serialFrom) >>> 0;
    const first = this.#statements.changeFrom.get(this.#apex, after, most, serialFrom)?.[0];
    if (first === undefined) return undefined;
    const [steps = 0, removed, added] = this.#statements.journalSums.get(this.#apex, first) ?? [];
    return { first, steps, removed: removed ?? 0, added: added ?? 0 };
  }

  /** The steps of a run, oldest first, each read when its turn comes. */
  *steps({ first, steps }: JournalRun): Iterable<ZoneStep> {
    let from = first;
    for (let left = steps; left > 0; ) {
      const rows = this.#statements.journalSteps.all(this.#apex, from, Math.min(left, ROWS_AT_ONCE));
      if (rows.length === 0) return;
      for (const [id, serialFrom, serialTo] of rows) {
        yield { serialFrom, serialTo, ...this.recordsOf(id) };
        from = id + 1;
      }
      left -= rows.length;
    }
  }

  /**
   * What an entry changed on the whole: a record that was added and removed again within it, or the other way round,
   * is among neither. SOA first, then in the order of the change.
   */
  recordsOf(entry: number): { readonly removed: readonly RR[]; readonly added: readonly RR[] } {
    const fates = new Map<string, Fate>();
    for (const [added, key, type, rdata, ttl, written] of this.#statements.journalRecords.all(entry)) {
      const owner = parseOwnerKey(key, 0, key.length, this.#apex);
      const rr: RR = { owner, type, ttl, rdata: written ?? rdata };
      const id = `${latin1(key)}\0\0${type}\0${latin1(rdata)}`;
      const fate = fates.get(id);
      if (fate === undefined)
        fates.set(id, added === 0 ? { before: rr, after: undefined } : { before: undefined, after: rr });
      else fate.after = added === 0 ? undefined : rr;
    }
    const removed: RR[] = [];
    const added: RR[] = [];
    for (const { before, after } of fates.values()) {
      if (before !== undefined && after !== undefined && isSame(before, after)) continue;
      if (before !== undefined) put(removed, before);
      if (after !== undefined) put(added, after);
    }
    return { removed, added };
  }
}

// --- helpers ---

const NO_STEPS: JournalRun = { first: 0, steps: 0, removed: 0, added: 0 };

/** Entries that one call fetches. */
const ROWS_AT_ONCE = 256;

/** What became of a record in one change. */
interface Fate {
  readonly before: RR | undefined;
  after: RR | undefined;
}

function isSame(a: RR, b: RR): boolean {
  return a.ttl === b.ttl && sameOctets(a.rdata, b.rdata);
}

/** RFC 1995 §4: the SOA comes first; the journal has it last. */
function put(records: RR[], rr: RR): void {
  if (rr.type === RRType.SOA) records.unshift(rr);
  else records.push(rr);
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}
