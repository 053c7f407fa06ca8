import { expect } from 'chai';
import fc from 'fast-check';
import {
  composeSteeringLine,
  scanSteeringLine,
  scanSteeringLines,
  showSteeringFault,
  showSteeringLine,
} from '../../src/steer/lines.ts';
import { DEFAULT_POLICY } from '../../src/steer/policy-line.ts';
import { showLine } from '../../src/zone/steering-owner.ts';
import { name } from '../support/rr.ts';

/** The faults of lines, as they are shown without owner. */
function faults(...lines: string[]): string[] {
  return scanSteeringLines(lines).faults.map((fault) =>
    showSteeringFault(name('_steer.www.test'), fault).replace(/^_steer\.www\.test\. TXT:? /, ''),
  );
}

/** The only fault of a line, after its place. */
function fault(line: string): string {
  const { faults: found } = scanSteeringLine(line);
  expect(found, line).to.have.length(1);
  return `${found[0]?.word}: ${found[0]?.message}`;
}

function policy(line: string): unknown {
  const { line: scanned, faults: found } = scanSteeringLine(line);
  expect(found).to.deep.equal([]);
  return scanned?.kind === 'policy' ? scanned.policy : scanned;
}

describe('steering lines: the policy line (STEERING.md §1)', () => {
  it('takes every key', () => {
    const line =
      'rank=isp,distance within=150 order=weighted take=2 need=3 min=50% ttl=15..120 settle=60 quorum=2 ecs=off prefix=22/48';
    expect(policy(line)).to.deep.equal({
      rank: ['isp', 'distance'],
      within: 150,
      order: 'weighted',
      take: 2,
      need: 3,
      min: { percent: 50 },
      ttl: { low: 15, high: 120 },
      settle: 60,
      quorum: 2,
      ecs: 'off',
      prefix: { ipv4: 22, ipv6: 48 },
    });
  });

  it('has the defaults of STEERING.md', () => {
    expect(policy('order=rotate')).to.deep.equal(DEFAULT_POLICY);
    expect(policy('  take=all   min=1 ')).to.deep.equal(DEFAULT_POLICY);
    expect(policy('ttl=30')).to.deep.equal({ ...DEFAULT_POLICY, ttl: { low: 30, high: 30 } });
    expect(policy('min=0')).to.deep.equal({ ...DEFAULT_POLICY, min: { count: 0 } });
  });

  it('names the word that is wrong, what is expected, and what was perhaps meant', () => {
    const wrong = {
      'order=rotate wihtin=5': "2: unknown key 'wihtin' in a policy line; did you mean 'within'?",
      'Rank=net': "1: unknown key 'Rank' in a policy line; did you mean 'rank'?",
      'order=rotated':
        "1: 'order=rotated': one of rotate weighted shuffle sticky fixed expected; did you mean 'rotate'?",
      'rank=isp,ditsance':
        "1: 'rank=isp,ditsance': different words of net isp asn country continent distance with commas between them expected; did you mean 'distance'?",
      'order=rotate backup': "2: 'backup' in a policy line: key=value expected",
      'need=0': "1: 'need=0': a number from 1 to 65535 expected",
      'order=rotate order=fixed': "2: 'order' a second time, after word 1: keep one of them",
    };
    for (const [line, message] of Object.entries(wrong)) expect(fault(line)).to.equal(message);
  });

  for (const word of [
    'within=-1 within=1.5 within=30000 within= take=0 take=ALL take=x need=+1 min=101% min=-1 min=5%% min=%',
    'ttl=120..15 ttl=1..2..3 ttl=..5 ttl=5.. ttl=2147483648 settle=-5 quorum=0 ecs=yes prefix=24 prefix=33/56',
    'prefix=24/129 prefix=24/56/1 rank= rank=isp,isp rank=isp,,net order= need=007',
  ].flatMap((words) => words.split(' '))) {
    it(`refuses ${word}`, () => {
      expect(scanSteeringLine(word).faults).to.have.length(1);
      expect(scanSteeringLine(word).line).to.equal(undefined);
    });
  }
});

