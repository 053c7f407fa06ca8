import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Atlas } from '../../src/atlas/atlas.ts';
import { GeoThreadError, type TablesJob } from '../../src/atlas/geo-thread.ts';
import { writeKept } from '../../src/atlas/kept-tables.ts';
import type { TablesOrder, TablesOutcome } from '../../src/atlas/make-tables.ts';
import { type KeySource, showKey } from '../../src/atlas/tables-key.ts';
import { scanIPv4 } from '../../src/base/ip.ts';
import { compileTables } from '../../src/geo/compile.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { MmdbWriter } from '../support/mmdb-writer.ts';

const WATCH_MS = 2000;
const DAY_MS = 86_400_000;

/** Made-up files: their stamps are what a test says, and so is what comes of compiling them. */
class Workshop {
  readonly effects = new FakeEffects();
  readonly timers = new FakeTimers();
  readonly stamps = new Map<string, string>();
  readonly orders: TablesOrder[] = [];
  readonly published: (SharedArrayBuffer | undefined)[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'waypost-atlas-'));
  readonly keptPath = join(this.directory, 'kept');
  stopped = 0;
  #end: { resolve(outcome: TablesOutcome): void; reject(error: Error): void } | undefined;

  /** `names` are files whose stamps are 1 unless said otherwise. */
  open(...names: readonly string[]): Atlas {
    const files = this.files(...names);
    return new Atlas(
      { files, keptPath: this.keptPath },
      {
        effects: this.effects,
        timers: this.timers,
        onTables: (memory) => this.published.push(memory),
        makeTables: (order) => this.#begin(order),
        stampOf: async (path) => this.stamps.get(path) ?? '1',
      },
    );
  }

  files(...names: readonly string[]) {
    return names.map((name) => ({ path: `/${name}`, name }));
  }

  /** The job in hand is done: the tables say `country` of 192.0.2.0/24; `problems` of files by path. */
  async made(country: string, problems: Readonly<Record<string, string>> = {}): Promise<void> {
    const sources = this.#sources(problems);
    this.#end?.resolve({
      kind: 'made',
      sources,
      memory: this.tables(sources, country),
      unkept: undefined,
    });
    await turn();
  }

  async refused(problems: Readonly<Record<string, string>>): Promise<void> {
    this.#end?.resolve({ kind: 'refused', sources: this.#sources(problems) });
    await turn();
  }

  async same(): Promise<void> {
    this.#end?.resolve({ kind: 'same', sources: this.#sources({}) });
    await turn();
  }

  async died(): Promise<void> {
    this.#end?.reject(new GeoThreadError('the thread has ended: no memory'));
    await turn();
  }

  keep(country: string, names: readonly string[], builtMs = this.effects.now): void {
    const sources = names.map((name) => ({ path: `/${name}`, stamp: '1', digest: 'd', problem: '' }));
    writeKept(this.keptPath, this.tables(sources, country, builtMs));
  }

  tables(sources: readonly KeySource[], country: string, builtMs = this.effects.now): SharedArrayBuffer {
    const used = sources.filter(({ problem }) => problem === '');
    const octets = new MmdbWriter({ databaseType: 'City', buildEpoch: Math.floor(builtMs / 1000) })
      .insert('192.0.2.0/24', { country: { iso_code: country } })
      .build();
    const inputs = used.map(({ path }) => ({ name: path.slice(1), octets }));
    return compileTables(inputs, showKey({ compiledMs: this.effects.now, sources }));
  }

  /** One look at the files. */
  async look(): Promise<void> {
    this.timers.pass(WATCH_MS);
    await turn();
  }

  /** Lines of the log from now on. */
  lines(): readonly string[] {
    return this.effects.lines.splice(0);
  }

  #begin(order: TablesOrder): TablesJob {
    this.orders.push(order);
    const outcome = new Promise<TablesOutcome>((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    return {
      outcome,
      stop: async () => {
        this.stopped++;
        this.#end?.reject(new GeoThreadError('stopped'));
      },
    };
  }

  #sources(problems: Readonly<Record<string, string>>): readonly KeySource[] {
    const files = this.orders.at(-1)?.files ?? [];
    return files.map(({ path, name }) => {
      const stamp = this.stamps.get(path) ?? '1';
      return { path, stamp, digest: stamp, problem: problems[name] ?? '' };
    });
  }
}

