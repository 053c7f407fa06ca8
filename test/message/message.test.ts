import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { UnwritableMessageError } from '../../src/message/errors.ts';
import { type Message, makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { MalformedMessageError } from '../../src/wire/errors.ts';
import { Opcode, Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { NoRoomError } from '../../src/wire/writer.ts';
import { name, rr, scanRecord, showRecord } from '../support/rr.ts';

const QUESTION = { name: name('www.example.test'), type: RRType.A, class: RRClass.IN };
const PLAIN_OPT = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

function inClass(line: string) {
  return { ...rr(line), class: RRClass.IN };
}

/** A header with these counts, and the question `. A IN` when there is one. */
function header(question: number, answer: number, authority: number, additional: number): string {
  const counts = [question, answer, authority, additional].map((n) => n.toString(16).padStart(4, '0'));
  return `1234 0000 ${counts.join(' ')}${question === 1 ? ' 00 0001 0001' : ''}`;
}

function expectMalformed(text: string, why: RegExp): void {
  expect(() => parseMessage(hex(text))).to.throw(MalformedMessageError, why);
}

describe('message/parse', () => {
  it('reads the query that dig sends', () => {
    const message = parseMessage(
      hex(`e3c601200001000000000001 03777777076578616d706c6503636f6d00 0001 0001
           00 0029 04d0 00000000 001b 0003 0000 0008 0007 000118 00cb0071 000a 0008 be31f6a214d17cf5`),
    );
    expect(message).to.deep.equal(
      makeQuery(
        0xe3c6,
        { name: name('www.example.com'), type: RRType.A, class: RRClass.IN },
        {
          flags: { ...NO_FLAGS, rd: true, ad: true },
          edns: {
            udpPayloadSize: 1232,
            version: 0,
            dnssecOk: false,
            options: [
              { code: 3, data: hex('') },
              { code: 8, data: hex('00011800cb0071') },
              { code: 10, data: hex('be31f6a214d17cf5') },
            ],
          },
        },
      ),
    );
  });

  it('RFC 6891 §6.1.3: the RCODE has twelve bits, eight of them in OPT', () => {
    const message = parseMessage(hex(`1234 8001 0000 0000 0000 0001 00 0029 0200 01 05 8000 0000`));
    expect(message.rcode).to.equal(0x11);
    expect(message.edns).to.deep.equal({ udpPayloadSize: 512, version: 5, dnssecOk: true, options: [] });
    expect(parseMessage(composeMessage(message))).to.deep.equal(message);
  });

  it('RFC 2136 §2.4, §2.5: classes ANY and NONE may carry no data', () => {
    const owner = name('www.example.test');
    const nothing = new Uint8Array(0);
    const update = makeQuery(
      1,
      { name: name('example.test'), type: RRType.SOA, class: RRClass.IN },
      {
        opcode: Opcode.UPDATE,
        answers: [
          { owner, type: RRType.ANY, class: RRClass.ANY, ttl: 0, rdata: nothing },
          { owner, type: RRType.CNAME, class: RRClass.NONE, ttl: 0, rdata: nothing },
        ],
        authorities: [
          { owner, type: RRType.A, class: RRClass.ANY, ttl: 0, rdata: nothing },
          { ...scanRecord('www 0 NONE MX 10 mail', name('example.test')) },
          inClass('www 60 A 192.0.2.1'),
        ],
      },
    );
    expect(parseMessage(composeMessage(update))).to.deep.equal(update);
    expectMalformed(`${header(0, 1, 0, 0)} 00 0001 0001 00000000 0000`, /./);
  });

  it('RFC 8945 §5.1: TSIG is kept with the place where it begins, and must be last', () => {
    const tsig = '0161 00 00fa 00ff 00000000 0003 010203';
    const signed = hex(`${header(1, 0, 0, 1)} ${tsig}`);
    expect(parseMessage(signed).tsig).to.deep.equal({
      owner: name('a'),
      type: RRType.TSIG,
      class: RRClass.ANY,
      ttl: 0,
      rdata: hex('010203'),
      offset: 17,
    });
    expect(composeMessage(parseMessage(signed))).to.deep.equal(signed);
    expectMalformed(`${header(1, 0, 0, 2)} ${tsig} ${tsig}`, /TSIG record that is not the last at octet 17/);
    expectMalformed(`${header(1, 1, 0, 0)} ${tsig}`, /outside the additional section/);
  });

  it('RFC 6891 §6.1.1: one OPT, owned by the root, in the additional section', () => {
    const opt = '00 0029 0200 00000000 0000';
    expectMalformed(`${header(1, 0, 0, 2)} ${opt} ${opt}`, /second OPT record at octet 28/);
    expectMalformed(`${header(1, 0, 0, 1)} 0161 ${opt}`, /OPT record with an owner/);
    expectMalformed(`${header(1, 0, 1, 0)} ${opt}`, /outside the additional section/);
    expectMalformed(`${header(1, 0, 0, 1)} 00 0029 0200 00000000 0003 000300`, /octets expected/);
  });

  it('refuses octets after the message, unless told not to', () => {
    expectMalformed(`${header(1, 0, 0, 0)} 00`, /1 octets after the message at octet 17/);
    expect(parseMessage(hex(`${header(1, 0, 0, 0)} 00`), { trailing: true }).id).to.equal(0x1234);
  });

  it('refuses a message cut at any octet', () => {
    const whole = composeMessage(
      makeQuery(1, QUESTION, {
        answers: [inClass('www 60 CNAME web'), inClass('web 60 A 192.0.2.1')],
        edns: PLAIN_OPT,
      }),
    );
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseMessage(whole.subarray(0, length)), `${length}`).to.throw(MalformedMessageError);
    }
  });

  it('RFC 1035 §4.1.4: RDATA does not reach past its RDLENGTH', () => {
    expectMalformed(`${header(1, 1, 0, 0)} 00 0002 0001 00000000 0002 0161 00`, /past its end/);
    expectMalformed(`${header(1, 1, 0, 0)} 00 0001 0001 00000000 0005 c000020100`, /octets too many/);
  });

  it('takes the data of other classes as it is', () => {
    // A in class CH is a name and a number, not an IPv4 address.
    const message = parseMessage(hex(`${header(1, 1, 0, 0)} 00 0001 0003 00000000 0005 016100 0001`));
    expect(message.answers[0]?.rdata).to.deep.equal(hex('0161000001'));
  });
});

