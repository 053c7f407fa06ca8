import { expect } from 'chai';
import { scanInstant } from '../../src/base/instant.ts';
import { type Choosing, choosingOf, parseChoosing } from '../../src/steer/choosing.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { planOwner } from '../../src/steer/plan.ts';
import { DEFAULT_POLICY } from '../../src/steer/policy-line.ts';
import type { AnswerPlan } from '../../src/zone/served.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name, showRecord } from '../support/rr.ts';

const NOW = scanInstant('2026-11-22T10:00:00Z') ?? 0;
const WWW = memoryZone(
  'example.test',
  'www 60 A 192.0.2.3\nwww 60 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww 60 TXT "plain"',
).get(name('www.example.test'));

interface Planned {
  readonly members: string;
  readonly plan: AnswerPlan;
}

/** The plan of the addresses, and who answers, in order. */
function plan(lines: readonly string[], changedAt = Number.NEGATIVE_INFINITY): Planned {
  const owner = WWW ?? expect.fail('no owner');
  const { rrsets } = planOwner(owner, scanSteeringLines(lines), { now: NOW, changedAt });
  const [rrset, other] = rrsets;
  expect(other).to.equal(owner.rrsets[1]); // other types are plain
  if (rrset?.plan === undefined) return expect.fail('no plan');
  const { type, ttl, rdatas } = rrset;
  const members = rdatas.map((rdata) => showRecord({ owner: owner.name, type, ttl, rdata }).at(-1)).join(' ');
  return { members, plan: rrset.plan };
}

/** Who answers and who does not, by their last number; the records are checked to be those of the former. */
function answering(lines: readonly string[]): string {
  const { members, plan: made } = plan(lines);
  const all = parseChoosing(made.choosing).members.map(({ member, isAnswering }) => ({
    last: member.split('.').at(-1),
    isAnswering,
  }));
  const lastOf = (wanted: boolean) =>
    all.filter(({ isAnswering }) => isAnswering === wanted).map(({ last }) => last);
  expect(lastOf(true).join(' ')).to.equal(members);
  return lastOf(false).length === 0 ? members : `${members}, not ${lastOf(false).join(' ')}`;
}

const WITHOUT_SAYING: Choosing = choosingOf(
  DEFAULT_POLICY,
  scanSteeringLines([]),
  ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  3,
);

describe('the plan of a steered RRset (STEERING.md §3, §6)', () => {
  it('without a policy line there is none', () => {
    const owner = WWW ?? expect.fail('no owner');
    const lines = scanSteeringLines(['192.0.2.1 state=out']);
    expect(planOwner(owner, lines, { now: NOW, changedAt: 0 })).to.equal(owner);
  });

  it('has what the policy says by default', () => {
    const { plan: made, members } = plan(['order=rotate']);
    expect({ members, plan: { ...made, choosing: parseChoosing(made.choosing) } }).to.deep.equal({
      members: '1 2 3',
      plan: {
        choosing: WITHOUT_SAYING,
        counters: 'one',
        lowTtl: 60,
        highTtl: 60,
        settledAt: Number.NEGATIVE_INFINITY,
      },
    });
  });

  it('holds the records of those who answer in canonical order, backups last, and knows the others', () => {
    expect(answering(['order=rotate', '192.0.2.1 backup'])).to.equal('2 3 1');
    expect(answering(['order=rotate', '192.0.2.2 down by=a.'])).to.equal('1 3, not 2');
    const open = ['min=3', '192.0.2.1 backup', '192.0.2.2 down by=a.', '192.0.2.3 state=out'];
    expect(answering(open)).to.equal('2 1, not 3');
  });

  it('has turns where the order has, for each tier where tiers depend on the client', () => {
    for (const order of ['fixed', 'sticky', 'shuffle']) {
      expect(plan([`order=${order} rank=distance`]).plan.counters).to.equal('none');
    }
    expect(plan(['order=weighted']).plan.counters).to.equal('one');
    expect(plan(['order=rotate rank=distance']).plan.counters).to.equal('per tier');
  });

  it('may hold nobody', () => {
    const none = ['min=0 ttl=15..120', ...[1, 2, 3].map((n) => `192.0.2.${n} down by=a.`)];
    expect(answering(none)).to.equal(', not 1 2 3');
    expect(plan(none).plan).to.include({ lowTtl: 15, highTtl: 120 });
  });

  it('settles some time after the last change or lapse, and not while anybody is down or out', () => {
    expect(plan(['settle=200'], NOW - 50).plan.settledAt).to.equal(NOW + 150);
    const lapsed = '192.0.2.1 down by=a. until=2026-11-22T09:59:50Z';
    expect(plan(['settle=200', lapsed], NOW - 50).plan.settledAt).to.equal(NOW + 190);
    expect(plan(['settle=200', lapsed], NOW - 5).plan.settledAt).to.equal(NOW + 195);
    for (const line of ['192.0.2.1 state=out', '192.0.2.1 down by=a.']) {
      expect(plan(['settle=200', line]).plan.settledAt).to.equal(Number.POSITIVE_INFINITY);
    }
    expect(plan(['quorum=2', '192.0.2.1 down by=a.']).plan.settledAt).to.equal(Number.NEGATIVE_INFINITY);
  });
});
