import type { Effects } from '../base/effects.ts';
import { WaypostError } from '../base/errors.ts';
import { checkSteering } from '../steer/check.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { checkZone } from '../zone/check.ts';
import type { Finding } from '../zone/finding.ts';
import { isSerialAhead, serialOf } from '../zone/serial.ts';
import type { ZoneView } from '../zone/view.ts';
import type { Changed } from './change.ts';
import type { ZoneDatabase } from './database.ts';
import { ChangeRefusedError, StoreError } from './errors.ts';
import type { LoadReport, ZoneReport } from './load-report.ts';
import { sayConflicts, sayFindings } from './sentences.ts';
import { Slices } from './slices.ts';
import { SortedZoneView } from './sorted-records.ts';
import { StoreThread } from './store-thread.ts';
import { Turns } from './turns.ts';
import { type FileDifference, findDifference, putDifference, touchedKeys } from './zone-difference.ts';
import { findZoneFiles, type ZoneFilePlaces } from './zone-directory.ts';
import { areUnchanged, type ReadFile, type ScannedZone, scanZone, sizeOf } from './zone-file.ts';
import { ZoneLint, type ZoneSurroundings } from './zone-lint.ts';
import { beginStaging, clearLeftOvers, countSoas, putFiles, stageZone } from './zone-stage.ts';
import type { StagedZone, ZoneWriter } from './zone-writer.ts';

/** The way of a new zone: read from its files, put into the database, shown by the image. */
export type LoadStep = 'read' | 'stored' | 'served';

/** How a loader is joined with the rest of the program. */
export interface ZoneLoaderOptions extends ZoneFilePlaces {
  readonly database: ZoneDatabase;
  readonly writer: ZoneWriter;
  readonly effects: Effects;
  /** Called between slices: so many records (when it is served: owners) of a zone have got so far. */
  onProgress?(apex: DomainName, count: number, step: LoadStep): void;
  /** Lets others have their turn between slices. */
  breathe?(): Promise<void>;
  /** Shared with whoever else writes over several turns of the event loop. */
  readonly turns?: Turns;
  /** Whether a zone comes from a primary: then a file of its name is an error. */
  isSecondary?(apex: DomainName): boolean;
  /** Zones without a file stay. */
  readonly keepsOthers?: boolean;
  /** Whether any zone does: then there need be no directory of zone files, as long as no zone came from one. */
  hasSecondaries?(): boolean;
  /** What warnings about the steering of a zone need to know; see {@link ZoneLint}. */
  surroundings?(apex: DomainName): ZoneSurroundings;
}

/** Keeps the zones of a directory of zone files: what people edit becomes changes. */
export class ZoneLoader {
  readonly #options: ZoneLoaderOptions;
  readonly #turns: Turns;

  constructor(options: ZoneLoaderOptions) {
    this.#options = options;
    this.#turns = options.turns ?? new Turns();
  }

  /**
   * Reads what is new, changed or gone since the last load; the first load reads everything. A load that is asked for
   * while one runs begins after it. Throws {@link StoreError} when the database fails; what was loaded stays.
   */
  load(): Promise<LoadReport> {
    return this.#turns.take(() => new Load(this.#options).run());
  }
}

/** Zones, or records in them, that one transaction and one step of the image take in. */
const ZONES_AT_ONCE = 2000;
const RECORDS_AT_ONCE = 100_000;

/** A new zone of so many records is put into the database by a thread while this one makes its image. */
const LARGE_ZONE = 50_000;
/** A change of so many records is made by that thread too. */
const LARGE_CHANGE = 4000;
/** A zone file of so many octets probably holds one. */
const LARGE_FILE = 1 << 20;

interface PendingZone {
  readonly staged: StagedZone;
  readonly path: string;
  readonly warnings: readonly string[];
}

/** One load. */
class Load {
  readonly #options: ZoneLoaderOptions;
  readonly #slices: Slices;
  readonly #reports: ZoneReport[] = [];
  readonly #errors: string[] = [];
  #pending: PendingZone[] = [];
  #pendingRecords = 0;
  readonly #lint: ZoneLint;
  #thread: StoreThread | undefined;

  constructor(options: ZoneLoaderOptions) {
    this.#options = options;
    this.#lint = new ZoneLint(() => options.effects.nowMs(), options.surroundings);
    this.#slices = new Slices(() => options.effects.nowMs(), options.breathe);
  }

  async run(): Promise<LoadReport> {
    try {
      return await this.#run();
    } finally {
      await this.#thread?.end();
    }
  }

