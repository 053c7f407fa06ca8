import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Changed } from '../../src/store/change.ts';
import type { Decide } from '../../src/store/change-group.ts';
import { CommitQueue } from '../../src/store/commit-queue.ts';
import { ZoneDatabase } from '../../src/store/database.ts';
import {
  ChangeRefusedError,
  NoSuchZoneError,
  QueueClosedError,
  QueueFullError,
  StoreError,
} from '../../src/store/errors.ts';
import { PackedRecords } from '../../src/store/packed-records.ts';
import { SortedZoneView, sortRecords } from '../../src/store/sorted-records.ts';
import { stageZone } from '../../src/store/zone-stage.ts';
import { ZoneWriter } from '../../src/store/zone-writer.ts';
import { type DomainName, showName } from '../../src/wire/name.ts';
import { serialOf } from '../../src/zone/serial.ts';
import { FakeEffects } from '../support/effects.ts';
import { MapImage, showView } from '../support/map-image.ts';
import { name, rr } from '../support/rr.ts';

const APEX = name('example.test');
const OTHER = name('other.test');
const BY = { kind: 'key', name: 'deploy.' } as const;
const ZONE = [
  '@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300',
  '@ 3600 NS ns1',
  'ns1 3600 A 192.0.2.53',
  'www 60 A 192.0.2.1',
];

