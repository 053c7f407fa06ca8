import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PullFile } from '../../../src/monitor/updater/pull-file.ts';
import type { Updater } from '../../../src/monitor/updater/updater.ts';
import { scanNamePattern } from '../../../src/update/name-pattern.ts';
import { Rcode } from '../../../src/wire/iana.ts';
import { showName } from '../../../src/wire/name.ts';
import { name } from '../../support/rr.ts';
import {
  APEX,
  EDITOR,
  JUDGE,
  membersThere,
  NARROW,
  OTHER,
  RAW_JUDGE,
  UpdaterRig,
  WWW,
} from '../../support/updater-rig.ts';

const [ONE, TWO, THREE] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;
const ALL = [ONE, TWO, THREE];
const HOSTS = ALL.map((address) => `www 60 A ${address}`).join('\n');
const MARKS = name('_pulled.www.example.test');
const LINES = name('_steer.www.example.test');
const STEERED = `${HOSTS}\n_steer.www 60 TXT "order=rotate"`;

describe('monitor/updater', () => {
  let rig: UpdaterRig;

  afterEach(() => rig.close());

  const want = (updater: Updater, member: string, wanted: 'in' | 'out') =>
    updater.want(APEX, WWW, member, wanted, 'timeout');
  const standing = (updater: Updater, member: string) =>
    updater.member(APEX, WWW, member)?.standing.kind ?? 'nothing known';
  const reasons = (updater: Updater) => updater.alarms(APEX).map(({ reason }) => reason);

  describe('edit', () => {
    it('pulls a member and puts it back as it was', async () => {
      rig = new UpdaterRig(HOSTS);
      const before = rig.server.zone.records.length;
      const updater = rig.start(EDITOR, ALL);
      want(updater, ONE, 'out');
      await rig.pass();
      expect(membersThere(rig.server)).to.deep.equal([TWO, THREE]);
      expect(rig.server.at(MARKS)).to.deep.equal([
        '_pulled.www.example.test. 60 TXT "192.0.2.1 pulled by=mon. since=2026-11-22T10:00:00Z ttl=60 reason=timeout"',
      ]);
      expect(standing(updater, ONE)).to.equal('out');
      want(updater, ONE, 'in');
      await rig.pass();
      expect(membersThere(rig.server)).to.deep.equal(ALL);
      expect(rig.server.at(MARKS)).to.deep.equal([]);
      expect(rig.server.zone.records).to.have.length(before);
    });

    it('says nothing while nothing is wanted, and leaves the zone as it is', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass(120_000);
      for (const member of ALL) want(updater, member, 'in');
      await rig.pass(120_000);
      expect(rig.server.updates).to.have.length(0);
    });

    it('sends what is wanted at once in one message, one message at a time', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      want(updater, ONE, 'out');
      want(updater, TWO, 'out');
      await rig.pass();
      expect(rig.server.updates).to.have.length(1);
      expect(membersThere(rig.server)).to.deep.equal([THREE]);
    });

    it('a monitor that comes after finds what was pulled, and puts it back', async () => {
      rig = new UpdaterRig(HOSTS);
      const first = rig.start(EDITOR, ALL);
      want(first, ONE, 'out');
      await rig.pass();
      await first.close();
      const next = rig.start(EDITOR, ALL);
      await rig.pass();
      expect(standing(next, ONE)).to.equal('out');
      want(next, ONE, 'in');
      await rig.pass();
      expect(membersThere(rig.server)).to.deep.equal(ALL);
    });

    it('never adds what an operator deleted, be it before or while it is pulled', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      rig.server.change('- www 60 A 192.0.2.2');
      want(updater, ONE, 'out');
      await rig.pass();
      expect(standing(updater, TWO)).to.equal('absent');
      // The operator says: do not put it back.
      rig.server.change(`- ${rig.server.at(MARKS)[0]}`);
      want(updater, ONE, 'in');
      want(updater, TWO, 'in');
      await rig.pass(60_000);
      expect(membersThere(rig.server)).to.deep.equal([THREE]);
      expect(reasons(updater)).to.deep.equal([]);
    });

    it('what somebody else has put back is in, and its mark goes', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      want(updater, ONE, 'out');
      await rig.pass();
      rig.server.change('+ www 60 A 192.0.2.1');
      want(updater, ONE, 'in');
      await rig.pass(31_000);
      expect(rig.server.at(MARKS)).to.deep.equal([]);
      expect(standing(updater, ONE)).to.equal('in');
    });

    it('two writers never leave fewer than keep', async () => {
      rig = new UpdaterRig('www 60 A 192.0.2.1\nwww 60 A 192.0.2.2');
      const [mon, other] = [rig.start(EDITOR, [ONE, TWO]), rig.start(OTHER, [ONE, TWO])];
      await rig.pass();
      want(mon, ONE, 'out');
      want(other, TWO, 'out');
      await rig.pass(5000);
      expect(membersThere(rig.server)).to.have.length(1);
      const kept = [...reasons(mon), ...reasons(other)];
      expect(kept).to.have.length(1);
      expect(kept[0]).to.match(/should be out and stays in: no more than keep = 1 would be left/);
    });

    it('learns anew when another writer was faster, and converges', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      rig.server.meanwhile = () => {
        rig.server.meanwhile = undefined;
        rig.server.change('+ www 60 A 192.0.2.9');
      };
      want(updater, ONE, 'out');
      await rig.pass();
      expect(membersThere(rig.server)).to.deep.equal([TWO, THREE, '192.0.2.9']);
      expect(rig.server.updates).to.have.length(2);
    });

    it('a lost reply is no lost update: it finds its own doing', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      rig.server.mishaps.push('lose reply');
      want(updater, ONE, 'out');
      await rig.pass(2000);
      expect(membersThere(rig.server)).to.deep.equal([TWO, THREE]);
      expect(standing(updater, ONE)).to.equal('out');
      rig.server.mishaps.push('lose reply', 'lose reply', 'lose reply');
      want(updater, ONE, 'in');
      await rig.pass(10_000);
      expect(membersThere(rig.server)).to.deep.equal(ALL);
      expect(rig.server.at(MARKS)).to.deep.equal([]);
      expect(standing(updater, ONE)).to.equal('in');
    });

    it('waits and tries again on SERVFAIL', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      rig.server.mishaps.push(Rcode.SERVFAIL, Rcode.SERVFAIL);
      want(updater, ONE, 'out');
      await rig.pass(1000);
      expect(membersThere(rig.server)).to.deep.equal([TWO, THREE]);
      expect(reasons(updater)).to.deep.equal([]);
    });

    it('a server that cannot be heard for half a minute: an alarm, nothing lost, and it converges', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      rig.server.isUp = false;
      want(updater, ONE, 'out');
      await rig.pass(30_000);
      expect(reasons(updater)[0]).to.match(/no answer from 192\.0\.2\.53:0/);
      expect(standing(updater, ONE)).to.equal('nothing known');
      rig.server.isUp = true;
      await rig.pass(31_000);
      expect(membersThere(rig.server)).to.deep.equal([TWO, THREE]);
      expect(reasons(updater)).to.deep.equal([]);
    });

    it('sends nothing while it does not know what the server has', async () => {
      rig = new UpdaterRig(HOSTS);
      rig.server.isUp = false;
      const updater = rig.start(EDITOR, ALL);
      want(updater, ONE, 'out');
      await rig.pass(60_000);
      expect(rig.server.updates).to.have.length(0);
    });

    it('asks the next server when the first cannot be heard, and goes back to the first', async () => {
      rig = new UpdaterRig(HOSTS, HOSTS);
      const [first, second] = rig.servers;
      if (first === undefined || second === undefined) throw new Error('two servers');
      first.isUp = false;
      const updater = rig.start(EDITOR, ALL);
      want(updater, ONE, 'out');
      await rig.pass(10_000);
      expect(membersThere(second)).to.deep.equal([TWO, THREE]);
      first.isUp = true;
      await rig.pass(95_000);
      expect(membersThere(first)).to.deep.equal([TWO, THREE]);
    });

    it('what one member is refused does not hold up the others', async () => {
      rig = new UpdaterRig(`${HOSTS}\nwww 60 AAAA 2001:db8::1`);
      const updater = rig.start(NARROW, [...ALL, '2001:db8::1'], { memory: 'file' });
      want(updater, '2001:db8::1', 'out');
      want(updater, ONE, 'out');
      await rig.pass();
      expect(membersThere(rig.server)).to.deep.equal([TWO, THREE, '2001:db8::1']);
      expect(updater.alarms(APEX)).to.have.length(1);
      expect(updater.alarms(APEX)[0]).to.include({ about: 'member www.example.test. 2001:db8::1' });
      expect(reasons(updater)[0]).to.match(/REFUSED: key narrow\. may not change AAAA at www/);
      await rig.pass(59_000);
      expect(rig.server.updates, 'it is not asked for again at once').to.have.length(3);
      await rig.pass(2000);
      expect(rig.server.updates).to.have.length(4);
    });

    it('NOTIMP is of the whole zone: an alarm, and a pause that grows', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      rig.server.mishaps.push(...Array.from({ length: 4 }, () => Rcode.NOTIMP));
      want(updater, ONE, 'out');
      want(updater, TWO, 'out');
      await rig.pass(5000);
      expect(reasons(updater)).to.deep.equal([
        '192.0.2.53:0 answers the update of example.test. with NOTIMP: it takes no dynamic updates; name the primary, or switch them on there',
      ]);
      expect(rig.server.updates.length).to.be.within(3, 4);
      await rig.pass(20_000);
      expect(membersThere(rig.server)).to.deep.equal([THREE]);
      expect(reasons(updater)).to.deep.equal([]);
    });

    it('follows what the zone has: auto', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, 'auto');
      await rig.pass();
      rig.server.change('- www 60 A 192.0.2.2', '+ www 60 AAAA 2001:db8::7');
      await rig.pass(31_000);
      const members = () => [...(updater.known(APEX)[0]?.members.keys() ?? [])].sort();
      expect(members()).to.deep.equal([ONE, THREE, '2001:db8::7']);
      want(updater, ONE, 'out');
      await rig.pass();
      expect(members(), 'a pulled member is still one').to.deep.equal([ONE, THREE, '2001:db8::7']);
    });

    it('does not learn anew after changes of its own', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL);
      await rig.pass();
      const { queries } = rig.server;
      want(updater, ONE, 'out');
      await rig.pass(31_000);
      expect(rig.server.queries - queries, 'the serial alone').to.equal(1);
    });

    it('reads the zone by transfer, and follows patterns', async () => {
      rig = new UpdaterRig(`${HOSTS}\na.cdn 60 A 192.0.2.4\na.cdn 60 A 192.0.2.5\nmail 60 A 192.0.2.6`);
      const patterns = [scanNamePattern('**.cdn', APEX)];
      const updater = rig.start(EDITOR, ALL, { learn: 'axfr', patterns });
      await rig.pass();
      const cdn = name('a.cdn.example.test');
      updater.want(APEX, cdn, '192.0.2.4', 'out', 'timeout');
      want(updater, ONE, 'out');
      await rig.pass();
      expect(rig.server.updates).to.have.length(1);
      expect(membersThere(rig.server, cdn)).to.deep.equal(['192.0.2.5']);
      rig.server.change('+ b.cdn 60 A 192.0.2.8');
      await rig.pass(31_000);
      expect(updater.known(APEX).map(({ watched }) => showName(watched.name))).to.deep.equal([
        'www.example.test.',
        'a.cdn.example.test.',
        'b.cdn.example.test.',
      ]);
      updater.want(APEX, cdn, '192.0.2.4', 'in', 'ok');
      await rig.pass();
      expect(membersThere(rig.server, cdn)).to.deep.equal(['192.0.2.4', '192.0.2.5']);
    });

    it('a dry run tells what it would send, and sends nothing', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL, {}, { dryRun: true });
      want(updater, ONE, 'out');
      await rig.pass(5000);
      expect(rig.server.updates).to.have.length(0);
      expect(rig.planned).to.include('update delete www.example.test. A 192.0.2.1');
      expect(rig.planned.filter((line) => line === 'send')).to.have.length(1);
    });
  });

  describe('edit, remembering in a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'waypost-pulls-'));
    let count = 0;
    let path = '';
    beforeEach(() => {
      path = join(directory, `pulls-${++count}.json`);
    });
    after(() => rmSync(directory, { recursive: true, force: true }));
    const begin = () => rig.start(NARROW, ALL, { memory: 'file' }, { pullFile: PullFile.open(path) });
    const noted = () => PullFile.open(path).of(APEX, WWW);

    it('puts back what is noted, and nothing else, after a restart as well', async () => {
      rig = new UpdaterRig(HOSTS);
      const first = begin();
      want(first, ONE, 'out');
      await rig.pass();
      await first.close();
      expect(rig.server.at(MARKS)).to.deep.equal([]);
      expect(noted().get(ONE)).to.include({ ttl: 60, reason: 'timeout' });
      rig.server.change('- www 60 A 192.0.2.2');
      const next = begin();
      for (const member of ALL) want(next, member, 'in');
      await rig.pass();
      expect(membersThere(rig.server)).to.deep.equal([ONE, THREE]);
      expect(noted().size).to.equal(0);
    });

    it('a note is on disk before the record is deleted, and goes when that was refused', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = begin();
      await rig.pass();
      const seen: string[] = [];
      rig.server.meanwhile = () => seen.push(readFileSync(path, 'utf8'));
      rig.server.mishaps.push(Rcode.REFUSED, undefined);
      want(updater, ONE, 'out');
      await rig.pass();
      expect(noted().size).to.equal(0);
      await rig.pass(61_000);
      expect(seen[0]).to.include(ONE);
      expect(noted().size).to.equal(1);
    });

    it('withdraws a note when somebody else has deleted the record just before', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = begin();
      await rig.pass();
      rig.server.meanwhile = () => {
        rig.server.meanwhile = undefined;
        rig.server.change('- www 60 A 192.0.2.1');
      };
      want(updater, ONE, 'out');
      await rig.pass(1000);
      want(updater, ONE, 'in');
      await rig.pass(1000);
      expect(standing(updater, ONE)).to.equal('absent');
      expect(membersThere(rig.server)).to.deep.equal([TWO, THREE]);
    });

    it('knows its own deletion when the reply was lost', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = begin();
      await rig.pass();
      rig.server.mishaps.push('lose reply');
      want(updater, ONE, 'out');
      await rig.pass(2000);
      expect(standing(updater, ONE)).to.equal('out');
    });

    it('forgets a note when the record is back', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = begin();
      want(updater, ONE, 'out');
      await rig.pass();
      rig.server.change('+ www 60 A 192.0.2.1');
      want(updater, ONE, 'in');
      await rig.pass(31_000);
      expect(noted().size).to.equal(0);
    });

    it('does not guess when the file is broken', () => {
      rig = new UpdaterRig(HOSTS);
      for (const text of ['{', '{"version":2,"pulled":[]}', '{"version":1,"pulled":[{"place":1}]}']) {
        writeFileSync(path, text);
        expect(() => PullFile.open(path), text).to.throw(/mend it, or move it away/);
      }
    });
  });

  describe('judge', () => {
    for (const [who, key] of [
      ['who sees the lines', RAW_JUDGE],
      ['who does not', JUDGE],
    ] as const) {
      it(`a judge ${who} pulls and puts back, and the records stay`, async () => {
        rig = new UpdaterRig(STEERED);
        const updater = rig.start(key, ALL, { action: 'judge' });
        want(updater, ONE, 'out');
        want(updater, TWO, 'in');
        await rig.pass();
        expect(membersThere(rig.server)).to.deep.equal(ALL);
        expect(rig.server.at(LINES)[1]).to.include(`192.0.2.1 down by=${key} since=2026-11-22T10:00:00Z`);
        want(updater, ONE, 'in');
        await rig.pass();
        expect(rig.server.at(LINES)).to.have.length(1);
        expect(reasons(updater)).to.deep.equal([]);
      });

      it(`a judge ${who} renews its leases while they hold, and then they end`, async () => {
        rig = new UpdaterRig(STEERED);
        const updater = rig.start(key, ALL, { action: 'judge', leaseS: 60 });
        want(updater, ONE, 'out');
        await rig.pass(100_000);
        expect(rig.server.updates.length, 'every 30 s').to.be.within(4, 6);
        const [, line = ''] = rig.server.at(LINES);
        const [, ends = ''] = /until=(\S+Z)/.exec(line) ?? [];
        expect(Date.parse(ends)).to.be.greaterThan(rig.effects.now);
        expect(line).to.include('since=2026-11-22T10:00:00Z');
        await updater.close();
        await rig.pass(60_000);
        expect(Date.parse(ends) + 60_000).to.be.greaterThan(rig.effects.now);
      });

      it(`a judge ${who} takes back what a monitor before has left`, async () => {
        rig = new UpdaterRig(`${STEERED}\n_steer.www 60 TXT "192.0.2.1 down by=${key}"`);
        const updater = rig.start(key, ALL, { action: 'judge' });
        await rig.pass();
        want(updater, ONE, 'in');
        await rig.pass();
        expect(rig.server.at(LINES)).to.have.length(1);
      });
    }

    it('two judges with quorum: each has its own verdict', async () => {
      rig = new UpdaterRig(`${HOSTS}\n_steer.www 60 TXT "order=rotate quorum=2"`);
      const [one, other] = [
        rig.start(RAW_JUDGE, ALL, { action: 'judge' }),
        rig.start(JUDGE, ALL, { action: 'judge' }),
      ];
      want(one, ONE, 'out');
      want(other, ONE, 'out');
      await rig.pass();
      expect(rig.server.at(LINES)).to.have.length(3);
      want(one, ONE, 'in');
      await rig.pass();
      expect(rig.server.at(LINES)).to.have.length(2);
    });

    it('sets weights', async () => {
      rig = new UpdaterRig(`${STEERED}\n_steer.www 60 TXT "192.0.2.1 weight=3 backup"`);
      const updater = rig.start(RAW_JUDGE, ALL, { action: 'judge' });
      updater.weigh(APEX, WWW, ONE, 9);
      updater.weigh(APEX, WWW, TWO, 4);
      await rig.pass();
      expect(rig.server.at(LINES).map((line) => line.split(' TXT ')[1])).to.have.members([
        '"order=rotate"',
        '"192.0.2.1 weight=9 backup"',
        '"192.0.2.2 weight=4"',
      ]);
    });

    it('tells the guards where members are', async () => {
      rig = new UpdaterRig('www 60 A 192.0.2.1\nwww 60 A 192.0.2.2');
      const updater = rig.start(EDITOR, ALL);
      const presences = () => ALL.map((member) => updater.presence(APEX, WWW, member));
      expect(presences()).to.deep.equal(['unknown', 'unknown', 'unknown']);
      want(updater, ONE, 'out');
      await rig.pass();
      expect(presences()).to.deep.equal(['out', 'in', 'gone']);
      await rig.close();
      rig = new UpdaterRig(STEERED);
      const judge = rig.start(JUDGE, ALL, { action: 'judge' });
      await rig.pass();
      expect(judge.presence(APEX, WWW, ONE)).to.equal('in');
    });

    it('is no judge where it may edit, and says so before anything is deleted', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(EDITOR, ALL, { action: 'judge' });
      want(updater, ONE, 'out');
      await rig.pass(1000);
      expect(membersThere(rig.server)).to.deep.equal(ALL);
      expect(reasons(updater)).to.deep.equal([
        'key mon. does not judge www.example.test. at 192.0.2.53:0, it may edit there: say action = "edit", or make it a judge',
      ]);
    });

    it('a name without a policy line: the reason is told, and it goes on when there is one', async () => {
      rig = new UpdaterRig(HOSTS);
      const updater = rig.start(JUDGE, ALL, { action: 'judge' });
      want(updater, ONE, 'out');
      await rig.pass(1000);
      expect(reasons(updater)[0]).to.match(/add a policy line \(TXT\) at _steer\.www\.example\.test/);
      rig.server.change('+ _steer.www 60 TXT "order=rotate"');
      await rig.pass(31_000);
      expect(rig.server.at(LINES)).to.have.length(2);
      expect(reasons(updater)).to.deep.equal([]);
    });

    it('auto needs sight of the zone', async () => {
      rig = new UpdaterRig(STEERED);
      const updater = rig.start(JUDGE, 'auto', { action: 'judge' });
      await rig.pass();
      expect(reasons(updater)[0]).to.match(/transfer = \[ \{ key = "judge\.", view = "raw" \} \]/);
    });
  });
});
