import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeQuery } from '../../src/message/message.ts';
import { PullFile } from '../../src/monitor/updater/pull-file.ts';
import type { Updater } from '../../src/monitor/updater/updater.ts';
import type { UpdatedZone } from '../../src/monitor/updater/watched.ts';
import { Opcode, RRClass, RRType } from '../../src/wire/iana.ts';
import { isInstalled, type Peer, RunningPeer } from '../support/peers.ts';
import { name } from '../support/rr.ts';
import { signingBind, signingKnot } from '../support/signing-peers.ts';
import { SECRET, tsigKey } from '../support/tsig.ts';
import { SocketUpdaters } from '../support/updater-sockets.ts';
import { updateRecord } from '../support/updating.ts';

const APEX = name('example.test');
const [ONE, TWO, THREE] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;
const ALL = [ONE, TWO, THREE];
const KEYS = ['mon', 'other'];
/** A name of each test's own, so that one does not see what another has left. */
const OWNERS = ['pull', 'gone', 'race', 'alias', 'file', 'many', 'axfr'];
const ZONE = [
  '$TTL 60',
  '@ SOA ns1 host 7 7200 900 1209600 300',
  '@ NS ns1',
  'ns1 A 192.0.2.53',
  ...OWNERS.filter((owner) => owner !== 'alias').flatMap((owner) =>
    ALL.map((address) => `${owner} A ${address}`),
  ),
  'alias CNAME target.example.test.',
  ...Array.from({ length: 60 }, (_, i) => `many A 198.51.100.${i}`),
  '',
].join('\n');

const BIND_PEER = signingBind(
  KEYS.map((key) => `key "${key}" { algorithm hmac-sha256; secret "${SECRET}"; };`).join('\n'),
  KEYS,
);
const KNOT_PEER = signingKnot(
  `key:\n${KEYS.map((key) => `  - id: ${key}\n    algorithm: hmac-sha256\n    secret: ${SECRET}\n`).join('')}`,
  KEYS,
);
const PEERS = [BIND_PEER, KNOT_PEER];

/** The same server with the least that docs/monitor-updates.md says the key needs, at `pull`. */
const NARROWED = [
  narrowed(BIND_PEER, 'named.conf', (text) =>
    text.replace(
      /allow-update \{[^}]*\};/,
      'update-policy { grant mon. name pull.example.test. A AAAA; grant mon. name _pulled.pull.example.test. TXT; grant mon. name file.example.test. A; };',
    ),
  ),
  narrowed(KNOT_PEER, 'knot.conf', (text) =>
    text.replace(
      /action: \[transfer, update\]/,
      'action: update\n    update-type: [A, AAAA, CNAME, TXT]\n    update-owner: name\n    update-owner-name: [pull, _pulled.pull, file]',
    ),
  ),
];

