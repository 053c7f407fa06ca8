import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  begin,
  confirmed,
  failed,
  hurried,
  overdue,
  type RefreshState,
  refreshTimes,
  resumed,
} from '../../src/transfer/refresh.ts';
import { rr } from '../support/rr.ts';

function soa(refresh: number, retry: number, expire: number): Uint8Array {
  return rr(`@ SOA ns1 hostmaster 1 ${refresh} ${retry} ${expire} 300`).rdata;
}

const SOA = soa(7200, 900, 86_400);
const NOW = 1_000_000_000;

describe('transfer/refresh', () => {
  it('a zone that has never been there is asked for at once, then ever more rarely', () => {
    let state = begin(NOW, 0);
    expect(state).to.include({ phase: 'never-loaded', nextMs: NOW });
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      state = failed(state, undefined, NOW, 0);
      waits.push((state.nextMs - NOW) / 1000);
    }
    expect(waits).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 600, 600]);
    expect(state.phase).to.equal('never-loaded');
    expect(overdue(state, NOW * 2).phase).to.equal('never-loaded');
  });

  it('after a good check comes REFRESH, after a bad one RETRY, after EXPIRE the end', () => {
    const fresh = confirmed(SOA, NOW, 0);
    expect(fresh).to.deep.equal({
      phase: 'fresh',
      confirmedMs: NOW,
      expiresMs: NOW + 86_400_000,
      nextMs: NOW + 7_200_000,
      failures: 0,
    });
    const retrying = failed(fresh, SOA, fresh.nextMs, 0);
    expect(retrying).to.include({ phase: 'retrying', nextMs: fresh.nextMs + 900_000, failures: 1 });
    expect(overdue(retrying, fresh.expiresMs - 1).phase).to.equal('retrying');
    const expired = overdue(failed(retrying, SOA, fresh.expiresMs, 0), fresh.expiresMs);
    expect(expired).to.include({ phase: 'expired', nextMs: fresh.expiresMs + 900_000 });
    expect(confirmed(SOA, fresh.expiresMs + 1, 0).phase).to.equal('fresh');
  });

  it('a restart remembers when the zone expires', () => {
    const noted = { confirmedMs: NOW, expiresMs: NOW + 1000 };
    expect(resumed(noted, NOW + 999, 0)).to.include({ phase: 'retrying', nextMs: NOW + 999 });
    expect(resumed(noted, NOW + 1000, 0)).to.include({ phase: 'expired', expiresMs: NOW + 1000 });
  });

  it('NOTIFY hurries, and never delays', () => {
    const fresh = confirmed(SOA, NOW, 0);
    expect(hurried(fresh, NOW + 5).nextMs).to.equal(NOW + 5);
    expect(hurried(fresh, fresh.nextMs + 5).nextMs).to.equal(fresh.nextMs);
  });

  it('keeps what the SOA says within bounds', () => {
    expect(refreshTimes(soa(0, 0, 0))).to.deep.equal({ refreshS: 5, retryS: 5, expireS: 10 });
    expect(refreshTimes(soa(900, 3600, 60))).to.deep.equal({ refreshS: 900, retryS: 900, expireS: 1800 });
    const most = 2 ** 32 - 1;
    expect(refreshTimes(soa(most, most, most))).to.deep.equal({
      refreshS: 28 * 86_400,
      retryS: 28 * 86_400,
      expireS: 2 ** 31 - 1,
    });
  });

  it('law: whatever happens, the next look is ahead, and expired means EXPIRE after the last good check', () => {
    const number = fc.integer({ min: 0, max: 0xffff_ffff });
    const event = fc.tuple(
      fc.constantFrom('good', 'bad', 'notify'),
      fc.nat(2_000_000_000),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
    );
    fc.assert(
      fc.property(number, number, number, fc.array(event), (refresh, retry, expire, events) => {
        const rdata = soa(refresh, retry, expire);
        let nowMs = NOW;
        let state: RefreshState = begin(nowMs, 0);
        for (const [what, ms, chance] of events) {
          nowMs += ms;
          state = overdue(state, nowMs);
          if (what === 'good') state = confirmed(rdata, nowMs, chance);
          else if (what === 'bad') {
            state = failed(state, state.expiresMs === 0 ? undefined : rdata, nowMs, chance);
          } else state = hurried(state, nowMs);
          if (what !== 'notify') expect(state.nextMs - nowMs).to.be.at.least(3750);
          const isExpired = state.expiresMs !== 0 && nowMs >= state.expiresMs;
          expect(state.phase === 'expired').to.equal(isExpired);
          if (what === 'good') expect(state.expiresMs - nowMs).to.be.above(state.nextMs - nowMs);
        }
      }),
    );
  });
});