describe('store/commit-queue', () => {
  let directory = '';
  let database: ZoneDatabase;
  let image: MapImage;
  let writer: ZoneWriter;
  let queue: CommitQueue;
  let told: string[] = [];
  /** What the queue has scheduled and the test has not run. */
  let turns: (() => void)[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
    database = new ZoneDatabase(directory);
    image = new MapImage((apex) => database.view(apex));
    told = [];
    turns = [];
    const onChanged = (apex: Uint8Array) => told.push(showName(apex));
    writer = new ZoneWriter({ database, image, effects: new FakeEffects(), onChanged });
    for (const apex of ['example.test', 'other.test']) adopt(apex);
    told = [];
    queue = makeQueue();
  });
  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('a change is answered after its commit, when the image shows it', async () => {
    const change = queue.submit(APEX, adds('a 60 A 192.0.2.4'));
    const shown = change.then(() => image.at('example.test.', 'a.example.test.'));
    expect(image.at('example.test.', 'a.example.test.')).to.deep.equal([]);
    turn();
    expect(await change).to.deep.include({ serialFrom: 7, serialTo: 8, added: 1 });
    expect(await shown).to.deep.equal(['a.example.test. 60 A 192.0.2.4']);
    expectImageIsDatabase();
  });

  it('when it is closed, what waits is done and nothing more is taken', async () => {
    const waiting = queue.submit(APEX, adds('a 60 A 192.0.2.4'));
    let isClosed = false;
    const closed = queue.close().then(() => {
      isClosed = true;
    });
    const late = await queue.submit(APEX, adds('b 60 A 192.0.2.4')).catch((error: unknown) => error);
    expect(late).to.be.instanceOf(QueueClosedError);
    expect(isClosed).to.equal(false);
    turn();
    expect(await waiting).to.deep.include({ serialTo: 8 });
    await closed;
    await queue.close();
  });

  it('a job sees what the jobs before it in the group have done, and not what comes after', async () => {
    const seen: (readonly string[])[] = [];
    const look: Decide<undefined> = (view) => {
      seen.push([`${serialOf(view)}`, ...showView(view).filter((line) => /^[ab]\./.test(line))]);
      return { kind: 'result', result: undefined };
    };
    const all = [
      queue.submit(APEX, look),
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(APEX, look),
      queue.submit(APEX, adds('b 60 A 192.0.2.5')),
      queue.submit(OTHER, look),
    ];
    turn();
    await Promise.all(all);
    expect(seen).to.deep.equal([['7'], ['8', 'a.example.test. 60 A 192.0.2.4'], ['7']]);
  });

  it('many changes are one transaction, one step of the image and one word to others for each zone', async () => {
    const before = [commits(), image.switches];
    const all = Array.from({ length: 20 }, (_, i) =>
      queue.submit(i % 4 === 0 ? OTHER : APEX, adds(`h${i} 60 A 192.0.2.${i}`, i % 4 === 0 ? OTHER : APEX)),
    );
    turn();
    const changes = await Promise.all(all);
    expect([commits(), image.switches]).to.deep.equal([(before[0] ?? 0) + 1, (before[1] ?? 0) + 2]);
    expect(told.sort()).to.deep.equal(['example.test.', 'other.test.']);
    expectImageIsDatabase();
    const serials = changes.filter(({ apex }) => apex === APEX).map(({ serialTo }) => serialTo);
    expect(serials).to.deep.equal(Array.from({ length: 15 }, (_, i) => 8 + i));
    expect(journal()).to.have.length(20);
  });

  it('each changing job is one serial step and one entry of the journal, the others none', async () => {
    const all = [
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(APEX, () => ({ kind: 'result', result: 'NXRRSET' })),
      queue.submit(APEX, adds('b 60 A 192.0.2.5')),
    ];
    turn();
    const [, same, verdict] = await Promise.all(all);
    expect(same).to.deep.include({ serialFrom: 8, serialTo: 8, added: 0 });
    expect(verdict).to.equal('NXRRSET');
    expect(journal()).to.deep.equal([
      [7, 8],
      [8, 9],
    ]);
  });

  it('a group that changes nothing does not touch disk, image or others', async () => {
    const before = [commits(), image.switches];
    const all = [
      queue.submit(APEX, () => ({ kind: 'result', result: 1 })),
      queue.submit(APEX, () => ({ kind: 'result', result: 2 })),
    ];
    turn();
    expect(await Promise.all(all)).to.deep.equal([1, 2]);
    expect([commits(), image.switches, told]).to.deep.equal([...before, []]);
  });

  it('a refused job is undone alone, between two good ones', async () => {
    const all = [
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(APEX, adds('www 60 CNAME ns1')),
      queue.submit(APEX, () => {
        throw new RangeError('decide');
      }),
      queue.submit(name('absent.test'), adds('a 60 A 192.0.2.4')),
      queue.submit(APEX, adds('b 60 A 192.0.2.5')),
    ];
    turn();
    const [first, refused, threw, absent, last] = await Promise.allSettled(all);
    expect([first?.status, last?.status]).to.deep.equal(['fulfilled', 'fulfilled']);
    expect(errorOf(refused)).to.be.instanceOf(ChangeRefusedError);
    expect(errorOf(threw)).to.be.instanceOf(RangeError);
    expect(errorOf(absent)).to.be.instanceOf(NoSuchZoneError);
    expect(serialOf(database.view(APEX))).to.equal(9);
    expect(journal()).to.have.length(2);
    expectImageIsDatabase();
  });

  it('what cannot say its result is undone, and nobody is told', async () => {
    const change = queue.submit(APEX, () => ({
      kind: 'change',
      change: { removed: [], added: [rr('a 60 A 192.0.2.4')], by: BY },
      result() {
        throw new RangeError('result');
      },
    }));
    turn();
    expect(await failure(change)).to.be.instanceOf(RangeError);
    expect([serialOf(database.view(APEX)), told]).to.deep.equal([7, []]);
  });

  it('law: a group does what the same jobs do one by one', async () => {
    const line = fc.tuple(
      fc.constantFrom('a', 'b', 'c', '@'),
      fc.constantFrom('60 A 192.0.2.4', '60 A 192.0.2.5', '30 A 192.0.2.5', '60 CNAME ns1', '3600 NS ns1'),
    );
    const jobs = fc.array(
      fc.record({ removed: fc.array(line, { maxLength: 3 }), added: fc.array(line, { maxLength: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(jobs, async (group) => {
        const changes = (apex: DomainName) =>
          group.map(({ removed, added }) => ({
            apex,
            removed: removed.map((words) => rr(words.join(' '), showName(apex))),
            added: added.map((words) => rr(words.join(' '), showName(apex))),
            by: BY,
          }));
        const result = (changed: Changed) => changed;
        const together = changes(APEX).map((change) =>
          queue.submit(APEX, () => ({ kind: 'change', change, result })),
        );
        turn();
        const alone = changes(OTHER).map(async (change) => writer.change(change));
        expect((await Promise.allSettled(together)).map(showOutcome)).to.deep.equal(
          (await Promise.allSettled(alone)).map(showOutcome),
        );
        const other = showView(database.view(OTHER)).map((text) =>
          text.replaceAll('other.test.', 'example.test.'),
        );
        expect(showView(database.view(APEX))).to.deep.equal(other);
        expectImageIsDatabase();
      }),
      { numRuns: 50 },
    );
  });

  it('promises settle in the order of the jobs', async () => {
    const order: string[] = [];
    const all = [
      queue.submit(APEX, adds('a 60 A 192.0.2.4')).then(() => order.push('a')),
      queue.submit(APEX, () => ({ kind: 'result', result: 0 })).then(() => order.push('b')),
      queue.submit(OTHER, adds('a 60 A 192.0.2.4', OTHER)).then(() => order.push('c')),
      queue.submit(APEX, adds('d 60 A 192.0.2.4')).then(() => order.push('d')),
    ];
    turn();
    await Promise.all(all);
    expect(order).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('when the commit fails, every job of the group fails, nothing is shown, and the next group goes through', async () => {
    aside(
      'CREATE TABLE broken (zone INTEGER REFERENCES zone(id) DEFERRABLE INITIALLY DEFERRED)',
      'CREATE TRIGGER breaks AFTER INSERT ON journal BEGIN INSERT INTO broken VALUES (-1); END',
    );
    const before = image.switches;
    const all = [
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(OTHER, adds('b 60 A 192.0.2.5', OTHER)),
      queue.submit(APEX, () => ({ kind: 'result', result: 0 })),
    ];
    turn();
    for (const each of await Promise.allSettled(all)) expect(errorOf(each)).to.be.instanceOf(StoreError);
    expect([image.switches, told, journal()]).to.deep.equal([before, [], []]);
    expectImageIsDatabase();
    aside('DROP TRIGGER breaks', 'DROP TABLE broken');
    const next = queue.submit(APEX, adds('a 60 A 192.0.2.4'));
    turn();
    expect((await next).serialTo).to.equal(8);
    expectImageIsDatabase();
  });

  it('when SQLite rolls back everything within a job, every job of the group fails', async () => {
    aside(
      "CREATE TRIGGER breaks BEFORE INSERT ON rr WHEN NEW.ttl = 66 BEGIN SELECT RAISE(ROLLBACK, 'x'); END",
    );
    const all = [
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(APEX, adds('b 66 A 192.0.2.5')),
      queue.submit(APEX, adds('c 60 A 192.0.2.6')),
    ];
    turn();
    for (const each of await Promise.allSettled(all)) expect(errorOf(each)).to.be.instanceOf(StoreError);
    expect(serialOf(database.view(APEX))).to.equal(7);
    expect(journal()).to.deep.equal([]);
    expectImageIsDatabase();
  });

  it('on a full disk what is answered is there, what is not is not, and the next change goes through', async () => {
    database.limitPages(30);
    const many = Array.from({ length: 5000 }, (_, i) => rr(`h${i} 60 A 192.0.2.${i & 255}`));
    const all = [
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(APEX, () => ({
        kind: 'change',
        change: { removed: [], added: many, by: BY },
        result: (changed) => changed,
      })),
      queue.submit(APEX, adds('b 60 A 192.0.2.5')),
    ];
    turn();
    const [first, large, last] = await Promise.allSettled(all);
    expect(errorOf(large)).to.be.instanceOf(StoreError).with.property('trouble', 'full');
    const lines = showView(database.view(APEX));
    expect(lines.some((line) => line.startsWith('a.'))).to.equal(first?.status === 'fulfilled');
    expect(lines.some((line) => line.startsWith('b.'))).to.equal(last?.status === 'fulfilled');
    expect(lines.some((line) => line.startsWith('h1.'))).to.equal(false);
    expectImageIsDatabase();
    database.limitPages(0xffff_fffe);
    const next = queue.submit(APEX, adds('c 60 A 192.0.2.4'));
    turn();
    await next;
    expectImageIsDatabase();
  });

  it('a database that another process writes to fails the group, and not the next one', async () => {
    const side = new Database(database.path);
    side.exec('BEGIN IMMEDIATE');
    const all = [queue.submit(APEX, adds('a 60 A 192.0.2.4')), queue.submit(APEX, adds('b 60 A 192.0.2.5'))];
    turn();
    for (const each of await Promise.allSettled(all)) {
      expect(errorOf(each)).to.be.instanceOf(StoreError).with.property('trouble', 'locked');
    }
    side.close();
    const next = queue.submit(APEX, adds('a 60 A 192.0.2.4'));
    turn();
    expect((await next).serialTo).to.equal(8);
  });

  it('when the image fails after the commit, it is made again and the jobs are done', async () => {
    const all = [
      queue.submit(APEX, adds('a 60 A 192.0.2.4')),
      queue.submit(OTHER, adds('b 60 A 192.0.2.5', OTHER)),
    ];
    image.failure = new Error('no room');
    turn();
    await Promise.all(all);
    expectImageIsDatabase();
  });

  it('beyond its limit of waiting jobs it refuses at once', async () => {
    queue = makeQueue({ limit: 2 });
    const all = [queue.submit(APEX, adds('a 60 A 192.0.2.4')), queue.submit(APEX, adds('b 60 A 192.0.2.5'))];
    const refused = await failure(queue.submit(APEX, adds('c 60 A 192.0.2.6')));
    expect(refused).to.be.instanceOf(QueueFullError).with.property('code', 'WP_QUEUE_FULL');
    expect(queue.waiting).to.equal(2);
    turn();
    await Promise.all(all);
    const next = queue.submit(APEX, adds('c 60 A 192.0.2.6'));
    turn();
    expect((await next).serialTo).to.equal(10);
  });

  it('a group has so many jobs at most, the others come in the next turns', async () => {
    queue = makeQueue({ mostAtOnce: 2 });
    const before = commits();
    const all = ['a', 'b', 'c', 'd', 'e'].map((owner) => queue.submit(APEX, adds(`${owner} 60 A 192.0.2.4`)));
    for (const waiting of [3, 1, 0]) {
      turn();
      expect(queue.waiting).to.equal(waiting);
    }
    expect(turns).to.deep.equal([]);
    expect((await Promise.all(all)).map(({ serialTo }) => serialTo)).to.deep.equal([8, 9, 10, 11, 12]);
    expect(commits()).to.equal(before + 3);
  });

  it('what is submitted while a group runs is in the next one', async () => {
    let inner: Promise<Changed> | undefined;
    const outer = queue.submit(APEX, (view) => {
      inner = queue.submit(APEX, adds('b 60 A 192.0.2.5'));
      return adds('a 60 A 192.0.2.4')(view);
    });
    turn();
    expect((await outer).serialTo).to.equal(8);
    expect(queue.waiting).to.equal(1);
    turn();
    expect((await inner)?.serialTo).to.equal(9);
  });

  it('while the image is filled jobs wait, bounded, and run when that ends', async () => {
    queue = makeQueue({ limit: 2 });
    const steps = writer.serveStored();
    steps.next();
    const all = [queue.submit(APEX, adds('a 60 A 192.0.2.4'))];
    turn();
    all.push(queue.submit(APEX, adds('b 60 A 192.0.2.5')));
    expect(turns).to.deep.equal([]); // it does not look again and again
    expect(await failure(queue.submit(APEX, adds('c 60 A 192.0.2.6')))).to.be.instanceOf(QueueFullError);
    for (const _ of steps);
    expect(queue.waiting).to.equal(2);
    turn();
    expect((await Promise.all(all)).map(({ serialTo }) => serialTo)).to.deep.equal([8, 9]);
    expectImageIsDatabase();
  });

  it('with nothing injected, what is submitted in one turn of the event loop is one transaction', async () => {
    queue = new CommitQueue({ writer });
    const before = commits();
    const all = ['a', 'b', 'c'].map((owner) => queue.submit(APEX, adds(`${owner} 60 A 192.0.2.4`)));
    await Promise.resolve();
    all.push(queue.submit(APEX, adds('d 60 A 192.0.2.4')));
    await Promise.all(all);
    expect(commits()).to.equal(before + 1);
  });

  function makeQueue(options: { limit?: number; mostAtOnce?: number } = {}): CommitQueue {
    return new CommitQueue({ writer, schedule: (run) => turns.push(run), ...options });
  }

  /** One turn of the event loop: runs what was scheduled by now. */
  function turn(): void {
    const run = turns;
    turns = [];
    for (const each of run) each();
  }

  function adopt(apex: string): void {
    const packed = new PackedRecords(name(apex), 0);
    for (const line of ZONE) packed.add(rr(line, apex));
    const sorted = finish(sortRecords(packed));
    const id = finish(stageZone(database, sorted, []));
    const by = { kind: 'file', name: `${apex}.zone` } as const;
    finish(writer.adopt([{ id, view: new SortedZoneView(sorted), records: ZONE.length, by }]));
  }

  function expectImageIsDatabase(): void {
    for (const apex of [APEX, OTHER]) {
      const shown = [...(image.zones.get(showName(apex))?.values() ?? [])].flat().sort();
      expect(shown).to.deep.equal(showView(database.view(apex)).sort());
    }
  }

  /** Serials before and after of each change. */
  function journal(): unknown[] {
    const side = new Database(database.path, { readonly: true });
    try {
      const rows = side.prepare(
        "SELECT serial_from, serial_to FROM journal WHERE action = 'change' ORDER BY id",
      );
      return rows.raw().all();
    } finally {
      side.close();
    }
  }

  /** Does something to the database behind the store's back. */
  function aside(...statements: readonly string[]): void {
    const side = new Database(database.path);
    for (const statement of statements) side.exec(statement);
    side.close();
  }

  /** Commits in the write-ahead log: frames that say how large the database is after them. */
  function commits(): number {
    const log = readFileSync(`${database.path}-wal`);
    let count = 0;
    for (let at = 32; at < log.length; at += 24 + 4096) if (log.readUInt32BE(at + 4) !== 0) count++;
    return count;
  }
});

function adds(line: string, apex = APEX): Decide<Changed> {
  return () => ({
    kind: 'change',
    change: { removed: [], added: [rr(line, showName(apex))], by: BY },
    result: (changed) => changed,
  });
}

function showOutcome(settled: PromiseSettledResult<Changed>): string {
  if (settled.status === 'rejected')
    return settled.reason instanceof ChangeRefusedError ? 'refused' : 'failed';
  const { serialFrom, serialTo, removed, added, conflicts } = settled.value;
  return `${serialFrom} ${serialTo} -${removed} +${added} ${conflicts.map(({ kind }) => kind).join(' ')}`;
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

function errorOf(settled: PromiseSettledResult<unknown> | undefined): unknown {
  return settled?.status === 'rejected' ? settled.reason : undefined;
}

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
