import { expect } from 'chai';
import { MOST_STEP_RECORDS, type TransferZone } from '../../src/transfer/ixfr.ts';
import type { ZoneStep } from '../../src/zone/history.ts';
import { name, rr } from '../support/rr.ts';
import { planned, SteppedZone } from '../support/transferring.ts';

const START = ['@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300', '@ 300 NS ns1', 'ns1 300 A 192.0.2.53'];

describe('transfer/ixfr', () => {
  function steppedZone(): SteppedZone {
    return new SteppedZone(
      name('example.test'),
      START.map((line) => rr(line)),
    );
  }

  /** `kind` of the plan, and how many records each sequence removes and adds, its SOAs not counted. */
  function sizes(zone: TransferZone, serial: number): unknown[] {
    const plan = planned(zone, 'raw', serial);
    const sequences = plan.kind === 'steps' ? plan.sequences : [];
    return [plan.kind, ...sequences.map(({ removed, added }) => [removed.length - 1, added.length - 1])];
  }

  it('RFC 1995 §5: condensed where that is shorter, step by step where it is not', () => {
    const zone = steppedZone();
    zone.change([], [rr('a 60 A 192.0.2.1')]);
    expect(sizes(zone.snapshot(100), 5)).to.deep.equal(['steps', [0, 1]]);
    zone.change([rr('a 60 A 192.0.2.1')], [rr('b 60 A 192.0.2.1')]);
    expect(sizes(zone.snapshot(100), 5)).to.deep.equal(['steps', [0, 1]]);
    expect(sizes(zone.snapshot(100), 6)).to.deep.equal(['steps', [1, 1]]);
    zone.change([rr('b 60 A 192.0.2.1')], []);
    expect(sizes(zone.snapshot(100), 5)).to.deep.equal(['steps', [0, 0]]);
  });

  it('the whole zone where it is no longer than the differences', () => {
    const zone = steppedZone();
    zone.change([], [rr('a 60 A 192.0.2.1')]);
    expect(sizes(zone.snapshot(3), 5)).to.deep.equal(['whole']);
    expect(sizes(zone.snapshot(4), 5)).to.deep.equal(['steps', [0, 1]]);
  });

  it('the whole zone where the history does not reach, is too long, has a gap, or lacks its SOAs', () => {
    const zone = steppedZone();
    for (const host of ['a', 'b', 'c']) zone.change([], [rr(`${host} 60 A 192.0.2.1`)]);
    const snapshot = zone.snapshot(100);
    const [first, second, third] = zone.steps;
    if (first === undefined || second === undefined || third === undefined) throw new Error('unreachable');
    const withSteps = (...steps: ZoneStep[]): TransferZone => ({ ...snapshot, walkSteps: () => steps });
    expect(sizes(snapshot, 4)).to.deep.equal(['whole']);
    expect(sizes({ ...snapshot, stepsSize: () => MOST_STEP_RECORDS + 1 }, 5)).to.deep.equal(['whole']);
    expect(sizes(withSteps(first, third), 5)).to.deep.equal(['whole']);
    expect(sizes(withSteps(first, second), 5)).to.deep.equal(['whole']);
    expect(sizes(withSteps(), 5)).to.deep.equal(['whole']);
    expect(sizes(withSteps({ ...first, removed: [] }, second, third), 5)).to.deep.equal(['whole']);
    expect(sizes(withSteps(first, second, third), 5)).to.deep.equal(['steps', [0, 3]]);
  });

  it('RFC 1995 §2: one SOA for who has as much or more', () => {
    const zone = steppedZone();
    expect(sizes(zone.snapshot(), 5)).to.deep.equal(['current']);
    expect(sizes(zone.snapshot(), 6)).to.deep.equal(['current']);
    expect(sizes(zone.snapshot(), 4_000_000_000)).to.deep.equal(['whole']);
  });
});
