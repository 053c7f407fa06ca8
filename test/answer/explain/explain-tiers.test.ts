import { expect } from 'chai';
import { explainTiers } from '../../../src/answer/explain/explain-tiers.ts';
import { scanAddress } from '../../../src/base/ip.ts';
import { locate } from '../../../src/geo/locate.ts';
import { choosingOf } from '../../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../../src/steer/lines.ts';
import { Ranking } from '../../../src/steer/ranking.ts';
import { tablesOf } from '../../support/geo.ts';

const MEMBERS = 300;

describe('the tiers of an explanation', () => {
  it('take one look at the distance of each member, and do not hold the server up for thousands of tiers', () => {
    const tables = tablesOf({ 'networks.csv': 'prefix,latitude,longitude\n192.0.2.0/24,0,0' });
    const members = Array.from(
      { length: MEMBERS },
      (_, i) => `10.0.${i >> 8}.${i & 255} at=0,${((i * 7) % MEMBERS) / 2}`,
    );
    const lines = scanSteeringLines(['rank=distance within=0', ...members]);
    const names = members.map((line) => line.split(' ')[0] ?? '');
    const policy = lines.policy ?? expect.fail('no policy');
    const choosing = choosingOf(policy, lines, names, names.length);
    const ranking = new Ranking(choosing, tables);
    let looks = 0;
    const distance = ranking.distance.bind(ranking);
    ranking.distance = (member, location) => {
      looks++;
      return distance(member, location);
    };
    const client = scanAddress('192.0.2.1') ?? expect.fail();
    const location = locate(tables, client, 0, client.length);
    const choice = { choosing, ranking, kind: 0, location, tiers: [], turns: [], records: [] };
    const tiers = explainTiers({ ...choice, isLow: false, isBySubnet: false, scope: 0 }, tables);
    expect(tiers.length).to.equal(MEMBERS);
    expect(tiers[2]?.why).to.equal('56 km farther than 56 km, within=0');
    expect(looks).to.equal(MEMBERS);
  });
});
