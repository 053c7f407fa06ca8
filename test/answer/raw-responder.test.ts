import { expect } from 'chai';
import { answeringZone } from '../../src/answer/answering-zone.ts';
import { RawResponder } from '../../src/answer/raw-responder.ts';
import { Peer } from '../../src/base/peer.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import { type Option, parseExtendedError } from '../../src/message/edns.ts';
import { type Message, makeQuery, NO_FLAGS } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { scanType } from '../../src/rdata/table.ts';
import { EdnsOption, RRClass } from '../../src/wire/iana.ts';
import { OPTIONS } from '../support/answering.ts';
import { hosting } from '../support/hosted.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const ADDRESSES = Array.from({ length: 60 }, (_, i) => `big 60 A 198.51.100.${i}`).join('\n');
const ZONE = memoryZone(
  'example.test',
  `@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300
@ 3600 NS ns1
www 60 A 192.0.2.1
alias 60 CNAME big
${ADDRESSES}
mail 60 MX 10 big
child 300 NS ns.child
${ADDRESSES.replaceAll('big ', 'ns.child ')}
`,
);
const NOW_MS = 1_795_341_521_000;
const cookieSecrets = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
writeCookieSecrets(cookieSecrets, new Uint8Array(16), new Uint8Array(16));

describe('raw responder', () => {
  it('copies ID and RD, sets QR and AA, offers nothing else', () => {
    const { flags, id } = ask('www A', { rd: true });
    expect(id).to.equal(7);
    expect(flags).to.deep.equal({ ...NO_FLAGS, qr: true, aa: true, rd: true });
  });

  it('says in an Extended DNS Error that the answer is raw; without EDNS it says nothing', () => {
    expect(noteOf(ask('www A', { options: [] }))).to.equal('raw view');
    expect(ask('www A').edns).to.equal(undefined);
  });

  it('EDNS: payload size, DO, NSID, client subnet with scope 0, and a server cookie', () => {
    const subnet = Uint8Array.of(0, 1, 24, 0, 192, 0, 2);
    const { edns } = ask('www A', {
      options: [
        { code: EdnsOption.NSID, data: new Uint8Array(0) },
        { code: EdnsOption.CLIENT_SUBNET, data: subnet },
        { code: EdnsOption.COOKIE, data: new Uint8Array(8).fill(5) },
      ],
    });
    expect(edns).to.include({ udpPayloadSize: 1232, dnssecOk: true, version: 0 });
    const options = new Map(edns?.options.map(({ code, data }) => [code, data]));
    expect(Buffer.from(options.get(EdnsOption.NSID) ?? []).toString()).to.equal('node1');
    expect(options.get(EdnsOption.CLIENT_SUBNET)).to.deep.equal(subnet);
    expect(options.get(EdnsOption.COOKIE)).to.have.lengthOf(24);
  });

  it('RFC 2181 §9: an RRset that does not fit is left out whole, with TC; over TCP it is whole', () => {
    expect(countsOf(ask('big A'))).to.deep.equal({ tc: true, answers: 0, additionals: 0 });
    expect(countsOf(ask('big A', { options: [] }))).to.deep.equal({ tc: false, answers: 60, additionals: 0 });
    expect(countsOf(ask('big A', { overTcp: true }))).to.deep.equal({
      tc: false,
      answers: 60,
      additionals: 0,
    });
  });

  it('an alias stays in an answer whose end does not fit', () => {
    expect(countsOf(ask('alias A'))).to.deep.equal({ tc: true, answers: 1, additionals: 0 });
  });

  it('addresses that only help are left out without TC; RFC 9471 §3.1: glue is not', () => {
    expect(countsOf(ask('mail MX'))).to.deep.equal({ tc: false, answers: 1, additionals: 0 });
    expect(countsOf(ask('x.child A'))).to.deep.equal({ tc: true, answers: 0, additionals: 0 });
  });

  it('the note gives way to what was asked for', () => {
    const whole = ask('big A', { options: [], room: 1232 });
    const exact = lengthOf('big A', 1232) - 12; // of the 14 octets that the note takes 2 are left
    const tight = ask('big A', { options: [], room: exact });
    expect(countsOf(tight)).to.deep.equal(countsOf(whole));
    expect(noteOf(tight)).to.equal(undefined);
  });

  it('where not even the question fits, a header says TC', () => {
    const message = ask('www A', { room: 20 });
    expect(message.questions).to.deep.equal([]);
    expect(message.flags.tc).to.equal(true);
  });

  it('leaves to others what is not well-formed, not of class IN, or a question for no data', () => {
    const query = queryFor('www A', {});
    expect(answer(query.subarray(0, query.length - 1), {})).to.equal(undefined);
    expect(answer(queryFor('www AXFR', {}), {})).to.equal(undefined);
    expect(answer(queryFor('www A', { class: RRClass.CH }), {})).to.equal(undefined);
  });
});

interface Asked {
  readonly rd?: boolean;
  readonly class?: number;
  readonly options?: readonly Option[];
  readonly overTcp?: boolean;
  readonly room?: number;
}

function queryFor(question: string, { rd = false, class: qclass = RRClass.IN, options }: Asked): Uint8Array {
  const [owner = '', type = ''] = question.split(' ');
  const edns =
    options === undefined ? undefined : { udpPayloadSize: 1400, version: 0, dnssecOk: true, options };
  const asked = { name: name(`${owner}.example.test`), type: scanType(type) ?? 0, class: qclass };
  return composeMessage(makeQuery(7, asked, { flags: { ...NO_FLAGS, rd }, edns }));
}

function answer(query: Uint8Array, { overTcp = false, room = 65_535 }: Asked): Uint8Array | undefined {
  const responder = new RawResponder({ ...OPTIONS, nsid: 'node1', cookieSecrets }, () => NOW_MS);
  const peer = new Peer(Uint8Array.of(192, 0, 2, 99));
  peer.overTcp = overTcp;
  const hosted = hosting(ZONE);
  return responder.answer(query, (owner, type) => answeringZone(hosted, owner, type), room, peer);
}

function ask(question: string, asked: Asked = {}): Message {
  const octets = answer(queryFor(question, asked), asked);
  if (octets === undefined) throw new Error('not answered');
  expect(octets.length).to.be.at.most(asked.room ?? 65_535);
  return parseMessage(octets);
}

function lengthOf(question: string, room: number): number {
  return answer(queryFor(question, { options: [] }), { room })?.length ?? 0;
}

function noteOf({ edns }: Message): string | undefined {
  const option = edns?.options.find(({ code }) => code === EdnsOption.EXTENDED_ERROR);
  return option === undefined ? undefined : parseExtendedError(option.data).extraText;
}

function countsOf({ flags, answers, additionals }: Message) {
  return { tc: flags.tc, answers: answers.length, additionals: additionals.length };
}
