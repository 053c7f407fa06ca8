import { expect } from 'chai';
import fc from 'fast-check';
import { showType } from '../../src/rdata/table.ts';
import { showRcode } from '../../src/wire/iana.ts';
import { showName } from '../../src/wire/name.ts';
import type { RR } from '../../src/zone/record.ts';
import { ask, imageOf, NOW_MS, responderOn } from '../support/answering.ts';
import { holds } from '../support/fuzz.ts';
import { MemoryZone } from '../support/memory-zone.ts';
import { hostedCases } from '../support/random-zones.ts';
import { ReferenceAnswerer } from '../support/reference-answerer.ts';
import { showRecord } from '../support/rr.ts';

describe('law of answering', () => {
  it('the image and the plain reference answerer say the same', () => {
    holds(
      fc.property(hostedCases(), ({ zones, questions }) => {
        const reference = new ReferenceAnswerer(zones, NOW_MS / 1000);
        const views = zones.map(({ apex, records }) => new MemoryZone(apex, records));
        const responder = responderOn(imageOf(views));
        for (const { qname, qtype } of questions) {
          const got = ask(responder, qname, qtype);
          const answered = new Set(got.answers.map(showRecord));
          const expected = reference.answer({ qname, qtype }, (tier, count) => {
            const came = tier.filter((record) => answered.has(showRecord(record)));
            const others = tier.filter((record) => !came.includes(record));
            return [...came, ...others].slice(0, count);
          });
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
