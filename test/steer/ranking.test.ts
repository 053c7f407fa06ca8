import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { ClientPlace } from '../../src/geo/client-place.ts';
import { choosingOf } from '../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { Ranking } from '../../src/steer/ranking.ts';
import { tablesOf } from '../support/geo.ts';

const TABLES = tablesOf({
  'networks.csv': `prefix,latitude,longitude,country,continent,asn,isp
198.51.100.0/26,39.90,116.40,CN,AS,64496,unicom
198.51.100.64/26,31.23,121.47,CN,AS,64497,China_Telecom
198.51.100.128/26,51.51,-0.13,GB,EU,4294967295,
198.51.100.192/26,,,,,,mobile
203.0.113.1/32,35.68,139.69,JP,AS,,
2001:db8:1::/48,48.86,2.35,FR,EU,,`,
});
const BEIJING = '198.51.100.1';
const SHANGHAI = '198.51.100.65';
const LONDON = '198.51.100.129';
const NOWHERE = '192.0.2.200';

/** Tiers, best first, by the members' first letters: 'a b|c' is a and b, then c. */
function tiers(policy: string, members: readonly string[], client: string): string {
  const texts = members.map((line) => line.replace(/^[a-z]\b/, (letter) => `${letter}.test.`));
  const lines = scanSteeringLines([policy, ...texts]);
  expect(lines.faults).to.deep.equal([]);
  const said = lines.policy ?? expect.fail('no policy');
  const names = texts.map((text) => text.split(' ')[0] ?? '');
  const ranking = new Ranking(choosingOf(said, lines, names, names.length), TABLES);
  const address = scanAddress(client) ?? expect.fail(client);
  const place = new ClientPlace();
  place.set(TABLES, address, 0, address.length);
  const { segments } = ranking;
  ranking.rank(segments.kindOf(place, segments.segmentOf(place)), place.location);
  const shown: string[] = [];
  for (let tier = 0, from = 0; tier < ranking.tierCount; tier++) {
    const to = ranking.ends[tier] ?? 0;
    shown.push(
      Array.from(ranking.order.subarray(from, to), (i) => names[i]?.replace('.test.', '')).join(' '),
    );
    from = to;
  }
  return shown.join('|');
}

describe('ranking (STEERING.md §3 step 5)', () => {
  it('without rank words is one tier, and one of the backups', () => {
    expect(tiers('order=rotate', ['a', 'b backup', 'c'], BEIJING)).to.equal('a c|b');
    expect(tiers('order=rotate', ['a backup', 'b backup'], BEIJING)).to.equal('a b');
  });

  it('by distance: those at most `within` farther than the nearest share its tier, and again from the next', () => {
    const cities = ['a at=39.90,116.40', 'b at=39.08,117.20', 'c at=31.23,121.47', 'd at=51.51,-0.13'];
    expect(tiers('rank=distance', cities, BEIJING)).to.equal('a|b|c|d'); // Tianjin is 114 km away
    expect(tiers('rank=distance within=115', cities, BEIJING)).to.equal('a b|c|d');
    expect(tiers('rank=distance within=20000', cities, BEIJING)).to.equal('a b c d');
    expect(tiers('rank=distance', cities, LONDON)).to.equal('d|a|b|c');
  });

  it('counts `within` from the nearest of the rest, not from the tier before', () => {
    const row = ['a at=51.51,-0.13', 'b at=52.3,-0.13', 'c at=53.1,-0.13', 'd at=53.9,-0.13']; // each 88 km on
    expect(tiers('rank=distance within=100', row, LONDON)).to.equal('a b|c d');
    expect(tiers('rank=distance within=80', row, LONDON)).to.equal('a|b|c|d');
  });

  it('bias makes a member nearer or farther', () => {
    const cities = ['a at=39.90,116.40', 'b at=31.23,121.47 bias=99'];
    expect(tiers('rank=distance within=0', cities, '198.51.100.65')).to.equal('b|a');
    const between = ['a at=31.23,121.47', 'b at=39.90,116.40 bias=-90'];
    expect(tiers('rank=distance', between, BEIJING)).to.equal('b|a'); // 0 km, however biased
    expect(tiers('rank=distance', ['a at=51.51,-0.13 bias=95', 'b at=31.23,121.47'], BEIJING)).to.equal(
      'a|b',
    );
  });

  it('an unknown client has all members in one tier; a member without a place comes last', () => {
    const cities = ['a at=39.90,116.40', 'b', 'c at=31.23,121.47', 'd'];
    expect(tiers('rank=distance', cities, NOWHERE)).to.equal('a b c d');
    expect(tiers('rank=distance', cities, '198.51.100.193')).to.equal('a b c d');
    expect(tiers('rank=distance', cities, SHANGHAI)).to.equal('c|a|b d');
  });

  it('an address is where the tables say, unless its line says something else', () => {
    const members = ['203.0.113.1', '198.51.100.2', '198.51.100.130 at=35.68,139.69'];
    expect(tiers('rank=distance', members, '203.0.113.1')).to.equal(
      '203.0.113.1 198.51.100.130|198.51.100.2',
    );
  });

  it('by country and continent', () => {
    const members = ['a country=CN,JP', 'b country=GB', 'c continent=EU', 'd'];
    expect(tiers('rank=country', members, BEIJING)).to.equal('a|b c d');
    expect(tiers('rank=country,continent', members, LONDON)).to.equal('b|c|a d');
    expect(tiers('rank=country', members, NOWHERE)).to.equal('a b c d');
  });

  it('by AS number and operator, whose name is without case and spaces', () => {
    const members = ['a asn=64496', 'b asn=4294967295,1', 'c isp=china_telecom', 'd isp=Unicom,mobile'];
    expect(tiers('rank=asn', members, BEIJING)).to.equal('a|b c d');
    expect(tiers('rank=asn', members, LONDON)).to.equal('b|a c d');
    expect(tiers('rank=isp', members, SHANGHAI)).to.equal('c|a b d');
    expect(tiers('rank=isp', members, '198.51.100.255')).to.equal('d|a b c');
    expect(tiers('rank=isp,asn', members, BEIJING)).to.equal('d|a|b c');
  });

  it('by network, the longest match first; IPv4 within IPv6 is that IPv4 address', () => {
    const members = [
      'a net=198.51.0.0/16',
      'b net=198.51.100.0/24,2001:db8::/32',
      'c net=2001:db8:1::/48',
      'd',
    ];
    expect(tiers('rank=net', members, BEIJING)).to.equal('b|a|c d');
    expect(tiers('rank=net', members, '198.51.7.1')).to.equal('a|b c d');
    expect(tiers('rank=net', members, '2001:db8:1::1')).to.equal('c|b|a d');
    expect(tiers('rank=net', members, '64:ff9b::198.51.100.9')).to.equal('b|a|c d');
    expect(tiers('rank=net', members, '2002:c633:6409::1')).to.equal('b|a|c d');
  });

  it('divides by each word in turn, backups always behind', () => {
    const members = [
      'a isp=unicom at=31.23,121.47',
      'b at=39.90,116.40',
      'c isp=unicom at=39.90,116.40 backup',
      'd isp=unicom at=39.91,116.41',
    ];
    expect(tiers('rank=isp,distance', members, BEIJING)).to.equal('d|a|b|c');
    expect(tiers('rank=distance,isp', members, BEIJING)).to.equal('d|b|a|c');
  });
});
