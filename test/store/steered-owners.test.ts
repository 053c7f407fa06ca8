import { expect } from 'chai';
import { serialOf } from '../../src/zone/serial.ts';
import { name, rr } from '../support/rr.ts';
import { ServingStore, StoreDirectory } from '../support/serving-store.ts';

const ZONE = [
  '@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300',
  '@ 3600 NS ns1',
  'ns1 3600 A 192.0.2.53',
  'www 60 A 192.0.2.1',
  'www 60 A 192.0.2.2',
  '_steer.www 60 TXT "ttl=15..120 settle=200"',
  'plain 60 A 192.0.2.7',
];
const DOWN = '_steer.www 60 TXT "192.0.2.1 down by=mon."';
const ONE = 'www 15 A 192.0.2.1';
const TWO = 'www 15 A 192.0.2.2';
const SETTLED = ['www 120 A 192.0.2.1', 'www 120 A 192.0.2.2'];

describe('store/steered-owners: every way into the image shows live sets', () => {
  let directory: StoreDirectory;
  let store: ServingStore;

  beforeEach(() => {
    directory = new StoreDirectory();
    store = new ServingStore(directory);
  });
  afterEach(() => {
    store.close();
    directory.remove();
  });

  function restart(): void {
    store.close();
    store = new ServingStore(directory);
  }

  it('a zone that is new', () => {
    store.host([...ZONE, DOWN]);
    expect(store.ask('www')).to.deep.equal([TWO]);
    expect(store.ask('plain')).to.deep.equal(['plain 60 A 192.0.2.7']);
  });

  it('a change of the lines, of the members, and of both at once', () => {
    store.host(ZONE);
    store.change([], [DOWN]);
    expect(store.ask('www')).to.deep.equal([TWO]);
    store.change(['www 60 A 192.0.2.2'], ['www 60 A 192.0.2.3']);
    expect(store.ask('www')).to.deep.equal(['www 15 A 192.0.2.3']);
    store.change(
      [DOWN, 'www 60 A 192.0.2.3'],
      ['_steer.www 60 TXT "192.0.2.2 state=out"', 'www 60 A 192.0.2.2'],
    );
    expect(store.ask('www')).to.deep.equal([ONE]);
  });

  it('changes that share a transaction', () => {
    store.host(ZONE);
    const job = (line: string) => ({
      apex: name('example.test'),
      decide: () => ({
        kind: 'change' as const,
        change: { removed: [], added: [rr(line)], by: { kind: 'key', name: 'k.' } as const },
        result: () => undefined,
      }),
    });
    store.writer.changeTogether([job(DOWN), job('www 60 A 192.0.2.4')]);
    expect(store.ask('www')).to.deep.equal([TWO, 'www 15 A 192.0.2.4']);
  });

  it('steering that begins, ends, and begins again; and an owner that goes and comes', () => {
    store.host(ZONE);
    store.change(['_steer.www 60 TXT "ttl=15..120 settle=200"'], []);
    expect(store.ask('www')).to.deep.equal(['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2']);
    store.change([], ['_steer.www 60 TXT "ttl=15..120 settle=200"', DOWN]);
    expect(store.ask('www')).to.deep.equal([TWO]);
    store.change(['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2'], []);
    expect(store.ask('www')).to.deep.equal([]);
    store.change([], ['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2']);
    expect(store.ask('www')).to.deep.equal([TWO]);
  });

  it('a start, and an image that is made again', () => {
    store.host([...ZONE, DOWN]);
    restart();
    expect(store.ask('www')).to.deep.equal([TWO]);
    store.image.rebuild();
    expect(store.ask('www')).to.deep.equal([TWO]);
  });

  it('a zone that is made again since another within it comes and goes', () => {
    store.host([...ZONE, DOWN]);
    store.host(['@ 3600 SOA ns1 h 1 2 3 4 5', '@ 3600 NS ns1'], 'sub.example.test');
    expect(store.ask('www')).to.deep.equal([TWO]);
    store.writer.remove(name('sub.example.test'), { kind: 'file', name: 'zone' });
    expect(store.ask('www')).to.deep.equal([TWO]);
  });

  it('a zone that is removed and comes back without its lines', () => {
    store.host([...ZONE, DOWN]);
    store.writer.remove(name('example.test'), { kind: 'file', name: 'zone' });
    store.host(ZONE.filter((line) => !line.startsWith('_steer')));
    expect(store.ask('www')).to.deep.equal(['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2']);
  });

  it('the raw view stays what was written', () => {
    store.host([...ZONE, DOWN]);
    expect(store.stored('www')).to.deep.equal(['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2']);
    expect(serialOf(store.database.view(name('example.test')))).to.equal(7);
  });
});

