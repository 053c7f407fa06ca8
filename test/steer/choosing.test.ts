import { expect } from 'chai';
import { type Choosing, choosingOf, composeChoosing, parseChoosing } from '../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';

const EVERYTHING = [
  'rank=net,isp,asn,country,continent,distance within=250 order=sticky take=3 need=2 ecs=off prefix=20/48',
  '192.0.2.1 at=39.9,116.4 weight=0 net=203.0.113.0/24,2001:db8::/32 isp=telecom,Unicom asn=64496,4294967295',
  '192.0.2.2 country=CN,JP continent=AS,EU bias=-20 backup state=out reason=work',
  '192.0.2.3 down by=a.',
];

describe('the choosing of a steered RRset', () => {
  it('comes out of its octets as it went in', () => {
    for (const lines of [EVERYTHING, ['order=rotate']]) {
      const choosing = choosingFrom(lines);
      expect(parseChoosing(composeChoosing(choosing))).to.deep.equal(choosing);
    }
  });

  it('has the same octets whatever is said of reasons and lapses', () => {
    const before = composeChoosing(choosingFrom(['rank=net', '192.0.2.1 weight=2']));
    const after = composeChoosing(
      choosingFrom(['rank=net ttl=5 min=2', '192.0.2.1 weight=2 state=up reason=x']),
    );
    expect(after).to.deep.equal(before);
  });
});

function choosingFrom(texts: readonly string[]): Choosing {
  const lines = scanSteeringLines(texts);
  expect(lines.faults).to.deep.equal([]);
  const policy = lines.policy ?? expect.fail('no policy');
  return choosingOf(policy, lines, ['192.0.2.1', '192.0.2.2', '192.0.2.3'], 2);
}
