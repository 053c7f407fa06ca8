import type { Effects } from '../base/effects.ts';
import { type DomainName, showName } from '../wire/name.ts';
import { checkZone } from '../zone/check.ts';
import type { Finding } from '../zone/finding.ts';
import type { ZoneStep } from '../zone/history.ts';
import { isSerialAhead, serialOf } from '../zone/serial.ts';
import { acceptGiven, type Changed } from './change.ts';
import type { StoredZone, ZoneDatabase } from './database.ts';
import { StoreError, ZoneFromFileError } from './errors.ts';
import type { PackedRecords } from './packed-records.ts';
import { condense, differenceFrom, type ReceivedDifference } from './received-difference.ts';
import { Slices } from './slices.ts';
import { type SortedRecords, SortedZoneView, sortRecords } from './sorted-records.ts';
import { StoreThread } from './store-thread.ts';
import type { Turns } from './turns.ts';
import { touchedKeys } from './zone-difference.ts';
import { beginStaging, clearLeftOvers, stageRecords, TRANSFER } from './zone-stage.ts';
import type { ZoneWriter } from './zone-writer.ts';

/** What taking in a transfer did. */
export interface Received {
  /** `replaced`: it did not lead forward, so that the history of the zone begins anew. */
  readonly outcome: 'unchanged' | 'new' | 'changed' | 'replaced';
  readonly serial: number;
  readonly records: number;
  readonly added: number;
  readonly removed: number;
  readonly warnings: readonly Finding[];
}

/** When a zone's primary was last heard, and until when the zone may be answered from: milliseconds since 1970. */
export interface SecondaryTimes {
  readonly confirmedMs: number;
  readonly expiresMs: number;
}

/** What is noted of a zone's primary; `undefined` when it was never heard. */
export function secondaryTimes({ statements }: ZoneDatabase, apex: DomainName): SecondaryTimes | undefined {
  const row = statements.secondary.get(apex);
  return row === undefined ? undefined : { confirmedMs: row[0], expiresMs: row[1] };
}

/** How a receiver is joined with the rest of the program. */
export interface ZoneReceiverOptions {
  readonly database: ZoneDatabase;
  readonly writer: ZoneWriter;
  readonly effects: Effects;
  /** Shared with whoever else writes over several turns of the event loop. */
  readonly turns: Turns;
  /** Lets others have their turn between slices. */
  breathe?(): Promise<void>;
}

/** A change of so many records, or a zone of them, is put into the database by the store thread. */
const LARGE = 4000;

/**
 * Takes transfers in: what a primary sent, whole and checked, becomes the zone. A zone that is here already is changed
 * by the difference, so that the journal has it and IXFR goes on from here. Serials are the primary's.
 */
export class ZoneReceiver {
  readonly #options: ZoneReceiverOptions;

  constructor(options: ZoneReceiverOptions) {
    this.#options = options;
  }

