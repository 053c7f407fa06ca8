import { expect } from 'chai';
import type { Endpoint } from '../../../src/base/endpoint.ts';
import { composeMessage } from '../../../src/message/compose.ts';
import { makeQuery } from '../../../src/message/message.ts';
import { parseMessage } from '../../../src/message/parse.ts';
import type { Updater } from '../../../src/monitor/updater/updater.ts';
import { Opcode, RRClass, RRType } from '../../../src/wire/iana.ts';
import { FakeEffects } from '../../support/effects.ts';
import { KeyedServer } from '../../support/keyed-server.ts';
import { memoryZone } from '../../support/memory-zone.ts';
import { ModelServer } from '../../support/model-server.ts';
import { name } from '../../support/rr.ts';
import { type ScriptedRequest, ScriptedServer } from '../../support/scripted-server.ts';
import { tsigKey } from '../../support/tsig.ts';
import { SocketUpdaters } from '../../support/updater-sockets.ts';
import { grant, rulesOf } from '../../support/updating.ts';

const APEX = name('example.test');
const WWW = name('www.example.test');
const [ONE, TWO] = ['192.0.2.1', '192.0.2.2'] as const;
const KEY = tsigKey('mon.');
const QUERY_LINES = makeQuery(0, {
  name: name('_steer.www.example.test'),
  type: RRType.TXT,
  class: RRClass.IN,
});

