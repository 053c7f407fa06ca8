import { expect } from 'chai';
import fc from 'fast-check';
import { answeringZone } from '../../src/answer/answering-zone.ts';
import { composeWithin, RawResponder } from '../../src/answer/raw-responder.ts';
import { answerStored, type FindAnsweringZone } from '../../src/answer/stored-answer.ts';
import { Peer } from '../../src/base/peer.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { showType } from '../../src/rdata/table.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import { isSteeringOwner } from '../../src/zone/steering-owner.ts';
import { ask, imageOf, OPTIONS, query, responderOn, showMessage } from '../support/answering.ts';
import { holds } from '../support/fuzz.ts';
import { hosting } from '../support/hosted.ts';
import { MemoryZone } from '../support/memory-zone.ts';
import { type HostedCase, hostedCases } from '../support/random-zones.ts';
import type { ReferenceZone } from '../support/reference-answerer.ts';
import { showRecord } from '../support/rr.ts';

describe('law of the raw view', () => {
  it('where nothing is steered it says what everybody is told', () => {
    const raw = new RawResponder(OPTIONS, () => 1_790_000_000_000);
    const peer = new Peer(Uint8Array.of(192, 0, 2, 99));
    peer.overTcp = true;
    holds(
      fc.property(hostedCases(), (hosted) => {
        const { views, findZone } = host(hosted);
        const responder = responderOn(imageOf(views));
        for (const { qname, qtype } of hosted.questions) {
          if (qtype === RRType.ANY) continue; // RFC 8482 is for strangers
          const where = `${showName(qname)} ${showType(qtype)}\n${views.map(showZone).join('\n')}`;
          const live = ask(responder, qname, qtype);
          const octets = raw.answer(query(qname, qtype), findZone, 65_535, peer);
          if (octets === undefined) expect(showMessage(live), where).to.equal('5');
          else expect(linesOf(parseMessage(octets)), where).to.deep.equal(linesOf(live));
        }
      }),
    );
  });

  it('RFC 2181 §9: in any room RRsets are whole, and TC is set just when a needed one is missing', () => {
    holds(
      fc.property(hostedCases(6), fc.integer({ min: 12, max: 700 }), (hosted, limit) => {
        const { findZone } = host(hosted);
        for (const { qname, qtype } of hosted.questions) {
          const said = answerStored(qname, qtype, findZone, 0);
          if (said === undefined) continue;
          const question = { name: qname, type: qtype, class: RRClass.IN };
          const { octets, isTruncated } = composeWithin(makeQuery(1, question), said.parts, limit);
          expect(octets.length).to.be.at.most(limit);
          const message = parseMessage(octets);
          expect(message.flags.tc).to.equal(isTruncated);
          const records = [...message.answers, ...message.authorities, ...message.additionals];
          const kept: string[] = [];
          let parts = 0; // a record may be in several, as a DNAME that was followed and then asked for
          for (const part of said.parts) {
            if (kept.length === records.length) break;
            kept.push(...part.records.map(showRecord));
            parts++;
          }
          expect(records.map(showRecord)).to.deep.equal(kept);
          const isMissing = said.parts.slice(parts).some((part) => part.isNeeded && part.records.length > 0);
          if (isMissing || message.questions.length === 1) expect(isTruncated).to.equal(isMissing);
        }
      }),
    );
  });
});

/** The zones without what steers. */
function host({ zones }: HostedCase): { views: readonly MemoryZone[]; findZone: FindAnsweringZone } {
  const views = zones.map(plain);
  const hosted = hosting(...views);
  return { views, findZone: (name, type) => answeringZone(hosted, name, type) };
}

function plain({ apex, records }: ReferenceZone): MemoryZone {
  const aliases = new Set<string>();
  const kept = records.filter(({ owner, type }) => {
    if (isSteeringOwner(owner)) return false;
    if (type !== RRType.CNAME) return true;
    const isFirst = !aliases.has(showName(owner));
    aliases.add(showName(owner));
    return isFirst;
  });
  return new MemoryZone(apex, kept);
}

/** Each record once: a chain may come by the same DNAME several times. */
function linesOf(message: Parameters<typeof showMessage>[0]): readonly string[] {
  return [...new Set(showMessage(message).split('\n'))];
}

function showZone({ records }: MemoryZone): string {
  return records.map(showRecord).join('\n');
}
