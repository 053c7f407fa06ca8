import { expect } from 'chai';
import { scanInstant, showInstant } from '../../src/base/instant.ts';

describe('base/instant', () => {
  it('RFC 3339 §5.6: reads UTC, offsets, fractions and small letters', () => {
    const seconds = Date.UTC(2026, 10, 22, 9, 58, 41) / 1000;
    for (const text of [
      '2026-11-22T09:58:41Z',
      '2026-11-22t09:58:41z',
      '2026-11-22T17:58:41+08:00',
      '2026-11-22T04:28:41-05:30',
      '2026-11-22T09:58:41.999Z',
    ]) {
      expect(scanInstant(text), text).to.equal(seconds);
    }
    expect(showInstant(seconds)).to.equal('2026-11-22T09:58:41Z');
  });

  it('refuses everything else, days that are not in the month included', () => {
    for (const text of [
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:60:00Z',
      '2026-01-01T00:00:00',
      '2026-01-01 00:00:00Z',
      '2026-01-01T00:00:00+24:00',
      '2026-01-01',
      '',
    ]) {
      expect(scanInstant(text), text).to.equal(undefined);
    }
  });
});