/** Lets everything that was resolved have its effect. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function countryIn(atlas: Atlas): string | undefined {
  return atlas.lookUp(scanIPv4('192.0.2.1') ?? new Uint8Array(4))?.country;
}

describe('atlas/atlas', () => {
  let workshop: Workshop;
  let atlas: Atlas | undefined;
  beforeEach(() => {
    workshop = new Workshop();
  });
  afterEach(async () => {
    await atlas?.stop();
    rmSync(workshop.directory, { recursive: true, force: true });
  });

  /** One that serves what `a` and `b` say, with nothing left to tell. */
  async function serving(): Promise<Atlas> {
    workshop.keep('DE', ['a', 'b']);
    const opened = workshop.open('a', 'b');
    atlas = opened;
    opened.start();
    await turn();
    return opened;
  }

  it('answers from the kept tables at once, and makes none while the files are as they were', async () => {
    const served = await serving();
    expect(served.memory).to.be.instanceOf(SharedArrayBuffer);
    expect(countryIn(served)).to.equal('DE');
    await served.ready();
    for (let i = 0; i < 5; i++) await workshop.look();
    expect(workshop.orders).to.deep.equal([]);
    expect(workshop.lines()).to.deep.equal([]);
  });

  it('begins with kept tables of other files, until its own are made', async () => {
    workshop.keep('DE', ['old']);
    const served = workshop.open('a');
    atlas = served;
    served.start();
    await turn();
    await served.ready();
    expect(countryIn(served)).to.equal('DE');
    expect(workshop.orders[0]?.inUse?.sources.map(({ path }) => path)).to.deep.equal(['/old']);
    await workshop.made('FR');
    expect(countryIn(served)).to.equal('FR');
    expect(workshop.published).to.deep.equal([served.memory]);
  });

  it('without kept tables the first ones are waited for, but not for ever', async () => {
    const served = workshop.open('a');
    atlas = served;
    served.start();
    await turn();
    let isReady = false;
    void served.ready().then(() => {
      isReady = true;
    });
    workshop.timers.pass(14_999);
    await turn();
    expect([isReady, served.memory]).to.deep.equal([false, undefined]);
    workshop.timers.pass(1);
    await turn();
    expect([isReady, served.memory]).to.deep.equal([true, undefined]);
    await workshop.made('FR');
    expect(countryIn(served)).to.equal('FR');
    await served.ready();
  });

  it('knows nothing, and does nothing, when no file is named, whatever is kept', async () => {
    workshop.keep('DE', ['a']);
    const served = workshop.open();
    atlas = served;
    served.start();
    await turn();
    await served.ready();
    await workshop.look();
    expect([served.memory, workshop.orders.length]).to.deep.equal([undefined, 0]);
  });

  it('says why kept tables are not used, and takes away what a killed process was writing', async () => {
    writeFileSync(workshop.keptPath, 'something else');
    writeFileSync(`${workshop.keptPath}.new`, 'half');
    const served = workshop.open('a');
    atlas = served;
    served.start();
    expect(workshop.lines()).to.deep.equal([
      'info geo: compiling anew, since the kept tables cannot be used',
    ]);
    expect(existsSync(`${workshop.keptPath}.new`)).to.equal(false);
  });

  it('compiles a file that was replaced when it has stood still for one look', async () => {
    const served = await serving();
    for (const stamp of ['2', '3', '4']) {
      workshop.stamps.set('/a', stamp);
      await workshop.look();
      expect(workshop.orders).to.have.length(0);
    }
    await workshop.look();
    expect(workshop.orders).to.have.length(1);
    await workshop.made('FR');
    expect(countryIn(served)).to.equal('FR');
    expect(workshop.lines()).to.deep.equal(['info geo: location data taken over']);
    for (let i = 0; i < 3; i++) await workshop.look();
    expect(workshop.orders).to.have.length(1);
  });

  it('reads a file that never stands still all the same, after a minute', async () => {
    await serving();
    let looks = 0;
    while (workshop.orders.length === 0 && looks < 100) {
      workshop.stamps.set('/a', `x${++looks}`);
      await workshop.look();
    }
    expect(looks).to.equal(31);
  });

  it('makes one set of tables at a time', async () => {
    await serving();
    workshop.stamps.set('/a', '2');
    for (let i = 0; i < 5; i++) {
      await workshop.look();
      if (i === 2) workshop.stamps.set('/b', '2');
    }
    expect(workshop.orders).to.have.length(1);
  });

  it('a refused file is told once; the tables stay until it is another one', async () => {
    const served = await serving();
    workshop.stamps.set('/b', 'cut');
    await workshop.look();
    await workshop.look();
    await workshop.refused({ b: 'there is no MMDB metadata at its end: is the file whole?' });
    expect(countryIn(served)).to.equal('DE');
    const told =
      'b: there is no MMDB metadata at its end: is the file whole?; what it said before is used on';
    expect(workshop.lines()).to.deep.equal([`warn geo: ${told}`]);
    expect(served.report().warnings).to.deep.equal([told]);
    expect(served.report().files.map(({ use }) => use)).to.deep.equal(['in use', 'earlier']);
    for (let i = 0; i < 5; i++) await workshop.look();
    expect([workshop.orders.length, workshop.published.length]).to.deep.equal([1, 0]);
    workshop.stamps.set('/b', 'whole');
    await workshop.look();
    await workshop.look();
    await workshop.made('FR');
    expect([countryIn(served), served.report().warnings.length]).to.deep.equal(['FR', 0]);
  });

  it('a file that is as it was before it was broken is right again, and nothing is compiled', async () => {
    const served = await serving();
    workshop.stamps.set('/b', 'missing');
    await workshop.look();
    await workshop.look();
    await workshop.refused({ b: 'there is no such file' });
    workshop.stamps.set('/b', 'back');
    await workshop.look();
    await workshop.look();
    await workshop.same();
    expect([served.report().warnings.length, workshop.published.length]).to.deep.equal([0, 0]);
  });

  it('a missing file is told at the start, and taken when it comes', async () => {
    workshop.stamps.set('/b', 'missing');
    const served = workshop.open('a', 'b');
    atlas = served;
    served.start();
    await turn();
    await workshop.made('DE', { b: 'there is no such file' });
    expect(workshop.lines()).to.deep.equal([
      'info geo: location data taken over',
      'warn geo: b: there is no such file; nothing is known from it',
    ]);
    expect(served.report().files.map(({ use }) => use)).to.deep.equal(['in use', 'left out']);
    workshop.stamps.set('/b', '1');
    await workshop.look();
    await workshop.look();
    await workshop.made('FR');
    expect(served.report().files.map(({ use }) => use)).to.deep.equal(['in use', 'in use']);
  });

  it('the death of the thread costs nothing but the news; a reload tries again', async () => {
    const served = await serving();
    workshop.stamps.set('/a', '2');
    await workshop.look();
    await workshop.look();
    await workshop.died();
    expect(workshop.lines()).to.deep.equal([
      'error geo: the thread has ended: no memory; the old tables stay',
    ]);
    expect([countryIn(served), served.report().warnings]).to.deep.equal([
      'DE',
      ['the thread has ended: no memory'],
    ]);
    await workshop.look();
    await workshop.look();
    expect(workshop.orders).to.have.length(1);
    const reloaded = served.reload(workshop.files('a', 'b'));
    await turn();
    await workshop.made('FR');
    await reloaded;
    expect([countryIn(served), served.report().warnings]).to.deep.equal(['FR', []]);
  });

  it('a reload reads files that changed a moment ago, and takes over others', async () => {
    const served = await serving();
    workshop.stamps.set('/a', '2');
    void served.reload(workshop.files('a', 'b'));
    await turn();
    expect(workshop.orders).to.have.length(1);
    const reloaded = served.reload(workshop.files('c'));
    await workshop.made('FR');
    expect(workshop.orders.map(({ files }) => files.length)).to.deep.equal([2, 1]);
    await workshop.made('JP');
    await reloaded;
    expect([countryIn(served), workshop.published.length]).to.deep.equal(['JP', 2]);
    await served.reload([]);
    expect([served.memory, workshop.published.at(-1)]).to.deep.equal([undefined, undefined]);
    expect(served.report().files).to.deep.equal([]);
  });

  it('an old database is told at the start and every day', async () => {
    workshop.keep('DE', ['a'], workshop.effects.now - 181 * DAY_MS);
    const served = workshop.open('a');
    atlas = served;
    served.start();
    await turn();
    const told = /^warn geo: a: City of 2026-05-25 is 181 days old, and addresses move: get a newer one/;
    expect(workshop.lines().join()).to.match(told);
    workshop.timers.pass(DAY_MS - 1);
    expect(workshop.lines()).to.deep.equal([]);
    workshop.timers.pass(1);
    expect(workshop.lines().join()).to.match(told);
    expect(served.report().files[0]).to.include({ built: '2026-05-25', ageDays: 181, isOld: true });
  });

  it('stops in the middle of a job, and hands out nothing after that', async () => {
    const served = await serving();
    workshop.stamps.set('/a', '2');
    await workshop.look();
    await workshop.look();
    await served.stop();
    await workshop.made('FR');
    expect([workshop.stopped, workshop.published.length, workshop.timers.waiting]).to.deep.equal([1, 0, 0]);
    expect(workshop.lines()).to.deep.equal([]);
  });
});
