import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { NumberRoom } from '../../src/geo/kept-numbers.ts';
import { Arrangement } from '../../src/steer/arrangement.ts';
import { Chooser } from '../../src/steer/chooser.ts';
import { choosingOf } from '../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { Shuffler } from '../../src/steer/shuffle.ts';
import { tablesOf } from '../support/geo.ts';

const TABLES = tablesOf({
  'networks.csv': `prefix,latitude,longitude
198.51.100.0/25,39.90,116.40
198.51.100.128/26,31.23,121.47
198.51.100.192/26,39.90,116.41
2001:db8:1::/48,48.86,2.35`,
});
const BEIJING = '198.51.100.1';
const SHANGHAI = '198.51.100.129';
const PARIS = '2001:db8:1::1';
const CITIES = ['a at=39.90,116.40', 'b at=31.23,121.47', 'c at=39.90,116.40', 'd at=48.86,2.35'];

class Subject {
  readonly chooser: Chooser;
  readonly #place = new ClientPlace();
  readonly #arrangement = new Arrangement(new Shuffler(new Uint8Array(16)));
  readonly #turns = new Map<number, number>();

  constructor(policy: string, members: readonly string[], answering = members.length) {
    const texts = members.map((line) => line.replace(/^[a-z]\b/, (letter) => `${letter}.test.`));
    const lines = scanSteeringLines([policy, ...texts]);
    expect(lines.faults).to.deep.equal([]);
    const names = texts.map((text) => text.split(' ')[0] ?? '');
    const choosing = choosingOf(lines.policy ?? expect.fail('no policy'), lines, names, answering);
    this.chooser = new Chooser(choosing, TABLES, new NumberRoom(1e6));
  }

  at(client: string): ClientPlace {
    const address = scanAddress(client) ?? expect.fail(client);
    this.#place.set(TABLES, address, 0, address.length);
    return this.#place;
  }

  /** The tiers taken: 'a b|c'. */
  taken(client: string): string {
    const choice = this.chooser.choiceAt(this.at(client));
    const tiers = this.chooser.tiersAt(choice);
    return tiers.map((tier) => tier.map((i) => this.#letter(i)).join(' ')).join('|');
  }

  scope(client: string): number {
    return this.chooser.scopeAt(this.at(client));
  }

  answer(client: string): string {
    const place = this.at(client);
    const choice = this.chooser.choiceAt(place);
    this.#arrangement.arrange(this.chooser, choice, this.chooser.take, place, {
      ticket: (tag) => {
        const ticket = this.#turns.get(tag) ?? 0;
        this.#turns.set(tag, ticket + 1);
        return ticket;
      },
    });
    const { picks, count } = this.#arrangement;
    return Array.from(picks.subarray(0, count), (i) => this.#letter(i)).join(' ');
  }

  #letter(member: number): string {
    return this.chooser.choosing.members[member]?.member[0] ?? '?';
  }
}

