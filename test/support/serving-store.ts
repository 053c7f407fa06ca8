// A database and what is answered from it, in this process, with a clock that the test turns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Responder } from '../../src/answer/respond.ts';
import { ZoneImageWriter } from '../../src/image/writer.ts';
import type { Changed } from '../../src/store/change.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import type { ChangedBy } from '../../src/store/journal.ts';
import { LapseTimer } from '../../src/store/lapse-timer.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { SortedZoneView, sortRecords } from '../../src/store/sorted-records.ts';
import { SteeredOwners } from '../../src/store/steered-owners.ts';
import { stageZone } from '../../src/store/zone-stage.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { RRType } from '../../src/wire/iana.ts';
import { ask, OPTIONS } from './answering.ts';
import { FakeEffects } from './effects.ts';
import { FakeTimers } from './fake-timers.ts';
import { name, rr, showRecord } from './rr.ts';

const BY: ChangedBy = { kind: 'key', name: 'deploy.' };

/** Where a {@link ServingStore} stays when it is opened again. */
export class StoreDirectory {
  readonly path: string = mkdtempSync(join(tmpdir(), 'waypost-'));
  readonly effects: FakeEffects = new FakeEffects();

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Database, image, lapse timer and one responder. It serves what is stored. */
export class ServingStore {
  readonly effects: FakeEffects;
  readonly timers: FakeTimers = new FakeTimers();
  readonly database: ZoneDatabase;
  readonly image: ZoneImageWriter;
  readonly steered: SteeredOwners;
  readonly writer: ZoneWriter;
  readonly lapses: LapseTimer;
  readonly #responder: Responder;

  constructor({ path, effects }: StoreDirectory) {
    const nowMs = () => effects.nowMs();
    const database = new ZoneDatabase(path);
    const steered = new SteeredOwners(nowMs);
    this.effects = effects;
    this.database = database;
    this.steered = steered;
    this.image = new ZoneImageWriter({
      view: (apex) => steered.view(database.view(apex)),
      onGeneration: (memory) => this.#responder.take(memory),
    });
    this.#responder = new Responder(this.image.memory, OPTIONS, nowMs);
    this.writer = new ZoneWriter({ database, image: this.image, effects, steered });
    const { log } = effects;
    this.lapses = new LapseTimer({ database, writer: this.writer, steered, timers: this.timers, nowMs, log });
    for (const _ of this.writer.serveStored());
  }

  close(): void {
    this.lapses.stop();
    this.database.close();
  }

  /** Stores a new zone and serves it. */
  host(lines: readonly string[], apex = 'example.test'): void {
    const packed = new PackedRecords(name(apex), 0);
    for (const line of lines) packed.add(rr(line, apex));
    const sorted = run(sortRecords(packed));
    const id = run(stageZone(this.database, sorted, []));
    const view = new SortedZoneView(sorted);
    run(this.writer.adopt([{ id, view, records: lines.length, by: { kind: 'file', name: 'zone' } }]));
  }

  change(removed: readonly string[], added: readonly string[], by: ChangedBy = BY): Changed {
    return this.writer.change({
      apex: name('example.test'),
      removed: removed.map((line) => rr(line)),
      added: added.map((line) => rr(line)),
      by,
    });
  }

  /** Lets time pass, for the clock and the timers. */
  pass(seconds: number): void {
    for (let left = seconds; left > 0; left--) {
      this.effects.now += 1000;
      this.timers.pass(1000);
    }
  }

  /** The answer, without the names' last labels: `www 60 A 192.0.2.1`. Sorted. */
  ask(owner: string, type: number = RRType.A): string[] {
    this.#responder.beginBatch();
    const { answers } = ask(this.#responder, `${owner}.example.test`, type);
    return answers.map((record) => showRecord(record).replaceAll('.example.test.', '')).sort();
  }

  /** Every record of an owner as it is stored. */
  stored(owner: string): string[] {
    const { name: at, rrsets } = this.database
      .view(name('example.test'))
      .get(name(`${owner}.example.test`)) ?? {
      name: name('example.test'),
      rrsets: [],
    };
    return rrsets.flatMap(({ type, ttl, rdatas }) =>
      rdatas.map((rdata) => showRecord({ owner: at, type, ttl, rdata }).replaceAll('.example.test.', '')),
    );
  }
}

function run<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
