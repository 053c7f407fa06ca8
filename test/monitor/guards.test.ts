import { expect } from 'chai';
import fc from 'fast-check';
import { type Damping, UNDAMPED } from '../../src/monitor/damping.ts';
import { type JudgedMember, type Presence, type Wish, wishesFor } from '../../src/monitor/guards.ts';
import { isHealthy } from '../../src/monitor/member-state.ts';
import { judged, seen } from '../support/monitor.ts';

const NOW = 100_000;
const HELD: Damping = { penalty: 3000, atMs: NOW - 1000, pulls: 3, heldUntilMs: NOW + 60_000 };

/** `192.0.2.1 out down`, one for each member. */
function wishes(members: readonly JudgedMember[], keep = 1): string[] {
  return wishesFor(members, keep, NOW).map(({ member, want, reason }) => `${member} ${want} ${reason}`);
}

describe('monitor/guards', () => {
  it('wants healthy members in and failing ones out, and leaves those undecided', () => {
    const members = [
      judged('192.0.2.1', '+++'),
      judged('192.0.2.2', '+++-'),
      judged('192.0.2.3', '+++---'),
      judged('192.0.2.4', '++'),
      judged('192.0.2.5', '+++', { presence: 'out' }),
      judged('192.0.2.6', '---+', { presence: 'out' }),
    ];
    expect(wishes(members)).to.deep.equal([
      '192.0.2.1 in healthy',
      '192.0.2.2 in healthy',
      '192.0.2.3 out down',
      '192.0.2.4 leave undecided',
      '192.0.2.5 in healthy',
      '192.0.2.6 out down',
    ]);
    expect(wishesFor(members, 1, NOW)[2]?.why).to.equal('3 of the last 5 failed: connection refused');
  });

  it('does nothing while the server has not been heard, and nothing about members that somebody deleted', () => {
    expect(
      wishes([
        judged('192.0.2.1', '---', { presence: 'unknown' }),
        judged('192.0.2.2', '+++', { presence: 'unknown' }),
      ]),
    ).to.deep.equal(['192.0.2.1 leave server-unknown', '192.0.2.2 leave server-unknown']);
    expect(wishes([judged('192.0.2.1', '+++', { presence: 'gone' })])).to.deep.equal([
      '192.0.2.1 leave gone',
    ]);
  });

  it('leaves failing members in without a witness, and those out that are out', () => {
    const mayPull = false;
    const members = [
      judged('192.0.2.1', '---', { mayPull }),
      judged('192.0.2.2', '---', { mayPull, presence: 'out' }),
      judged('192.0.2.3', '---+', { mayPull }),
      judged('192.0.2.4', '+++', { mayPull, damping: HELD }),
      judged('192.0.2.5', '+++', { mayPull, presence: 'out' }),
    ];
    expect(wishes(members)).to.deep.equal([
      '192.0.2.1 leave unwitnessed',
      '192.0.2.2 out down',
      '192.0.2.3 leave undecided',
      '192.0.2.4 leave held',
      '192.0.2.5 in healthy',
    ]);
  });

  it('holds a flapping member down until the stated time, and says until when', () => {
    const members = [
      judged('192.0.2.1', '+++'),
      judged('192.0.2.2', '+++', { damping: HELD, presence: 'out' }),
    ];
    const [, held] = wishesFor(members, 1, NOW);
    expect(held).to.deep.include({ want: 'out', reason: 'held', untilMs: NOW + 60_000 });
    expect(wishesFor(members, 1, NOW + 60_000)[1]).to.deep.include({ want: 'in', reason: 'healthy' });
  });

  describe('keep', () => {
    it('never pulls below so many: who has failed for the shortest time stays', () => {
      const members = [
        { ...judged('192.0.2.1', ''), state: seen('+++---', NOW - 5000) },
        { ...judged('192.0.2.2', ''), state: seen('+++---', NOW) },
        { ...judged('192.0.2.3', ''), state: seen('+++---', NOW - 9000) },
      ];
      expect(wishes(members, 1)).to.deep.equal([
        '192.0.2.1 out down',
        '192.0.2.2 in kept',
        '192.0.2.3 out down',
      ]);
      expect(wishes(members, 2)).to.deep.equal([
        '192.0.2.1 in kept',
        '192.0.2.2 in kept',
        '192.0.2.3 out down',
      ]);
      expect(wishesFor(members, 1, NOW)[1]?.why).to.equal(
        'one of at least 1 to keep, although 3 of the last 5 failed: connection refused',
      );
      expect(wishes(members, 0)).to.deep.equal([
        '192.0.2.1 out down',
        '192.0.2.2 out down',
        '192.0.2.3 out down',
      ]);
    });

    it('counts who is in already without being wanted, and not who is gone', () => {
      const dead = judged('192.0.2.1', '---');
      expect(wishes([dead, judged('192.0.2.2', '+')])).to.include('192.0.2.1 out down');
      expect(wishes([dead, judged('192.0.2.2', '+', { presence: 'out' })])).to.include('192.0.2.1 in kept');
      expect(wishes([dead, judged('192.0.2.2', '+++', { presence: 'gone' })])).to.include(
        '192.0.2.1 in kept',
      );
    });

    it('takes one that is merely held before one that fails, and puts no failing one in', () => {
      const held = judged('192.0.2.2', '+++', { damping: HELD, presence: 'out' });
      expect(wishes([judged('192.0.2.1', '---'), held])).to.deep.equal([
        '192.0.2.1 out down',
        '192.0.2.2 in kept',
      ]);
      expect(wishes([judged('192.0.2.1', '---', { presence: 'out' })])).to.deep.equal(['192.0.2.1 out down']);
    });
  });

  it('keeps its laws for every combination', () => {
    const anyMember = fc.record({
      results: fc.string({ unit: fc.constantFrom('+', '-'), maxLength: 6 }),
      presence: fc.constantFrom<Presence>('in', 'in', 'out', 'gone', 'unknown'),
      mayPull: fc.boolean(),
      isHeld: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(anyMember, { maxLength: 6 }), fc.nat(4), (all, keep) => {
        const members = all.map(({ results, presence, mayPull, isHeld }, i) =>
          judged(`192.0.2.${i + 1}`, results, { presence, mayPull, damping: isHeld ? HELD : UNDAMPED }),
        );
        const found = wishesFor(members, keep, NOW);
        expect(found.map(({ member }) => member)).to.deep.equal(members.map(({ member }) => member));
        const inBefore = members.filter(({ presence }) => presence === 'in').length;
        const isIn = (wish: Wish, i: number) =>
          wish.want === 'in' || (wish.want === 'leave' && members[i]?.presence === 'in');
        expect(found.filter(isIn).length).to.be.at.least(Math.min(keep, inBefore));
        for (const [i, { want, reason, why }] of found.entries()) {
          const { presence, state, mayPull } = members[i] ?? expect.fail();
          expect(why).to.not.equal('');
          if (presence === 'unknown' || presence === 'gone') expect(want).to.equal('leave');
          if (want === 'out' && presence === 'in') expect(mayPull).to.equal(true);
          if (want === 'out') expect(isHealthy(state) === false || reason === 'held').to.equal(true);
          if (want === 'in' && presence === 'out') expect(isHealthy(state)).to.equal(true);
        }
        expect(wishesFor([...members].reverse(), keep, NOW)).to.deep.equal([...found].reverse());
      }),
    );
  });
});
