import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExplanationSource } from '../answer/explain/explanation.ts';
import type { Effects } from '../base/effects.ts';
import { messageOf, WaypostError } from '../base/errors.ts';
import { configuredSecondaries } from '../config/secondary-rules.ts';
import type { Config } from '../config/settings.ts';
import type { ImageMemory } from '../image/layout.ts';
import { ZoneImageWriter } from '../image/writer.ts';
import { openReader } from '../store/connection.ts';
import { DATABASE_FILE, ZoneDatabase } from '../store/database.ts';
import { StoreError } from '../store/errors.ts';
import { Slices } from '../store/slices.ts';
import { SteeredOwners } from '../store/steered-owners.ts';
import type { ZoneFilePlaces } from '../store/zone-directory.ts';
import { ZoneLoader } from '../store/zone-loader.ts';
import { ZoneWriter } from '../store/zone-writer.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { ZoneView } from '../zone/view.ts';

/** Zones that cannot be read without a server; one line for each thing that is wrong. */
export class OfflineZonesError extends WaypostError {
  readonly code = 'WP_OFFLINE_ZONES';
}

/** Called while zones are read: so many records or owners so far. */
export type OnOffline = (count: number) => void;

/**
 * The zones of a configuration as a server would answer from them, in a copy of the database that is thrown away: the
 * server's own database and files stay as they are, also while it runs.
 */
export class OfflineZones {
  readonly from: ExplanationSource;
  /** Why the database was not used, where there is one. */
  readonly warning: string | undefined;
  readonly #directory: string;
  readonly #database: ZoneDatabase;
  readonly #image: ZoneImageWriter;
  readonly #steered: SteeredOwners;
  readonly #writer: ZoneWriter;
  readonly #effects: Effects;

  /**
   * Takes the zones of the database in the data directory, as they were served last; where there is none, or it cannot
   * be read, of the zone files, as `waypost check` reads them. Throws {@link OfflineZonesError} and StoreErrors.
   */
  static async open(config: Config, effects: Effects, onProgress: OnOffline): Promise<OfflineZones> {
    const directory = mkdtempSync(join(tmpdir(), 'waypost-offline-'));
    let zones: OfflineZones | undefined;
    try {
      const copied = copyDatabase(config.data, directory);
      const from: ExplanationSource =
        copied === 'copied' ? { kind: 'database', path: config.data } : { kind: 'files', path: config.zones };
      zones = new OfflineZones(directory, from, copied === 'copied' ? undefined : copied, effects);
      if (copied === 'copied') await zones.#serveStored(onProgress);
      else await zones.#loadFiles(config, onProgress);
      return zones;
    } catch (error) {
      if (zones === undefined) rmSync(directory, { recursive: true, force: true });
      else zones.close();
      throw error;
    }
  }

  private constructor(
    directory: string,
    from: ExplanationSource,
    warning: string | undefined,
    effects: Effects,
  ) {
    this.from = from;
    this.warning = warning;
    this.#directory = directory;
    this.#effects = effects;
    this.#database = new ZoneDatabase(directory);
    const steered = new SteeredOwners(() => effects.nowMs());
    this.#steered = steered;
    this.#image = new ZoneImageWriter({
      view: (apex) => steered.view(this.#writer.shownView(apex)),
      onGeneration() {},
    });
    this.#writer = new ZoneWriter({ database: this.#database, image: this.#image, effects, steered });
  }

  get memory(): ImageMemory {
    return this.#image.memory;
  }

  /** A zone as it is stored. Throws NoSuchZoneError. */
  view(apex: DomainName): ZoneView {
    return this.#database.view(apex);
  }

  /** The apex of the deepest zone here that holds `name`. */
  zoneAbove(name: DomainName): DomainName | undefined {
    return this.#image.zoneAbove(name);
  }

  changedAt(apex: DomainName, owner: DomainName): number | undefined {
    return this.#steered.changedAt(apex, owner);
  }

  /**
   * Reads a zone file in place of the one that the zone came from, as a reload would: verdicts and what updates have
   * changed stay. Throws {@link OfflineZonesError} with all that is wrong in it.
   */
  async replace(apex: DomainName, path: string, onProgress: OnOffline): Promise<void> {
    await this.#load({ directory: '.', files: [path], apex, keepsOthers: true }, onProgress);
  }

  close(): void {
    try {
      this.#database.close();
    } finally {
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  async #serveStored(onProgress: OnOffline): Promise<void> {
    const slices = new Slices(() => this.#effects.nowMs());
    await slices.run(this.#writer.serveStored((_, owners) => onProgress(owners)));
  }

  async #loadFiles(config: Config, onProgress: OnOffline): Promise<void> {
    const names = new Set(configuredSecondaries(config).secondaries.map(({ apex }) => showName(apex)));
    await this.#load(
      {
        directory: config.zones,
        isSecondary: (apex) => names.has(showName(apex)),
        hasSecondaries: () => names.size > 0,
      },
      onProgress,
    );
  }

  async #load(places: LoadedPlaces, onProgress: OnOffline): Promise<void> {
    const loader = new ZoneLoader({
      ...places,
      database: this.#database,
      writer: this.#writer,
      effects: this.#effects,
      onProgress: (_, count) => onProgress(count),
    });
    const report = await loader.load();
    const errors = [...report.errors, ...report.zones.flatMap((zone) => zone.errors)];
    if (errors.length > 0) throw new OfflineZonesError(errors.join('\n'));
  }
}

// --- helpers ---

type LoadedPlaces = ZoneFilePlaces &
  Pick<ConstructorParameters<typeof ZoneLoader>[0], 'keepsOthers' | 'isSecondary' | 'hasSecondaries'>;

/** Copies the database of a data directory, while whoever works on it goes on; otherwise why not. */
function copyDatabase(data: string, directory: string): 'copied' | string | undefined {
  const path = join(data, DATABASE_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const reader = openReader(path);
    try {
      reader.copyTo(join(directory, DATABASE_FILE));
      return 'copied';
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return `the database cannot be used, the zone files are: ${messageOf(error)}`;
  }
}
