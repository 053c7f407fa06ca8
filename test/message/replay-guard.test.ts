import { expect } from 'chai';
import * as fc from 'fast-check';
import { type GuardedRequest, ReplayGuard } from '../../src/message/replay-guard.ts';
import { tsigKey } from '../support/tsig.ts';

const NOW = 1_795_400_000;
const KEY = tsigKey('k.test');

function request(fingerprint: string, timeSigned = NOW, key = KEY): GuardedRequest {
  return { key, timeSigned, fudge: 300, fingerprint };
}

describe('message/replay-guard', () => {
  it('RFC 8945 §5.2.3: admits a signature once, within its time', () => {
    const guard = new ReplayGuard();
    expect(guard.admit(request('a'), NOW)).to.equal(true);
    for (const later of [0, 1, 29, 31, 299, 300]) {
      expect(guard.admit(request('a'), NOW + later), `${later} s later`).to.equal(false);
    }
  });

  it('admits many requests of one second, and requests that overtook each other', () => {
    const guard = new ReplayGuard();
    for (const [fingerprint, timeSigned] of [
      ['a', NOW],
      ['b', NOW],
      ['c', NOW + 2],
      ['d', NOW + 1],
      ['e', NOW - 299],
      ['f', NOW + 299],
      ['g', NOW - 200],
    ] as const) {
      expect(guard.admit(request(fingerprint, timeSigned), NOW), fingerprint).to.equal(true);
    }
  });

  it('forgets what is out of time', () => {
    const guard = new ReplayGuard();
    for (let i = 0; i < 100; i++) guard.admit(request(`${i}`, NOW + i), NOW + i);
    expect(guard.size).to.equal(100);
    guard.admit(request('last', NOW + 1000), NOW + 1000);
    expect(guard.size).to.equal(1);
  });

  it('beyond its capacity forgets the earliest, and admits nothing of their time any more', () => {
    const guard = new ReplayGuard(100);
    for (let i = 0; i < 101; i++) guard.admit(request(`${i}`, NOW + i), NOW + i);
    expect(guard.size).to.be.at.most(100);
    for (let i = 0; i < 101; i++) expect(guard.admit(request(`${i}`, NOW + i), NOW + 101)).to.equal(false);
    expect(guard.admit(request('new', NOW), NOW + 101)).to.equal(false);
    expect(guard.admit(request('new', NOW + 101), NOW + 101)).to.equal(true);
  });

  it('a clock that is ahead does not shut out the others under a flood', () => {
    const guard = new ReplayGuard(100);
    guard.admit(request('ahead', NOW + 250), NOW);
    for (let i = 0; i < 500; i++) expect(guard.admit(request(`${i}`, NOW + i), NOW + i)).to.equal(true);
  });

  it('a flood under one key does not touch another', () => {
    const guard = new ReplayGuard(10);
    const other = tsigKey('other.test');
    guard.admit(request('a', NOW, other), NOW);
    for (let i = 0; i < 1000; i++) guard.admit(request(`${i}`, NOW + i), NOW + i);
    expect(guard.admit(request('b', NOW, other), NOW)).to.equal(true);
    expect(guard.admit(request('a', NOW, other), NOW)).to.equal(false);
  });

  it('law: nothing within its time is admitted twice, and never more remembered than the capacity', () => {
    const step = fc.record({
      fingerprint: fc.integer({ min: 0, max: 30 }),
      wait: fc.constantFrom(0, 0, 1, 40),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (steps, capacity) => {
        const guard = new ReplayGuard(capacity);
        const admitted = new Set<number>();
        let now = NOW;
        for (const { fingerprint, wait } of steps) {
          now += wait;
          // a signature has one time for ever
          const signed = request(`${fingerprint}`, NOW + fingerprint * 10);
          if (Math.abs(signed.timeSigned - now) > signed.fudge) continue;
          if (guard.admit(signed, now)) {
            expect(admitted.has(fingerprint)).to.equal(false);
            admitted.add(fingerprint);
          }
          expect(guard.size).to.be.at.most(capacity);
        }
      }),
    );
  });
});
