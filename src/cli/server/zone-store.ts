import type { Effects } from '../../base/effects.ts';
import type { Timers } from '../../base/timers.ts';
import type { Config } from '../../config/settings.ts';
import type { ImageMemory } from '../../image/layout.ts';
import { type ImageStatistics, ZoneImageWriter } from '../../image/writer.ts';
import { CommitQueue } from '../../store/commit-queue.ts';
import { type StoredZone, ZoneDatabase } from '../../store/database.ts';
import { JournalCutter } from '../../store/journal-cutter.ts';
import { LapseTimer } from '../../store/lapse-timer.ts';
import { SteeredOwners } from '../../store/steered-owners.ts';
import { Turns } from '../../store/turns.ts';
import { SnapshotPool } from '../../store/zone-snapshot.ts';
import { ZoneWriter } from '../../store/zone-writer.ts';
import type { DomainName } from '../../wire/name.ts';
import type { ZoneView } from '../../zone/view.ts';

/** What holding zones needs of the rest of the server. */
export interface ZoneStoreOptions {
  readonly config: Pick<Config, 'data' | 'journal' | 'transfers'>;
  readonly effects: Effects;
  readonly timers: Timers;
  /** A new buffer holds the zone image: everybody must go over to it. */
  onGeneration(memory: ImageMemory): void;
  /** A zone has a new serial, and answers show it. Must not throw. */
  onChanged(apex: DomainName): void;
}

/**
 * All that holds zones, joined: the database, the image that is answered from, the one writer of both, the queue before
 * it, snapshots, and what changes or cuts zones by itself.
 */
export class ZoneStore {
  readonly database: ZoneDatabase;
  readonly writer: ZoneWriter;
  /** The door for changes by clients and operators. */
  readonly queue: CommitQueue;
  readonly snapshots: SnapshotPool;
  /** For work that writes over several turns of the event loop. */
  readonly turns = new Turns();
  readonly #image: ZoneImageWriter;
  readonly #steered: SteeredOwners;
  readonly #cutter: JournalCutter;
  readonly #lapses: LapseTimer;

  /** Opens the database of the data directory. Throws {@link StoreError}. */
  constructor({ config, effects, timers, onGeneration, onChanged }: ZoneStoreOptions) {
    const { nowMs, log } = effects;
    const database = new ZoneDatabase(config.data);
    const steered = new SteeredOwners(nowMs);
    const image = new ZoneImageWriter({
      view: (apex) => steered.view(this.writer.shownView(apex)),
      onGeneration,
    });
    const writer = new ZoneWriter({
      database,
      image,
      effects,
      steered,
      onChanged: (apex) => {
        this.#cutter.note(apex);
        onChanged(apex);
      },
    });
    this.database = database;
    this.#image = image;
    this.#steered = steered;
    this.writer = writer;
    this.queue = new CommitQueue({ writer });
    this.snapshots = new SnapshotPool(database.path, config.transfers.max + OTHER_SNAPSHOTS);
    this.#lapses = new LapseTimer({ database, writer, steered, timers, nowMs, log });
    this.#cutter = new JournalCutter({
      database,
      writer,
      bounds: config.journal,
      effects,
      schedule: (run) => timers.after(JOURNAL_CUT_MS, run),
    });
  }

  // --- what is there ---

  /** The zones that are served, oldest first. */
  zones(): readonly StoredZone[] {
    return this.database.zones();
  }

  /** Whether there is a zone at `apex`, answered from or withheld. */
  hasZone(apex: DomainName): boolean {
    return this.database.zone(apex) !== undefined;
  }

  /** The zone at `apex`, always as it is now. Throws {@link NoSuchZoneError}. */
  view(apex: DomainName): ZoneView {
    return this.database.view(apex);
  }

  /** The apex of the deepest zone hosted here that holds `name`; withheld zones are hosted, too. */
  zoneAbove(name: DomainName): DomainName | undefined {
    return this.#image.zoneAbove(name);
  }

  /** When the members or lines of a steered owner last changed; seconds since 1970, `undefined` when that is long ago. */
  changedAt(apex: DomainName, owner: DomainName): number | undefined {
    return this.#steered.changedAt(apex, owner);
  }

  /** The newest buffer of the zone image. */
  get memory(): ImageMemory {
    return this.#image.memory;
  }

  get imageStatistics(): ImageStatistics {
    return this.#image.statistics();
  }

  // --- its life ---

  /** Changes and cuts zones by itself from now on. What has lapsed meanwhile is cleared away at once. */
  startLapses(): void {
    this.#lapses.start();
  }

  /** Brings the journals within their bounds, as they are after a change of the configuration. */
  cutJournals(): void {
    for (const { apex } of this.zones()) this.#cutter.note(apex);
  }

  /** Takes no more changes. Resolves when those that wait are done. */
  async stopChanges(): Promise<void> {
    this.#lapses.stop();
    await this.queue.close();
  }

  /** When nobody reads or writes any more. */
  async close(): Promise<void> {
    await this.#cutter.stop();
    this.snapshots.close();
    this.database.close();
  }
}

/** Zones that are read at once beside transfers: by people who look into the history. */
const OTHER_SNAPSHOTS = 16;
/** After a change: short enough that a stream of them does not pile up, long enough to be done for many at once. */
const JOURNAL_CUT_MS = 1000;