describe('store/steered-owners: when the high TTL holds (STEERING.md §6)', () => {
  let directory: StoreDirectory;
  let store: ServingStore;

  beforeEach(() => {
    directory = new StoreDirectory();
    store = new ServingStore(directory);
    store.host(ZONE);
  });
  afterEach(() => {
    store.close();
    directory.remove();
  });

  function restart(): void {
    store.close();
    store = new ServingStore(directory);
  }

  it('from the first load on, and after a start', () => {
    expect(store.ask('www')).to.deep.equal(SETTLED);
    restart();
    expect(store.ask('www')).to.deep.equal(SETTLED);
  });

  it('when nothing has changed for so long, also where a start comes between', () => {
    store.change([], [DOWN]);
    store.change([DOWN], []);
    expect(store.ask('www')).to.deep.equal([ONE, TWO]);
    store.pass(150);
    restart();
    expect(store.ask('www')).to.deep.equal([ONE, TWO]);
    store.pass(49);
    expect(store.ask('www')).to.deep.equal([ONE, TWO]);
    store.pass(1);
    expect(store.ask('www')).to.deep.equal(SETTLED);
    restart();
    expect(store.ask('www')).to.deep.equal(SETTLED);
  });

  it('after changes of other records, other owners and other types at once', () => {
    store.change([], ['www 60 TXT "x"', 'plain 60 A 192.0.2.8', '_steer.plain 60 TXT "ttl=1..2"']);
    expect(store.ask('www')).to.deep.equal(SETTLED);
    expect(store.ask('plain')).to.deep.equal(['plain 1 A 192.0.2.7', 'plain 1 A 192.0.2.8']);
    restart();
    expect(store.ask('www')).to.deep.equal(SETTLED);
    expect(store.ask('plain')).to.deep.equal(['plain 1 A 192.0.2.7', 'plain 1 A 192.0.2.8']);
  });

  it('an image that is made again forgets nothing', () => {
    store.change([], [DOWN]);
    store.change([DOWN], []);
    store.pass(10);
    store.image.rebuild();
    expect(store.ask('www')).to.deep.equal([ONE, TWO]);
    store.pass(190);
    expect(store.ask('www')).to.deep.equal(SETTLED);
  });
});

