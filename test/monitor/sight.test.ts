import { expect } from 'chai';
import fc from 'fast-check';
import { type MemberState, startMember } from '../../src/monitor/member-state.ts';
import {
  chooseWitnesses,
  clearSight,
  DEFAULT_SIGHT,
  lookAround,
  mayPull,
  restartAfterBlindness,
  type Sight,
} from '../../src/monitor/sight.ts';
import { BOOK, see, seen } from '../support/monitor.ts';

const NOW = 100_000;

function look(
  targets: readonly MemberState[],
  references: readonly MemberState[] = [],
  before?: Sight,
  now = NOW,
) {
  return lookAround(before ?? clearSight(0), targets, references, DEFAULT_SIGHT, now);
}

/** As many members after the same results. */
function many(count: number, results: string, endMs = NOW): MemberState[] {
  return Array.from({ length: count }, () => seen(results, endMs));
}

describe('monitor/sight', () => {
  it('sees clearly while at most the given share of all targets fails', () => {
    expect(look([...many(5, '+++'), ...many(5, '++-')]).sight).to.deep.include({
      kind: 'clear',
      failing: 5,
      of: 10,
    });
    expect(look([]).sight.kind).to.equal('clear');
  });

  it('is blind when more fails at once and there is no reference', () => {
    const { sight, change } = look([...many(4, '+++'), ...many(5, '++-')]);
    expect(sight).to.deep.include({ kind: 'blind', sinceMs: NOW, failing: 5, of: 9 });
    expect(change).to.deep.include({ from: 'clear', to: 'blind', isRestart: false });
  });

  it('does not count what has failed for long, neither way', () => {
    const long = many(9, '---', NOW - DEFAULT_SIGHT.freshMs);
    expect(look([...long, ...many(2, '+++'), ...many(1, '++-')]).sight).to.deep.include({
      kind: 'clear',
      failing: 1,
      of: 3,
    });
  });

  it('stays blind however long it lasts, and is clear when it has been calm for a while', () => {
    const targets = many(3, '+++---');
    const first = look(targets).sight;
    const later = NOW + 10 * DEFAULT_SIGHT.freshMs;
    const still = look(targets, [], first, later);
    expect(still.sight).to.deep.include({ kind: 'blind', sinceMs: NOW, failing: 3 });
    expect(still.change).to.equal(undefined);
    const back = many(3, '+++---+', later + 1000);
    const settling = look(back, [], still.sight, later + 1000);
    expect(settling.sight.kind).to.equal('blind');
    const calm = look(back, [], settling.sight, later + DEFAULT_SIGHT.calmMs);
    expect(calm.change).to.deep.include({ from: 'blind', to: 'clear', isRestart: true });
  });

  it('forgets after blindness what was seen meanwhile, of those that failed', () => {
    const [failed, fine] = [seen('+++--+'), seen('+++')];
    expect(restartAfterBlindness(failed, NOW).state.standing).to.equal('unknown');
    expect(restartAfterBlindness(fine, NOW)).to.deep.equal({ state: fine, change: undefined });
  });

  it('waits for the references when too many fail, and then knows whose network it is', () => {
    const targets = many(3, '+++---');
    const old = many(3, '+++', NOW - 500);
    const checking = look(targets, old);
    expect(checking.sight).to.deep.include({ kind: 'checking', passingReferences: 3, references: 3 });
    expect(mayPull(checking, seen('+++---'))).to.equal(false);

    const passing = old.map((each) => see(each, true, NOW + 200));
    const theirs = look(targets, passing, checking.sight, NOW + 300);
    expect(theirs.sight.kind).to.equal('theirs');

    const failing = old.map((each) => see(each, false, NOW + 200));
    expect(look(targets, failing, checking.sight, NOW + 300).sight.kind).to.equal('blind');
    const [one] = passing;
    if (one === undefined) throw new Error('there is one');
    const mixed = look(targets, [one, ...failing.slice(1)], checking.sight, NOW + 300);
    expect(mixed.sight.kind).to.equal('blind');
    const back = look(targets, passing, mixed.sight, NOW + 300);
    expect(back.change).to.deep.include({ from: 'blind', to: 'theirs', isRestart: true });
  });

  describe('a pull', () => {
    /** Down at NOW: its last three results failed, each after 10 ms. */
    const dead = seen('+++---');

    it('needs a witness heard after the first failure, after which the member failed again', () => {
      const heardAt = (endMs: number) => mayPull(look([dead, seen('+++', endMs)]), dead);
      expect(heardAt(NOW - 2500)).to.equal(false);
      expect(heardAt(NOW - 1500)).to.equal(true);
      expect(heardAt(NOW)).to.equal(true);
      expect(heardAt(NOW + 50)).to.equal(false); // a failure of the network may have been over by then
    });

    it('has its witness right after the failure when one failure is enough', () => {
      const fragile = seen('++-', NOW, { window: 1, threshold: 1 });
      expect(mayPull(look([fragile, seen('+++', NOW + 50)]), fragile)).to.equal(true);
      expect(mayPull(look([fragile, seen('+++', NOW)]), fragile)).to.equal(false);
    });

    it('needs a sample: the members of a failing half do not count as witnesses', () => {
      const sample = (passing: number, failing: number, unheard: number) => {
        const targets = [
          dead,
          ...many(passing, '+++'),
          ...many(failing, '+--'),
          ...many(unheard, '+++', NOW - 9000),
        ];
        return mayPull(look(targets), dead);
      };
      expect(sample(4, 0, 20)).to.equal(true);
      expect(sample(3, 0, 20)).to.equal(false);
      expect(sample(3, 1, 20)).to.equal(true);
      expect(sample(2, 2, 20)).to.equal(false);
    });

    it('of the only target there is waits for ever without references', () => {
      expect(mayPull(look([dead]), dead)).to.equal(false);
      expect(mayPull(look([dead], [seen('+++')], clearSight(0)), dead)).to.equal(false);
      const checked = look([dead], [seen('+++')]).sight;
      const again = see(dead, false, NOW + 1000);
      const around = look([again], [seen('+++', NOW + 500)], checked, NOW + 1000);
      expect([around.sight.kind, mayPull(around, again)]).to.deep.equal(['theirs', true]);
    });

    it('believes only references when too many fail', () => {
      const targets = [dead, dead, dead, seen('+++')];
      const theirs = look(targets, [seen('+++', NOW + 20)], look(targets, [seen('+++')]).sight);
      expect(theirs.sight.kind).to.equal('theirs');
      const late = seen('+++---', NOW + 100);
      expect(mayPull(theirs, late)).to.equal(true);
      const tooLate = seen('+++-', NOW + 100);
      expect(mayPull(theirs, tooLate)).to.equal(false);
    });

    it('does not follow when the member passes again, unless it is healthy and held', () => {
      const around = look([...many(5, '+++')]);
      expect(mayPull(around, seen('+++---+'))).to.equal(false);
      expect(mayPull(around, seen('+++'))).to.equal(true);
      expect(mayPull(look(many(3, '---')), seen('+++'))).to.equal(false);
    });

    it('never comes about while nothing passes any more, whatever the timing (law)', () => {
      const step = fc.record({ target: fc.nat(11), afterMs: fc.integer({ min: 1, max: 400 }) });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 80 }), fc.nat(2), (steps, count) => {
          const targets = Array.from({ length: 12 }, (_, i) => seen('+++++', NOW - i * 80));
          const references = many(count, '+++', NOW - 10);
          let sight = clearSight(0);
          let nowMs = NOW; // the network is cut here: nothing that begins from now on passes
          for (const { target, afterMs } of steps) {
            nowMs += afterMs;
            const all = target < references.length ? references : targets;
            all[target] = see(all[target] ?? startMember([BOOK], 0), false, nowMs);
            const around = lookAround(sight, targets, references, DEFAULT_SIGHT, nowMs);
            sight = around.sight;
            for (const each of targets) {
              if (each.failures > 0) expect(mayPull(around, each)).to.equal(false);
            }
          }
        }),
      );
    });
  });

  describe('witnesses', () => {
    const named = (...states: readonly MemberState[]) => states.map((state, i) => ({ id: i, state }));

    it('are the references', () => {
      const references = named(...many(7, '+++'));
      expect(chooseWitnesses(named(...many(9, '+++')), references)).to.equal(references);
    });

    it('are without them the passing targets that were heard longest ago', () => {
      const ends = [9, 1, 8, 2, 7, 3, 6, 4, 5];
      const targets = named(...ends.map((end) => seen(end === 1 ? '++-' : '+++', NOW + end * 100)));
      expect(chooseWitnesses(targets, []).map(({ id }) => id)).to.deep.equal([3, 5, 7, 8, 6]);
    });
  });
});