describe('the chooser (STEERING.md §3 steps 6 to 10)', () => {
  it('takes tiers until enough members answer', () => {
    expect(new Subject('rank=distance', CITIES).taken(BEIJING)).to.equal('a c');
    expect(new Subject('rank=distance need=3', CITIES).taken(BEIJING)).to.equal('a c|b');
    expect(new Subject('rank=distance need=2', CITIES).taken(SHANGHAI)).to.equal('b|a c');
    expect(new Subject('rank=distance need=9', CITIES).taken(SHANGHAI)).to.equal('b|a c|d');
  });

  it('ranks those who do not answer too, so that a pull moves only its own clients', () => {
    const row = ['b at=48.86,3.5', 'c at=48.86,4.6', 'a at=48.86,2.35']; // 84 km and 164 km from a
    expect(new Subject('rank=distance within=150', row, 3).taken(PARIS)).to.equal('b a');
    expect(new Subject('rank=distance within=150', row, 2).taken(PARIS)).to.equal('b');
    expect(new Subject('rank=distance within=150', row.slice(0, 2), 2).taken(PARIS)).to.equal('b c');
    const gone = new Subject(
      'rank=distance need=2',
      [...CITIES.slice(0, 1), 'd at=48.86,2.35', 'b at=31.23,121.47'],
      2,
    );
    expect(gone.taken(SHANGHAI)).to.equal('a|d');
  });

  it('leaves out weight 0 while another member of the tier answers, whatever the order', () => {
    const lines = ['a at=48.9,2.3 weight=0', 'b at=48.9,2.3', 'c at=0,9 weight=0', 'd at=0,9 weight=0'];
    expect(new Subject('rank=distance need=2', lines).taken(PARIS)).to.equal('b|c d');
    expect(new Subject('order=fixed', ['a weight=0', 'b', 'c']).answer(BEIJING)).to.equal('b c');
  });

  it('rotates each tier by its own counter, and cuts to take', () => {
    const subject = new Subject('rank=distance need=3', CITIES);
    expect([1, 2, 3].map(() => subject.answer(BEIJING))).to.deep.equal(['a c b', 'c a b', 'a c b']);
    expect(subject.answer(SHANGHAI)).to.equal('b a c');
    expect(subject.answer(BEIJING)).to.equal('c a b');
    const one = new Subject('rank=distance need=3 take=1', CITIES);
    expect([1, 2].map(() => one.answer(BEIJING))).to.deep.equal(['a', 'c']);
  });

  it('says how wide a network gets the same', () => {
    const subject = new Subject('rank=distance', CITIES);
    expect([BEIJING, '198.51.100.200', SHANGHAI].map((client) => subject.scope(client))).to.deep.equal([
      25, 26, 26,
    ]);
    expect(subject.scope('::ffff:198.51.100.1')).to.equal(96 + 25);
    expect(new Subject('order=rotate', CITIES).scope(BEIJING)).to.equal(0);
    expect(new Subject('order=sticky prefix=22/48', CITIES).scope(BEIJING)).to.equal(22);
    expect(new Subject('order=sticky rank=distance', CITIES).scope(BEIJING)).to.equal(25);
    expect(new Subject('order=sticky rank=distance prefix=28/48', CITIES).scope(BEIJING)).to.equal(28);
  });

  it('who does not answer, or has no weight, makes no scope narrower', () => {
    const dead = new Subject('rank=net', ['a', 'b net=198.51.100.0/25'], 1);
    expect([dead.taken(BEIJING), dead.taken(SHANGHAI)]).to.deep.equal(['a', 'a']);
    expect(dead.scope(BEIJING)).to.equal(0);
    const weightless = new Subject('rank=net', ['a net=198.51.100.0/25', 'b weight=0']);
    expect([weightless.taken(BEIJING), weightless.taken(SHANGHAI)]).to.deep.equal(['a', 'a']);
    expect(weightless.scope(SHANGHAI)).to.equal(0);
  });

  it('gives a wide network of IPv6 what it gets, after a client in one longer than /64', () => {
    const subject = new Subject('rank=net', ['a net=2001:db8:1::/65', 'b']);
    // Until networks are kept, and this one is the first of them.
    for (let i = 0; i < 100; i++)
      expect([subject.taken(PARIS), subject.scope(PARIS)]).to.deep.equal(['a', 65]);
    for (let i = 0; i < 3; i++) {
      expect([subject.taken('8000::1'), subject.scope('8000::1')]).to.deep.equal(['a b', 1]);
    }
  });

  it('forgets what it has kept and chooses the same again', () => {
    const subject = new Subject('rank=distance need=3', CITIES);
    const before = subject.taken(BEIJING);
    subject.chooser.forget();
    expect(subject.taken(BEIJING)).to.equal(before);
    expect(subject.scope(SHANGHAI)).to.equal(26);
  });
});
