import { rmSync } from 'node:fs';
import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import { lookUp } from '../geo/look-up.ts';
import type { GeoLookup, GeoReport } from '../geo/report.ts';
import { GeoTables } from '../geo/tables.ts';
import { makeTablesOnThread, type TablesJob } from './geo-thread.ts';
import { readKept } from './kept-tables.ts';
import type { AtlasPaths } from './load-geo.ts';
import type { TablesOrder, TablesOutcome } from './make-tables.ts';
import { type Reported, reportGeo, warningsOf } from './report.ts';
import { type AtlasFile, stampOf } from './source-file.ts';
import { type KeySource, keyOf, type TablesKey } from './tables-key.ts';

/** What the atlas needs of the rest of the server. */
export interface AtlasOptions {
  readonly effects: Pick<Effects, 'nowMs' | 'log'>;
  readonly timers: Timers;
  /** Other tables are there: everybody must go over to them. */
  onTables(memory: SharedArrayBuffer | undefined): void;
  /** Begins to make tables; on a thread, unless a test has its own way. */
  readonly makeTables?: (order: TablesOrder) => TablesJob;
  /** Asks the system, unless a test has its own way. */
  readonly stampOf?: (path: string) => Promise<string>;
}

/**
 * The location data of a running server: the tables that are answered from, and the files that they were made of, which
 * are watched.
 *
 * ```text
 *   kept tables ─► in use ◄── made on a thread ◄── stamps differ, and have stood still for a moment ◄─┐
 *                    │                      └─ refused: one warning, until the files change again ────┤
 *                    └──────── every few seconds, and at a reload: stamps of the files ───────────────┘
 * ```
 */
export class Atlas {
  readonly #keptPath: string;
  readonly #options: AtlasOptions;
  readonly #makeTables: (order: TablesOrder) => TablesJob;
  readonly #stampOf: (path: string) => Promise<string>;
  #files: readonly AtlasFile[];
  #tables: GeoTables | undefined;
  /** The files as they were when they were read last. */
  #sources: readonly KeySource[] = [];
  /** Why no tables could be made, when no file is to blame. */
  #trouble: string | undefined;
  /** Stamps that differ from those of the files read, and how often they have been others again. */
  #unsteady: { readonly stamps: readonly string[]; readonly changes: number } | undefined;
  #look: Promise<void> | undefined;
  #job: TablesJob | undefined;
  #isStopped = false;
  #cancel: () => void = () => {};

  /** Opens what is kept, which takes a tenth of a second for a city database. Never throws. */
  constructor({ files, keptPath }: AtlasPaths, options: AtlasOptions) {
    this.#keptPath = keptPath;
    this.#options = options;
    this.#makeTables = options.makeTables ?? makeTablesOnThread;
    this.#stampOf = options.stampOf ?? stampOf;
    this.#files = files;
    if (files.length === 0) return;
    const { tables, problem } = readKept(keptPath);
    this.#tables = tables;
    this.#sources = this.#key?.sources ?? [];
    if (problem !== undefined)
      options.effects.log.info('geo: compiling anew, since the kept tables cannot be used', {
        file: keptPath,
        reason: problem,
      });
  }

  /** The tables in use. */
  get memory(): SharedArrayBuffer | undefined {
    return this.#tables?.memory;
  }

