import { latin1 } from '../../base/latin1.ts';
import { suggestionFor } from '../../base/suggest.ts';
import { type HistoryControlled, HistoryError } from '../../control/history.ts';
import type { HistoryLine, RecordLine, UndoReport } from '../../control/protocol.ts';
import { showRdata, showType } from '../../rdata/table.ts';
import type { CommitQueue } from '../../store/commit-queue.ts';
import { ChangeRefusedError } from '../../store/errors.ts';
import { composeOwnerKey } from '../../store/owner-key.ts';
import type { SnapshotPool, ZoneSnapshot } from '../../store/zone-snapshot.ts';
import { TRANSFER } from '../../store/zone-stage.ts';
import { PresentationError } from '../../wire/errors.ts';
import { RRType } from '../../wire/iana.ts';
import { type DomainName, equalNames, foldName, scanFullName, showName } from '../../wire/name.ts';
import { NetChange, type RecordDifference } from '../../zone/net-change.ts';
import type { RR } from '../../zone/record.ts';
import { serialOf } from '../../zone/serial.ts';
import { planUndo, type UndoConflict } from '../../zone/undo.ts';
import type { ZoneView } from '../../zone/view.ts';
import { showZone } from '../../zonefile/writer.ts';

/** What the history needs of the rest of the server. */
export interface HistoryControlOptions {
  readonly snapshots: SnapshotPool;
  readonly queue: Pick<CommitQueue, 'submit'>;
  /** The zones that are served. */
  apexes(): readonly DomainName[];
  /** Why nobody may change the zone here; `undefined` where it is ours to change. */
  foreign?(apex: DomainName): string | undefined;
  /** Resolves when every query thread answers with what is committed. */
  published(): Promise<void>;
}

/** The history of the zones, for the control socket: reads snapshots, undoes through the one door for changes. */
export class HistoryControl implements HistoryControlled {
  readonly #options: HistoryControlOptions;

  constructor(options: HistoryControlOptions) {
    this.#options = options;
  }

  *entries(zone: string, most: number, withRecords: boolean): Iterable<HistoryLine> {
    const { snapshot, apex } = this.#open(zone);
    try {
      for (const { id: _, atMs, ...entry } of take(snapshot.journal.entries(), most)) {
        yield { kind: 'entry', ...entry, at: new Date(atMs).toISOString() };
      }
      if (!withRecords) return;
      let of = 0;
      for (const { id, action, removed, added } of take(snapshot.journal.entries(), most)) {
        if (removed + added > MOST_LOOKED_THROUGH) yield { kind: 'omitted', of };
        else if (action === 'change') {
          for (const line of linesOf(snapshot.journal.recordsOf(id), apex))
            yield { kind: 'record', of, ...line };
        }
        of++;
      }
    } finally {
      snapshot.close();
    }
  }

  *text(zone: string, serial: number | undefined): Iterable<string> {
    const { snapshot, apex } = this.#open(zone);
    try {
      yield* showZone(apex, viewAt(snapshot, serial).owners());
    } finally {
      snapshot.close();
    }
  }

  *records(zone: string, serial: number | undefined): Iterable<RecordLine> {
    const { snapshot } = this.#open(zone);
    try {
      for (const { name, rrsets } of viewAt(snapshot, serial).owners()) {
        for (const { type, ttl, rdatas } of rrsets) {
          for (const rdata of rdatas) yield lineOf({ owner: name, type, ttl, rdata });
        }
      }
    } finally {
      snapshot.close();
    }
  }

  *difference(zone: string, from: number, to: number): Iterable<RecordLine> {
    const { snapshot, apex } = this.#open(zone);
    try {
      const sizes = [sizeSince(snapshot, from), sizeSince(snapshot, to)] as const;
      const isForward = sizes[0] >= sizes[1];
      const [older, newer] = isForward ? [from, to] : [to, from];
      const net = new NetChange();
      for (const step of older === newer ? [] : (snapshot.walkSteps(older) ?? [])) {
        for (const rr of step.removed) net.remove(rr);
        for (const rr of step.added) net.add(rr);
        if (step.serialTo === newer) break;
      }
      const { removed, added } = net.difference();
      yield* linesOf(isForward ? { removed, added } : { removed: added, added: removed }, apex);
    } finally {
      snapshot.close();
    }
  }