  async #run(): Promise<LoadReport> {
    const { database } = this.#options;
    await this.#slices.run(clearLeftOvers(database));
    const mayBeMissing =
      this.#options.hasSecondaries?.() === true && database.zones().every(({ source }) => source !== 'file');
    const files = findZoneFiles(this.#options, this.#errors, mayBeMissing);
    if (files !== undefined) {
      for (const [path, apex] of files) {
        await this.#loadZone(apex, path);
        await this.#slices.pause();
      }
      await this.#adoptPending();
      if (this.#options.keepsOthers !== true)
        await this.#removeMissing(new Set([...files.values()].map(showName)));
      await this.#slices.run(clearLeftOvers(database));
    }
    database.shrink();
    const zones = this.#reports.sort((a, b) => (a.path < b.path ? -1 : 1)); // small new zones were kept waiting
    return { zones, errors: this.#errors };
  }

  /** One zone; what is wrong with its file is reported, what is wrong with the database is thrown. */
  async #loadZone(apex: DomainName, path: string): Promise<void> {
    const { database, effects, onProgress, isSecondary } = this.#options;
    const zone = database.zone(apex);
    if (isSecondary?.(apex) === true) {
      const message = `${path}: the configuration gives zone ${showName(apex)} a primary, and here is a file of it: remove the file, or the primary`;
      this.#report('failed', apex, path, [], [message]);
      return;
    }
    if (zone !== undefined && zone.source !== 'file') {
      this.#report(
        'failed',
        apex,
        path,
        [],
        [`${path}: the zone is here already, from ${zone.source}, not from a file`],
      );
      return;
    }
    if (zone !== undefined && areUnchanged(readFiles(database, zone.id, path))) {
      this.#report('unchanged', apex, path, [], []);
      return;
    }
    try {
      if (zone === undefined && sizeOf(path) >= LARGE_FILE) this.#startThread(); // there when it is needed
      const scanned = await this.#slices.run(
        scanZone(
          path,
          apex,
          () => effects.nowMs(),
          (records) => onProgress?.(apex, records, 'read'),
        ),
      );
      if (scanned.errors.length > 0) this.#report('failed', apex, path, scanned.warnings, scanned.errors);
      else if (zone === undefined) await this.#loadNew(apex, path, scanned);
      else await this.#loadChanged(zone.id, apex, path, scanned);
    } catch (error) {
      if (!(error instanceof WaypostError) || error instanceof StoreError) throw error;
      this.#report('failed', apex, path, [], [error.message]);
    }
  }

  // --- new zones ---

  async #loadNew(apex: DomainName, path: string, scanned: ScannedZone): Promise<void> {
    const { database, writer, onProgress } = this.#options;
    const { sorted, files } = scanned;
    const view = new SortedZoneView(sorted);
    const said = sayFindings(await this.#slices.run(this.#check(view)), scanned, path);
    if (said.errors.length > 0) {
      this.#report('failed', apex, path, said.warnings, said.errors);
      return;
    }
    const warnings = [...said.warnings, ...this.#staleSerial(view, path)];
    const records = sorted.order.length;
    const zone = { view, records, by: { kind: 'file', name: path } } as const;
    if (records >= LARGE_ZONE) {
      const id = beginStaging(database, apex, files);
      const stored = this.#startThread().stage(id, sorted);
      const run = (steps: Generator<void, void>) => this.#slices.run(steps);
      await writer.adoptComing({ ...zone, id, stored }, run, (_, count) =>
        onProgress?.(apex, count, 'served'),
      );
      this.#report('new', apex, path, warnings, [], { added: records, removed: 0 });
      return;
    }
    const id = await this.#slices.run(
      stageZone(database, sorted, files, (count) => onProgress?.(apex, count, 'stored')),
    );
    this.#pending.push({ staged: { ...zone, id }, path, warnings });
    this.#pendingRecords += records;
    if (this.#pending.length >= ZONES_AT_ONCE || this.#pendingRecords >= RECORDS_AT_ONCE)
      await this.#adoptPending();
  }

  /** A zone that was here before may come back with a serial that secondaries take for an old one (RFC 1982). */
  #staleSerial(view: ZoneView, path: string): readonly string[] {
    const [last] = this.#options.database.statements.lastRemoval.get(view.apex) ?? [];
    const serial = serialOf(view);
    if (last === undefined || isSerialAhead(serial, last)) return [];
    return [
      `${path}: serial ${serial} is not ahead of ${last}, which the zone had when it was taken away: secondaries keep what they have until it is`,
    ];
  }

  #startThread(): StoreThread {
    this.#thread ??= new StoreThread(this.#options.database);
    return this.#thread;
  }

  async #adoptPending(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingRecords = 0;
    const { writer, onProgress } = this.#options;
    const staged = pending.map((zone) => zone.staged);
    await this.#slices.run(writer.adopt(staged, (apex, count) => onProgress?.(apex, count, 'served')));
    for (const { staged: zone, path, warnings } of pending) {
      this.#report('new', zone.view.apex, path, warnings, [], { added: zone.records, removed: 0 });
    }
  }

  // --- changed zones ---

  async #loadChanged(id: number, apex: DomainName, path: string, scanned: ScannedZone): Promise<void> {
    const { database } = this.#options;
    const { sorted, files } = scanned;
    const soas = countSoas(sorted);
    if (soas !== 1) {
      const message = `${path}: ${soas} SOA records at ${showName(apex)}: a zone has exactly one`;
      this.#report('failed', apex, path, scanned.warnings, [message]);
      return;
    }
    const difference = await this.#slices.run(findDifference(database, id, sorted, apex));
    try {
      const changed = await this.#change(apex, path, difference, files);
      const steps = this.#lint.ofChanged(database.view(apex), difference);
      const warned = [...changed.warnings, ...(await this.#slices.run(steps))];
      const said = sayFindings(warned, scanned, path);
      const warnings = [...said.warnings, ...sayConflicts(changed.conflicts, path)];
      const outcome = changed.serialFrom === changed.serialTo ? 'unchanged' : 'changed';
      this.#report(outcome, apex, path, warnings, [], changed);
    } catch (error) {
      if (!(error instanceof ChangeRefusedError)) throw error;
      const said = sayFindings(error.findings, scanned, path);
      this.#report('failed', apex, path, said.warnings, said.errors);
    }
  }

  async #change(
    apex: DomainName,
    path: string,
    difference: FileDifference,
    files: readonly ReadFile[],
  ): Promise<Changed> {
    const { database, writer, effects } = this.#options;
    const { removed, added } = difference;
    const by = { kind: 'file', name: path } as const;
    if (removed.count + added.count < LARGE_CHANGE) {
      return writer.change({
        apex,
        removed,
        added,
        by,
        alongside({ id }) {
          putDifference(database.statements, id, difference);
          putFiles(database.statements, id, files);
        },
      });
    }
    const thread = this.#startThread();
    return await writer.changeElsewhere(
      apex,
      (zone) => thread.change(zone, difference, files, by, effects.nowMs()),
      touchedKeys(difference),
      (steps) => this.#slices.run(steps),
    );
  }

  // --- zones whose file is gone ---

  async #removeMissing(found: ReadonlySet<string>): Promise<void> {
    const { database, writer, directory } = this.#options;
    for (const { apex, source, id } of database.zones()) {
      if (source !== 'file' || found.has(showName(apex))) continue;
      const path = readFiles(database, id)[0]?.path ?? directory;
      const removed = database.recordCount(id);
      writer.remove(apex, { kind: 'file', name: path });
      this.#report('removed', apex, path, [], [], { added: 0, removed });
      await this.#slices.pause();
    }
  }

  *#check(view: SortedZoneView): Generator<void, Finding[]> {
    const findings = [...checkZone(view.forCheck())];
    for (const owner of view.steeringOwners()) {
      findings.push(...checkSteering([owner]));
      yield;
    }
    const lint = yield* this.#lint.of(view, view.steeringOwners());
    return [...findings, ...lint];
  }

  #report(
    outcome: ZoneReport['outcome'],
    apex: DomainName,
    path: string,
    warnings: readonly string[],
    errors: readonly string[],
    { added, removed }: Pick<Changed, 'added' | 'removed'> = { added: 0, removed: 0 },
  ): void {
    const { database } = this.#options;
    const zone = database.zone(apex);
    const serial = zone === undefined ? undefined : serialOf(database.view(apex));
    const records = zone === undefined ? 0 : database.recordCount(zone.id);
    this.#reports.push({ outcome, apex, path, serial, records, added, removed, warnings, errors });
  }
}

/** The files a zone was read from; none when its zone file is not the one at `path` any more. */
function readFiles(database: ZoneDatabase, zone: number, path?: string): ReadFile[] {
  const files = database.statements.zoneFiles
    .all(zone)
    .map(([name, size, mtimeMs, readMs, sha256]) => ({ path: name, size, mtimeMs, readMs, sha256 }));
  return path === undefined || files[0]?.path === path ? files : [];
}
