import { expect } from 'chai';
import { DEFAULT_DAMPING, UNDAMPED } from '../../src/monitor/damping.ts';
import { decide, nextDecision, type WatchedMember } from '../../src/monitor/decision.ts';
import { clearSight, DEFAULT_SIGHT, lookAround } from '../../src/monitor/sight.ts';
import { seen } from '../support/monitor.ts';

const RULES = { name: 'www.example.test', keep: 1, damping: DEFAULT_DAMPING };

function watched(member: string, results: string, nowMs: number): WatchedMember {
  return { member, state: seen(results, nowMs), damping: UNDAMPED, presence: 'in', wish: undefined };
}

function decideAt(members: readonly WatchedMember[], nowMs: number) {
  const states = members.map(({ state }) => state);
  return decide(members, RULES, lookAround(clearSight(0), states, [], DEFAULT_SIGHT, nowMs), nowMs);
}

describe('monitor/decision', () => {
  it('says what is new, once', () => {
    const first = decideAt([watched('192.0.2.1', '+++', 9000), watched('192.0.2.2', '+++', 9000)], 9000);
    expect(first.happenings).to.deep.equal([]);
    const down = first.members.map((each, i) => (i === 1 ? { ...each, state: seen('+++---', 9000) } : each));
    const second = decideAt(down, 9000);
    expect(second.happenings).to.deep.equal([
      {
        kind: 'decision',
        atMs: 9000,
        name: 'www.example.test',
        member: '192.0.2.2',
        want: 'out',
        reason: 'down',
        why: '3 of the last 5 failed: connection refused',
        untilMs: undefined,
      },
    ]);
    expect(decideAt(second.members, 9500).happenings).to.deep.equal([]);
  });

  it('lets a member that is pulled pay once for each pull, until it is held', () => {
    let members: readonly WatchedMember[] = [watched('192.0.2.1', '+++', 0), watched('192.0.2.2', '+++', 0)];
    const reasons: string[] = [];
    for (let nowMs = 10_000; nowMs <= 60_000; nowMs += 10_000) {
      const isDown = nowMs % 20_000 === 0;
      members = members.map((each, i) => ({
        ...each,
        state: seen(isDown && i === 1 ? '+++---' : '+++', nowMs),
      }));
      for (const again of [nowMs, nowMs + 10]) members = decideAt(members, again).members;
      reasons.push(members[1]?.wish?.reason ?? '');
      members = members.map((each) => ({ ...each, presence: each.wish?.want === 'out' ? 'out' : 'in' }));
    }
    expect(reasons).to.deep.equal(['healthy', 'down', 'healthy', 'down', 'healthy', 'down']);
    expect(members[1]?.damping).to.deep.include({ pulls: 3, atMs: 60_000 });
    members = members.map((each) => ({ ...each, state: seen('+++', 70_000) }));
    const held = decideAt(members, 70_000);
    const until = held.members[1]?.damping.heldUntilMs ?? expect.fail();
    expect(held.happenings[0]).to.deep.include({ want: 'out', reason: 'held', untilMs: until });
    expect(nextDecision(held.members, 70_000)).to.equal(until);
    expect(nextDecision(held.members, until)).to.equal(undefined);
    expect(decideAt(held.members, until).members[1]?.wish).to.deep.include({ want: 'in', reason: 'healthy' });
  });

  it('says once that a failing member is kept, whether its last failure has its witness yet or not', () => {
    const others = Array.from({ length: 9 }, () => seen('+++', 1000)); // heard before it failed
    const members = [watched('192.0.2.1', '+++---', 9000)];
    const decided = (before: readonly WatchedMember[], nowMs: number) => {
      const states = [...before.map(({ state }) => state), ...others];
      return decide(before, RULES, lookAround(clearSight(0), states, [], DEFAULT_SIGHT, nowMs), nowMs);
    };
    expect(decided(members, 9000).members[0]?.wish?.reason).to.equal('unwitnessed');
    const kept = {
      member: '192.0.2.1',
      want: 'in',
      reason: 'kept',
      why: 'it fails',
      untilMs: undefined,
    } as const;
    const again = decided(
      members.map((each) => ({ ...each, wish: kept })),
      9500,
    );
    expect(again.members[0]?.wish).to.deep.equal(kept);
    expect(again.happenings).to.deep.equal([]);
  });
});
