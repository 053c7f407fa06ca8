import { expect } from 'chai';
import fc from 'fast-check';
import { showType } from '../../src/rdata/table.ts';
import { RRType, showRcode } from '../../src/wire/iana.ts';
import { isSubdomain, showName } from '../../src/wire/name.ts';
import { occluderAbove, occluderAt } from '../../src/zone/owner.ts';
import type { RR } from '../../src/zone/record.ts';
import { ask, imageOf, responderOn } from '../support/answering.ts';
import { holds } from '../support/fuzz.ts';
import { MemoryZone } from '../support/memory-zone.ts';
import { hostedCases } from '../support/random-zones.ts';
import { ReferenceAnswerer, type ReferenceZone } from '../support/reference-answerer.ts';
import { showRecord } from '../support/rr.ts';

describe('law of answering', () => {
  it('the image and the plain reference answerer say the same', () => {
    holds(
      fc.property(hostedCases(), ({ zones, questions }) => {
        const reference = new ReferenceAnswerer(zones);
        const views = zones.map(({ apex, records }) => new MemoryZone(apex, records));
        const responder = responderOn(imageOf(views));
        for (const { qname, qtype } of questions) {
          if (qtype === RRType.DS && !isTree(zones)) continue;
          const expected = reference.answer({ qname, qtype });
          const got = ask(responder, qname, qtype);
          const question = `${showName(qname)} ${showType(qtype)}`;
          const said = show(got.rcode, got.flags.aa, [got.answers, got.authorities, got.additionals]);
          const { rcode, aa, answer, authority, additional } = expected;
          const right = show(rcode, aa, [answer, authority, additional]);
          expect(got.flags.tc).to.equal(false);
          if (said !== right) {
            expect.fail(`${question}\nimage: ${said}\nreference: ${right}\n${zones.map(showZone).join('')}`);
          }
        }
      }),
    );
  });
});

/**
 * Whether every zone is delegated by the zone above it, when that is here too. Where it is not, RFC 4035 §3.1.4.1
 * does not say whose a DS question is: there is no cut.
 */
function isTree(zones: readonly ReferenceZone[]): boolean {
  return zones.every(({ apex }) => {
    const above = zones.filter((zone) => zone.apex !== apex && isSubdomain(apex, zone.apex));
    const [parent] = above.toSorted((a, b) => b.apex.length - a.apex.length);
    if (parent === undefined) return true;
    const view = new MemoryZone(parent.apex, parent.records);
    return occluderAt(parent.apex, view.get(apex))?.kind === 'cut' && occluderAbove(view, apex) === undefined;
  });
}

type Record = Parameters<typeof showRecord>[0];

/** Sections are sets. */
function show(rcode: number, aa: boolean, sections: readonly (readonly Record[])[]): string {
  const lines = sections.map((records, i) =>
    [...new Set(records.map(showRecord))]
      .toSorted()
      .map((line) => `\n  ${['answer', 'authority', 'additional'][i]} ${line}`)
      .join(''),
  );
  return `${showRcode(rcode)}${aa ? ' aa' : ''}${lines.join('')}`;
}

function showZone({ apex, records }: { apex: Uint8Array; records: readonly RR[] }): string {
  return `zone ${showName(apex)}\n${records.map((record) => `  ${showRecord(record)}\n`).join('')}`;
}
