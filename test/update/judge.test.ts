import { expect } from 'chai';
import { EdnsOption } from '../../src/wire/iana.ts';
import type { MemoryZone } from '../support/memory-zone.ts';
import { MemoryZone as Zone } from '../support/memory-zone.ts';
import { name, rr } from '../support/rr.ts';
import {
  decide,
  decided,
  grant,
  NOW_SECONDS,
  rulesOf,
  smallZone,
  updateMessage,
} from '../support/updating.ts';

const NOW = '2026-11-22T09:58:41Z';
const LATER = '2026-11-22T10:58:41Z';
const STEER = '_steer.www.example.test. 60 TXT';

const rules = rulesOf(
  grant({ key: 'mon.', names: ['www', 'plain', 'cdn'], action: 'judge' }),
  grant({ key: 'other.', names: ['**'], action: 'judge' }),
  grant({ key: 'load.', names: ['www'], action: 'judge', load: true }),
  grant({ key: 'four.', names: ['www'], action: 'judge', types: ['A'] }),
  grant({ key: 'deploy.', names: ['**'] }),
);

/** www.example.test, steered, with an AAAA and these lines more. */
function steered(...lines: string[]): MemoryZone {
  const texts = lines.map((line) => `_steer.www 60 TXT "${line}"`).join('\n');
  return smallZone(`www 60 AAAA 2001:db8::1
plain 60 A 192.0.2.1
cdn 60 CNAME a.other.test.
cdn 60 CNAME b.other.test.
_steer.cdn 60 TXT "order=rotate"
_steer.www 60 TXT "order=rotate"
${texts}`);
}

function judge(zone: MemoryZone, ...updates: string[]): string[] {
  return decided(zone, rules, 'mon.', updateMessage({ updates }));
}

/** What a message of `key` does, refusals without their beginning. */
function by(key: string, zone: MemoryZone, ...updates: string[]): string {
  const [first = '', ...rest] = decided(zone, rules, `${key}.`, updateMessage({ updates }));
  return [first.replace(`REFUSED: key ${key}. `, 'refused: '), ...rest].join('\n');
}

function withLease(seconds: number) {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, seconds);
  const options = [{ code: EdnsOption.UPDATE_LEASE, data }];
  return { edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false, options } };
}

