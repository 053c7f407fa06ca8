import type { Effects } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import { latin1 } from '../base/latin1.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { ZoneDatabase } from './database.ts';
import { breathe } from './slices.ts';
import type { ZoneWriter } from './zone-writer.ts';

/** How much of each zone's history is kept. */
export interface JournalBounds {
  /** Entries: one for each change. */
  readonly maxEntries: number;
  /** Records removed and added by the entries together, their SOAs among them. */
  readonly maxRecords: number;
}

/** How a cutter is joined with the rest of the program. */
export interface JournalCutterOptions {
  readonly database: ZoneDatabase;
  readonly writer: Pick<ZoneWriter, 'isFilling' | 'whenFilled'>;
  readonly bounds: JournalBounds;
  readonly effects: Effects;
  /** Calls `run` a while later. The returned function cancels. */
  schedule(run: () => void): () => void;
  /** Lets everything else on the thread have its turn. */
  readonly breathe?: () => Promise<void>;
}

/**
 * Keeps the journals of the zones within their bounds: some time after a change it removes the oldest entries, in small
 * transactions of their own with everything else between them, so no change waits for more than one of these. The
 * newest entry of a zone always stays. Whatever is removed, a snapshot that is open still has it. A crash at any moment
 * leaves whole entries only, and what is left to clear away is cleared after the next start.
 */
export class JournalCutter {
  readonly #options: JournalCutterOptions;
  readonly #breathe: () => Promise<void>;
  /** By apex, in Latin-1. */
  readonly #journals = new Map<string, KnownJournal>();
  #changed = new Map<string, DomainName>();
  #cancel: (() => void) | undefined;
  #cutting: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: JournalCutterOptions) {
    this.#options = options;
    this.#breathe = options.breathe ?? breathe;
  }

  /** To be called after every change of a zone, and once for each zone at the start. */
  note(apex: DomainName): void {
    if (this.#isStopped) return;
    this.#changed.set(latin1(apex), apex);
    this.#wake();
  }

  /** Resolves when nothing is being cut and nothing will be any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#cutting;
  }

  #wake(): void {
    if (this.#cancel !== undefined || this.#cutting !== undefined || this.#isStopped) return;
    this.#cancel = this.#options.schedule(() => {
      this.#cancel = undefined;
      this.#cutting = this.#cut().finally(() => {
        this.#cutting = undefined;
        if (this.#changed.size > 0) this.#wake();
      });
    });
  }

  async #cut(): Promise<void> {
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [key, apex] of changed) {
      try {
        await this.#cutZone(key, apex);
        await this.#clear();
      } catch (error) {
        // It is tried again after the next change; until then there is more history than was asked for.
        const fields = { zone: showName(apex), error: messageOf(error) };
        this.#options.effects.log.warn('store: could not cut the journal', fields);
        this.#journals.delete(key);
      }
    }
  }

  async #cutZone(key: string, apex: DomainName): Promise<void> {
    const { statements } = this.#options.database;
    const { maxEntries, maxRecords } = this.#options.bounds;
    const journal = this.#journals.get(key) ?? { last: 0, entries: 0, records: 0 };
    this.#journals.set(key, journal);
    const [entries = 0, records, last] = statements.journalGrowth.get(apex, journal.last) ?? [];
    journal.entries += entries;
    journal.records += records ?? 0;
    journal.last = last ?? journal.last;
    if (journal.entries <= maxEntries && journal.records <= maxRecords) return;
    // Some more than need be, so that not every change is followed by a cut.
    const target = { entries: withSlack(maxEntries), records: withSlack(maxRecords) };
    while (await this.#turn()) {
      if (!this.#cutSlice(apex, journal, target)) return;
    }
  }

  /** Removes a few entries; whether there may be more to remove. */
  #cutSlice(apex: DomainName, journal: KnownJournal, target: Bounds): boolean {
    const { database } = this.#options;
    const { statements } = database;
    // One more than may go: the newest stays.
    const oldest = statements.oldestEntries.all(apex, Math.min(ENTRIES_AT_ONCE + 1, journal.entries));
    oldest.pop();
    let [last, entries, rows] = [0, 0, 0];
    for (const [id, records] of oldest) {
      if (journal.entries - entries <= target.entries && journal.records - rows <= target.records) break;
      if (rows > 0 && rows + records > ROWS_AT_ONCE) break;
      last = id;
      entries++;
      rows += records;
    }
    if (entries === 0) return false;
    database.transactLazily(() => {
      // Of several none is that large.
      if (rows > ROWS_AT_ONCE) statements.insertCut.run(last);
      else statements.deleteOldestRecords.run(apex, last);
      statements.deleteOldestEntries.run(apex, last);
    });
    journal.entries -= entries;
    journal.records -= rows;
    return true;
  }

  /** Clears away the records of large entries that are gone. */
  async #clear(): Promise<void> {
    const { database } = this.#options;
    const { statements } = database;
    while (await this.#turn()) {
      const [id] = statements.oldestCut.get() ?? [];
      if (id === undefined) return;
      database.transactLazily(() => {
        const { changes } = statements.clearJournalRecords.run(id, ROWS_AT_ONCE);
        if (changes < ROWS_AT_ONCE) statements.deleteCut.run(id);
      });
    }
  }

  /** Waits for everybody else; whether to go on. */
  async #turn(): Promise<boolean> {
    await this.#breathe();
    const { writer } = this.#options;
    while (writer.isFilling && !this.#isStopped) {
      await new Promise<void>((resolve) => writer.whenFilled(resolve));
    }
    return !this.#isStopped;
  }
}

// --- helpers ---

type Bounds = { readonly entries: number; readonly records: number };

/** What is known of a zone's journal, as far as the entry `last`. */
interface KnownJournal {
  last: number;
  entries: number;
  records: number;
}

/** Entries, and records, that one transaction removes: about a millisecond. */
const ENTRIES_AT_ONCE = 100;
const ROWS_AT_ONCE = 500;

/** A sixteenth less. */
function withSlack(bound: number): number {
  return bound - (bound >> 4);
}
