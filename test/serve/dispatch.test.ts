import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Opcode, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { DispatchedZone } from '../support/dispatching.ts';
import { name } from '../support/rr.ts';
import { tsigKey } from '../support/tsig.ts';
import { grant, rulesOf, updateMessage } from '../support/updating.ts';

const ZONE = [
  '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300',
  '@ 300 NS ns1',
  'ns1 300 A 192.0.2.53',
  'www 60 A 192.0.2.1',
];
const RULES = rulesOf(grant({ key: 'deploy.', names: ['**'] }));
const EDNS = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
const WITH_EDNS = { rest: { edns: EDNS } };
const ADD = { ...WITH_EDNS, updates: ['new 60 A 192.0.2.9'] };

describe('serve/dispatch', () => {
  let zone: DispatchedZone;
  beforeEach(() => {
    zone = new DispatchedZone('example.test', ZONE, RULES);
  });
  afterEach(() => zone.close());

  it('RFC 8945 §5.2.1: an unknown key is NOTAUTH, BADKEY, unsigned', async () => {
    const reply = await zone.ask(updateMessage(ADD), { key: tsigKey('nobody.') });
    expect(reply.rcode).to.equal('NOTAUTH');
    expect(reply.why).to.equal('there is no key nobody. here');
    expect(reply.signature).to.equal('refused');
    expect(zone.serial).to.equal(5);
  });

  it('RFC 8945 §5.2.2: another secret is NOTAUTH, BADSIG, unsigned', async () => {
    const other = tsigKey('deploy.', 'hmac-sha256', { secret: 'b3RoZXJvdGhlcm90aGVyb3RoZXI=' });
    const reply = await zone.ask(updateMessage(ADD), { key: other });
    expect([reply.rcode, reply.signature]).to.deep.equal(['NOTAUTH', 'refused']);
    expect(reply.why).to.equal('the client has another secret for key deploy.');
  });

  it('RFC 8945 §5.2.3: a clock too far away is NOTAUTH, BADTIME, with the seconds in words', async () => {
    const reply = await zone.ask(updateMessage(ADD), { key: zone.key, skewSeconds: -4000 });
    expect(reply.rcode).to.equal('NOTAUTH');
    expect(reply.why).to.equal('signed by a clock 4000 s behind of ours, and 300 s are allowed');
  });

  it('logs each refused signature with key, client and reason, in one line and without secrets', async () => {
    await zone.ask(updateMessage(ADD), { key: tsigKey('nobody.'), from: '192.0.2.7' });
    expect(zone.effects.lines).to.deep.equal(['warn serve: signature refused']);
    expect(zone.effects.fields).to.deep.equal([
      {
        client: '192.0.2.7 port 5353',
        key: 'nobody.',
        error: 'BADKEY',
        reason: 'there is no key nobody. here',
      },
    ]);
  });

  it('a request that was recorded and is sent again from elsewhere is NOTAUTH, BADTIME', async () => {
    const { octets } = signRequest(composeMessage(updateMessage(ADD)), zone.key, zone.effects.now / 1000);
    expect(rcodeOf(await zone.send(octets))).to.equal('NOERROR');
    expect(rcodeOf(await zone.send(octets, { from: '198.51.100.1' }))).to.equal('NOTAUTH');
  });

  it('RFC 2136 §3: an identical retransmission within 10 s gets the first reply again', async () => {
    const message = updateMessage({ prerequisites: ['new 0 NONE ANY'], updates: ['new 60 A 192.0.2.9'] });
    const { octets } = signRequest(composeMessage(message), zone.key, zone.effects.now / 1000);
    const first = await zone.send(octets);
    expect(rcodeOf(first)).to.equal('NOERROR');
    zone.effects.now += 9_000;
    expect(await zone.send(octets)).to.deep.equal(first);
    expect(zone.serial).to.equal(6);
  });

  it('an IXFR that is retransmitted over UDP gets the first reply again, and is no replay', async () => {
    const question = { name: name('example.test'), type: RRType.IXFR, class: RRClass.IN };
    const { octets } = signRequest(composeMessage(makeQuery(1, question)), zone.key, zone.effects.now / 1000);
    const first = await zone.send(octets);
    expect(rcodeOf(first)).to.equal('NOERROR');
    expect(await zone.send(octets)).to.deep.equal(first);
    expect(rcodeOf(await zone.send(octets, { overTcp: true }))).to.equal('NOTAUTH');
  });

  it('what strangers send is not remembered', async () => {
    const forged = tsigKey('deploy.', 'hmac-sha256', { secret: 'b3RoZXJvdGhlcm90aGVyb3RoZXI=' });
    for (const sending of [{}, { key: forged }]) {
      const lines = zone.effects.lines.length;
      for (let i = 0; i < 2; i++) await zone.ask(updateMessage(ADD), sending);
      expect(zone.effects.lines).to.have.length(lines + 2); // each is refused anew
    }
  });

  it('retransmissions that come while the first is being answered get its reply', async () => {
    const { octets } = signRequest(composeMessage(updateMessage(ADD)), zone.key, zone.effects.now / 1000);
    const replies = await Promise.all([zone.send(octets), zone.send(octets), zone.send(octets)]);
    expect(replies[1]).to.deep.equal(replies[0]);
    expect(replies[2]).to.deep.equal(replies[0]);
    expect(zone.serial).to.equal(6);
  });

  it('the same message ID with other content is a new request', async () => {
    const first = await zone.ask(updateMessage({ updates: ['a 60 A 192.0.2.9'] }), { key: zone.key });
    const second = await zone.ask(updateMessage({ updates: ['b 60 A 192.0.2.9'] }), { key: zone.key });
    expect([first.rcode, second.rcode, zone.serial]).to.deep.equal(['NOERROR', 'NOERROR', 7]);
  });

  it('replies to signed requests are signed, those to others not', async () => {
    expect((await zone.ask(updateMessage(ADD), { key: zone.key })).signature).to.equal('good');
    expect((await zone.ask(updateMessage(ADD))).message.tsig).to.equal(undefined);
  });

  it('what cannot be read is FORMERR with its ID and opcode, and nothing for less than a header', async () => {
    const octets = composeMessage(updateMessage(ADD)).subarray(0, 30);
    const reply = await zone.send(octets);
    expect(reply).to.have.length(12);
    expect(rcodeOf(reply)).to.equal('FORMERR');
    expect((reply[2] ?? 0) >> 3).to.equal(0x10 | Opcode.UPDATE);
    expect(await zone.sendAny(octets.subarray(0, 11))).to.deep.equal([]);
  });

  it('a record after TSIG, as one client sends when its reply was truncated, is FORMERR and the server goes on', async () => {
    const signed = signRequest(composeMessage(updateMessage({})), zone.key, zone.effects.now / 1000).octets;
    const opt = Uint8Array.of(0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0);
    const octets = Uint8Array.from([...signed, ...opt]);
    octets[11] = 2;
    expect(rcodeOf(await zone.send(octets))).to.equal('FORMERR');
    expect((await zone.ask(updateMessage(ADD), { key: zone.key })).rcode).to.equal('NOERROR');
  });

  it('RFC 6891 §6.1.3: EDNS of another version is BADVERS, signed', async () => {
    const message = updateMessage({ rest: { edns: { ...EDNS, version: 1 } } });
    const reply = await zone.ask(message, { key: zone.key });
    expect([reply.rcode, reply.signature]).to.deep.equal(['BADVERS', 'good']);
  });

  it('queries, transfers and NOTIFY go to those who answer them', async () => {
    const question = { name: name('example.test'), type: RRType.SOA, class: RRClass.IN };
    for (const message of [
      makeQuery(1, question),
      makeQuery(2, { ...question, type: RRType.AXFR }),
      makeQuery(3, question, { opcode: Opcode.NOTIFY }),
    ]) {
      const reply = await zone.ask(message, { key: zone.key });
      expect([reply.message.flags.aa, reply.signature]).to.deep.equal([true, 'good']);
    }
  });

  it('other opcodes are NOTIMP', async () => {
    const question = { name: name('example.test'), type: RRType.SOA, class: RRClass.IN };
    const reply = await zone.ask(makeQuery(1, question, { opcode: 6 }), { key: zone.key });
    expect(reply.rcode).to.equal('NOTIMP');
  });

  it('what fails inside is SERVFAIL, logged, and no unhandled rejection', async () => {
    const failing = new DispatchedZone('example.test', ZONE, RULES, {
      transfer: {
        async handle() {
          throw new Error('a defect');
        },
      },
    });
    const question = { name: name('example.test'), type: RRType.AXFR, class: RRClass.IN };
    const reply = await failing.ask(makeQuery(1, question), { key: failing.key });
    expect(reply.rcode).to.equal('SERVFAIL');
    expect(failing.effects.lines).to.deep.equal(['error serve: a request failed']);
    failing.close();
  });

  it('forwards what the forwarder wants before it looks at the signature', async () => {
    const forwarded: Uint8Array[] = [];
    const secondary = new DispatchedZone('example.test', ZONE, RULES, {
      forwarder: {
        wants: ({ opcode }) => opcode === Opcode.UPDATE,
        async forward(octets) {
          forwarded.push(octets);
          return Uint8Array.of(1, 2, 3);
        },
      },
    });
    const { octets } = signRequest(composeMessage(updateMessage(ADD)), tsigKey('elsewhere.'), 5);
    expect(await secondary.send(octets)).to.deep.equal(Uint8Array.of(1, 2, 3));
    expect(forwarded).to.deep.equal([octets]);
    secondary.close();
  });
});

function rcodeOf(octets: Uint8Array): string {
  return showRcode(parseMessage(octets).rcode);
}