describe('judging (STEERING.md §7)', () => {
  it('deleting a record writes a verdict and leaves the record', () => {
    expect(judge(steered(), 'www 0 NONE A 192.0.2.1')).to.deep.equal([
      `+ ${STEER} "192.0.2.1 down by=mon. since=${NOW}"`,
    ]);
  });

  it('deleting an RRset judges its members, deleting the name all members and nothing else', () => {
    expect(judge(steered(), 'www 0 ANY A')).to.deep.equal([
      `+ ${STEER} "192.0.2.1 down by=mon. since=${NOW}"`,
      `+ ${STEER} "192.0.2.2 down by=mon. since=${NOW}"`,
    ]);
    expect(judge(steered(), 'www 0 ANY ANY')).to.deep.equal([
      `+ ${STEER} "192.0.2.1 down by=mon. since=${NOW}"`,
      `+ ${STEER} "192.0.2.2 down by=mon. since=${NOW}"`,
      `+ ${STEER} "2001:db8::1 down by=mon. since=${NOW}"`,
    ]);
  });

  it('a CNAME target is a member too', () => {
    expect(judge(steered(), 'cdn 0 NONE CNAME A.Other.TEST.')).to.deep.equal([
      `+ _steer.cdn.example.test. 60 TXT "a.other.test. down by=mon. since=${NOW}"`,
    ]);
  });

  it('deleting what is not there is nothing', () => {
    expect(judge(steered(), 'www 0 NONE A 192.0.2.99', 'cdn 0 ANY A', 'www 0 NONE A')).to.deep.equal([]);
  });

  it('deleting again keeps the verdict as it is', () => {
    const zone = steered(`192.0.2.1 down by=mon. since=2026-11-22T08:00:00Z reason=timeout`);
    expect(judge(zone, 'www 0 NONE A 192.0.2.1')).to.deep.equal([]);
  });

  it('a verdict that has lapsed begins anew', () => {
    const old = '192.0.2.1 down by=mon. since=2026-11-22T08:00:00Z until=2026-11-22T09:00:00Z';
    expect(judge(steered(old), 'www 0 NONE A 192.0.2.1')).to.deep.equal([
      `- ${STEER} "${old}"`,
      `+ ${STEER} "192.0.2.1 down by=mon. since=${NOW}"`,
    ]);
  });

  it("adding the record takes this key's verdict back, whatever the TTL, and no other key's", () => {
    const zone = steered(`192.0.2.1 down by=mon. since=${NOW}`, `192.0.2.1 down by=other. since=${NOW}`);
    expect(judge(zone, 'www 5 A 192.0.2.1')).to.deep.equal([
      `- ${STEER} "192.0.2.1 down by=mon. since=${NOW}"`,
    ]);
    expect(judge(steered(), 'www 60 A 192.0.2.1')).to.deep.equal([]);
  });

  it('down and up in one message is no change', () => {
    expect(judge(steered(), 'www 0 NONE A 192.0.2.1', 'www 60 A 192.0.2.1')).to.deep.equal([]);
  });

  it('what a terraform-like replacement sends judges and absolves, and destroys nothing', () => {
    expect(judge(steered(), 'www 0 ANY A', 'www 60 A 192.0.2.2')).to.deep.equal([
      `+ ${STEER} "192.0.2.1 down by=mon. since=${NOW}"`,
    ]);
  });

  it('a record that is not in the desired set is not added', () => {
    expect(by('mon', steered(), 'www 60 A 192.0.2.99')).to.equal(
      'refused: may only judge at www.example.test, not add A 192.0.2.99, which is not in the zone',
    );
  });

  it('other types are neither added nor deleted', () => {
    expect(by('other', steered(), 'www 60 TXT x')).to.match(/^refused: may not change TXT/);
    expect(by('other', steered(), 'www 0 ANY TXT')).to.match(/^refused: may not change TXT/);
    expect(by('other', steered(), '@ 60 MX 0 .')).to.match(/^refused/);
  });

  it('an owner that is not steered says which line to add', () => {
    expect(by('mon', steered(), 'plain 0 NONE A 192.0.2.1')).to.equal(
      'refused: may only judge at plain.example.test, which is not steered: add a policy line (TXT) at _steer.plain.example.test',
    );
    expect(by('other', steered(), 'new 0 ANY ANY')).to.match(/which is not steered/);
    expect(by('other', steered(), '_steer.plain 60 TXT order=rotate')).to.match(/which is not steered/);
  });

  it('types narrow what may be judged', () => {
    expect(by('four', steered(), 'www 0 NONE A 192.0.2.1')).to.match(/^\+/);
    expect(by('four', steered(), 'www 0 ANY AAAA')).to.match(/^refused: may not change AAAA/);
    expect(by('four', steered(), 'www 0 ANY ANY')).to.equal(
      'refused: may not judge AAAA at www.example.test: its rule names other types',
    );
    expect(by('four', steered(), '_steer.www 60 TXT "2001:db8::1 down by=four."')).to.match(/^refused/);
  });

  it('RFC 9664: a lease sets until, and is renewed by deleting again', () => {
    const zone = steered();
    const message = updateMessage({ updates: ['www 0 NONE A 192.0.2.1'], rest: withLease(3600) });
    expect(decided(zone, rules, 'mon.', message)).to.deep.equal([
      `+ ${STEER} "192.0.2.1 down by=mon. since=${NOW} until=${LATER}"`,
    ]);
    const outcome = decide(zone, rules, 'mon.', message);
    expect(outcome.kind === 'accepted' ? outcome.leaseSeconds : undefined).to.equal(3600);

    const held = steered(`192.0.2.1 down by=mon. since=2026-11-22T09:00:00Z until=2026-11-22T10:00:00Z`);
    expect(decided(held, rules, 'mon.', message)).to.deep.equal([
      `- ${STEER} "192.0.2.1 down by=mon. since=2026-11-22T09:00:00Z until=2026-11-22T10:00:00Z"`,
      `+ ${STEER} "192.0.2.1 down by=mon. since=2026-11-22T09:00:00Z until=${LATER}"`,
    ]);
  });

  it('RFC 9664: a lease is granted only where it was used', () => {
    const message = updateMessage({ updates: ['new 60 A 192.0.2.1'], rest: withLease(3600) });
    const outcome = decide(steered(), rules, 'deploy.', message);
    expect(outcome.kind === 'accepted' ? outcome.leaseSeconds : 'refused').to.equal(undefined);
  });

  it('a key that may judge tests prerequisites against the live set', () => {
    const zone = steered(`192.0.2.1 down by=mon. since=${NOW}`);
    const ask = (key: string, ...prerequisites: string[]) =>
      decided(zone, rules, key, updateMessage({ prerequisites }))[0] ?? 'NOERROR';
    expect(ask('mon.', 'www 0 A 192.0.2.2')).to.equal('NOERROR');
    expect(ask('mon.', '_steer.www 0 ANY TXT')).to.match(/^NXRRSET/);
    expect(ask('deploy.', 'www 0 A 192.0.2.2')).to.match(/^NXRRSET/);
    expect(ask('deploy.', 'www 0 A 192.0.2.2', 'www 0 A 192.0.2.1')).to.equal('NOERROR');
  });

  it('a key that may edit changes the desired set, and no verdict', () => {
    const zone = steered(`192.0.2.1 down by=mon. since=${NOW}`);
    expect(by('deploy', zone, 'www 60 A 192.0.2.1')).to.equal('');
    expect(by('deploy', zone, 'www 0 NONE A 192.0.2.1')).to.equal('- www.example.test. 60 A 192.0.2.1');
  });
});

