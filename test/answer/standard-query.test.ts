// What scenarios cannot say: limits. What the zones answer is in test/scenarios.
import { expect } from 'chai';
import { MAX_ALIASES } from '../../src/answer/standard-query.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { Rcode, RRType } from '../../src/wire/iana.ts';
import { ask, exchange, imageOf, query, responderOn } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const HEAD = '@ SOA ns h 1 2 3 4 5\n@ NS ns\n';

function responderWith(text: string, apex = 'example.test'): ReturnType<typeof responderOn> {
  return responderOn(imageOf([memoryZone(apex, HEAD + text)]));
}

describe('answer/standard-query', () => {
  it('follows so many aliases, and no more', () => {
    const chain = Array.from({ length: 40 }, (_, i) => `c${i} CNAME c${i + 1}`).join('\n');
    const responder = responderWith(`${chain}\nc40 A 192.0.2.1`);
    const whole = ask(responder, `c${41 - MAX_ALIASES}.example.test`, RRType.A);
    expect(whole.answers.map(({ type }) => type)).to.deep.equal([
      ...new Array<number>(MAX_ALIASES - 1).fill(RRType.CNAME),
      RRType.A,
    ]);
    expect(ask(responder, 'c0.example.test', RRType.A).answers).to.have.length(MAX_ALIASES);
  });

  it('ends a loop of aliases where it closes', () => {
    const responder = responderWith('a CNAME b\nb CNAME c\nc CNAME b\nself CNAME self');
    expect(ask(responder, 'a.example.test', RRType.A).answers).to.have.length(3);
    expect(ask(responder, 'self.example.test', RRType.A)).to.deep.include({ rcode: Rcode.NOERROR });
    expect(ask(responder, 'self.example.test', RRType.A).answers).to.have.length(1);
  });

  it('a DNAME that leads into itself ends when the name is too long, or after so many', () => {
    const responder = responderWith(`d DNAME a.d\nlong DNAME ${`${'x'.repeat(60)}.`.repeat(3)}long`);
    expect(ask(responder, 'x.d.example.test', RRType.A).answers).to.have.length(1 + MAX_ALIASES); // the DNAME once
    expect(ask(responder, 'x.long.example.test', RRType.A).rcode).to.equal(Rcode.YXDOMAIN);
  });

  it('points to the names of an alias chain, whatever they are compressed against', () => {
    const zone = memoryZone(
      'example.test',
      `${HEAD}a CNAME b.sub\nb.sub CNAME c.sub\nc.sub MX 1 d.sub\nd.sub A 192.0.2.1`,
    );
    const reply = ask(responderOn(imageOf([zone])), 'A.Example.TEST', RRType.MX);
    expect(reply.answers.map(({ type }) => type)).to.deep.equal([RRType.CNAME, RRType.CNAME, RRType.MX]);
    expect(reply.answers[2]?.owner).to.deep.equal(name('c.sub.example.test'));
    expect(reply.additionals[0]?.owner).to.deep.equal(name('d.sub.example.test'));
  });

  it('adds each address once, for up to 64 hosts', () => {
    const hosts = Array.from({ length: 70 }, (_, i) => `h${i} A 192.0.2.${i}`).join('\n');
    const records = Array.from({ length: 70 }, (_, i) => `m MX ${i} h${i}`).join('\n');
    const responder = responderWith(`${hosts}\n${records}\nm MX 99 h1`);
    const owners = ask(responder, 'm.example.test', RRType.MX).additionals.map(({ owner }) => String(owner));
    expect(owners).to.have.length(64);
    expect(new Set(owners).size).to.equal(64);
  });

  it('RFC 9471 §3.1: TC when the glue that a referral needs does not fit', () => {
    const hosts = Array.from({ length: 20 }, (_, i) => `sub NS n${i}.sub\nn${i}.sub A 192.0.2.${i}`).join(
      '\n',
    );
    const octets = exchange(responderWith(hosts), query(name('x.sub.example.test'), RRType.A));
    const reply = parseMessage(octets ?? expect.fail('no response'));
    expect(reply.flags).to.include({ tc: true, aa: false });
    expect(reply.authorities).to.have.length(20);
  });

  it('keeps to a type between the zones: SOA of the zone that holds the end of the chain', () => {
    const zones = [
      memoryZone('example.test', `${HEAD}a CNAME b.other.test.`),
      memoryZone('other.test', `${HEAD}b TXT x`),
    ];
    const reply = ask(responderOn(imageOf(zones)), 'a.example.test', RRType.A);
    expect(reply.authorities[0]).to.deep.include({ type: RRType.SOA, owner: name('other.test') });
    expect(reply.flags.aa).to.equal(true);
  });
});
