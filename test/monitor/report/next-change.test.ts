import { expect } from 'chai';
import { UNDAMPED } from '../../../src/monitor/damping.ts';
import { startMember } from '../../../src/monitor/member-state.ts';
import { nextChangeMs } from '../../../src/monitor/report/next-change.ts';
import { BOOK, seen } from '../../support/monitor.ts';

const PACE = [{ intervalMs: 5000, fastMs: 1000 }];
const NOW = 100_000;

describe('monitor/report/next-change', () => {
  it('is the time in which enough probes can fail: the first at its usual time, the others soon after', () => {
    expect(nextChangeMs(seen('+++++'), PACE, UNDAMPED, NOW)).to.equal(5000 + 1000 + 1000);
    expect(nextChangeMs(seen('+++-+'), PACE, UNDAMPED, NOW)).to.equal(5000 + 1000);
    expect(nextChangeMs(seen('+++--'), PACE, UNDAMPED, NOW)).to.equal(1000);
  });

  it('is, of one that is down, the time in which enough can pass', () => {
    expect(nextChangeMs(seen('-----'), PACE, UNDAMPED, NOW)).to.equal(15_000);
    expect(nextChangeMs(seen('---++'), PACE, UNDAMPED, NOW)).to.equal(5000);
  });

  it('counts from the last result', () => {
    expect(nextChangeMs(seen('+++--'), PACE, UNDAMPED, NOW + 400)).to.equal(600);
    expect(nextChangeMs(seen('+++--'), PACE, UNDAMPED, NOW + 9000)).to.equal(0);
  });

  it('is not before a member that is held may come back', () => {
    const held = { penalty: 3000, atMs: NOW, pulls: 3, heldUntilMs: NOW + 60_000 };
    expect(nextChangeMs(seen('-----'), PACE, held, NOW)).to.equal(60_000);
  });

  it('is, of one of which nothing is known, the time until anything is; of one without probes, nothing', () => {
    expect(nextChangeMs(startMember([BOOK], NOW), PACE, UNDAMPED, NOW)).to.equal(5000 + 1000 + 1000);
    expect(nextChangeMs(startMember([], NOW), [], UNDAMPED, NOW)).to.equal(undefined);
  });
});
