import { expect } from 'chai';
import fc from 'fast-check';
import { WaypostError } from '../../src/base/errors.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { parseClientSubnet, parseCookie, parseExtendedError } from '../../src/message/edns.ts';
import type { Message, MessageRecord } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { RDATA_ROWS } from '../../src/rdata/rows.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { holds } from '../support/fuzz.ts';
import { name, scanRecord } from '../support/rr.ts';

// --- examples ---

const label = fc.string({ unit: fc.constantFrom(...'abAB01-*_'), minLength: 1, maxLength: 4 });
const anyName = fc.array(label, { maxLength: 5 }).map((labels) => `${labels.join('.')}.`);
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.nat({ max: 0xffff_ffff });
const anyOctets = fc.uint8Array({ maxLength: 20 });

const rdataText = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `A 192.0.${a}.${b}`),
  fc.nat(0xffff).map((n) => `AAAA 2001:db8::${n.toString(16)}`),
  anyName.map((target) => `NS ${target}`),
  anyName.map((target) => `CNAME ${target}`),
  fc.tuple(u16, anyName).map(([n, target]) => `MX ${n} ${target}`),
  fc.tuple(u16, u16, anyName).map(([a, b, target]) => `SRV ${a} ${b} 53 ${target}`),
  fc.tuple(anyName, anyName, u32).map(([a, b, n]) => `SOA ${a} ${b} ${n} 1 2 3 4`),
  label.map((text) => `TXT "${text}" "" "${text}"`),
  fc.tuple(fc.integer({ min: 65280, max: 65300 }), anyOctets).map(showUnknown),
);

function showUnknown([type, octets]: [number, Uint8Array]): string {
  return `TYPE${type} \\# ${octets.length} ${Buffer.from(octets).toString('hex')}`;
}

const record: fc.Arbitrary<MessageRecord> = fc
  .tuple(anyName, u32, fc.constantFrom(RRClass.IN, RRClass.NONE, RRClass.ANY), rdataText, fc.boolean())
  .map(([owner, ttl, rrClass, text, empty]) => {
    const scanned = scanRecord(`${owner} ${text}`, name('.'));
    const rdata = empty && rrClass !== RRClass.IN ? new Uint8Array(0) : scanned.rdata;
    return { ...scanned, ttl, class: rrClass, rdata };
  });

const question = fc.record({
  name: anyName.map((text) => scanRecord(`${text} A 192.0.2.1`, name('.')).owner),
  type: u16,
  class: u16,
});

const edns = fc.record({
  udpPayloadSize: u16,
  version: fc.nat(255),
  dnssecOk: fc.boolean(),
  options: fc.array(fc.record({ code: u16, data: anyOctets }), { maxLength: 3 }),
});

const tsig = fc.record({
  owner: anyName.map(name),
  type: fc.constant(RRType.TSIG),
  class: fc.constant(RRClass.ANY),
  ttl: fc.constant(0),
  rdata: anyOctets,
  offset: fc.constant(0),
});

const message: fc.Arbitrary<Message> = fc
  .record({
    id: u16,
    opcode: fc.nat(15),
    rcode: fc.nat(0xfff),
    flags: fc.record({
      qr: fc.boolean(),
      aa: fc.boolean(),
      tc: fc.boolean(),
      rd: fc.boolean(),
      ra: fc.boolean(),
      ad: fc.boolean(),
      cd: fc.boolean(),
    }),
    questions: fc.array(question, { maxLength: 2 }),
    answers: fc.array(record, { maxLength: 4 }),
    authorities: fc.array(record, { maxLength: 3 }),
    additionals: fc.array(record, { maxLength: 3 }),
    edns: fc.option(edns, { nil: undefined }),
    tsig: fc.option(tsig, { nil: undefined }),
  })
  .map((made) => ({ ...made, rcode: made.edns === undefined ? made.rcode & 0xf : made.rcode }));

// --- laws ---

/** Where TSIG stood is a fact about the octets, not about the message. */
function withoutOffset(parsed: Message): Message {
  return parsed.tsig === undefined ? parsed : { ...parsed, tsig: { ...parsed.tsig, offset: 0 } };
}

/** Parses; what is not a message must be refused with an error of ours. What is, must survive the way back. */
function check(octets: Uint8Array): void {
  let parsed: Message;
  try {
    parsed = parseMessage(octets, { trailing: true });
  } catch (error) {
    if (!(error instanceof WaypostError)) throw error;
    return;
  }
  const again = composeMessage(parsed);
  expect(withoutOffset(parseMessage(again))).to.deep.equal(withoutOffset(parsed));
}

