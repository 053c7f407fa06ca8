import type { DomainName } from '../wire/name.ts';
import type { ZoneStep } from '../zone/history.ts';
import { PastView } from '../zone/past-view.ts';
import { serialOf } from '../zone/serial.ts';
import type { ZoneView } from '../zone/view.ts';
import { type Connection, openReader } from './connection.ts';
import { TooManySnapshotsError } from './errors.ts';
import { JournalReader, type JournalRun } from './journal-reader.ts';
import { StoredZoneView } from './zone-view.ts';

/**
 * A zone and its journal as they were when the snapshot was opened, whatever is changed meanwhile. It must be closed:
 * until then the database cannot give back the space of what has changed since.
 */
export interface ZoneSnapshot {
  readonly view: ZoneView;
  readonly serial: number;
  /** Where the zone came from, see `StoredZone`. */
  readonly source: string;
  /** The zone's journal, as far as this serial. */
  readonly journal: JournalReader;
  /** How many records the zone has. They are counted once (some milliseconds for 100,000), then known by the journal. */
  readonly records: number;
  /**
   * The steps from that serial to this one, oldest first; none when they are equal. `undefined` when the journal does
   * not lead here without a gap (the zone was loaded, removed or its journal cut since), or when the steps hold more
   * than `mostRecords` records (default {@link MOST_RECORDS}).
   */
  steps(serialFrom: number, mostRecords?: number): readonly ZoneStep[] | undefined;
  /** As {@link steps}, each read when its turn comes, so however many they are. */
  walkSteps(serialFrom: number): Iterable<ZoneStep> | undefined;
  /** How many records {@link steps} would hold at most, the SOAs among them; without reading them. */
  stepsSize(serialFrom: number): number | undefined;
  /** The zone as it was at that serial; `undefined` when {@link steps} is. */
  at(serial: number, mostRecords?: number): ZoneView | undefined;
  /** May be called again. Nothing else may be called after it, nor a walk go on. */
  close(): void;
}

/** Records in the steps of one call unless it says otherwise: some tens of megabytes. */
export const MOST_RECORDS = 100_000;

/**
 * Consistent reading of zones while they change: each snapshot holds a read transaction on a connection of its own.
 * The connections are kept for the next ones.
 */
export class SnapshotPool {
  readonly #path: string;
  readonly #most: number;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();
  readonly #counts: RecordCounts = new Map();

  /** `path`: of a database that this process has open. `most`: snapshots open at once. */
  constructor(path: string, most: number) {
    this.#path = path;
    this.#most = most;
  }

  /**
   * A snapshot of the zone at `apex` as it is now; `undefined` when it is not served. Throws
   * {@link TooManySnapshotsError} and other StoreErrors.
   */
  open(apex: DomainName): ZoneSnapshot | undefined {
    if (this.#open.size >= this.#most) throw new TooManySnapshotsError(this.#most);
    const connection = this.#idle.pop() ?? openReader(this.#path);
    this.#open.add(connection);
    let snapshot: ZoneSnapshot | undefined;
    try {
      connection.beginReading();
      const row = connection.statements.liveZone.get(apex); // from here on nothing changes
      if (row !== undefined)
        snapshot = new OpenSnapshot(connection, row, apex, this.#counts, () => this.#release(connection));
    } finally {
      if (snapshot === undefined) this.#release(connection);
    }
    return snapshot;
  }

  /** Snapshots that are open. */
  get opened(): number {
    return this.#open.size;
  }

  /** Closes every connection, also of snapshots that are open. Before the database is closed. */
  close(): void {
    for (const connection of [...this.#open, ...this.#idle]) connection.close();
    this.#open.clear();
    this.#idle.length = 0;
  }

  #release(connection: Connection): void {
    if (!this.#open.delete(connection)) return; // the pool is closed
    try {
      if (connection.isInTransaction) connection.endReading();
      this.#idle.push(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

class OpenSnapshot implements ZoneSnapshot {
  readonly view: ZoneView;
  readonly serial: number;
  readonly #connection: Connection;
  readonly source: string;
  readonly journal: JournalReader;
  readonly #zone: number;
  readonly #counts: RecordCounts;
  readonly #release: () => void;
  #records: number | undefined;
  #isClosed = false;

  constructor(
    connection: Connection,
    [zone, source]: readonly [id: number, source: string],
    apex: DomainName,
    counts: RecordCounts,
    release: () => void,
  ) {
    this.view = new StoredZoneView(connection.statements, zone, apex);
    this.serial = serialOf(this.view);
    this.#connection = connection;
    this.source = source;
    this.#zone = zone;
    this.journal = new JournalReader(connection.statements, apex);
    this.#counts = counts;
    this.#release = release;
  }

  get records(): number {
    this.#records ??= this.#countRecords();
    return this.#records;
  }

  steps(serialFrom: number, mostRecords = MOST_RECORDS): readonly ZoneStep[] | undefined {
    const run = this.journal.since(serialFrom, this.serial);
    if (run === undefined || sizeOf(run) > mostRecords) return undefined;
    return [...this.journal.steps(run)];
  }

  walkSteps(serialFrom: number): Iterable<ZoneStep> | undefined {
    const run = this.journal.since(serialFrom, this.serial);
    return run === undefined ? undefined : this.journal.steps(run);
  }

  stepsSize(serialFrom: number): number | undefined {
    const run = this.journal.since(serialFrom, this.serial);
    return run === undefined ? undefined : sizeOf(run);
  }

  at(serial: number, mostRecords?: number): ZoneView | undefined {
    const steps = this.steps(serial, mostRecords);
    if (steps === undefined) return undefined;
    return steps.length === 0 ? this.view : new PastView(this.view, steps);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  #countRecords(): number {
    const known = this.#counts.get(this.#zone);
    const run = known === undefined ? undefined : this.journal.since(known.serial, this.serial);
    const records =
      known === undefined || run === undefined
        ? (this.#connection.statements.countRecords.get(this.#zone)?.[0] ?? 0)
        : known.records + run.added - run.removed;
    if (this.#counts.size >= MOST_COUNTS) this.#counts.clear();
    this.#counts.set(this.#zone, { serial: this.serial, records });
    return records;
  }
}

/** By zone id: how many records it had at a serial. */
type RecordCounts = Map<number, { readonly serial: number; readonly records: number }>;

// --- helpers ---

const MOST_COUNTS = 10_000;

/** Each step holds the SOA before and the SOA after, too. */
function sizeOf({ steps, removed, added }: JournalRun): number {
  return 2 * steps + removed + added;
}