describe('store/lapse-timer', () => {
  const VERDICT = '_steer.www 60 TXT "192.0.2.1 down by=mon. until=2026-11-22T10:01:00Z"';
  const WORD = '_steer.www 60 TXT "192.0.2.2 weight=2 state=out until=2026-11-22T10:02:00Z reason=disk"';
  let directory: StoreDirectory;
  let store: ServingStore;

  beforeEach(() => {
    directory = new StoreDirectory();
    store = new ServingStore(directory);
    store.host(ZONE);
    store.lapses.start();
  });
  afterEach(() => {
    store.close();
    directory.remove();
  });

  const serial = () => serialOf(store.database.view(name('example.test')));
  it('a verdict that has lapsed goes from the zone with a serial of its own, by the server', () => {
    store.change([], [VERDICT]);
    expect([store.ask('www'), serial()]).to.deep.equal([[TWO], 8]);
    store.pass(59);
    expect([store.ask('www'), serial()]).to.deep.equal([[TWO], 8]);
    store.pass(1);
    expect([store.ask('www'), serial()]).to.deep.equal([[ONE, TWO], 9]);
    expect(store.stored('_steer.www')).to.deep.equal(['_steer.www 60 TXT "ttl=15..120 settle=200"']);
    store.pass(199);
    expect(store.ask('www')).to.deep.equal([ONE, TWO]);
    store.pass(1);
    expect([store.ask('www'), serial()]).to.deep.equal([SETTLED, 9]);
  });

  it("of a member line the operator's word goes, and the rest stays as it was written", () => {
    store.change([], [WORD, VERDICT]);
    store.pass(60);
    expect(store.ask('www')).to.deep.equal([ONE]);
    store.pass(60);
    expect(store.ask('www')).to.deep.equal([ONE, TWO]);
    expect(store.stored('_steer.www')).to.deep.equal([
      '_steer.www 60 TXT "192.0.2.2 weight=2"',
      '_steer.www 60 TXT "ttl=15..120 settle=200"',
    ]);
    expect(serial()).to.equal(10);
  });

  it('what is taken back before, or put off, does not lapse then', () => {
    store.change([], [VERDICT]);
    store.change([VERDICT], [VERDICT.replace('10:01', '10:05')]);
    store.pass(61);
    expect([store.ask('www'), serial()]).to.deep.equal([[TWO], 9]);
    store.pass(240);
    expect([store.ask('www'), serial()]).to.deep.equal([[ONE, TWO], 10]);
  });

  it('what has lapsed while the server was down goes at its start', () => {
    store.change([], [VERDICT]);
    store.close();
    directory.effects.now += 3_600_000;
    store = new ServingStore(directory);
    expect([store.ask('www'), serial()]).to.deep.equal([SETTLED, 8]);
    store.lapses.start();
    expect([store.ask('www'), serial()]).to.deep.equal([[ONE, TWO], 9]);
  });

  it('where it cannot be taken out it does not count all the same, and is taken out later', () => {
    store.change([], [VERDICT]);
    const { database } = store;
    const full = database.transact.bind(database);
    database.transact = () => {
      throw new Error('disk is full');
    };
    store.pass(60);
    expect([store.ask('www'), serial()]).to.deep.equal([[ONE, TWO], 8]);
    expect(store.effects.lines).to.deep.equal([
      'error store: cannot take lapsed steering lines out of a zone, trying again',
    ]);
    database.transact = full;
    store.pass(30);
    expect([store.ask('www'), serial()]).to.deep.equal([[ONE, TWO], 9]);
  });

  it('a zone that comes by transfer keeps its lines: its owners are shown anew', () => {
    store.change([], [VERDICT]);
    asTransferred(store);
    store.pass(60);
    expect([store.ask('www'), serial()]).to.deep.equal([[ONE, TWO], 8]);
    store.pass(200);
    expect([store.ask('www'), serial()]).to.deep.equal([SETTLED, 8]);
  });

  it('many lapse at once', () => {
    const names = Array.from({ length: 300 }, (_, i) => `h${i}`);
    store.change(
      [],
      names.flatMap((owner) => [
        `${owner} 60 A 192.0.2.1`,
        `${owner} 60 A 192.0.2.2`,
        `_steer.${owner} 60 TXT "order=fixed"`,
        VERDICT.replace('www', owner),
      ]),
    );
    store.pass(60);
    for (const owner of names) expect(store.ask(owner)).to.have.length(2);
    expect(store.steered.nextLapse).to.equal(undefined);
  });

  it('no more than one timer waits', () => {
    store.change([], [VERDICT, WORD]);
    expect(store.timers.waiting).to.equal(1);
    store.lapses.stop();
    expect(store.timers.waiting).to.equal(0);
  });

  function asTransferred({ database }: ServingStore): void {
    const zone = database.zone.bind(database);
    database.zone = (apex) => {
      const found = zone(apex);
      return found === undefined ? undefined : { ...found, source: 'transfer' };
    };
  }
});
