// What scenarios cannot say: several questions that depend on one another, rooms, and what answering costs.
import { expect } from 'chai';
import { Peer } from '../../src/base/peer.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { EdnsOption, Opcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { exchange, imageOf, query, responderOn } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';
import { tsigKey } from '../support/tsig.ts';

const ZONE = memoryZone(
  'example.test',
  `@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300
@ 3600 NS ns1
ns1 3600 A 192.0.2.53
www 60 A 192.0.2.1
www 60 A 192.0.2.2
www 60 A 192.0.2.3
alias 60 CNAME www
old 60 DNAME new.example.test.
big 60 TXT ${'x'.repeat(200)}`,
);

function cookieQuery(cookie: Uint8Array): Uint8Array {
  const options = [{ code: EdnsOption.COOKIE, data: cookie }];
  const question = { name: name('www.example.test'), type: RRType.A, class: RRClass.IN };
  const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options };
  return composeMessage(makeQuery(1, question, { edns }));
}

function cookieIn(reply: Uint8Array | undefined): Uint8Array {
  const edns = parseMessage(reply ?? expect.fail('no reply')).edns;
  return edns?.options.find(({ code }) => code === EdnsOption.COOKIE)?.data ?? expect.fail('no cookie');
}

describe('answer/respond', () => {
  it('RFC 9018 §4.3: a client that sends its cookie back gets the same one; a stranger gets another', () => {
    const cookieSecrets = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
    const secret = Uint8Array.from({ length: 16 }, (_, i) => i);
    writeCookieSecrets(cookieSecrets, secret, secret);
    const responder = responderOn(imageOf([ZONE]), { cookieSecrets });
    const first = cookieIn(exchange(responder, cookieQuery(new Uint8Array(8).fill(1))));
    expect(first).to.have.length(24);
    expect(cookieIn(exchange(responder, cookieQuery(first)))).to.deep.equal(first);
    const forged = first.slice();
    forged[23] = (forged[23] ?? 0) ^ 1;
    expect(cookieIn(exchange(responder, cookieQuery(forged)))).to.deep.equal(first);
  });

  it('without secrets it answers as if there were no cookies', () => {
    const reply = exchange(responderOn(imageOf([ZONE])), cookieQuery(new Uint8Array(8)));
    expect(parseMessage(reply ?? expect.fail('no reply')).edns?.options).to.deep.equal([]);
  });

  it('keeps to the room it is given, whatever the client takes', () => {
    const responder = responderOn(imageOf([ZONE]));
    const asked = query(name('big.example.test'), RRType.TXT);
    for (let room = asked.length; room < asked.length + 230; room++) {
      const octets = new Uint8Array(600).fill(0xa5);
      octets.set(asked, 10);
      const peer = new Peer(Uint8Array.of(192, 0, 2, 99));
      peer.overTcp = true;
      const length = responder.answer(octets, 10, asked.length, room, peer);
      expect(length).to.be.at.most(room);
      const reply = parseMessage(octets.slice(10, 10 + length));
      expect(reply.flags.tc, `${room}`).to.equal(reply.answers.length === 0);
      expect(
        octets.subarray(10 + room).every((octet) => octet === 0xa5),
        `${room}`,
      ).to.equal(true);
    }
  });

  it('leaves to the control thread what is signed, UPDATE, NOTIFY, and transfers over TCP', () => {
    const lateOpcodes = [Opcode.QUERY, Opcode.UPDATE, Opcode.NOTIFY];
    const responder = responderOn(imageOf([ZONE]), { lateOpcodes });
    const question = { name: name('www.example.test'), type: RRType.A, class: RRClass.IN };
    const transfer = { ...question, type: RRType.AXFR };
    const signed = signRequest(composeMessage(makeQuery(1, question)), tsigKey('a.'), 0).octets;
    const isLate = (octets: Uint8Array, overTcp: boolean): boolean => {
      const room = Uint8Array.from({ length: 600 }, (_, i) => octets[i] ?? 0);
      const peer = new Peer(Uint8Array.of(192, 0, 2, 99));
      peer.overTcp = overTcp;
      const length = responder.answer(room, 0, octets.length, 600, peer);
      if (length === -1) expect(room.subarray(0, octets.length)).to.deep.equal(octets);
      return length === -1;
    };
    for (const overTcp of [false, true]) {
      expect(isLate(signed, overTcp)).to.equal(true);
      expect(isLate(composeMessage(makeQuery(1, question)), overTcp)).to.equal(false);
      expect(isLate(composeMessage(makeQuery(1, question, { opcode: Opcode.UPDATE })), overTcp)).to.equal(
        true,
      );
      expect(isLate(composeMessage(makeQuery(1, question, { opcode: Opcode.NOTIFY })), overTcp)).to.equal(
        true,
      );
      expect(isLate(composeMessage(makeQuery(1, question, { opcode: 6 })), overTcp)).to.equal(false);
      expect(isLate(composeMessage(makeQuery(1, transfer)), overTcp)).to.equal(overTcp);
    }
  });

  it('starts each three answers with each of three addresses once, over two responders on one image', () => {
    const image = imageOf([ZONE]);
    const responders = [responderOn(image), responderOn(image)];
    const firsts: number[] = [];
    for (let i = 0; i < 30; i++) {
      const responder = responders[(i * 7) % 2] ?? expect.fail();
      const asked = query(name(i % 3 === 0 ? 'alias.example.test' : 'www.example.test'), RRType.A);
      const reply = parseMessage(exchange(responder, asked, i % 5 === 0) ?? expect.fail('no reply'));
      firsts.push(reply.answers.find(({ type }) => type === RRType.A)?.rdata[3] ?? 0);
    }
    for (let i = 0; i + 3 <= firsts.length; i++) {
      expect(new Set(firsts.slice(i, i + 3)).size, `answers ${i} to ${i + 2}`).to.equal(3);
    }
  });

  it('allocates nothing per query', function () {
    this.timeout(20_000);
    const responder = responderOn(imageOf([ZONE]));
    const questions = ['www', 'alias', 'no.such', 'x.old', 'big', ''].map((label) =>
      query(name(`${label === '' ? '' : `${label}.`}example.test`), RRType.A),
    );
    const octets = new Uint8Array(4096);
    const peer = new Peer(Uint8Array.of(192, 0, 2, 99));
    const ask = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const asked = questions[i % questions.length] ?? expect.fail();
        octets.set(asked);
        responder.answer(octets, 0, asked.length, 4096, peer);
      }
    };
    ask(50_000);
    // A collection may come at any time; without allocations most stretches see the heap stand still.
    const growths: number[] = [];
    for (let i = 0; i < 9; i++) {
      const before = process.memoryUsage().heapUsed;
      ask(10_000);
      growths.push(process.memoryUsage().heapUsed - before);
    }
    const median = growths.sort((a, b) => a - b)[4] ?? 0;
    expect(median / 10_000, 'octets per query').to.be.lessThan(2);
  });
});
