// Tools that do not run here, by what is known of the messages they send.
import { expect } from 'chai';
import { composeMessage } from '../../../src/message/compose.ts';
import type { TsigAlgorithmWord } from '../../../src/message/tsig-algorithm.ts';
import { showRcode } from '../../../src/wire/iana.ts';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { needProgram } from '../../support/programs.ts';
import { showRecord } from '../../support/rr.ts';
import { ToolClient } from '../../support/tool-client.ts';
import { tsigKey } from '../../support/tsig.ts';
import { updateMessage } from '../../support/updating.ts';

const APEX = 'example.test';
const DONE = { rcode: 'NOERROR', why: '' };
const TCP = { overTcp: true };
const BIG = Array.from({ length: 60 }, (_, i) => `big 60 A 198.51.100.${i}`);

describe('tools by their messages', function () {
  this.timeout(60_000);
  let server: KeyedServer;
  const client = (key = 'ci.', word: TsigAlgorithmWord = 'hmac-sha256'): ToolClient =>
    new ToolClient(server.port, tsigKey(key, word));

  before(async function () {
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: { [APEX]: `${CLIENT_ZONE}sub NS ns.sub\nns.sub A 192.0.2.60\n` },
      keys: { 'ci.': 'hmac-sha256', 'old.': 'hmac-md5', 'lab.': 'hmac-sha256' },
      rules: {
        [APEX]: [
          'key = "ci.", names = ["**"], action = "edit"',
          'key = "old.", names = ["_acme-challenge.**"], types = ["TXT"], action = "edit"',
        ],
      },
    });
  });
  after(() => server?.remove());

  describe('external-dns', () => {
    it('lists the zone by AXFR, then removes and adds in one message over TCP', async () => {
      const tool = client();
      const added = [
        'ext 0 A 192.0.2.81',
        'ext 0 TXT "heritage=external-dns,external-dns/owner=default"',
        'a-ext 0 TXT "heritage=external-dns,external-dns/owner=default"',
      ];
      expect(await tool.update({ updates: added }, TCP)).to.deep.equal(DONE);
      const listed = await tool.transfer(APEX);
      for (const line of added) expect(listed).to.include(line.replace('ext 0', `ext.${APEX}. 0`));
      const moved = ['ext 0 NONE A 192.0.2.81', 'ext 0 A 192.0.2.82'];
      expect(await tool.update({ updates: moved }, TCP)).to.deep.equal(DONE);
      expect(await tool.transfer(APEX))
        .to.include(`ext.${APEX}. 0 A 192.0.2.82`)
        .and.to.not.include(`ext.${APEX}. 0 A 192.0.2.81`);
    });

    it("without --rfc2136-zone it says zone '.': NOTAUTH, and what to do, in the answer and in the log", async () => {
      const logged = server.markLog();
      const sent = { zone: '.', updates: ['ext 0 A 192.0.2.81'] };
      const { rcode, why } = await client().update(sent, { ...TCP, withEdns: true });
      expect(rcode).to.equal('NOTAUTH');
      expect(why).to.contain("the zone section says '.'").and.to.contain('--rfc2136-zone');
      expect(await client().update(sent, TCP)).to.deep.equal({ rcode: 'NOTAUTH', why: '' });
      await server.child.until(() => /external-dns: --rfc2136-zone/.test(logged()));
    });

    it('a key without the right does not list the zone', async () => {
      expect(await client('lab.').transfer(APEX)).to.equal('REFUSED');
    });
  });

  describe('terraform', () => {
    it('creates, reads the whole RRset back as it is stored, replaces, deletes', async () => {
      const tool = client();
      const set = ['tf 300 A 192.0.2.91', 'tf 300 A 192.0.2.92', 'tf 300 A 192.0.2.93'];
      const stored = set.map((line) => line.replace('tf', `tf.${APEX}.`));
      expect(await tool.update({ updates: set })).to.deep.equal(DONE);
      expect(await tool.read(`tf.${APEX}`, 'A')).to.deep.equal(stored);
      const change = ['tf 0 NONE A 192.0.2.91', 'tf 300 A 192.0.2.94'];
      expect(await tool.update({ updates: change })).to.deep.equal(DONE);
      expect(await tool.read(`tf.${APEX}`, 'A')).to.deep.equal([
        ...stored.slice(1),
        `tf.${APEX}. 300 A 192.0.2.94`,
      ]);
      expect(await tool.update({ updates: ['tf 0 ANY A'] })).to.deep.equal(DONE);
      expect((await tool.query(`tf.${APEX}`, 'A')).answers).to.deep.equal([]);
    });

    it('reads the NS of a delegation in the authority section', async () => {
      const { authorities } = await client().query(`sub.${APEX}`, 'NS');
      expect(authorities.map((record) => showRecord(record))).to.deep.equal([
        `sub.${APEX}. 300 NS ns.sub.${APEX}.`,
      ]);
    });

    it('an RRset too large for UDP is truncated, signed, and whole over TCP', async () => {
      const tool = client();
      expect(await tool.update({ updates: BIG }, TCP)).to.deep.equal(DONE);
      const short = await tool.query(`big.${APEX}`, 'A');
      expect(short.flags.tc).to.equal(true);
      expect((await tool.query(`big.${APEX}`, 'A', TCP)).answers).to.have.length(BIG.length);
    });

    it('an OPT record after TSIG, as it sends when truncated: FORMERR, and the server lives', async () => {
      const tool = client();
      const signed = tool.signedQuery(`big.${APEX}`, 'A');
      const octets = Buffer.concat([signed, Buffer.from('00002910000000000000' + '00', 'hex')]);
      octets.writeUInt16BE(octets.readUInt16BE(10) + 1, 10);
      const reply = await tool.sendRaw(octets);
      expect(showRcode(reply.rcode)).to.equal('FORMERR');
      expect((await tool.query(`big.${APEX}`, 'A', TCP)).answers).to.have.length(BIG.length);
    });
  });

  describe('octoDNS', () => {
    it('reads by AXFR with RD set', async () => {
      expect(await client().transfer(APEX, { rd: true })).to.include(`ns1.${APEX}. 300 A 192.0.2.53`);
    });

    it('1000 changes in a message, and RRsets replaced by deleting and adding', async () => {
      const tool = client();
      const serial = await server.serial();
      const made = Array.from({ length: 1000 }, (_, i) => `octo${i} 60 A 192.0.2.${i % 250}`);
      expect(await tool.update({ updates: made }, TCP)).to.deep.equal(DONE);
      const replaced = Array.from({ length: 500 }, (_, i) => [
        `octo${i} 0 ANY A`,
        `octo${i} 120 A 203.0.113.${i % 250}`,
      ]);
      expect(await tool.update({ updates: replaced.flat() }, TCP)).to.deep.equal(DONE);
      const zone = await tool.transfer(APEX);
      expect(zone)
        .to.include(`octo499.${APEX}. 120 A 203.0.113.249`)
        .and.to.include(`octo500.${APEX}. 60 A 192.0.2.0`);
      const gone = Array.from({ length: 1000 }, (_, i) =>
        i < 500 ? `octo${i} 0 NONE A 203.0.113.${i % 250}` : `octo${i} 0 NONE A 192.0.2.${i % 250}`,
      );
      expect(await tool.update({ updates: gone }, TCP)).to.deep.equal(DONE);
      expect(await server.serial()).to.equal(serial + 3);
    });
  });

  describe('dnscontrol', () => {
    it('moves the apex NS with a dummy that is there meanwhile; the last NS never goes', async () => {
      const tool = client();
      const ns = async (): Promise<readonly string[]> => tool.read(APEX, 'NS');
      const before = await ns();
      const dummy = 'dnscontrol.invalid.';
      const updates = [
        `@ 300 NS ${dummy}`,
        '@ 0 NONE NS ns1',
        '@ 0 NONE NS ns2',
        '@ 600 NS ns2',
        '@ 600 NS ns1',
        `@ 0 NONE NS ${dummy}`,
      ];
      expect(await tool.update({ updates }, TCP)).to.deep.equal(DONE);
      expect(await ns()).to.deep.equal(before.map((line) => line.replace(' 300 ', ' 600 ')));
    });

    it('messages of 16 KiB; an address becomes a CNAME by deleting the name', async () => {
      const tool = client();
      const text = 'x'.repeat(120);
      const made = Array.from({ length: 110 }, (_, i) => `ctl${i} 60 TXT "${text}"`);
      expect(composeMessage(updateMessage({ updates: made })).length).to.be.within(14_000, 16_384);
      expect(await tool.update({ updates: made }, TCP)).to.deep.equal(DONE);
      const updates = ['ctl1 0 ANY ANY', `ctl1 60 CNAME www.${APEX}.`];
      expect(await tool.update({ updates }, TCP)).to.deep.equal(DONE);
      expect(await tool.read(`ctl1.${APEX}`, 'CNAME')).to.deep.equal([`ctl1.${APEX}. 60 CNAME www.${APEX}.`]);
      expect(await tool.read(`ctl109.${APEX}`, 'TXT')).to.deep.equal([`ctl109.${APEX}. 60 TXT "${text}"`]);
    });

    it('a zone that is not here: NOTAUTH for its transfer', async () => {
      expect(await client().transfer('example.org')).to.equal('NOTAUTH');
    });
  });

  describe('ansible', () => {
    const any = 'old 0 ANY A';
    const exact = 'old 0 A 192.0.2.7';

    it('asks by prerequisites alone: NOERROR, NXRRSET, and nothing changes', async () => {
      const tool = client();
      const serial = await server.serial();
      expect(await tool.update({ prerequisites: [any, exact] })).to.deep.equal(DONE);
      expect((await tool.update({ prerequisites: [any, 'old 0 A 192.0.2.8'] })).rcode).to.equal('NXRRSET');
      expect((await tool.update({ prerequisites: ['nobody 0 ANY A'] })).rcode).to.equal('NXRRSET');
      const two = ['www 0 ANY A', 'www 0 A 192.0.2.1']; // and there is another
      expect((await tool.update({ prerequisites: two })).rcode).to.equal('NXRRSET');
      expect(await server.serial()).to.equal(serial);
    });

    it('uses a message ID again for another update', async () => {
      const tool = client();
      const same = { id: 53588 };
      expect(await tool.update({ updates: ['ans 60 A 192.0.2.101'] }, same)).to.deep.equal(DONE);
      expect(await tool.update({ updates: ['ans 0 ANY A', 'ans 60 A 192.0.2.102'] }, same)).to.deep.equal(
        DONE,
      );
      expect(await tool.read(`ans.${APEX}`, 'A')).to.deep.equal([`ans.${APEX}. 60 A 192.0.2.102`]);
    });
  });

  it('cert-manager: a challenge comes and goes over UDP, signed with HMAC-MD5', async () => {
    const tool = client('old.', 'hmac-md5');
    const owner = `_acme-challenge.www.${APEX}`;
    const other = '_acme-challenge.www 60 TXT "of somebody else"';
    expect(await tool.update({ updates: [other] })).to.deep.equal(DONE);
    expect(await tool.update({ updates: ['_acme-challenge.www 60 TXT "token"'] })).to.deep.equal(DONE);
    expect(await server.data(owner, 'TXT')).to.deep.equal(['"of somebody else"', '"token"']);
    expect(await tool.update({ updates: ['_acme-challenge.www 0 NONE TXT "token"'] })).to.deep.equal(DONE);
    expect(await server.data(owner, 'TXT')).to.deep.equal(['"of somebody else"']);
  });
});
