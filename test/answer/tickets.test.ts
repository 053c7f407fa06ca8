import { expect } from 'chai';
import { Tickets } from '../../src/answer/tickets.ts';
import { RRsetWord } from '../../src/image/layout.ts';
import { ImageReader } from '../../src/image/lookup.ts';
import { NameKey } from '../../src/image/name-key.ts';
import { RRType } from '../../src/wire/iana.ts';
import { imageOf } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const ZONE = memoryZone(
  'example.test',
  '@ SOA ns h 1 2 3 4 5\na A 192.0.2.1\na A 192.0.2.2\na A 192.0.2.3\nb A 192.0.2.1\nb A 192.0.2.2\none A 192.0.2.1',
);

function open(): { image: ImageReader; rrsetOf: (label: string) => number } {
  const image = new ImageReader(imageOf([ZONE]).memory);
  const rrsetOf = (label: string): number => {
    const key = new NameKey();
    const owner = name(`${label}.example.test`);
    key.load(owner, 0, owner.length);
    return image.rrset(image.find(key, 0), RRType.A);
  };
  return { image, rrsetOf };
}

describe('answer/tickets', () => {
  it('STEERING §4: each answer begins one record later, for each RRset by itself and for all threads together', () => {
    const { image, rrsetOf } = open();
    const threads = [new Tickets(), new Tickets()];
    const firsts = Array.from({ length: 6 }, (_, i) => {
      const tickets = threads[i % 2] ?? expect.fail();
      tickets.reset();
      return [tickets.first(image, rrsetOf('a')), tickets.first(image, rrsetOf('b'))];
    });
    expect(firsts.map(([a]) => a)).to.deep.equal([0, 1, 2, 0, 1, 2]);
    expect(firsts.map(([, b]) => b)).to.deep.equal([0, 1, 0, 1, 0, 1]);
  });

  it('an answer that is composed again keeps its turn', () => {
    const { image, rrsetOf } = open();
    const tickets = new Tickets();
    const draw = (): number => tickets.first(image, rrsetOf('a'));
    expect([draw(), draw(), draw()]).to.deep.equal([0, 0, 0]);
    tickets.reset();
    expect(draw()).to.equal(1);
  });

  it('whoever peeks sees the next ticket and leaves it', () => {
    const { image, rrsetOf } = open();
    const [tickets, peeking] = [new Tickets(), new Tickets({ isPeeking: true })];
    const firsts = Array.from({ length: 3 }, () => {
      tickets.reset();
      peeking.reset();
      const seen = [1, 2].map(() => peeking.first(image, rrsetOf('a')));
      return [...seen, tickets.first(image, rrsetOf('a'))];
    });
    expect(firsts).to.deep.equal([0, 1, 2].map((first) => [first, first, first]));
  });

  it('each counter has tickets of its own, and nobody has none', () => {
    const { image } = open();
    const tickets = new Tickets();
    const draws = Array.from({ length: 3 }, () => {
      tickets.reset();
      return [0, 1_000, 1_001].map((counter) => tickets.draw(image, counter));
    });
    expect(draws).to.deep.equal([0, 1, 2].map((ticket) => [0, ticket, ticket]));
  });

  it('an RRset of one record has no turns', () => {
    const { image, rrsetOf } = open();
    expect(new Tickets().first(image, rrsetOf('one'))).to.equal(0);
    expect(image.words[rrsetOf('one') + RRsetWord.COUNTER]).to.equal(0);
  });

  it('the count goes round at 32 bits without a record being left out', () => {
    const { image, rrsetOf } = open();
    const counter = image.words[rrsetOf('b') + RRsetWord.COUNTER] ?? 0;
    image.counters[counter] = 0x7fff_fffe;
    const tickets = new Tickets();
    const firsts = Array.from({ length: 4 }, () => {
      tickets.reset();
      return tickets.first(image, rrsetOf('b'));
    });
    expect(firsts).to.deep.equal([0, 1, 0, 1]);
  });
});
