import type { DomainName } from '../wire/name.ts';
import type { ZoneStep } from '../zone/history.ts';
import { NetChange, type RecordDifference } from '../zone/net-change.ts';
import type { RR } from '../zone/record.ts';
import { parseOwnerKey } from './owner-key.ts';
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

/** What the journal says of one change, a load or a removal, its records apart. */
export interface JournalEntryRow {
  readonly id: number;
  /** 'load', 'change' or 'remove'. */
  readonly action: string;
  /** `undefined` for a load. */
  readonly serialFrom: number | undefined;
  /** `undefined` for a removal. */
  readonly serialTo: number | undefined;
  /** Records, the SOAs of changes not counted. */
  readonly removed: number;
  readonly added: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly by: { readonly kind: string; readonly name: string; readonly address: string | undefined };
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
    const after = this.#begin();
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

  /** Every entry under this apex, newest first, also of a zone that was there before this one. */
  *entries(): Iterable<JournalEntryRow> {
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const rows = this.#statements.journalPage.all(this.#apex, before, ROWS_AT_ONCE);
      for (const [id, action, from, to, removed, added, atMs, kind, name, address] of rows) {
        const by = { kind, name, address: address ?? undefined };
        const serials = { serialFrom: from ?? undefined, serialTo: to ?? undefined };
        yield { id, action, ...serials, removed, added, atMs, by };
        before = id;
      }
      if (rows.length < ROWS_AT_ONCE) return;
    }
  }

  /** The oldest serial that the journal reaches back to from `serial`, the zone's serial now. */
  oldest(serial: number): number {
    return this.#statements.oldestSerial.get(this.#apex, this.#begin())?.[0] ?? serial;
  }

  /** The change of this zone that led to a serial: its entry, and how many records it removed and added. */
  changeTo(serial: number): { readonly id: number; readonly records: number } | undefined {
    const row = this.#statements.changeTo.get(this.#apex, this.#begin(), serial);
    return row === undefined ? undefined : { id: row[0], records: row[1] + row[2] };
  }

  /** What an entry changed on the whole: SOA first, then in the order of the change. */
  recordsOf(entry: number): RecordDifference {
    const net = new NetChange();
    for (const [added, key, type, rdata, ttl, written] of this.#statements.journalRecords.all(entry)) {
      const owner = parseOwnerKey(key, 0, key.length, this.#apex);
      const rr: RR = { owner, type, ttl, rdata: written ?? rdata };
      if (added === 0) net.remove(rr);
      else net.add(rr);
    }
    return net.difference();
  }

  /** The entry before this zone's first change; 0 when that is no longer there. */
  #begin(): number {
    return this.#statements.lastLoad.get(this.#apex)?.[0] ?? 0;
  }
}

// --- helpers ---

const NO_STEPS: JournalRun = { first: 0, steps: 0, removed: 0, added: 0 };

/** Entries that one call fetches. */
const ROWS_AT_ONCE = 256;