  /**
   * Makes the zone be `records`, which `primary` (its address) sent. Throws ChangeRefusedError when it cannot be served,
   * {@link ZoneFromFileError}, {@link StoreError}; then nothing has changed.
   */
  async takeWhole(records: PackedRecords, primary: string): Promise<Received> {
    const sorted = await this.#slices().run(sortRecords(records));
    return await this.#take(records.apex, (zone, slices) =>
      zone === undefined
        ? this.#putNew(sorted, primary, slices)
        : this.#putOver(zone, sorted, primary, slices),
    );
  }

  /**
   * Changes the zone by `steps`, which lead on from its serial. Throws ChangeMismatchError when they do not fit, and what
   * {@link takeWhole} throws; then nothing has changed.
   */
  async takeSteps(apex: DomainName, steps: readonly ZoneStep[], primary: string): Promise<Received> {
    return await this.#take(apex, async (zone, slices) => {
      const [first] = steps;
      const here = zone === undefined ? undefined : serialOf(this.#options.database.view(apex));
      if (zone === undefined || first === undefined || here !== first.serialFrom) {
        const message = `the differences for ${showName(apex)} begin at serial ${first?.serialFrom}, and ${here ?? 'nothing'} is here`;
        throw new StoreError('failed', message);
      }
      const by = { kind: 'primary', name: primary } as const;
      const count = steps.reduce((sum, { removed, added }) => sum + removed.length + added.length, 0);
      if (count < LARGE) {
        const { writer } = this.#options;
        const changes = steps.map(({ removed, added }) => ({ apex, removed, added, by, isGiven: true }));
        return this.#changed(zone, writer.changeInSteps(changes));
      }
      const difference = await slices.run(condense(steps, apex));
      return await this.#changeElsewhere(zone, difference, primary, slices);
    });
  }

  /** Notes when the primary was last heard, and until when the zone may be answered from; serves an expired one again. */
  async confirm(apex: DomainName, times: SecondaryTimes): Promise<void> {
    const { database, writer } = this.#options;
    await this.#inTurn(async () => {
      database.transact(() => {
        database.statements.putSecondary.run(
          apex,
          Math.round(times.confirmedMs),
          Math.round(times.expiresMs),
        );
      });
      const isHere = database.zone(apex) !== undefined;
      if (isHere && writer.isWithheld(apex)) await this.#slices().run(writer.release(apex));
    });
  }

  /** Stops serving all that came from a primary, but for what `isKept`. */
  async dropOthers(isKept: (apex: DomainName) => boolean): Promise<void> {
    const { database, writer } = this.#options;
    await this.#inTurn(async () => {
      for (const { apex, source } of database.zones()) {
        if (source !== TRANSFER || isKept(apex)) continue;
        writer.remove(apex, { kind: 'primary', name: 'none any more' });
        database.transact(() => database.statements.deleteSecondary.run(apex));
      }
      for (const apex of writer.withheld()) if (!isKept(apex)) writer.forget(apex);
    });
  }

  /** Stops answering from the zone. */
  async withhold(apex: DomainName): Promise<void> {
    await this.#inTurn(async () => this.#options.writer.withhold(apex));
  }

  // --- the ways in ---

  async #putOver(
    zone: StoredZone,
    sorted: SortedRecords,
    primary: string,
    slices: Slices,
  ): Promise<Received> {
    const { database, writer } = this.#options;
    const { apex } = zone;
    const difference = await slices.run(differenceFrom(database.statements, zone.id, sorted, apex));
    const { removed, added } = difference;
    if (removed.count + added.count === 0) return this.#changed(zone, []);
    const view = new SortedZoneView(sorted);
    if (!isSerialAhead(serialOf(view), serialOf(database.view(apex)))) {
      return await this.#putNew(sorted, primary, slices, zone);
    }
    if (removed.count + added.count >= LARGE) {
      return await this.#changeElsewhere(zone, difference, primary, slices);
    }
    const by = { kind: 'primary', name: primary } as const;
    return this.#changed(zone, [writer.change({ apex, removed, added, by, isGiven: true })]);
  }

  async #putNew(
    sorted: SortedRecords,
    primary: string,
    slices: Slices,
    replaces?: StoredZone,
  ): Promise<Received> {
    const { database, writer } = this.#options;
    const view = new SortedZoneView(sorted);
    const { apex } = view;
    const warnings = [...sorted.findings, ...acceptGiven([...checkZone(view.forCheck())])];
    const records = sorted.order.length;
    const id = beginStaging(database, apex, undefined);
    const by = { kind: 'primary', name: primary } as const;
    const staged = { id, view, records, by, ...(replaces === undefined ? {} : { replaces }) };
    const run = (steps: Generator<void, void>) => slices.run(steps);
    try {
      if (records < LARGE) {
        for (const _ of stageRecords(database, id, sorted, false));
        await writer.adoptComing({ ...staged, stored: Promise.resolve() }, run);
      } else {
        await this.#inThread((thread) =>
          writer.adoptComing({ ...staged, stored: thread.stage(id, sorted, false) }, run),
        );
      }
    } finally {
      await slices.run(clearLeftOvers(database)); // the zone that was replaced, or this one when it failed
    }
    const outcome = replaces === undefined ? 'new' : 'replaced';
    return { outcome, serial: serialOf(view), records, added: records, removed: 0, warnings };
  }

  async #changeElsewhere(
    zone: StoredZone,
    difference: ReceivedDifference,
    primary: string,
    slices: Slices,
  ): Promise<Received> {
    const { writer, effects } = this.#options;
    const whole = { ...difference, chunks: [], staleChunks: [] };
    const by = { kind: 'primary', name: primary } as const;
    const changed = await this.#inThread((thread) =>
      writer.changeElsewhere(
        zone.apex,
        (stored) => thread.change(stored, whole, [], by, effects.nowMs(), true),
        touchedKeys(whole),
        (steps) => slices.run(steps),
      ),
    );
    return this.#changed(zone, [changed]);
  }

  // --- around them ---

  /** Runs `work` when nobody else writes. */
  #take(
    apex: DomainName,
    work: (zone: StoredZone | undefined, slices: Slices) => Promise<Received>,
  ): Promise<Received> {
    return this.#inTurn(async () => {
      const zone = this.#options.database.zone(apex);
      if (zone !== undefined && zone.source !== TRANSFER) throw new ZoneFromFileError(apex);
      return await work(zone, this.#slices());
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { writer, turns } = this.#options;
    return turns.take(async () => {
      while (writer.isFilling) await new Promise<void>((resolve) => writer.whenFilled(resolve));
      return await work();
    });
  }

  #changed(zone: StoredZone, changes: readonly Changed[]): Received {
    const { database } = this.#options;
    return {
      outcome: changes.length === 0 ? 'unchanged' : 'changed',
      serial: serialOf(database.view(zone.apex)),
      records: database.recordCount(zone.id),
      added: changes.reduce((sum, { added }) => sum + added, 0),
      removed: changes.reduce((sum, { removed }) => sum + removed, 0),
      warnings: changes.flatMap(({ warnings }) => warnings),
    };
  }

  async #inThread<T>(work: (thread: StoreThread) => Promise<T>): Promise<T> {
    const thread = new StoreThread(this.#options.database);
    try {
      return await work(thread);
    } finally {
      await thread.end();
    }
  }

  #slices(): Slices {
    const { effects, breathe } = this.#options;
    return new Slices(() => effects.nowMs(), breathe);
  }
}
