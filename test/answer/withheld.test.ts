// Secondary zones that have not come yet or have expired: RFC 1034 §4.3.5.
import { expect } from 'chai';
import type { Responder } from '../../src/answer/respond.ts';
import type { ZoneImageWriter } from '../../src/image/writer.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { findOption, parseExtendedError } from '../../src/message/edns.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { EdnsOption, ExtendedError, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { exchange, imageOf, responderOn } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const SOA = '@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300\n@ 3600 NS ns1\nns1 3600 A 192.0.2.53\n';
const PARENT = memoryZone('example.test', `${SOA}www 60 A 192.0.2.1\nto 60 CNAME www.child`);
const CHILD = memoryZone(
  'child.example.test',
  `${SOA}www 60 A 192.0.2.2\n*.wild 60 A 192.0.2.3\ncut 60 NS ns.cut\nns.cut 60 A 192.0.2.4`,
);

describe('answering for a withheld zone', () => {
  let image: ZoneImageWriter;
  let responder: Responder;

  beforeEach(() => {
    image = imageOf([PARENT, CHILD]);
    clear();
    responder = responderOn(image);
  });

  function clear(): void {
    image.beginBulk();
    image.clearZone(CHILD.apex);
    image.endBulk();
  }

  function ask(qname: string, type: number = RRType.A) {
    const question = { name: name(qname), type, class: RRClass.IN };
    const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
    const reply = exchange(responder, composeMessage(makeQuery(1, question, { edns })));
    const message = parseMessage(reply ?? expect.fail('no reply'));
    const option = findOption(message.edns, EdnsOption.EXTENDED_ERROR);
    return {
      rcode: showRcode(message.rcode),
      aa: message.flags.aa,
      answers: message.answers.length,
      error: option === undefined ? undefined : parseExtendedError(option.data).infoCode,
    };
  }

  const SERVFAIL = { rcode: 'SERVFAIL', aa: false, answers: 0, error: ExtendedError.INVALID_DATA };

  it('SERVFAIL for every name and type in it, with the reason', () => {
    for (const qname of ['', 'www.', 'a.wild.', 'ns.cut.', 'none.']) {
      for (const type of [RRType.A, RRType.SOA, RRType.ANY]) {
        expect(ask(`${qname}child.example.test`, type), qname).to.deep.equal(SERVFAIL);
      }
    }
  });

  it('the zone around it goes on; an alias into it is answered with the alias', () => {
    expect(ask('www.example.test')).to.include({ rcode: 'NOERROR', answers: 1 });
    expect(ask('to.example.test')).to.include({ rcode: 'NOERROR', aa: true, answers: 1, error: undefined });
  });

  it('when its owners are applied again, all is as it was', () => {
    image.beginBulk();
    image.apply(CHILD.apex, CHILD.owners());
    image.endBulk();
    responder.take(image.memory);
    expect(ask('www.child.example.test')).to.include({ rcode: 'NOERROR', answers: 1 });
    expect(ask('a.wild.child.example.test')).to.include({ rcode: 'NOERROR', answers: 1 });
    expect(ask('ns.cut.child.example.test')).to.include({ rcode: 'NOERROR', aa: false, answers: 0 });
    expect(ask('to.example.test')).to.include({ answers: 2 });
  });

  it('a zone around is cleared without those within it', () => {
    image.beginBulk();
    image.apply(CHILD.apex, CHILD.owners());
    image.clearZone(PARENT.apex);
    image.endBulk();
    responder.take(image.memory);
    expect(ask('www.example.test')).to.deep.equal(SERVFAIL);
    expect(ask('www.child.example.test')).to.include({ rcode: 'NOERROR', answers: 1 });
  });
});
