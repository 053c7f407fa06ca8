import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { PlainGeography } from './plain-geography.ts';
import { PlainWorld, ScopeJudge } from './plain-scope.ts';
import { PlainSteering } from './plain-steering.ts';

/** Worked by hand from STEERING.md: the judge must be right before it judges. */
const GEOGRAPHY = new PlainGeography([
  `prefix,latitude,longitude,country,continent,asn,isp
192.0.2.0/24,39.90,116.40,CN,AS,64496,unicom
198.51.100.0/24,34.26,108.95,CN,AS,64497,China Telecom
198.51.100.128/25,,,DE,,,
203.0.113.0/24,0,0,,,,
2001:db8::/32,,,CN,,,unicom
`,
]);

const at = (text: string) => {
  const address = scanAddress(text) ?? expect.fail(text);
  return { address, facts: GEOGRAPHY.factsOf(address) };
};
const steering = (records: string, ...lines: readonly string[]) =>
  new PlainSteering(records.split(' '), lines, GEOGRAPHY, Date.parse('2026-11-22T10:00:00Z') / 1000);
const tiers = (of: PlainSteering, client: string) => show(of.tiersOf(at(client)));
const taken = (of: PlainSteering, client: string) => show(of.takenOf(at(client)));
const show = (all: readonly (readonly string[])[]) => all.map((tier) => tier.join(' ')).join(' | ');

const BEIJING = '192.0.2.1';
const XIAN = '198.51.100.1';
const NOWHERE = '10.0.0.1';

