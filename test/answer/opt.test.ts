import { expect } from 'chai';
import type { ResponderOptions } from '../../src/answer/respond.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { EdnsOption, ExtendedError, Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { exchange, imageOf, responderOn } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const ZONE = memoryZone('example.test', '@ SOA ns h 1 2 3 4 5\n@ NS ns\nwww A 192.0.2.1');
const cookieSecrets = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
writeCookieSecrets(cookieSecrets, new Uint8Array(16), new Uint8Array(16));

interface Asked {
  readonly qname?: string;
  readonly options?: readonly { readonly code: number; readonly data: Uint8Array }[];
  readonly udpPayloadSize?: number;
  readonly version?: number;
  readonly dnssecOk?: boolean;
}

function ask(asked: Asked, settings: Partial<ResponderOptions> = {}): { reply: Message; length: number } {
  const { qname = 'www.example.test', options = [], udpPayloadSize = 1232, version = 0 } = asked;
  const question = { name: name(qname), type: RRType.A, class: RRClass.IN };
  const edns = { udpPayloadSize, version, dnssecOk: asked.dnssecOk ?? false, options };
  const responder = responderOn(imageOf([ZONE]), settings);
  const octets = exchange(responder, composeMessage(makeQuery(7, question, { edns })));
  if (octets === undefined) expect.fail('no response');
  return { reply: parseMessage(octets), length: octets.length };
}

function codes({ edns }: Message): number[] {
  return edns?.options.map(({ code }) => code) ?? [];
}

const NSID = { code: EdnsOption.NSID, data: new Uint8Array(0) };
const COOKIE = { code: EdnsOption.COOKIE, data: new Uint8Array(8).fill(1) };
const SUBNET = { code: EdnsOption.CLIENT_SUBNET, data: Uint8Array.of(0, 2, 128, 0, ...new Uint8Array(16)) };

describe('answer/opt', () => {
  it('RFC 6891 §6.2.5: offers its own payload size, version 0; RFC 3225 §3: DO comes back', () => {
    const { edns } = ask({ udpPayloadSize: 4096, dnssecOk: true }, { maxPayload: 1400 }).reply;
    expect(edns).to.include({ udpPayloadSize: 1400, version: 0, dnssecOk: true });
    expect(ask({}).reply.edns?.dnssecOk).to.equal(false);
  });

  it('RFC 5001: says its name to who asks, and only when it has one', () => {
    const settings = { nsid: 'node1' };
    const [option] = ask({ options: [NSID] }, settings).reply.edns?.options ?? [];
    expect(Buffer.from(option?.data ?? []).toString()).to.equal('node1');
    expect(codes(ask({}, settings).reply)).to.deep.equal([]);
    expect(codes(ask({ options: [NSID] }).reply)).to.deep.equal([]);
  });

  it('RFC 7871 §7.2.1: a client subnet comes back as it came, with SCOPE 0', () => {
    const [option] = ask({ options: [SUBNET] }).reply.edns?.options ?? [];
    expect(option).to.deep.equal(SUBNET);
  });

  it('RFC 6891 §6.1.3: BADVERS has the upper bits of its RCODE in OPT', () => {
    const { reply } = ask({ version: 1 });
    expect(reply.rcode).to.equal(Rcode.BADVERS);
    expect(reply.edns?.version).to.equal(0);
  });

  it('RFC 8914: says why a name is refused', () => {
    const [option] = ask({ qname: 'other.test' }).reply.edns?.options ?? [];
    expect(option?.code).to.equal(EdnsOption.EXTENDED_ERROR);
    expect(option?.data[1]).to.equal(ExtendedError.NOT_AUTHORITATIVE);
  });

  it('all options and the longest question fit into 512 octets', () => {
    const qname = `${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(61)}.`;
    const settings = { nsid: 'é'.repeat(300), cookieSecrets };
    const { reply, length } = ask({ qname, options: [NSID, COOKIE, SUBNET], udpPayloadSize: 512 }, settings);
    expect(length).to.be.at.most(512);
    expect(reply.rcode).to.equal(Rcode.REFUSED);
    expect(codes(reply)).to.include.members([EdnsOption.NSID, EdnsOption.COOKIE, EdnsOption.CLIENT_SUBNET]);
  });
});