describe('laws of message', () => {
  it('parse after compose is the identity, compressed or not', () => {
    holds(
      fc.property(message, fc.boolean(), (value, compress) => {
        const parsed = parseMessage(composeMessage(value, { compress }));
        expect(withoutOffset(parsed)).to.deep.equal(value);
      }),
    );
  });

  it('whatever octets parse, compose again to the same value; nothing but our errors escapes', () => {
    holds(fc.property(fc.uint8Array({ maxLength: 512 }), check));
  });

  it('the same holds behind a header with small counts', () => {
    const counts = fc.array(fc.nat(2), { minLength: 4, maxLength: 4 });
    holds(
      fc.property(counts, fc.uint8Array({ maxLength: 300 }), (numbers, rest) => {
        check(Uint8Array.from([0, 1, 0, 0, ...numbers.flatMap((n) => [0, n]), ...rest]));
      }),
    );
  });

  it('the same holds for messages with a few octets changed, cut out or put in', () => {
    const change = fc.record({ at: fc.nat(400), cut: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) });
    holds(
      fc.property(message, fc.array(change, { minLength: 1, maxLength: 4 }), (value, changes) => {
        let octets = [...composeMessage(value)];
        for (const { at, cut, put } of changes) octets.splice(at % octets.length, cut, ...put);
        octets = octets.slice(0, 2000);
        check(Uint8Array.from(octets));
      }),
    );
  });

  it('options: nothing but our errors escapes', () => {
    holds(
      fc.property(fc.uint8Array({ maxLength: 50 }), (data) => {
        for (const parse of [parseClientSubnet, parseCookie, parseExtendedError]) {
          try {
            parse(data);
          } catch (error) {
            if (!(error instanceof WaypostError)) throw error;
          }
        }
      }),
    );
  });
});

describe('hostile messages cost little', () => {
  /** The fastest of three: the machine may be busy, the parser may not. Offers octets that are no message, too. */
  function fastestMs(octets: Uint8Array): number {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      const start = process.hrtime.bigint();
      try {
        parseMessage(octets);
      } catch (error) {
        if (!(error instanceof WaypostError)) throw error;
      }
      best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
    }
    return best;
  }

  /** A message of `count` questions. */
  function questions(count: number, body: readonly number[]): Uint8Array {
    return Uint8Array.from([0, 1, 0, 0, count >> 8, count & 255, 0, 0, 0, 0, 0, 0, ...body]);
  }

  it('twelve octets that promise 262,140 records', () => {
    expect(fastestMs(Uint8Array.from([0, 1, 0, 0, ...new Array(8).fill(0xff)]))).to.be.lessThan(2);
  });

  it('65,535 octets of questions that all point to one long name', () => {
    const long = [...new Array(127).fill([1, 97]).flat(), 0];
    const body = [...long, 0, 1, 0, 1];
    while (body.length + 6 + 12 <= 65_535) body.push(0xc0, 12, 0, 1, 0, 1);
    const octets = questions(1 + (body.length - long.length - 4) / 6, body);
    expect(parseMessage(octets).questions).to.have.length(10_878);
    expect(fastestMs(octets)).to.be.lessThan(100);
  });

  it('65,535 octets of names that all point to a chain of 8,000 pointers', () => {
    // The chain stands where it is legal: in the RDATA of a type nobody knows.
    const head = [0, 0xff, 0, 0, 1, 0, 0, 0, 0];
    const chain = [0];
    const first = 12 + head.length + 2;
    for (let at = first + 1; at < 0x3ffe; at += 2) {
      const target = at === first + 1 ? first : at - 2;
      chain.push(0xc0 | (target >> 8), target & 255);
    }
    const last = first + chain.length - 2;
    const body = [...head, chain.length >> 8, chain.length & 255, ...chain];
    let count = 1;
    for (; body.length + 12 + 12 <= 65_535; count++) {
      body.push(0xc0 | (last >> 8), last & 255, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0);
    }
    const octets = Uint8Array.from([0, 1, 0, 0, 0, 0, count >> 8, count & 255, 0, 0, 0, 0, ...body]);
    expect(() => parseMessage(octets)).to.throw(WaypostError, 'too many compression pointers');
    expect(fastestMs(octets)).to.be.lessThan(100);
  });

  it('records of every type we know, with RDATA of nothing but pointers', () => {
    for (const { type } of RDATA_ROWS) {
      const data: number[] = new Array(100).fill([0xc0, 12]).flat();
      const body: number[] = [];
      while (body.length < 60_000) body.push(0, type >> 8, type & 255, 0, 1, 0, 0, 0, 0, 0, 200, ...data);
      const octets = Uint8Array.from([0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, ...body]);
      expect(fastestMs(octets), `type ${type}`).to.be.lessThan(100);
    }
  });
});