describe('the plain evaluator of STEERING.md', () => {
  const lines = [
    'rank=isp,distance within=150 order=rotate need=2 min=1 ttl=15..120',
    '202.108.33.32  at=39.90,116.40 isp=unicom weight=3',
    '218.30.66.101  at=34.26,108.95 isp=china_TELECOM',
    '60.215.128.148 backup',
  ];
  const records = '202.108.33.32 218.30.66.101 60.215.128.148';

  it('the example at the head', () => {
    const www = steering(records, ...lines);
    expect(tiers(www, BEIJING)).to.equal('202.108.33.32 | 218.30.66.101 | 60.215.128.148');
    expect(tiers(www, XIAN)).to.equal('218.30.66.101 | 202.108.33.32 | 60.215.128.148');
    expect(taken(www, XIAN)).to.equal('218.30.66.101 | 202.108.33.32');
    expect(tiers(www, NOWHERE)).to.equal('202.108.33.32 218.30.66.101 | 60.215.128.148');
    expect(taken(www, NOWHERE)).to.equal('202.108.33.32 218.30.66.101');
    // Of 2001:db8::/32 the country alone is known: its centre is nearer to Xi'an, but the operator comes first.
    expect(tiers(www, '2001:db8::1')).to.equal('202.108.33.32 | 218.30.66.101 | 60.215.128.148');
    expect(tiers(www, '::ffff:198.51.100.1')).to.equal('218.30.66.101 | 202.108.33.32 | 60.215.128.148');
  });

  it('§3: a member that is down leaves its tier, and the next one stands in', () => {
    const verdict = '218.30.66.101 down by=mon-bj. since=2026-11-22T09:58:41Z reason=timeout';
    expect(taken(steering(records, ...lines, verdict), XIAN)).to.equal('202.108.33.32 | 60.215.128.148');
    expect(tiers(steering(records, ...lines, verdict), XIAN)).to.match(/^218/);
    const lapsed = `${verdict} until=2026-11-22T09:59:00Z`;
    expect(taken(steering(records, ...lines, lapsed), XIAN)).to.equal('218.30.66.101 | 202.108.33.32');
  });

  it('§3 step 2: quorum, state=out and state=up', () => {
    const down = ['a.test. down by=m.', 'a.test. down by=n.'];
    const of = (policy: string, ...more: readonly string[]) =>
      taken(steering('a.test. b.test.', policy, ...more), NOWHERE);
    expect(of('order=fixed', ...down)).to.equal('b.test.');
    expect(of('quorum=2', ...down)).to.equal('b.test.');
    expect(of('quorum=3', ...down)).to.equal('a.test. b.test.');
    expect(of('quorum=1', ...down, 'a.test. state=up')).to.equal('a.test. b.test.');
    expect(of('quorum=1', 'b.test. state=out')).to.equal('a.test.');
    expect(of('quorum=1', 'b.test. state=out until=2026-11-22T09:00:00Z')).to.equal('a.test. b.test.');
  });

  it('§3 step 3: fail open, at fewer than min', () => {
    const down = ['a.test. down by=m.', 'b.test. down by=m.'];
    const of = (policy: string, ...more: readonly string[]) =>
      taken(steering('a.test. b.test. c.test.', policy, ...more), NOWHERE);
    expect(of('min=1', ...down)).to.equal('c.test.');
    expect(of('min=2', ...down)).to.equal('a.test. b.test. c.test.');
    expect(of('min=33%', ...down)).to.equal('c.test.');
    expect(of('min=34%', ...down)).to.equal('a.test. b.test. c.test.');
    expect(of('min=1', ...down, 'c.test. state=out')).to.equal('a.test. b.test.');
    expect(of('min=0', ...down, 'c.test. state=out')).to.equal('');
    const out = ['a.test. state=out', 'b.test. state=out', 'c.test. state=out'];
    expect(of('min=1', ...out)).to.equal('a.test. b.test. c.test.');
  });

  it('§1 within: of the nearest that is left, and not from member to member', () => {
    // On the equator a degree is 111.195 km.
    const of = (within: string) =>
      tiers(
        steering(
          'a.test. b.test. c.test. d.test. e.test.',
          `rank=distance ${within}`,
          'a.test. at=0,1',
          'b.test. at=0,1.8',
          'c.test. at=0,2.6',
          'd.test. at=0,-3.4',
        ),
        '203.0.113.1',
      );
    expect(of('')).to.equal('a.test. b.test. | c.test. d.test. | e.test.');
    expect(of('within=0')).to.equal('a.test. | b.test. | c.test. | d.test. | e.test.');
    expect(of('within=200')).to.equal('a.test. b.test. c.test. | d.test. | e.test.');
    expect(of('within=500')).to.equal('a.test. b.test. c.test. d.test. | e.test.');
  });

  it('a dead member is the nearest all the same', () => {
    const of = steering(
      'a.test. b.test. c.test.',
      'rank=distance',
      'a.test. at=0,1',
      'b.test. at=0,1.8',
      'c.test. at=0,2.6',
      'a.test. down by=m.',
    );
    expect(taken(of, '203.0.113.1')).to.equal('b.test.');
  });

  it('§2 bias: positive d×(1−b/100), negative d/(1+b/100)', () => {
    const of = (bias: string) =>
      tiers(
        steering(
          'a.test. b.test.',
          'rank=distance within=0',
          'a.test. at=0,10',
          `b.test. at=0,20 bias=${bias}`,
        ),
        '203.0.113.1',
      );
    expect(of('49')).to.equal('a.test. | b.test.');
    expect(of('50')).to.equal('a.test. b.test.');
    expect(of('51')).to.equal('b.test. | a.test.');
    expect(of('-99')).to.equal('a.test. | b.test.');
  });

  it('§2 net: longer match first; asn, country, continent: match first', () => {
    const net = steering(
      'a.test. b.test. c.test. d.test.',
      'rank=net',
      'a.test. net=192.0.0.0/16,198.51.100.0/24',
      'b.test. net=192.0.2.0/24',
      'c.test. net=192.0.2.128/25,192.0.0.0/16',
    );
    expect(tiers(net, BEIJING)).to.equal('b.test. | a.test. c.test. | d.test.');
    expect(tiers(net, '192.0.2.200')).to.equal('c.test. | b.test. | a.test. | d.test.');
    expect(tiers(net, '2002:c000:201::1')).to.equal('b.test. | a.test. c.test. | d.test.');
    expect(tiers(net, NOWHERE)).to.equal('a.test. b.test. c.test. d.test.');
    const several = steering(
      'a.test. b.test. c.test.',
      'rank=country,continent,asn',
      'a.test. country=DE',
      'b.test. country=CN asn=64497',
      'c.test. continent=EU,AS asn=64496',
    );
    expect(tiers(several, BEIJING)).to.equal('b.test. | c.test. | a.test.');
    expect(tiers(several, '198.51.100.200')).to.equal('a.test. | c.test. | b.test.');
    expect(tiers(several, NOWHERE)).to.equal('a.test. b.test. c.test.');
  });

  it('words rank within the groups of the words before, backups last of all', () => {
    const of = steering(
      '192.0.2.7 198.51.100.7 198.51.100.8 c.test.',
      'rank=distance,isp',
      '198.51.100.8 isp=unicom',
      '192.0.2.7 backup',
    );
    expect(tiers(of, BEIJING)).to.equal('198.51.100.8 | 198.51.100.7 | c.test. | 192.0.2.7');
    expect(tiers(of, NOWHERE)).to.equal('198.51.100.7 198.51.100.8 c.test. | 192.0.2.7');
  });

  it('§2 weight=0: only while no other member of its tier answers, and not counted for need', () => {
    const of = (...more: readonly string[]) =>
      taken(
        steering(
          'a.test. b.test. c.test.',
          'rank=country need=2',
          'a.test. weight=0 country=CN',
          'b.test. country=CN',
          ...more,
        ),
        BEIJING,
      );
    expect(of()).to.equal('b.test. | c.test.');
    expect(of('b.test. down by=m.')).to.equal('a.test. | c.test.');
  });
});