describe('message/compose', () => {
  const referral: Message = makeQuery(7, QUESTION, {
    flags: { ...NO_FLAGS, qr: true, aa: true },
    rcode: Rcode.BADVERS,
    answers: [inClass('www 60 CNAME web.other'), inClass('web.other 60 MX 10 mail.other')],
    authorities: [inClass('example.test. 60 SOA ns1 host.other 1 2 3 4 5')],
    additionals: [inClass('ns1 60 SRV 0 0 53 ns1'), inClass('mail.other 60 TYPE65280 \\# 2 abcd')],
    edns: { ...PLAIN_OPT, dnssecOk: true, options: [{ code: 65001, data: hex('00') }] },
  });

  it('compresses owners and the names in RDATA of the old types only', () => {
    const octets = composeMessage(referral);
    expect(parseMessage(octets)).to.deep.equal(referral);
    const text = Buffer.from(octets).toString('latin1');
    // Question and the target of SRV (RFC 2782: not compressed).
    expect(text.split('\x07example\x04test\x00')).to.have.length(3);
    expect(text.split('\x05other')).to.have.length(2);
  });

  it('gives the same message without compression, only longer', () => {
    const octets = composeMessage(referral, { compress: false });
    expect(parseMessage(octets)).to.deep.equal(referral);
    const text = Buffer.from(octets).toString('latin1');
    // Every name in full: the question, five owners, and five names in RDATA.
    expect(text.split('\x07example\x04test\x00')).to.have.length(1 + 11);
  });

  it('keeps the case of every name', () => {
    const message = makeQuery(1, QUESTION, {
      answers: [scanRecord('WWW.example.Test. 60 CNAME Www.Example.test.', name('.'))],
    });
    const again = parseMessage(composeMessage(message));
    expect(again.answers.map(showRecord)).to.deep.equal(['WWW.example.Test. 60 CNAME Www.Example.test.']);
  });

  it('points only where 14 bits reach', () => {
    const answers = Array.from({ length: 400 }, (_, i) => inClass(`n${i} 60 TXT ${'x'.repeat(60)}`));
    const message = makeQuery(1, QUESTION, { answers: [...answers, inClass('n399 60 CNAME n399')] });
    const octets = composeMessage(message);
    expect(octets.length).to.be.greaterThan(0x4000);
    expect(parseMessage(octets)).to.deep.equal(message);
  });

  it('refuses what has no wire form, or does not fit', () => {
    expect(() => composeMessage(makeQuery(1, QUESTION, { rcode: Rcode.BADVERS }))).to.throw(
      UnwritableMessageError,
      'RCODE 16 without EDNS to carry it',
    );
    const many = new Array(65_536).fill(QUESTION);
    expect(() => composeMessage(makeQuery(1, QUESTION, { questions: many }))).to.throw(
      UnwritableMessageError,
    );
    const length = composeMessage(referral).length;
    expect(composeMessage(referral, { limit: length })).to.have.length(length);
    expect(() => composeMessage(referral, { limit: length - 1 })).to.throw(NoRoomError);
  });
});
