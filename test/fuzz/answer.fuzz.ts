import { expect } from 'chai';
import fc from 'fast-check';
import { WaypostError } from '../../src/base/errors.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { EdnsOption, Rcode, RRClass } from '../../src/wire/iana.ts';
import { scanName } from '../../src/wire/name.ts';
import { showMessage as show } from '../support/answering.ts';
import { holds } from '../support/fuzz.ts';
import { answerInProcess } from '../support/in-process.ts';
import { scanScenario } from '../support/scenario.ts';

/** A zone with one of everything that takes a way of its own through the responder. */
const SCENARIO = scanScenario(
  '',
  `# everything
zone example.test
  @ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300
  @ 3600 NS ns1
  @ 3600 MX 10 a
  ns1 3600 A 192.0.2.53
  a 60 A 192.0.2.{1..40}
  b 60 CNAME a
  c 60 CNAME b
  d 60 DNAME a.b
  e 60 NS ns.e
  ns.e 60 A 192.0.2.1
  *.f 60 CNAME c
  a.b.c.f 60 TXT {x*200} {y*200} {1..5}
  loop 60 CNAME loop
  self 60 DNAME a.self
zone e.f.example.test
  @ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300
  @ 3600 NS a.b
  a.b 60 SRV 0 0 53 a
  a 60 AAAA 2001:db8::{1..30}
`,
);

const label = fc.constantFrom('a', 'b', 'c', 'D', 'e', 'f', 'ns', 'loop', 'self', '*', 'x'.repeat(63));
const qname = fc
  .tuple(
    fc.array(label, { maxLength: 5 }),
    fc.constantFrom('example.test.', 'e.f.Example.test.', 'test.', '.'),
  )
  .map(([labels, apex]) => [...labels, apex].join('.').replace('..', '.').slice(-250))
  .filter((text) => text === '.' || !text.startsWith('.'))
  .map((text) => scanName(text, undefined));
const option = fc.oneof(
  fc.record({ code: fc.constant<number>(EdnsOption.NSID), data: fc.constant(new Uint8Array(0)) }),
  fc.record({
    code: fc.constant<number>(EdnsOption.COOKIE),
    data: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  }),
  fc.record({ code: fc.nat(20), data: fc.uint8Array({ maxLength: 30 }) }),
);
const query = fc
  .record({
    name: qname,
    type: fc.constantFrom(1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41, 43, 252, 255, 65280),
    class: fc.constantFrom(RRClass.IN, RRClass.IN, RRClass.IN, RRClass.CH, RRClass.ANY),
    edns: fc.option(
      fc.record({
        udpPayloadSize: fc.constantFrom(0, 512, 700, 1232, 65_535),
        version: fc.constantFrom(0, 0, 0, 1),
        dnssecOk: fc.boolean(),
        options: fc.array(option, { maxLength: 3 }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ edns, ...question }) => composeMessage(makeQuery(0x1234, question, { edns })));

/** Refusals, which must not help to amplify. */
const ERRORS: ReadonlySet<number> = new Set([Rcode.FORMERR, Rcode.NOTIMP, Rcode.REFUSED, Rcode.BADVERS]);
/** OPT with the NSID of these tests, a cookie, and an error in words. */
const MAX_OPT_LENGTH = 120;

/** Whether QNAME is written without a pointer. */
function isPlainName(octets: Uint8Array): boolean {
  let at = 12;
  while ((octets[at] ?? 0) > 0 && (octets[at] ?? 0) < 64) at += (octets[at] ?? 0) + 1;
  return octets[at] === 0;
}

describe('laws of answering', () => {
  const { ask } = answerInProcess(SCENARIO);

  /** Whatever is asked: no exception, nothing written outside the room (the asker looks), and a well-formed reply. */
  function check(octets: Uint8Array, overTcp: boolean): void {
    const reply = ask(octets, overTcp, undefined);
    if (octets.length < 12 || ((octets[2] ?? 0) & 0x80) !== 0) {
      expect(reply).to.equal(undefined);
      return;
    }
    if (reply === undefined) throw new Error('a request without a response');
    const parsed = parseMessage(reply);
    expect(parsed.opcode).to.equal(((octets[2] ?? 0) >> 3) & 15);
    expect(parsed.flags.qr).to.equal(true);
    expect(parsed.id).to.equal(((octets[0] ?? 0) << 8) | (octets[1] ?? 0));
    if (!overTcp) expect(reply.length).to.be.at.most(1232);
    let asked: ReturnType<typeof parseMessage>;
    try {
      asked = parseMessage(octets);
    } catch (error) {
      if (!(error instanceof WaypostError)) throw error;
      return;
    }
    if (asked.opcode !== 0 || asked.questions.length !== 1) return;
    if (!isPlainName(octets)) {
      expect(parsed.rcode, 'a pointer in QNAME').to.equal(Rcode.FORMERR);
      return;
    }
    expect(parsed.questions).to.deep.equal(asked.questions);
    if (parsed.questions.length === 1) {
      const end = 12 + (asked.questions[0]?.name.length ?? 0) + 4;
      expect(
        Buffer.compare(reply.subarray(12, end), octets.subarray(12, end)),
        'the question to the bit',
      ).to.equal(0);
    }
    if (overTcp) expect(parsed.flags.tc, 'everything of this zone fits over TCP').to.equal(false);
    if (ERRORS.has(parsed.rcode)) expect(reply.length).to.be.at.most(octets.length + MAX_OPT_LENGTH);
    const again = ask(octets, overTcp, undefined);
    expect(
      show(parseMessage(again ?? expect.fail('no second response'))),
      'the same, but for the turn',
    ).to.equal(show(parsed));
    expect(parsed.edns === undefined, 'OPT just when there was OPT').to.equal(asked.edns === undefined);
    const room = overTcp ? 65_535 : Math.max(512, asked.edns?.udpPayloadSize ?? 0);
    expect(reply.length).to.be.at.most(room);
  }

  it('a QNAME that points into the header is a format error, even where the pointer can be followed', () => {
    const pointing = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 4, 101, 115, 116, 0, 192, 2, 0, 1, 0, 1];
    check(Uint8Array.from([18, 52, ...pointing]), false);
  });

  it('every query has a well-formed response of a size that the client takes', () => {
    holds(fc.property(query, fc.boolean(), check));
  });

  it('so have queries with octets changed, cut out and put in', () => {
    const change = fc.record({ at: fc.nat(300), cut: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) });
    const mutated = fc
      .tuple(query, fc.array(change, { minLength: 1, maxLength: 4 }))
      .map(([octets, changes]) => {
        const list = [...octets];
        for (const { at, cut, put } of changes) list.splice(at % list.length, cut, ...put);
        return Uint8Array.from(list);
      });
    holds(fc.property(mutated, fc.boolean(), check));
  });

  it('so has any rubbish', () => {
    holds(fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), check));
  });
});