describe('the monitor updates other servers', function () {
  this.timeout(60_000);
  for (const peer of PEERS) {
    describe(peer.name, () => {
      let directory = '';
      let running: RunningPeer;
      let updaters: SocketUpdaters;

      before(async function () {
        if (!isInstalled(peer)) {
          console.log(`    skipped: ${peer.command} is not installed`);
          this.skip();
        }
        directory = mkdtempSync(join(tmpdir(), 'waypost-monitor-'));
        running = await RunningPeer.start(peer, directory, [{ apex: 'example.test', text: ZONE }]);
      });
      after(async () => {
        await running?.stop();
        if (directory !== '') rmSync(directory, { recursive: true, force: true });
      });
      beforeEach(() => {
        updaters = new SocketUpdaters();
      });
      afterEach(() => updaters.close());

      const endpoint = () => ({ address: '127.0.0.1', port: running.port });
      const ownerOf = (label: string) => name(`${label}.example.test`);
      const data = (label: string, type: number = RRType.A) =>
        updaters.data(endpoint(), ownerOf(label), type);
      const start = (label: string, key = 'mon', zone: Partial<UpdatedZone> = {}, pullFile?: PullFile) => {
        const names = [{ name: ownerOf(label), members: 'auto' as const }];
        const whole = { names, pollMs: 1000, ...zone };
        return updaters.start(endpoint(), tsigKey(`${key}.`), [], whole, pullFile);
      };
      const want = (updater: Updater, label: string, member: string, wanted: 'in' | 'out') =>
        updater.want(APEX, ownerOf(label), member, wanted, 'timeout');
      const standing = (updater: Updater, label: string, member: string) =>
        updater.member(APEX, ownerOf(label), member)?.standing.kind;
      const until = (updater: Updater, label: string, member: string, kind: string | undefined) =>
        updaters.until(() => standing(updater, label, member) === kind);
      /** Changes the zone as an operator would. */
      const operate = async (...lines: string[]): Promise<void> => {
        const message = makeQuery(
          0,
          { name: APEX, type: RRType.SOA, class: RRClass.IN },
          { opcode: Opcode.UPDATE, authorities: lines.map((line) => updateRecord(line)) },
        );
        const reply = await updaters.exchanger.ask(message, endpoint(), { key: tsigKey('other.') });
        expect(reply.rcode).to.equal(0);
      };

      it('a member is pulled, found by the next monitor, and put back', async () => {
        const first = start('pull');
        want(first, 'pull', ONE, 'out');
        await until(first, 'pull', ONE, 'out');
        expect(await data('pull')).to.deep.equal([TWO, THREE]);
        expect((await data('_pulled.pull', RRType.TXT))[0]).to.match(
          /^"192\.0\.2\.1 pulled by=mon\. since=\S+ ttl=60/,
        );
        await first.close();
        const next = start('pull');
        want(next, 'pull', ONE, 'in');
        await until(next, 'pull', ONE, 'in');
        expect(await data('pull')).to.deep.equal(ALL);
        expect(await data('_pulled.pull', RRType.TXT)).to.deep.equal([]);
      });

      it('never adds what the operator deleted, before or while it was pulled', async () => {
        const updater = start('gone');
        want(updater, 'gone', ONE, 'out');
        await until(updater, 'gone', ONE, 'out');
        const [mark = ''] = await data('_pulled.gone', RRType.TXT);
        await operate(`_pulled.gone 0 NONE TXT ${mark}`, `gone 0 NONE A ${TWO}`);
        for (const member of ALL) want(updater, 'gone', member, 'in');
        await until(updater, 'gone', ONE, undefined);
        await until(updater, 'gone', TWO, undefined);
        expect(await data('gone')).to.deep.equal([THREE]);
        expect(updater.alarms(APEX)).to.deep.equal([]);
      });

      it('two monitors that race leave one', async () => {
        const [one, other] = [start('race', 'mon'), start('race', 'other')];
        await until(one, 'race', ONE, 'in');
        await until(other, 'race', ONE, 'in');
        for (const member of ALL) want(one, 'race', member, 'out');
        for (const member of [...ALL].reverse()) want(other, 'race', member, 'out');
        const isKept = (updater: Updater) =>
          updater.alarms(APEX).some(({ about }) => about.startsWith('keep'));
        await updaters.until(() => isKept(one) || isKept(other));
        await Promise.all([one.settled(), other.settled()]);
        expect(await data('race')).to.have.length(1);
        for (const updater of [one, other]) for (const member of ALL) want(updater, 'race', member, 'in');
        await updaters.until(() =>
          [one, other].every((updater) =>
            ALL.every((member) => ['in', undefined].includes(standing(updater, 'race', member))),
          ),
        );
        await Promise.all([one.settled(), other.settled()]);
        expect(await data('race')).to.deep.equal(ALL);
        expect(await data('_pulled.race', RRType.TXT)).to.deep.equal([]);
      });

      it('an alias is pulled and put back', async () => {
        const updater = start('alias', 'mon', {
          names: [{ name: ownerOf('alias'), members: 'auto', keep: 0 }],
        });
        const target = 'target.example.test.';
        want(updater, 'alias', target, 'out');
        await until(updater, 'alias', target, 'out');
        expect(await data('alias', RRType.CNAME)).to.deep.equal([]);
        want(updater, 'alias', target, 'in');
        await until(updater, 'alias', target, 'in');
        expect(await data('alias', RRType.CNAME)).to.deep.equal([target]);
      });

      it('remembers in a file where there are no marks', async () => {
        const pullFile = PullFile.open(join(directory, 'pulls.json'));
        const updater = start('file', 'mon', { memory: 'file' }, pullFile);
        want(updater, 'file', ONE, 'out');
        await until(updater, 'file', ONE, 'out');
        expect(await data('_pulled.file', RRType.TXT)).to.deep.equal([]);
        want(updater, 'file', ONE, 'in');
        await until(updater, 'file', ONE, 'in');
        expect(await data('file')).to.deep.equal(ALL);
      });

      it('many at once: over TCP, in more than one message', async () => {
        const updater = start('many');
        const members = Array.from({ length: 55 }, (_, i) => `198.51.100.${i}`);
        for (const member of members) want(updater, 'many', member, 'out');
        await updaters.until(() => members.every((member) => standing(updater, 'many', member) === 'out'));
        expect(await data('many')).to.have.length(8);
        for (const member of members) want(updater, 'many', member, 'in');
        await updaters.until(() => members.every((member) => standing(updater, 'many', member) === 'in'));
        expect(await data('many')).to.have.length(63);
      });

      it('reads the zone by signed transfer', async () => {
        const updater = start('axfr', 'mon', { learn: 'axfr' });
        want(updater, 'axfr', ONE, 'out');
        await until(updater, 'axfr', ONE, 'out');
        expect(await data('axfr')).to.deep.equal([TWO, THREE]);
      });

      it('refuses a wrong key in words', async () => {
        const updater = start('pull', 'stranger');
        want(updater, 'pull', ONE, 'out');
        await updaters.until(() => updater.alarms(APEX).length > 0);
        expect(updater.alarms(APEX)[0]?.reason).to.match(/key stranger\./);
        expect(await data('pull')).to.deep.equal(ALL);
      });

      it('tells the seconds when the clock is wrong', async () => {
        updaters.effects.skewMs = 1_000_000;
        const updater = start('pull');
        await updaters.until(() => updater.alarms(APEX).length > 0);
        expect(updater.alarms(APEX)[0]?.reason).to.match(/BADTIME.*its clock is \d+ s behind ours/);
      });
    });
  }

  for (const peer of NARROWED) {
    it(`${peer.name}: what the manual says is enough, and no more is done`, async function () {
      if (!isInstalled(peer)) {
        console.log(`    skipped: ${peer.command} is not installed`);
        this.skip();
      }
      const directory = mkdtempSync(join(tmpdir(), 'waypost-monitor-'));
      const running = await RunningPeer.start(peer, directory, [{ apex: 'example.test', text: ZONE }]);
      const updaters = new SocketUpdaters();
      try {
        const names = ['pull', 'gone'].map((label) => {
          return { name: name(`${label}.example.test`), members: 'auto' as const };
        });
        const endpoint = { address: '127.0.0.1', port: running.port };
        const updater = updaters.start(endpoint, tsigKey('mon.'), [], { names });
        for (const watched of names) updater.want(APEX, watched.name, ONE, 'out', 'timeout');
        const at = (label: string) => updater.member(APEX, name(`${label}.example.test`), ONE)?.standing.kind;
        await updaters.until(() => at('pull') === 'out' && updater.alarms(APEX).length > 0);
        expect(at('gone')).to.equal('in');
        expect(updater.alarms(APEX).map(({ about }) => about)).to.deep.equal([
          `member gone.example.test. ${ONE}`,
        ]);
        expect(updater.alarms(APEX)[0]?.reason).to.match(
          /REFUSED: may key mon\. change these records there\?|may the key do this there\?/,
        );
        updater.want(APEX, name('pull.example.test'), ONE, 'in', 'ok');
        await updaters.until(() => at('pull') === 'in');
        expect(await updaters.data(endpoint, name('pull.example.test'), RRType.A)).to.deep.equal(ALL);
      } finally {
        await updaters.close();
        await running.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});

/** A peer whose configuration is changed after it was written. */
function narrowed(peer: Peer, file: string, change: (text: string) => string): Peer {
  return {
    ...peer,
    configure(directory, port, zones) {
      const words = peer.configure(directory, port, zones);
      const path = join(directory, file);
      writeFileSync(path, change(readFileSync(path, 'utf8')));
      return words;
    },
  };
}