describe('the plain judge of scopes', () => {
  it('knows the only right scope', () => {
    const judge = new ScopeJudge(
      new PlainWorld(GEOGRAPHY),
      steering('a.test. b.test.', 'rank=country', 'a.test. country=CN'),
    );
    const scope = (client: string) => judge.scopeOf(at(client).address);
    expect(judge.classCount).to.equal(2);
    expect(scope(BEIJING)).to.equal(24);
    expect(scope(XIAN)).to.equal(25);
    expect(scope('198.51.100.200')).to.equal(25);
    expect(scope('198.51.101.1')).to.equal(24);
    expect(scope('10.0.0.1')).to.equal(1);
    expect(scope('255.255.255.255')).to.equal(4 - 1);
    expect(scope('2001:db8::1')).to.equal(32);
    expect(scope('2001:db9::1')).to.equal(32);
    expect(scope('3000::')).to.equal(4);
    expect(scope('::ffff:192.0.2.1')).to.equal(96 + 24);
    expect(scope('2002:c000:201::1')).to.equal(16 + 24);
    expect(judge.judge(at(BEIJING).address, 23)).to.equal('not valid');
    expect(judge.judge(at(BEIJING).address, 24)).to.equal(undefined);
    expect(judge.judge(at(BEIJING).address, 25)).to.equal('not maximal');
  });

  it('goes as far as net= does, and no further than /64 otherwise', () => {
    const world = new PlainWorld(GEOGRAPHY);
    const net = new ScopeJudge(
      world,
      steering('a.test. b.test.', 'rank=net', 'a.test. net=2001:db8::6/127,192.0.2.1,2001:db8:1::/48'),
    );
    const scope = (client: string) => net.scopeOf(at(client).address);
    expect(scope('2001:db8::6')).to.equal(127);
    expect(scope('2001:db8::4')).to.equal(127);
    expect(scope('2001:db8::8')).to.equal(125);
    expect(scope('2001:db8:0:1::')).to.equal(64);
    expect(scope('2001:db8:1:1::')).to.equal(48);
    expect(scope('192.0.2.1')).to.equal(32);
    expect(scope('192.0.2.0')).to.equal(32);
    expect(scope('2002:c000:201::1')).to.equal(48);
    const uniform = new ScopeJudge(world, steering('a.test.', 'rank=country'));
    expect(uniform.judge(at(BEIJING).address, 0)).to.equal(undefined);
  });
});