describe('steering lines: member lines (STEERING.md §2)', () => {
  it('take every word', () => {
    const { line, faults: found } = scanSteeringLine(
      '202.108.33.32  at=39.90,116.40 weight=3 net=192.0.2.0/24,2001:db8::/32 isp=unicom,cnc asn=4808,AS4837 country=cn,HK continent=as bias=-20 backup state=out until=2026-11-22T09:58:41Z reason=disk',
    );
    expect(found).to.deep.equal([]);
    if (line?.kind !== 'member') throw new Error('not a member line');
    expect(line.member).to.equal('202.108.33.32');
    expect(showSteeringLine(line)).to.equal(
      '202.108.33.32 at=39.9,116.4 weight=3 net=192.0.2.0/24,2001:db8::/32 isp=unicom,cnc asn=4808,4837 country=CN,HK continent=AS bias=-20 state=out until=2026-11-22T09:58:41Z reason=disk backup',
    );
  });

  it('begin with an address in any form, or an absolute name in any case', () => {
    const member = (text: string) => {
      const { line } = scanSteeringLine(text);
      return line?.kind === 'member' ? line.member : undefined;
    };
    expect(member('192.0.2.1')).to.equal('192.0.2.1');
    expect(member('2001:DB8:0:0::1 backup')).to.equal('2001:db8::1');
    expect(member('CDN.Example.NET. weight=2')).to.equal('cdn.example.net.');
  });

  it('name the word that is wrong, what is expected, and what was perhaps meant', () => {
    const wrong = {
      '192.0.2.1 wieght=3': "2: unknown key 'wieght' in a member line; did you mean 'weight'?",
      '192.0.2.1 backpu':
        "2: 'backpu' in a member line: key=value or 'backup' expected; did you mean 'backup'?",
      '192.0.2.1 weight=3 dwon':
        "3: 'dwon' in a member line: key=value or 'backup' expected; did you mean 'down'?",
      '192.0.2.1 by=mon. ': "2: 'by=mon.': belongs to a verdict line, which is 'MEMBER down by=KEY'",
      '192.0.2.1 until=2026-11-22T09:58:41Z':
        "2: 'until=2026-11-22T09:58:41Z' without 'state=out' or 'state=up': add the state",
      'cdn.example.net weight=2':
        "1: 'cdn.example.net': an address or an absolute name expected at the beginning of a member line, or key=value in a policy line; did you mean 'cdn.example.net.'?",
    };
    for (const [line, message] of Object.entries(wrong)) expect(fault(line)).to.equal(message);
    expect(fault('192.0.2.300 backup')).to.match(/^1: '192.0.2.300': an address/);
    expect(fault('192.0.2.1 backup backup')).to.match(/'backup' a second time/);
  });

  for (const word of [
    'at=91,0 at=0,181 at=39 at=a,b weight=65536 weight=-1 net=192.0.2.1/24 net=192.0.2.0/33 net= isp= isp=a,,b',
    'asn=4294967296 asn=x country=CHN country=C continent=XX bias=100 bias=-100 state=down until=yesterday',
    'until=2026-02-30T00:00:00Z reason= weight',
  ].flatMap((words) => words.split(' '))) {
    it(`refuse ${word}`, () => {
      expect(scanSteeringLine(`192.0.2.1 ${word}`).faults).to.have.length(1);
    });
  }
});

describe('steering lines: verdict lines (STEERING.md §7)', () => {
  it('say member, key, times and reason', () => {
    const text =
      '218.30.66.101 down by=mon-bj. since=2026-11-22T09:58:41Z until=2026-11-22T10:58:41Z reason=timeout';
    const { line } = scanSteeringLine(text);
    if (line?.kind !== 'verdict') throw new Error('not a verdict line');
    const { verdict } = line;
    expect(verdict).to.deep.equal({
      member: '218.30.66.101',
      by: name('mon-bj.'),
      since: 1_795_341_521,
      until: 1_795_345_121,
      reason: 'timeout',
    });
    expect(showSteeringLine(line)).to.equal(text);
  });

  it('name the word that is wrong', () => {
    expect(fault('192.0.2.1 down')).to.equal("0: a verdict line without 'by=KEY': say which key it is of");
    expect(fault('192.0.2.1 down by=mon')).to.match(
      /^3: 'by=mon': a key's name, with its final dot expected/,
    );
    expect(fault('192.0.2.1 down by=mon. since=now')).to.match(/^4: .*RFC 3339/);
    expect(fault('192.0.2.1 down by=mon. weight=3')).to.match(/^4: unknown key 'weight' in a verdict line/);
  });
});

