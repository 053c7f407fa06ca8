import { expect } from 'chai';
import fc from 'fast-check';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { showType } from '../../src/rdata/table.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { isSubdomain, showName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { showLine } from '../../src/zone/steering-owner.ts';
import { ask, exchange, imageOf, responderOn } from '../support/answering.ts';
import { holds } from '../support/fuzz.ts';
import { MemoryZone } from '../support/memory-zone.ts';
import { hostedCases } from '../support/random-zones.ts';
import type { ReferenceZone } from '../support/reference-answerer.ts';
import { rr, showRecord } from '../support/rr.ts';

describe('law of truncation', () => {
  it('what fits is whole, what does not says TC; no RRset is cut, and glue is not left out in silence', () => {
    const cases = fc.record({
      hosted: hostedCases(6),
      more: fc.integer({ min: 0, max: 60 }),
      payload: fc.constantFrom(undefined, 512, 700, 1232),
    });
    holds(
      fc.property(cases, ({ hosted, more, payload }) => {
        const views = hosted.zones.map((zone) => grown(zone, more));
        const responder = responderOn(imageOf(views));
        for (const { qname, qtype } of hosted.questions) {
          const whole = ask(responder, qname, qtype);
          const question = { name: qname, type: qtype, class: RRClass.IN };
          const edns =
            payload === undefined
              ? undefined
              : { udpPayloadSize: payload, version: 0, dnssecOk: false, options: [] };
          const octets = exchange(responder, composeMessage(makeQuery(1, question, { edns })));
          const where = `${showName(qname)} ${showType(qtype)}, ${more} more records, payload ${payload}`;
          if (octets === undefined) throw new Error(`no response to ${where}`);
          expect(octets.length, where).to.be.at.most(payload ?? 512);
          expectHonest(parseMessage(octets), whole, where);
        }
      }),
    );
  });
});

/** `small` is a response with little room, `whole` the one to the same question with room for all. */
function expectHonest(small: Message, whole: Message, where: string): void {
  expect([small.rcode, small.flags.aa], where).to.deep.equal([whole.rcode, whole.flags.aa]);
  expectWholeRRsets(small.answers, whole.answers, where);
  expectWholeRRsets(small.authorities, whole.authorities, where);
  expectWholeRRsets(small.additionals, whole.additionals, where);
  if (small.flags.tc) return;
  expect(linesOf(small.answers), where).to.deep.equal(linesOf(whole.answers));
  expect(linesOf(small.authorities), where).to.deep.equal(linesOf(whole.authorities));
  const cut = whole.authorities.find(({ type }) => type === RRType.NS)?.owner;
  if (cut === undefined) return;
  // RFC 9471 §3.1: the addresses of servers below the cut.
  const glue = whole.additionals.filter(({ owner }) => isSubdomain(owner, cut));
  expect(linesOf(small.additionals), where).to.include.members(linesOf(glue));
}

type Section = Message['answers'];

function expectWholeRRsets(some: Section, all: Section, where: string): void {
  const kept = new Set(some.map(({ owner, type }) => `${showName(owner)} ${type}`));
  const expected = all.filter(({ owner, type }) => kept.has(`${showName(owner)} ${type}`));
  expect(linesOf(some), where).to.deep.equal(linesOf(expected));
}

/** Each record once: a chain may come by the same DNAME several times. */
function linesOf(section: Section): string[] {
  return [...new Set(section.map((record) => showRecord(record)))].toSorted();
}

/** The zone with `more` records in each RRset of addresses and NS; without what makes answers differ in turn: one CNAME of several, no `take`. */
function grown({ apex, records }: ReferenceZone, more: number): MemoryZone {
  const added: RR[] = [];
  for (const { owner, type } of records) {
    for (let i = 0; i < more; i++) {
      const host = `n${i}.${showName(owner)}`;
      if (type === RRType.A) added.push({ ...rr(`@ A 198.51.100.${i}`), owner });
      if (type === RRType.AAAA) added.push({ ...rr(`@ AAAA 2001:db8:1::${i}`), owner });
      if (type === RRType.NS && host.length < 200) added.push({ ...rr(`@ NS ${host}`), owner });
      if (type === RRType.NS && i % 3 === 0 && host.length < 200)
        added.push(rr(`${host} AAAA 2001:db8:2::${i}`));
    }
  }
  const cnames = new Set<string>();
  const kept = records.filter(({ owner, type, rdata }) => {
    if (type === RRType.TXT) return !showLine(rdata).includes('take=');
    if (type !== RRType.CNAME) return true;
    const isFirst = !cnames.has(showName(owner));
    cnames.add(showName(owner));
    return isFirst;
  });
  return new MemoryZone(apex, [...kept, ...added]);
}
