import { expect } from 'chai';
import { scanInstant } from '../../src/base/instant.ts';
import { scanSteeringLines } from '../../src/steer/lines.ts';
import { planOwner } from '../../src/steer/plan.ts';
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

describe('the plan of a steered RRset (STEERING.md §3, §6)', () => {
  it('without a policy line there is none', () => {
    const owner = WWW ?? expect.fail('no owner');
    const lines = scanSteeringLines(['192.0.2.1 state=out']);
    expect(planOwner(owner, lines, { now: NOW, changedAt: 0 })).to.equal(owner);
  });

  it('has what the policy says by default', () => {
    expect(plan(['order=rotate'])).to.deep.equal({
      members: '1 2 3',
      plan: {
        firstTier: 3,
        take: Number.POSITIVE_INFINITY,
        counters: 'one',
        lowTtl: 60,
        highTtl: 60,
        settledAt: Number.NEGATIVE_INFINITY,
      },
    });
  });

  it('holds the live ones in canonical order, backups in a tier of their own when they are needed', () => {
    expect(plan(['order=rotate', '192.0.2.1 backup'])).to.include({ members: '2 3' });
    const needed = plan(['need=3 order=fixed', '192.0.2.1 backup']);
    expect(needed.members).to.equal('2 3 1');
    expect(needed.plan).to.include({ firstTier: 2, counters: 'none' });
    const open = plan(['min=3', '192.0.2.1 backup', '192.0.2.2 down by=a.', '192.0.2.3 state=out']);
    expect([open.members, open.plan.firstTier]).to.deep.equal(['2', 1]);
  });

  it('may hold nobody', () => {
    const none = ['min=0 ttl=15..120', ...[1, 2, 3].map((n) => `192.0.2.${n} down by=a.`)];
    expect(plan(none)).to.deep.include({ members: '' });
    expect(plan(none).plan).to.include({ firstTier: 0, lowTtl: 15, highTtl: 120 });
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
