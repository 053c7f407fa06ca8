import { expect } from 'chai';
import { type AnswerRun, type PullRecord, percentile, timesOf, violationsOf } from './pull-figures.ts';

const MS = 1000;
const RUN = { socket: 0, count: 10, ttl: 10 };

/** Host 2 of two dies at 100 ms and is pulled: sent at 400, acknowledged at 402, gone from the answers at 401. */
const RECORD: PullRecord = {
  hosts: 2,
  kills: [{ host: 2, killedUs: 100 * MS, revivedUs: 3000 * MS }],
  detections: [{ host: 2, atUs: 399 * MS }],
  changes: [
    { host: 2, isPull: true, sentUs: 400 * MS, ackUs: 402 * MS },
    { host: 2, isPull: false, sentUs: 5000 * MS, ackUs: 5002 * MS },
  ],
  runs: [
    run({ mask: 3, from: 0, to: 400 }),
    run({ mask: 1, from: 401, to: 5000 }),
    run({ mask: 3, from: 5001, to: 9000 }),
  ],
};

function run({
  from,
  to,
  ...rest
}: Partial<AnswerRun> & { mask: number; from: number; to: number }): AnswerRun {
  return {
    ...RUN,
    firstSentUs: from * MS - 100,
    lastSentUs: to * MS - 100,
    firstReceivedUs: from * MS,
    lastReceivedUs: to * MS,
    ...rest,
  };
}

describe('bench: figures of the part "pull"', () => {
  it('takes the times of a kill', () => {
    expect(timesOf(RECORD)).to.deep.equal([
      {
        host: 2,
        killToDetected: 299,
        killToDurable: 302,
        killToClean: 301,
        updateToDurable: 2,
        updateToClean: 1,
        durableToClean: -1,
        killToUncached: 10_300,
      },
    ]);
  });

  it('waits for the last of all sockets', () => {
    const slow = [
      run({ socket: 1, mask: 3, from: 0, to: 406 }),
      run({ socket: 1, mask: 1, from: 407, to: 4999 }),
    ];
    expect(timesOf({ ...RECORD, runs: [...RECORD.runs, ...slow] })[0]?.updateToClean).to.equal(7);
  });

  it('has no time where an answer never came clean', () => {
    const [first] = RECORD.runs;
    const runs = first === undefined ? [] : [{ ...first, lastReceivedUs: 9e6 }];
    expect(timesOf({ ...RECORD, runs })[0]?.killToClean).to.equal(undefined);
    expect(timesOf({ ...RECORD, changes: [] })[0]?.killToClean).to.equal(undefined);
  });

  it('finds nothing wrong where nothing is', () => {
    expect(violationsOf(RECORD)).to.deep.equal({ pulled: 0, lifeless: 0, wrongPulls: 0 });
  });

  it('finds an answer with a pulled host that was asked for after the acknowledgement', () => {
    const late = run({ mask: 3, from: 403, to: 403, count: 1 });
    expect(violationsOf({ ...RECORD, runs: [...RECORD.runs, late] }).pulled).to.equal(1);
    const underWay = { ...late, firstSentUs: 401 * MS, lastSentUs: 401 * MS };
    expect(violationsOf({ ...RECORD, runs: [...RECORD.runs, underWay] }).pulled).to.equal(0);
  });

  it('finds answers without a host that is alive', () => {
    const empty = run({ mask: 0, from: 50, to: 50, count: 1 });
    const dead = run({ mask: 2, from: 300, to: 300, count: 1 });
    expect(violationsOf({ ...RECORD, runs: [empty, dead] }).lifeless).to.equal(2);
  });

  it('finds a pull of a host that was alive', () => {
    const change = { host: 1, isPull: true, sentUs: 200 * MS, ackUs: 201 * MS };
    expect(violationsOf({ ...RECORD, runs: [], changes: [change] }).wrongPulls).to.equal(1);
  });

  it('a percentile is a value that occurs', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([0.5, 0.95, 0.99, 1].map((part) => percentile(values, part))).to.deep.equal([50, 95, 99, 100]);
    expect(percentile([], 0.5)).to.be.NaN;
  });
});