  /** Looks at the files now and watches them from now on. */
  start(): void {
    rmSync(`${this.#keptPath}.new`, { force: true }); // of a process that was killed while it wrote
    const { timers } = this.#options;
    const cancelWatch = timers.every(WATCH_MS, () => void this.#begin(false));
    const cancelAge = timers.every(DAY_MS, () => this.#tell());
    this.#cancel = () => {
      cancelWatch();
      cancelAge();
    };
    void this.#begin(true);
  }

  /** Resolves when there are tables, or it is known that there are none, at the latest after `ms`. */
  async ready(ms = LONGEST_WAIT_MS): Promise<void> {
    if (this.#tables !== undefined || this.#look === undefined) return;
    let cancel = (): void => {};
    const waited = new Promise<void>((resolve) => {
      cancel = this.#options.timers.after(ms, resolve);
    });
    await Promise.race([this.#look, waited]);
    cancel();
  }

  /** Takes over what the configuration says now, and looks at the files at once. Resolves when they are taken over. */
  async reload(files: readonly AtlasFile[]): Promise<void> {
    this.#files = files;
    await this.#look; // which is of the old files, or began before they changed
    if (files.length > 0) return await this.#begin(true);
    this.#sources = [];
    this.#trouble = undefined;
    if (this.#tables !== undefined) this.#use(undefined);
  }

  /** How it all is. */
  report(): GeoReport {
    return reportGeo(this.#reported, this.#options.effects.nowMs());
  }

  /** What is known of an address of 4 or 16 octets; `undefined` while nothing is known of any. */
  lookUp(address: Uint8Array): GeoLookup | undefined {
    return this.#tables === undefined ? undefined : lookUp(this.#tables, address);
  }

  /** Resolves when nothing is read or written any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    if (this.#job === undefined) return; // nobody waits for a file system that does not answer
    await this.#job.stop();
    await this.#look;
  }

  // --- watching ---

  /** Looks at the files, unless that is under way. */
  #begin(isAsked: boolean): Promise<void> {
    this.#look ??= this.#lookAtFiles(isAsked).finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  /** `isAsked`: somebody wants to know, so files that were written a moment ago are read, and all warnings are told. */
  async #lookAtFiles(isAsked: boolean): Promise<void> {
    const files = this.#files;
    const stamps = await Promise.all(files.map(({ path }) => this.#stampOf(path)));
    if (this.#isStopped) return;
    const isAgain = isAsked && this.#trouble !== undefined;
    if (this.#isKnown(files, stamps) && !isAgain) {
      this.#unsteady = undefined;
      if (isAsked) this.#tell();
    } else if (isAsked || this.#isSteady(stamps)) {
      this.#unsteady = undefined;
      await this.#make(files, stamps);
    }
  }

  /** Whether these are the files that were read last. */
  #isKnown(files: readonly AtlasFile[], stamps: readonly string[]): boolean {
    if (this.#sources.length !== files.length) return false;
    return this.#sources.every(({ path, stamp }, i) => path === files[i]?.path && stamp === stamps[i]);
  }

  /** Whether files that have changed have done changing: those that are copied over are not read half. */
  #isSteady(stamps: readonly string[]): boolean {
    const before = this.#unsteady;
    const isSame = before?.stamps.every((stamp, i) => stamp === stamps[i]) ?? false;
    const changes = (before?.changes ?? 0) + 1;
    this.#unsteady = { stamps, changes };
    return isSame || changes > MOST_CHANGES;
  }

  async #make(files: readonly AtlasFile[], stamps: readonly string[]): Promise<void> {
    const { effects } = this.#options;
    const order = { files, inUse: this.#key, nowMs: effects.nowMs(), keptPath: this.#keptPath };
    try {
      this.#job = this.#makeTables(order);
      const outcome = await this.#job.outcome;
      if (this.#isStopped) return;
      this.#trouble = undefined;
      this.#take(outcome, effects.nowMs() - order.nowMs);
    } catch (error) {
      if (this.#isStopped) return;
      this.#trouble = messageOf(error);
      this.#sources = files.map(({ path }, i) => ({ path, stamp: stamps[i] ?? '', digest: '', problem: '' }));
    } finally {
      this.#job = undefined;
    }
    this.#tell();
  }

  #take(outcome: TablesOutcome, ms: number): void {
    this.#sources = outcome.sources;
    if (outcome.kind !== 'made') return;
    const { log } = this.#options.effects;
    this.#use(new GeoTables(outcome.memory));
    log.info('geo: location data taken over', {
      files: outcome.sources.filter(({ problem }) => problem === '').length,
      ranges: (this.#tables?.ipv4Ranges ?? 0) + (this.#tables?.ipv6Ranges ?? 0),
      locations: this.#tables?.locationCount,
      octets: outcome.memory.byteLength,
      ms,
    });
    if (outcome.unkept !== undefined)
      log.warn('geo: the tables could not be kept; the next start compiles them again', {
        file: this.#keptPath,
        reason: outcome.unkept,
      });
  }

  #use(tables: GeoTables | undefined): void {
    this.#tables = tables;
    this.#options.onTables(tables?.memory);
  }

  // --- telling ---

  get #key(): TablesKey | undefined {
    return this.#tables === undefined ? undefined : keyOf(this.#tables);
  }

  get #reported(): Reported {
    return {
      files: this.#files,
      sources: this.#sources,
      tables: this.#tables,
      isCompiling: this.#job !== undefined,
      trouble: this.#trouble,
    };
  }

  #tell(): void {
    const { effects } = this.#options;
    const { log } = effects;
    for (const warning of warningsOf(this.#reported, effects.nowMs())) log.warn(`geo: ${warning}`);
    if (this.#trouble !== undefined) log.error(`geo: ${this.#trouble}; the old tables stay`);
  }
}

/** How often the files are looked at. One that has changed is read when it is the same the next time. */
const WATCH_MS = 2000;
/** A file that is never the same twice is read all the same after so many looks. */
const MOST_CHANGES = 30;
const DAY_MS = 86_400_000;
/** Without any tables, clients wait so long for the first ones: wrong answers would be cached for longer. */
const LONGEST_WAIT_MS = 15_000;