describe('judging: verdict lines written directly', () => {
  const own = '192.0.2.1 down by=mon. reason=timeout';

  it('a key writes and removes its own, with until and reason', () => {
    expect(judge(steered(), `_steer.www 60 TXT "${own} until=${LATER}"`)).to.deep.equal([
      `+ ${STEER} "${own} until=${LATER}"`,
    ]);
    expect(judge(steered(own), `_steer.www 0 NONE TXT "${own}"`)).to.deep.equal([`- ${STEER} "${own}"`]);
    expect(judge(steered(), `_steer.www 0 NONE TXT "${own}"`)).to.deep.equal([]);
    expect(judge(steered(own), `_steer.www 60 TXT "${own}"`)).to.deep.equal([]);
  });

  it('a new one takes the place of the old one on the same member; the TTL stays', () => {
    expect(judge(steered(own), '_steer.www 5 TXT "192.0.2.1 down by=mon. reason=refused"')).to.deep.equal([
      `- ${STEER} "${own}"`,
      `+ ${STEER} "192.0.2.1 down by=mon. reason=refused"`,
    ]);
  });

  it('by must be the signing key', () => {
    const foreign = '192.0.2.1 down by=other.';
    expect(by('mon', steered(), `_steer.www 60 TXT "${foreign}"`)).to.equal(
      'refused: may write and remove its own verdicts, not one by=other.',
    );
    expect(by('mon', steered(foreign), `_steer.www 0 NONE TXT "${foreign}"`)).to.match(/^refused/);
  });

  it('the member must be in the desired set', () => {
    expect(by('mon', steered(), '_steer.www 60 TXT "192.0.2.99 down by=mon."')).to.equal(
      'refused: may only judge members of www.example.test, and 192.0.2.99 is not one of them',
    );
  });

  it('nothing else of the lines may be changed', () => {
    const zone = steered('192.0.2.2 weight=3');
    expect(by('mon', zone, '_steer.www 60 TXT "order=fixed"')).to.match(/not change the policy line/);
    expect(by('mon', zone, '_steer.www 0 NONE TXT "order=rotate"')).to.match(/not change the policy line/);
    expect(by('mon', zone, '_steer.www 0 ANY TXT')).to.match(/one by one/);
    expect(by('mon', zone, '_steer.www 0 NONE TXT "192.0.2.2 weight=3"')).to.match(
      /not change the member lines/,
    );
    expect(by('mon', zone, '_steer.www 60 TXT "192.0.2.1 dwon by=mon."')).to.match(/did you mean 'down'/);
    expect(by('other', zone, '_steer.www 0 ANY ANY')).to.match(/^refused/);
    expect(by('mon', zone, '_steer.www 60 A 192.0.2.1')).to.match(/^refused/);
  });
});

describe('judging: weights with load', () => {
  const old = '192.0.2.2 weight=3 isp=unicom';

  it('are set by adding the line with another weight, with or without deleting the old', () => {
    const changes = [`- ${STEER} "${old}"`, `+ ${STEER} "192.0.2.2 weight=7 isp=unicom"`].join('\n');
    const addition = '_steer.www 60 TXT "192.0.2.2 weight=7 isp=unicom"';
    const deletion = `_steer.www 0 NONE TXT "${old}"`;
    expect(by('load', steered(old), addition)).to.equal(changes);
    expect(by('load', steered(old), deletion, addition)).to.equal(changes);
    expect(by('load', steered(old), addition, deletion)).to.equal(changes);
    expect(by('load', steered(), '_steer.www 60 TXT "192.0.2.2 weight=7"')).to.match(/^\+/);
  });

  it('are all that may be set', () => {
    const only = 'refused: may set weight= on the line of member 192.0.2.2 and nothing else';
    expect(by('load', steered(old), '_steer.www 60 TXT "192.0.2.2 weight=7"')).to.equal(only);
    expect(by('load', steered(old), '_steer.www 60 TXT "192.0.2.2 weight=7 isp=unicom state=out"')).to.equal(
      only,
    );
    expect(by('load', steered(), '_steer.www 60 TXT "192.0.2.2 backup"')).to.equal(only);
    expect(by('load', steered(), '_steer.www 60 TXT "192.0.2.99 weight=7"')).to.match(/not one of them/);
    expect(by('load', steered(old), `_steer.www 0 NONE TXT "${old}"`)).to.equal(
      `refused: may set the weight of a member line, not remove the line '${old}'`,
    );
  });
});

