import { expect } from 'chai';
import fc from 'fast-check';
import {
  composeMark,
  type Mark,
  markedOwner,
  markOwner,
  parseMark,
  reasonWord,
} from '../../../src/monitor/updater/marker.ts';
import { composeSteeringLine } from '../../../src/steer/lines.ts';
import { name } from '../../support/rr.ts';

const MARK: Mark = {
  member: '192.0.2.1',
  by: name('mon.example.test'),
  since: Date.UTC(2026, 10, 22, 10) / 1000,
  ttl: 60,
  reason: 'timeout',
};

function parseText(text: string): Mark | undefined {
  return parseMark(composeSteeringLine(text) ?? new Uint8Array(0));
}

describe('monitor/updater/marker', () => {
  it('reads what it writes', () => {
    const instants = fc.integer({ min: 0, max: 4_000_000_000 });
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const marks: fc.Arbitrary<Mark> = fc.record({
      member: fc.constantFrom('192.0.2.1', '2001:db8::1', 'a.example.test.'),
      by: fc.constantFrom(name('mon'), name('a.b.example.test')),
      since: optional(instants),
      ttl: optional(fc.integer({ min: 0, max: 0x7fff_ffff })),
      reason: optional(fc.string({ minLength: 1 }).map((text) => reasonWord(text) ?? 'x')),
    });
    fc.assert(
      fc.property(marks, (mark) => {
        expect(parseMark(composeMark(mark) ?? new Uint8Array(0))).to.deep.equal(mark);
      }),
    );
  });

  for (const text of [
    '',
    '192.0.2.1',
    '192.0.2.1 down by=mon.',
    '192.0.2.1 pulled',
    '192.0.2.1 pulled by=mon',
    '192.0.2.1 pulled by=mon. since=yesterday',
    '192.0.2.1 pulled by=mon. colour=red',
    'v=spf1 -all',
    'nonsense pulled by=mon.',
  ]) {
    it(`'${text}' is no mark`, () => expect(parseText(text)).to.equal(undefined));
  }

  it('stands beside its owner, where the owner can have a name below', () => {
    const www = name('www.example.test');
    expect(markOwner(www)).to.deep.equal(name('_pulled.www.example.test'));
    expect(markedOwner(name('_pulled.www.example.test'))).to.deep.equal(www);
    expect(markedOwner(www)).to.equal(undefined);
    const long = name(`${'a.'.repeat(124)}test`);
    expect(markOwner(long)).to.equal(undefined);
  });

  it('makes one word of a reason', () => {
    expect(reasonWord('connect: timed out after 1 s')).to.equal('connect:-timed-out-after-1-s');
    expect(reasonWord('  ')).to.equal(undefined);
    expect(reasonWord('x'.repeat(500))).to.have.length(60);
    expect(composeMark({ ...MARK, reason: reasonWord('é\n"\\') })).to.be.instanceOf(Uint8Array);
  });
});