describe('steering lines: all of one owner', () => {
  it('are quoted so that a sentence stays one short line', () => {
    const [message = ''] = faults('order=rotate', `192.0.2.1 weight=${'9'.repeat(500)}\n\x00`);
    expect(message.length).to.be.lessThan(400);
    expect(message).to.match(/…/);
    expect(fault('192.0.2.1 \n')).to.match(/^2: '.010' in a member line/);
  });

  it('are a policy, members and verdicts', () => {
    const lines = scanSteeringLines([
      'rank=isp,distance',
      '192.0.2.1 weight=3',
      '192.0.2.2 backup',
      '192.0.2.2 down by=mon-a.',
      '192.0.2.2 down by=mon-b.',
    ]);
    expect(lines.faults).to.deep.equal([]);
    expect(lines.policy?.rank).to.deep.equal(['isp', 'distance']);
    expect([...lines.members.keys()]).to.deep.equal(['192.0.2.1', '192.0.2.2']);
    expect(lines.verdicts).to.have.length(2);
  });

  it('are right when there are none', () => {
    expect(scanSteeringLines([]).faults).to.deep.equal([]);
  });

  it('have one policy line, one line a member, one verdict a key and member', () => {
    expect(faults('order=rotate', 'order=fixed')).to.deep.equal([
      "'order=fixed': a second policy line: keep one",
    ]);
    expect(faults('order=rotate', '::1 backup', '0::1 weight=2')).to.deep.equal([
      "'0::1 weight=2': a second line for member ::1: keep one",
    ]);
    expect(faults('order=rotate', '::1 down by=a.', '::1 down by=A. reason=x')).to.deep.equal([
      "'::1 down by=A. reason=x': a second verdict of a. on ::1: keep one",
    ]);
  });

  it('need a policy line; where it is broken that alone is said', () => {
    expect(faults('192.0.2.1 weight=3')).to.deep.equal([
      "lines without a policy line: add one, for example 'order=rotate'",
    ]);
    expect(faults('192.0.2.1 weight=3', 'ordr=rotate')).to.deep.equal([
      `'ordr=rotate', word 1: unknown key 'ordr' in a policy line; did you mean 'order'?`,
    ]);
    expect(faults(' ')[0]).to.equal("' ': an empty line: remove it");
  });

  it('law: what is shown reads as the same', () => {
    const words = fc.subarray(
      [
        'rank=net,asn within=5 order=sticky take=4 need=2 min=30% ttl=5..9 settle=1 quorum=3 ecs=off prefix=16/32',
        'at=-1.5,2 weight=0 net=10.0.0.0/8 isp=a asn=1 country=DE continent=EU bias=7 backup state=up reason=x',
        'by=k. since=2026-01-01T00:00:00Z until=2026-01-02T00:00:00+08:00 reason=y',
      ].flatMap((line) => line.split(' ')),
    );
    const start = fc.constantFrom('', '192.0.2.1 ', 'a.test. ', '2001:db8::1 down ');
    fc.assert(
      fc.property(start, words, (beginning, rest) => {
        const { line } = scanSteeringLine(beginning + rest.join(' '));
        if (line === undefined) return;
        expect(scanSteeringLine(showSteeringLine(line)).line).to.deep.equal(line);
      }),
      { numRuns: 2000 },
    );
  });

  it('divide a long line at its spaces, so that it reads back as the same line', () => {
    const isps = Array.from({ length: 40 }, (_, i) => `net=10.0.${i}.0/24`).join(' ');
    const rdata = composeSteeringLine(`192.0.2.1 ${isps}`);
    if (rdata === undefined) throw new Error('the line has a place');
    expect(rdata.length).to.be.greaterThan(256);
    expect(showLine(rdata)).to.equal(`192.0.2.1 ${isps}`);
    expect(composeSteeringLine(`192.0.2.1 isp=${'x'.repeat(252)}`)).to.equal(undefined);
  });
});