describe('monitor/updater over sockets', function () {
  this.timeout(30_000);
  let updaters: SocketUpdaters;

  beforeEach(() => {
    updaters = new SocketUpdaters();
  });
  afterEach(() => updaters.close());

  const want = (updater: Updater, member: string, wanted: 'in' | 'out') =>
    updater.want(APEX, WWW, member, wanted, 'timeout');
  const standing = (updater: Updater, member: string) => updater.member(APEX, WWW, member)?.standing.kind;
  const reasons = (updater: Updater) => updater.alarms(APEX).map(({ reason }) => reason);

  describe('a scripted server', () => {
    let server: ScriptedServer;
    let model: ModelServer;
    /** What it does with a request; what it does not do is answered as it should be. */
    let trick: (request: ScriptedRequest, opcode: number) => boolean;

    beforeEach(async () => {
      trick = () => false;
      const zone = memoryZone(
        'example.test',
        '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300\n@ 300 NS ns1\nns1 300 A 192.0.2.53\nwww 60 A 192.0.2.1\nwww 60 A 192.0.2.2',
      );
      model = new ModelServer(zone, rulesOf(grant({ key: 'mon.', names: ['**'] })), new FakeEffects());
      server = await ScriptedServer.start((request) => {
        const message = parseMessage(request.octets);
        if (trick(request, message.opcode)) return;
        // It believes our address: what is asked without a signature is done as for the key.
        void model
          .ask(message, server.endpoint, { key: KEY })
          .then((reply) => request.send(composeMessage(reply)));
      });
    });
    afterEach(() => server.close());

    it('TC: the update goes out again over TCP at once', async () => {
      trick = (request, opcode) => {
        if (request.transport === 'tcp' || opcode !== Opcode.UPDATE) return false;
        const octets = new Uint8Array(request.octets.subarray(0, 12));
        octets.set(
          [octets[2] ?? 0, 0].map((flags, i) => (i === 0 ? flags | 0x82 : flags)),
          2,
        );
        octets.fill(0, 4);
        request.send(octets);
        return true;
      };
      const updater = updaters.start(server.endpoint, undefined, [ONE, TWO]);
      want(updater, ONE, 'out');
      await updaters.until(() => standing(updater, ONE) === 'out');
      expect(model.updates).to.have.length(1);
      const transports = server.requests
        .filter(({ octets }) => parseMessage(octets).opcode === Opcode.UPDATE)
        .map(({ transport }) => transport);
      expect(transports).to.deep.equal(['udp', 'tcp']);
    });

    it('a message that no datagram holds goes over TCP', async () => {
      const hosts = Array.from({ length: 100 }, (_, i) => `+ www 60 A 198.51.100.${i}`);
      model.change(...hosts);
      const members = hosts.map((line) => line.split(' ').at(-1) ?? '');
      const updater = updaters.start(server.endpoint, undefined, members);
      for (const member of members.slice(0, 60)) want(updater, member, 'out');
      await updaters.until(() => members.slice(0, 60).every((member) => standing(updater, member) === 'out'));
      expect(model.updates.length).to.equal(2);
      expect(model.at(WWW)).to.have.length(42);
    });

    it('what is no answer is passed over, and silence is asked again', async () => {
      let asked = 0;
      trick = (request, opcode) => {
        if (opcode !== Opcode.UPDATE || ++asked > 2) return false;
        if (asked === 1) request.send(Uint8Array.of(1, 2, 3));
        return true;
      };
      const updater = updaters.start(server.endpoint, undefined, [ONE, TWO]);
      want(updater, ONE, 'out');
      await updaters.until(() => standing(updater, ONE) === 'out');
      expect(asked).to.equal(3);
    });
  });

  describe('Waypost', () => {
    let server: KeyedServer;
    let endpoint: Endpoint;

    before(async () => {
      const zone = `$TTL 300
@ SOA ns1 hostmaster 1 7200 900 1209600 60
@ NS ns1
ns1 A 192.0.2.53
www 60 A 192.0.2.1
www 60 A 192.0.2.2
_steer.www 60 TXT "order=rotate"
plain 60 A 192.0.2.1
plain 60 A 192.0.2.2
`;
      const words = 'hmac-sha256';
      server = await KeyedServer.start({
        zones: { 'example.test': zone },
        keys: { 'mon.': words, 'seer.': words, 'edit.': words, 'none.': words },
        rules: {
          'example.test': [
            'key = "mon.", names = ["www"], action = "judge"',
            'key = "seer.", names = ["www"], action = "judge", load = true',
            'key = "edit.", names = ["**"], action = "edit"',
          ],
        },
        zoneLines: { 'example.test': 'transfer = [ { key = "seer.", view = "raw" } ]' },
      });
      endpoint = { address: '127.0.0.1', port: server.port };
    });
    after(() => server?.remove());

    const answered = () => updaters.data(endpoint, WWW, RRType.A);

    for (const [title, key, learn] of [
      ['who does not see the lines', tsigKey('mon.'), 'query'],
      ['who sees them', tsigKey('seer.'), 'query'],
      ['who transfers the zone', tsigKey('seer.'), 'axfr'],
    ] as const) {
      it(`a judge ${title}: pulled, put back, and leased`, async () => {
        const updater = updaters.start(endpoint, key, [ONE, TWO], { action: 'judge', learn, leaseS: 3600 });
        want(updater, ONE, 'out');
        await updaters.until(() => standing(updater, ONE) === 'out');
        expect(await answered()).to.deep.equal([TWO]);
        const lines = await updaters.exchanger.ask(QUERY_LINES, endpoint, { key: tsigKey('seer.') });
        expect(String(lines.answers.map(({ rdata }) => Buffer.from(rdata).toString('latin1')))).to.match(
          new RegExp(`192\\.0\\.2\\.1 down by=${key} since=\\S+Z until=`),
        );
        want(updater, ONE, 'in');
        await updaters.until(() => standing(updater, ONE) === 'in');
        expect(await answered()).to.deep.equal([ONE, TWO]);
      });
    }

    it('edits a plain name of Waypost as that of any server', async () => {
      const plain = name('plain.example.test');
      const updater = updaters.start(endpoint, tsigKey('edit.'), [], {
        names: [{ name: plain, members: 'auto' }],
      });
      updater.want(APEX, plain, ONE, 'out', 'timeout');
      await updaters.until(() => updater.member(APEX, plain, ONE)?.standing.kind === 'out');
      expect(await updaters.data(endpoint, plain, RRType.A)).to.deep.equal([TWO]);
      updater.want(APEX, plain, ONE, 'in', 'ok');
      await updaters.until(() => updater.member(APEX, plain, ONE)?.standing.kind === 'in');
      expect(await updaters.data(endpoint, plain, RRType.A)).to.deep.equal([ONE, TWO]);
    });

    it('sets weights', async () => {
      const key = tsigKey('seer.');
      const updater = updaters.start(endpoint, key, [ONE, TWO], { action: 'judge' });
      updater.weigh(APEX, WWW, ONE, 7);
      await updaters.until(() => updater.member(APEX, WWW, ONE)?.weight === 7);
      const lines = await updaters.exchanger.ask(QUERY_LINES, endpoint, { key });
      const texts = lines.answers.map(({ rdata }) => Buffer.from(rdata).toString('latin1', 1));
      expect(texts).to.have.members(['order=rotate', '192.0.2.1 weight=7']);
    });

    it('a clock that is wrong: the alarm says by how much, and it goes on when it is right', async () => {
      updaters.effects.skewMs = -1_000_000;
      const updater = updaters.start(endpoint, tsigKey('seer.'), [ONE, TWO], { action: 'judge' });
      want(updater, ONE, 'out');
      await updaters.until(() => reasons(updater).length > 0);
      expect(reasons(updater)[0]).to.match(
        /BADTIME.*its clock is (999|1000|1001) s ahead of ours; set one of them right/,
      );
      expect(updater.alarms(APEX)[0]?.skewS).to.be.within(999, 1001);
      updaters.effects.skewMs = 0;
      await updaters.until(() => standing(updater, ONE) === 'out');
      want(updater, ONE, 'in');
      await updaters.until(() => standing(updater, ONE) === 'in');
      expect(reasons(updater)).to.deep.equal([]);
    });

    for (const [title, key, said] of [
      ['a key that is not there', tsigKey('stranger.'), /does not accept key stranger\. \(BADKEY\)/],
      [
        'another secret',
        tsigKey('mon.', 'hmac-sha256', { secret: Buffer.alloc(32, 7).toString('base64') }),
        /has another secret for key mon\. \(BADSIG\)/,
      ],
      ['a key that may do nothing', tsigKey('none.'), /REFUSED, key none\. may not /],
      ['no key', undefined, /our address does not judge .*REFUSED/],
    ] as const) {
      it(`${title} is explained, and nothing is done`, async () => {
        const updater = updaters.start(endpoint, key, [ONE, TWO], { action: 'judge' });
        want(updater, ONE, 'out');
        await updaters.until(() => reasons(updater).length > 0);
        expect(reasons(updater)[0]).to.match(said);
        expect(await answered()).to.have.length(2);
      });
    }

    it('a server that stands still for a while: it converges', async () => {
      const updater = updaters.start(endpoint, tsigKey('mon.'), [ONE, TWO], { action: 'judge' });
      want(updater, TWO, 'in');
      await updaters.until(() => standing(updater, TWO) === 'in');
      server.child.signal('SIGSTOP');
      want(updater, ONE, 'out');
      await updaters.until(() => reasons(updater).length > 0);
      expect(reasons(updater)[0]).to.match(/no answer from 127\.0\.0\.1/);
      server.child.signal('SIGCONT');
      await updaters.until(() => standing(updater, ONE) === 'out' && reasons(updater).length === 0);
      expect(await answered()).to.deep.equal([TWO]);
      want(updater, ONE, 'in');
      await updaters.until(() => standing(updater, ONE) === 'in');
    });
  });
});