  async undo(zone: string, serial: number): Promise<UndoReport> {
    const { apex, change } = this.#changeTo(zone, serial);
    const why = this.#options.foreign?.(apex);
    if (why !== undefined) throw new HistoryError(why);
    try {
      const report = await this.#options.queue.submit<UndoReport>(apex, (view) => {
        const plan = planUndo(view, change);
        const same = {
          zone: showName(apex),
          undone: serial,
          serial: serialOf(view),
          removed: 0,
          added: 0,
          warnings: [],
        };
        if (plan.kind === 'conflicts') {
          return { kind: 'result', result: { ...same, conflicts: plan.conflicts.map(showConflict) } };
        }
        const { removed, added } = plan;
        if (removed.length + added.length === 0) {
          throw new HistoryError(`nothing to undo: the change to serial ${serial} changed only the serial`);
        }
        return {
          kind: 'change',
          change: { removed, added, by: { kind: 'undo', name: String(serial) } },
          result: (done) => ({
            ...same,
            serial: done.serialTo,
            removed: done.removed,
            added: done.added,
            conflicts: [],
            warnings: done.warnings.map(({ owner, message }) => `${showName(owner)}: ${message}`),
          }),
        };
      });
      await this.#options.published();
      return report;
    } catch (error) {
      if (!(error instanceof ChangeRefusedError)) throw error;
      throw new HistoryError(`without that change the zone could not be served: ${error.message}`, {
        cause: error,
      });
    }
  }

  #changeTo(zone: string, serial: number): { readonly apex: DomainName; readonly change: RecordDifference } {
    const { snapshot, apex } = this.#open(zone);
    try {
      if (snapshot.source === TRANSFER) {
        throw new HistoryError(`${showName(apex)} is a copy of its primary's zone: undo the change there`);
      }
      const entry = snapshot.journal.changeTo(serial);
      if (entry === undefined && serial === snapshot.journal.oldest(snapshot.serial)) {
        throw new HistoryError(
          `serial ${serial} is the oldest that is known: the journal does not say what led to it`,
        );
      }
      if (entry === undefined) throw unknownSerial(snapshot, serial);
      if (entry.records > MOST_UNDONE) {
        throw new HistoryError(
          `the change to serial ${serial} holds ${entry.records} records, more than the ${MOST_UNDONE} that are undone at ` +
            'once: write the zone as it was with waypost zone show --at, and load that as its zone file',
        );
      }
      return { apex, change: snapshot.journal.recordsOf(entry.id) };
    } finally {
      snapshot.close();
    }
  }

  #open(zone: string): { readonly snapshot: ZoneSnapshot; readonly apex: DomainName } {
    const apexes = this.#options.apexes();
    const apex = readApex(zone);
    const snapshot = apexes.some((known) => equalNames(known, apex))
      ? this.#options.snapshots.open(apex)
      : undefined;
    if (snapshot !== undefined) return { snapshot, apex };
    const meant = suggestionFor(showName(apex), apexes.map(showName));
    const advice =
      meant === undefined ? ' (waypost zone list shows those that are)' : `; did you mean ${meant}?`;
    throw new HistoryError(`zone ${showName(apex)} is not served here${advice}`);
  }
}

// --- serials ---

/** Records that a look into the past may have to undo; they are held in memory, some hundred octets each. */
const MOST_LOOKED_THROUGH = 100_000;

/** Records of a change that is undone: UDP is answered meanwhile, everything else waits, some 10 µs for each. */
const MOST_UNDONE = 50_000;

function viewAt(snapshot: ZoneSnapshot, serial: number | undefined): ZoneView {
  if (serial === undefined) return snapshot.view;
  sizeSince(snapshot, serial);
  const view = snapshot.at(serial, MOST_LOOKED_THROUGH);
  if (view === undefined) throw unknownSerial(snapshot, serial);
  return view;
}

/** How many records the steps from a serial hold. Throws {@link HistoryError} for one out of reach. */
function sizeSince(snapshot: ZoneSnapshot, serial: number): number {
  const size = snapshot.stepsSize(serial);
  if (size === undefined) throw unknownSerial(snapshot, serial);
  if (size <= MOST_LOOKED_THROUGH) return size;
  throw new HistoryError(
    `serial ${serial} is too far back: ${size} records have changed since, and no more than ${MOST_LOOKED_THROUGH} are looked through`,
  );
}

function unknownSerial({ view, serial: now, journal }: ZoneSnapshot, serial: number): HistoryError {
  const [zone, oldest] = [showName(view.apex), journal.oldest(now)];
  if (oldest === now) {
    return new HistoryError(
      `serial ${serial} of ${zone} is not known: only ${now} is, there has been no change yet`,
    );
  }
  return new HistoryError(
    `serial ${serial} of ${zone} is not in its journal, which goes from ${oldest} to ${now} (waypost zone history lists the changes)`,
  );
}

function* take<T>(values: Iterable<T>, most: number): Iterable<T> {
  let left = most;
  if (left === 0) return;
  for (const value of values) {
    yield value;
    if (--left === 0) return;
  }
}

// --- text ---

function readApex(zone: string): DomainName {
  try {
    return foldName(scanFullName(zone));
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new HistoryError(`'${zone}' is no zone: ${error.message}`, { cause: error });
  }
}

function lineOf({ owner, type, ttl, rdata }: RR): RecordLine {
  return { owner: showName(owner), ttl, type: showType(type), data: showRdata(type, rdata) };
}

function* linesOf({ removed, added }: RecordDifference, apex: DomainName): Iterable<RecordLine> {
  for (const rr of inOrder(removed, apex)) yield { sign: '-', ...lineOf(rr) };
  for (const rr of inOrder(added, apex)) yield { sign: '+', ...lineOf(rr) };
}

/** The SOA first, then in canonical order. */
function inOrder(records: readonly RR[], apex: DomainName): readonly RR[] {
  const keyed = records.map((rr) => {
    const key = latin1(composeOwnerKey(rr.owner, apex));
    return { rr, key: `${rr.type === RRType.SOA ? '' : '\u0001'}${key}` };
  });
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.rr.type - b.rr.type));
  return keyed.map(({ rr }) => rr);
}

const CONFLICTS: Readonly<Record<UndoConflict['kind'], string>> = {
  gone: 'the change added it, and it has been removed since',
  changed: 'the change added it, and it has been changed since',
  back: 'the change removed it, and it is there again',
  'other-ttl': 'the change removed it, and the TTL of the records beside it is another now',
};

function showConflict({ kind, rr }: UndoConflict): UndoReport['conflicts'][number] {
  return { record: lineOf(rr), why: CONFLICTS[kind] };
}
