import { expect } from 'chai';
import type { ChaosTexts } from '../../src/answer/chaos.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { Rcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { scanName } from '../../src/wire/name.ts';
import { exchange, imageOf, query, responderOn } from '../support/answering.ts';

function ask(qname: string, chaos: ChaosTexts, qtype: number = RRType.TXT): ReturnType<typeof parseMessage> {
  const octets = exchange(
    responderOn(imageOf([]), { chaos }),
    query(scanName(qname, undefined), qtype, RRClass.CH),
  );
  return parseMessage(octets ?? expect.fail('no response'));
}

function textOf({ answers }: ReturnType<typeof parseMessage>): string {
  return Buffer.from(answers[0]?.rdata.subarray(1) ?? []).toString();
}

const TEXTS = { version: 'waypost 1', hostname: 'node1' };

describe('answer/chaos', () => {
  it('RFC 4892: tells version and host name in class CH, in any case', () => {
    for (const qname of ['version.bind.', 'Version.Server.'])
      expect(textOf(ask(qname, TEXTS))).to.equal('waypost 1');
    for (const qname of ['hostname.bind.', 'ID.SERVER.']) expect(textOf(ask(qname, TEXTS))).to.equal('node1');
    const { answers, flags } = ask('version.bind.', TEXTS, RRType.ANY);
    expect(answers[0]).to.include({ class: RRClass.CH, type: RRType.TXT, ttl: 0 });
    expect(flags.aa).to.equal(true);
  });

  it('other types of these names are NODATA', () => {
    expect(ask('version.bind.', TEXTS, RRType.A)).to.deep.include({ rcode: Rcode.NOERROR, answers: [] });
  });

  it('refuses what is not to be shown, and other names', () => {
    const hidden = { version: '', hostname: '' };
    expect(ask('version.bind.', hidden).rcode).to.equal(Rcode.REFUSED);
    expect(ask('id.server.', hidden).rcode).to.equal(Rcode.REFUSED);
    for (const qname of ['bind.', 'x.version.bind.', 'authors.bind.', '.'])
      expect(ask(qname, TEXTS).rcode, qname).to.equal(Rcode.REFUSED);
  });

  it('cuts a text at 255 octets', () => {
    expect(textOf(ask('version.bind.', { version: 'v'.repeat(300), hostname: '' }))).to.have.length(255);
  });
});