describe('steering lines in updates of a key that may edit', () => {
  it('with faults are refused, with owner, line, word and what to do', () => {
    expect(by('deploy', steered(), '_steer.www 60 TXT "192.0.2.1 wieght=3"')).to.equal(
      `REFUSED: _steer.www.example.test. TXT '192.0.2.1 wieght=3', word 2: unknown key 'wieght' in a member line; did you mean 'weight'?`,
    );
    expect(by('deploy', steered(), '_steer.www 60 TXT "order=fixed"')).to.match(/a second policy line/);
    expect(by('deploy', steered('192.0.2.1 backup'), '_steer.www 0 NONE TXT order=rotate')).to.match(
      /lines without a policy line/,
    );
  });

  it('may be exchanged in one message, in any order', () => {
    const updates = ['_steer.www 60 TXT "order=fixed"', '_steer.www 0 NONE TXT order=rotate'];
    expect(by('deploy', steered(), ...updates)).to.match(/^- .*rotate"\n\+ .*fixed"$/);
    expect(by('deploy', steered(), ...updates.toReversed())).to.match(/^- .*rotate"\n\+ .*fixed"$/);
  });

  it('with faults that were there before do not hinder mending', () => {
    const broken = steered('192.0.2.1 wieght=3', '192.0.2.2 wieght=3');
    expect(by('deploy', broken, '_steer.www 0 NONE TXT "192.0.2.1 wieght=3"')).to.match(/^- /);
  });
});

describe('judging what is judged already', () => {
  it('changes nothing, however the line is written', () => {
    const line = '192.0.2.1  down reason=timeout by=MON.';
    expect(judge(steered(line), 'www 0 NONE A 192.0.2.1')).to.deep.equal([]);
    expect(judge(steered(line), 'www 0 NONE A 192.0.2.1', 'www 60 A 192.0.2.1')).to.deep.equal([
      `- ${STEER} "${line}"`,
    ]);
  });
});

describe('judging in bulk', () => {
  it('a message of thousands of records costs what it must', function () {
    this.timeout(5000);
    const members = Array.from({ length: 2000 }, (_, i) => `192.0.${2 + (i >> 8)}.${i & 255}`);
    const zone = new Zone(name('example.test'), [
      ...steered().records.filter(({ owner }) => owner[1] !== 'w'.charCodeAt(0)),
      ...members.map((member) => rr(`www 60 A ${member}`)),
    ]);
    const updates = members.flatMap((member) => [`www 0 NONE A ${member}`, 'cdn 0 NONE CNAME a.other.test.']);
    const outcome = decide(zone, rules, 'mon.', updateMessage({ updates }), { nowSeconds: NOW_SECONDS });
    expect(outcome.kind === 'accepted' ? outcome.added.length : outcome.reason).to.equal(2001);
  });

  it('a message that deletes a large RRset a thousand times does not hold up everybody else for a minute', function () {
    this.timeout(5000);
    const members = Array.from({ length: 1000 }, (_, i) => `www 60 A 192.0.${2 + (i >> 8)}.${i & 255}`);
    const zone = new Zone(name('example.test'), [
      ...steered().records.filter(({ owner }) => owner[1] !== 'w'.charCodeAt(0)),
      ...members.map((member) => rr(member)),
    ]);
    const again = Array.from({ length: 2000 }, () => 'www 0 ANY A');
    const outcome = decide(zone, rules, 'mon.', updateMessage({ updates: again }));
    expect(outcome.kind === 'accepted' ? outcome.added.length : outcome.reason).to.equal(1000);

    const alternating = again.flatMap((line) => [line, members[0] ?? '']);
    const other = decide(zone, rules, 'mon.', updateMessage({ updates: alternating }));
    expect(other.kind === 'accepted' ? other.added.length : other.reason).to.equal(999);
  });
});
