import { expect } from 'chai';
import * as fc from 'fast-check';
import { MOST_TRIES, Secondary } from '../../src/transfer/secondary.ts';

/** All that is to be done now. */
function tasks(secondary: Secondary, nowMs: number): string[] {
  const all: string[] = [];
  for (let task = secondary.take(nowMs); task !== undefined; task = secondary.take(nowMs)) all.push(task);
  return all;
}

/** A secondary that was told of serial 7 and has it, at time 0. */
function levelAt7(): Secondary {
  const secondary = new Secondary(7);
  secondary.announce(0);
  expect(tasks(secondary, 0)).to.deep.equal(['notify']);
  secondary.acknowledged(0);
  expect(tasks(secondary, 50)).to.deep.equal(['look']);
  secondary.looked(7, 50);
  expect(secondary.dueMs).to.equal(undefined);
  return secondary;
}

describe('transfer/secondary', () => {
  it('does nothing of itself', () => {
    const secondary = new Secondary(7);
    expect(secondary.dueMs).to.equal(undefined);
    expect(secondary.knowledge.standing).to.equal('unknown');
  });

  it('RFC 1996 §3.9: is announced at its time, asked after that, and then left alone', () => {
    const secondary = new Secondary(7);
    secondary.announce(300);
    expect(tasks(secondary, 299)).to.deep.equal([]);
    expect(tasks(secondary, 300)).to.deep.equal(['notify']);
    secondary.acknowledged(310);
    expect(tasks(secondary, 360)).to.deep.equal(['look']);
    secondary.looked(7, 361);
    expect(secondary.dueMs).to.equal(undefined);
    expect(secondary.knowledge).to.deep.equal({
      standing: 'level',
      serial: 7,
      seenMs: 361,
      lag: 0,
      behindSinceMs: undefined,
      error: undefined,
    });
  });

  it('tells of a change at once, and of all that come while it is under way in one more NOTIFY', () => {
    const secondary = levelAt7();
    secondary.changed(8, 1000);
    expect(tasks(secondary, 1000)).to.deep.equal(['notify']);
    for (let i = 0; i < 50; i++) secondary.changed(9 + i, 1001 + i);
    expect(tasks(secondary, 1100)).to.deep.equal([]);
    secondary.acknowledged(1100);
    expect(tasks(secondary, 1100)).to.deep.equal(['notify']);
    secondary.acknowledged(1110);
    expect(tasks(secondary, 1110)).to.deep.equal([]);
    expect(secondary.dueMs).to.equal(1150); // to look, from the first acknowledgement on
  });

  it('RFC 1996 §3.6: sends again after 1 2 4 … 60 s, and gives up once', () => {
    const secondary = levelAt7();
    secondary.changed(8, 1000);
    let nowMs = 1000;
    const waits: number[] = [];
    for (let i = 1; i <= MOST_TRIES; i++) {
      expect(tasks(secondary, nowMs)).to.deep.equal(['notify']);
      expect(secondary.unanswered('no answer', nowMs)).to.equal(i === MOST_TRIES);
      waits.push((secondary.dueMs ?? 0) - nowMs);
      nowMs = secondary.dueMs ?? 0;
    }
    expect(waits).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(secondary.knowledge.error).to.equal('no answer');
    expect(tasks(secondary, nowMs)).to.deep.equal(['look']);
  });

  it('begins again with a newer serial', () => {
    const secondary = levelAt7();
    secondary.changed(8, 1000);
    tasks(secondary, 1000);
    secondary.unanswered('no answer', 3000);
    expect(secondary.dueMs).to.equal(4000);
    secondary.changed(9, 3100);
    expect(tasks(secondary, 3100)).to.deep.equal(['notify']);
    secondary.changed(10, 3200);
    expect(secondary.unanswered('no answer', 5100)).to.equal(false);
    expect(tasks(secondary, 5100)).to.deep.equal(['notify']); // of 10, for the first time
  });

  it('tells a secondary anew that was given up and answers again', () => {
    const secondary = levelAt7();
    secondary.changed(8, 0);
    let nowMs = 0;
    for (let isGivenUp = false; !isGivenUp; nowMs = secondary.dueMs ?? 0) {
      expect(tasks(secondary, nowMs)).to.deep.equal(['notify']);
      isGivenUp = secondary.unanswered('no answer', nowMs);
    }
    expect(tasks(secondary, nowMs)).to.deep.equal(['look']);
    secondary.lookFailed('no answer', nowMs);
    nowMs = secondary.dueMs ?? 0;
    expect(tasks(secondary, nowMs)).to.deep.equal(['look']);
    secondary.looked(7, nowMs);
    expect(tasks(secondary, nowMs)).to.deep.equal(['notify']);
  });

  it('does not repeat a NOTIFY that was refused, but looks what the secondary has', () => {
    const secondary = levelAt7();
    secondary.changed(8, 1000);
    tasks(secondary, 1000);
    secondary.refused('it says NOTIMP', 1000);
    expect(secondary.knowledge.error).to.equal('it says NOTIMP');
    expect(tasks(secondary, 2000)).to.deep.equal(['look']);
    secondary.looked(8, 2000);
    expect(secondary.dueMs).to.equal(undefined);
    expect(secondary.knowledge.error).to.equal('it says NOTIMP');
  });

  it('looks again and again while it is behind, ever more seldom, and oftener while somebody waits', () => {
    const secondary = levelAt7();
    secondary.changed(8, 1000);
    tasks(secondary, 1000);
    secondary.acknowledged(1000);
    let nowMs = 1050;
    const waits: number[] = [];
    for (let i = 0; i < 15; i++) {
      expect(tasks(secondary, nowMs)).to.deep.equal(['look']);
      secondary.looked(7, nowMs);
      waits.push((secondary.dueMs ?? 0) - nowMs);
      nowMs = secondary.dueMs ?? 0;
    }
    expect(waits.slice(0, 5)).to.deep.equal([50, 100, 200, 400, 800]);
    expect(waits.slice(13)).to.deep.equal([300_000, 300_000]);
    nowMs -= 100_000;
    secondary.hurry(nowMs);
    for (const wait of [50, 100, 200, 200, 200]) {
      expect(tasks(secondary, nowMs)).to.deep.equal(['look']);
      secondary.looked(7, nowMs);
      expect((secondary.dueMs ?? 0) - nowMs).to.equal(wait);
      nowMs += wait;
    }
    secondary.unhurry();
    tasks(secondary, nowMs);
    secondary.looked(7, nowMs);
    expect((secondary.dueMs ?? 0) - nowMs).to.equal(400);
  });

  it('counts the lag in serials, and in time from the first serial that is lacking', () => {
    const secondary = levelAt7();
    for (const serial of [8, 9, 10]) secondary.changed(serial, serial * 1000);
    expect(secondary.knowledge).to.include({ standing: 'behind', lag: 3, behindSinceMs: 8000 });
    secondary.looked(9, 10_500);
    expect(secondary.knowledge).to.include({ standing: 'behind', lag: 1, behindSinceMs: 10_000, serial: 9 });
    secondary.looked(10, 10_600);
    expect(secondary.knowledge).to.include({ standing: 'level', lag: 0, behindSinceMs: undefined });
  });

  it('counts across the end of the serials, and knows a secondary that is ahead', () => {
    const secondary = new Secondary(0xffff_fffe);
    secondary.looked(0xffff_fffe, 0);
    secondary.changed(2, 1000);
    expect(secondary.knowledge).to.include({ standing: 'behind', lag: 4 });
    secondary.looked(5, 1000);
    expect(secondary.knowledge).to.include({ standing: 'ahead', lag: 0, behindSinceMs: undefined });
  });

  it('looks a moment after the zone was sent to it', () => {
    const secondary = levelAt7();
    secondary.changed(8, 1000);
    tasks(secondary, 1000);
    secondary.transferred(1020);
    expect(secondary.dueMs).to.equal(1070);
  });

  it('law: never two NOTIFYs or two questions at once, never forgets a serial, never stops short of level', () => {
    const event = fc.constantFrom(
      'change',
      'ack',
      'refuse',
      'silence',
      'seen',
      'lost',
      'sent',
      'wait',
      'go',
      'pass',
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const secondary = new Secondary(1);
        let [ours, nowMs, waiting] = [1, 0, 0];
        const underWay = { notify: false, look: false };
        let told: number | undefined;
        secondary.announce(0);
        const act = (what: string): void => {
          if (what === 'change') secondary.changed(++ours, nowMs);
          else if (what === 'sent') secondary.transferred(nowMs);
          else if (what === 'wait') {
            waiting++;
            secondary.hurry(nowMs);
          } else if (what === 'go' && waiting > 0) {
            waiting--;
            secondary.unhurry();
          } else if (what === 'pass') nowMs = Math.max(nowMs, secondary.dueMs ?? nowMs);
          else if (underWay.notify && ['ack', 'refuse', 'silence'].includes(what)) {
            underWay.notify = false;
            if (what === 'ack') secondary.acknowledged(nowMs);
            else if (what === 'refuse') secondary.refused('no', nowMs);
            else secondary.unanswered('silence', nowMs);
          } else if (underWay.look && ['seen', 'lost'].includes(what)) {
            underWay.look = false;
            if (what === 'seen') secondary.looked(told ?? 1, nowMs);
            else secondary.lookFailed('lost', nowMs);
          }
          for (let task = secondary.take(nowMs); task !== undefined; task = secondary.take(nowMs)) {
            expect(underWay[task], task).to.equal(false);
            underWay[task] = true;
            if (task === 'notify') told = ours;
          }
        };
        for (const what of events) act(what);
        for (let i = 0; i < 20 && secondary.knowledge.standing !== 'level'; i++) {
          for (const what of ['ack', 'seen', 'pass']) act(what);
        }
        expect(secondary.knowledge).to.include({ standing: 'level', serial: ours });
      }),
      { numRuns: 500 },
    );
  });
});
