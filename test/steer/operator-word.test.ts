import { expect } from 'chai';
import fc from 'fast-check';
import {
  type OperatorWord,
  OperatorWordError,
  type SpokenWord,
  scanUntil,
  speakOperatorWord,
} from '../../src/steer/operator-word.ts';
import { equalNames } from '../../src/wire/name.ts';
import { showLine } from '../../src/zone/steering-owner.ts';
import { MemoryZone, memoryZone } from '../support/memory-zone.ts';
import { name, rr, showRecord } from '../support/rr.ts';

/** 2026-11-22T09:58:41Z */
const NOW_SECONDS = 1_795_341_521;
const ZONE = memoryZone(
  'example.test',
  `@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.53
www 60 A 192.0.2.1
www 60 A 192.0.2.2
www 60 A 192.0.2.3
www 60 AAAA 2001:db8::1
_steer.www 90 TXT "order=rotate min=2"
_steer.www 90 TXT "192.0.2.1 weight=2 at=39.90,116.40"
_steer.www 90 TXT "192.0.2.2 state=out until=2026-11-23T00:00:00Z reason=disk"
_steer.www 90 TXT "192.0.2.3 down by=mon. since=2026-11-22T09:00:00Z"
cdn 60 CNAME a.cdn.example.
cdn 60 CNAME b.cdn.example.
_steer.cdn 60 TXT "order=rotate min=0"
plain 60 A 192.0.2.4
mail 60 MX 10 ns1
odd 60 A 192.0.2.5
_steer.odd 60 TXT "order=random"
`,
);

describe('the operator’s word', () => {
  it('is put behind what the line says, in the TTL of the lines', () => {
    expect(change('www', '192.0.2.1', { state: 'out', until: '2h', reason: 'kernel update' })).to.deep.equal([
      '- _steer.www.example.test. 90 TXT "192.0.2.1 weight=2 at=39.90,116.40"',
      '+ _steer.www.example.test. 90 TXT "192.0.2.1 weight=2 at=39.90,116.40 state=out until=2026-11-22T11:58:41Z reason=kernel-update"',
    ]);
  });

  it('replaces an earlier word', () => {
    expect(change('www', '192.0.2.2', { state: 'up' })).to.deep.equal([
      '- _steer.www.example.test. 90 TXT "192.0.2.2 state=out until=2026-11-23T00:00:00Z reason=disk"',
      '+ _steer.www.example.test. 90 TXT "192.0.2.2 state=up"',
    ]);
  });

  it('makes a line for a member without one, whatever its verdicts', () => {
    expect(change('www', '192.0.2.3', { state: 'up' })).to.deep.equal([
      '+ _steer.www.example.test. 90 TXT "192.0.2.3 state=up"',
    ]);
  });

  it('auto takes it back, with the line when nothing else is in it', () => {
    expect(change('www', '192.0.2.2', { state: 'auto' })).to.deep.equal([
      '- _steer.www.example.test. 90 TXT "192.0.2.2 state=out until=2026-11-23T00:00:00Z reason=disk"',
    ]);
  });

  it('changes nothing when it is said already', () => {
    expect(change('www', '192.0.2.1', { state: 'auto' })).to.deep.equal([]);
    expect(change('www', '192.0.2.3', { state: 'auto' })).to.deep.equal([]);
    const said = { state: 'out', until: '2026-11-23T00:00:00Z', reason: 'disk' } as const;
    expect(change('www', '192.0.2.2', said)).to.deep.equal([]);
  });

  it('finds a member in any form of its address, and a target with or without its final dot', () => {
    expect(speak('www', '2001:DB8:0:0::0:1', { state: 'out' }).member).to.equal('2001:db8::1');
    expect(speak('cdn', 'A.cdn.example', { state: 'out' }).member).to.equal('a.cdn.example.');
    expect(speak('cdn', 'b.cdn.example.', { state: 'out' }).member).to.equal('b.cdn.example.');
  });

  it('law: auto after any word leaves the other lines, and this one’s other attributes, as they were', () => {
    const word = fc.record({
      state: fc.constantFrom('out', 'up'),
      until: fc.constantFrom(undefined, '1d', '90m'),
      reason: fc.constantFrom(undefined, 'disk', 'a=b'),
    });
    const member = fc.constantFrom('192.0.2.1', '192.0.2.3', '2001:db8::1');
    fc.assert(
      fc.property(member, fc.array(word, { maxLength: 3 }), (text, words) => {
        let zone = ZONE;
        for (const said of [...words, { state: 'auto', until: undefined, reason: undefined } as const]) {
          zone = applied(zone, speakOperatorWord(zone, name('www.example.test'), text, said, NOW_SECONDS));
        }
        expect(linesOf(zone)).to.have.members(linesOf(ZONE));
      }),
    );
  });

  it('tells how the members stand when it is said', () => {
    const { report } = speak('www', '192.0.2.1', { state: 'out', reason: 'disk' });
    const [ipv4, ipv6] = report.rrsets;
    expect(ipv4).to.include({ type: 'A', live: 0, least: 2, failsOpen: true });
    expect(ipv4?.members.map(({ state, isAnswered }) => [state, isAnswered])).to.deep.equal([
      ['out', false],
      ['out', false],
      ['down', true],
    ]);
    expect(ipv4?.members[0]?.operator).to.deep.equal({ state: 'out', until: undefined, reason: 'disk' });
    expect(ipv4?.members[0]?.attributes).to.equal('at=39.9,116.4 weight=2');
    expect(ipv4?.members[2]?.verdicts).to.deep.equal([
      { by: 'mon.', since: '2026-11-22T09:00:00Z', until: undefined, reason: undefined },
    ]);
    expect(ipv6).to.include({ type: 'AAAA', live: 1, failsOpen: false });
  });

  for (const [title, member, word, warnings] of [
    [
      'warns when it fails open',
      'www 192.0.2.1',
      { state: 'out' },
      [
        'www.example.test. A: 0 of 3 members live, fewer than the 2 that min wants; it fails open and answers 192.0.2.3',
      ],
    ],
    [
      'warns when there are too few, and nobody to help',
      'www 192.0.2.3',
      { state: 'out' },
      ['www.example.test. A: 1 of 3 members live, fewer than the 2 that min wants; it answers 192.0.2.1'],
    ],
    [
      'warns when all are out',
      'www 2001:db8::1',
      { state: 'out' },
      [
        'www.example.test. AAAA: 0 of 1 members live, fewer than the 2 that min wants; it fails open: since all are out, all are answered',
      ],
    ],
    ['does not warn where enough are left', 'cdn a.cdn.example', { state: 'out' }, []],
  ] as const) {
    it(title, () => {
      const [owner = '', text = ''] = member.split(' ');
      expect(speak(owner, text, word).warnings).to.deep.equal(warnings);
    });
  }

  it('warns when min=0 leaves nothing to answer', () => {
    const first = applied(ZONE, speak('cdn', 'a.cdn.example', { state: 'out' }));
    const word = { state: 'out', until: undefined, reason: undefined } as const;
    const { warnings } = speakOperatorWord(
      first,
      name('cdn.example.test'),
      'b.cdn.example.',
      word,
      NOW_SECONDS,
    );
    expect(warnings).to.deep.equal([
      'cdn.example.test. CNAME: no member is live, and with min=0 none is answered',
    ]);
  });

  for (const [owner, member, word, message] of [
    [
      'plain',
      '192.0.2.4',
      {},
      /^plain\.example\.test\. is not steered: add a policy line, for example _steer\./,
    ],
    [
      'odd',
      '192.0.2.5',
      {},
      /since its policy line is wrong: _steer\.odd\..* 'order=random', word 1: 'order=random': one of/,
    ],
    ['nothing', '192.0.2.4', {}, /^nothing\.example\.test\. has no records in zone example\.test\./],
    ['mail', 'ns1', {}, /has no A, AAAA or CNAME records/],
    ['_steer.www', '192.0.2.1', {}, /name the owner itself, www\.example\.test\.$/],
    [
      'www',
      '192.0.2.9',
      {},
      /^'192\.0\.2\.9' is no member of .*: its members are 192\.0\.2\.1 .* 2001:db8::1$/,
    ],
    ['cdn', 'a.cdn.exmple', {}, /did you mean a\.cdn\.example\.\?$/],
    ['www', '192.0.2.1', { until: '2026-11-22T09:58:41Z' }, /is past: it is 2026-11-22T09:58:41Z now$/],
    ['www', '192.0.2.1', { until: 'tomorrow' }, /^until 'tomorrow': a time .* or a duration .* expected$/],
    ['www', '192.0.2.1', { until: '90' }, /^until '90': a time/],
    ['www', '192.0.2.1', { until: '99999w' }, /over ten years away/],
    ['www', '192.0.2.1', { reason: '  ' }, /^reason ' {2}': 1 to 100 ASCII characters expected$/],
    ['www', '192.0.2.1', { reason: 'mañana' }, /ASCII characters expected$/],
    ['www', '192.0.2.1', { state: 'auto', until: '1h' }, /no until and no reason$/],
  ] as const) {
    it(`refuses ${member} of ${owner}, ${JSON.stringify(word)}`, () => {
      expect(() => speak(owner, member, { state: 'out', ...word })).to.throw(OperatorWordError, message);
    });
  }

  it('reads durations in one unit or several', () => {
    const durations = ['30m', '2h', '1d', '1D12H', '1w2d3h4m5s'].map((text) => scanUntil(text, 0));
    expect(durations).to.deep.equal([1800, 7200, 86_400, 129_600, 788_645]);
  });
});

function speak(owner: string, member: string, word: Partial<OperatorWord>): SpokenWord {
  const whole = { state: 'out', until: undefined, reason: undefined, ...word } as const;
  return speakOperatorWord(ZONE, name(`${owner}.example.test`), member, whole, NOW_SECONDS);
}

function change(owner: string, member: string, word: Partial<OperatorWord>): string[] {
  const { removed, added } = speak(owner, member, word);
  return [
    ...removed.map((record) => `- ${showRecord(record)}`),
    ...added.map((record) => `+ ${showRecord(record)}`),
  ];
}

function applied(zone: MemoryZone, { removed, added }: SpokenWord): MemoryZone {
  const gone = new Set(removed.map(showRecord));
  return new MemoryZone(zone.apex, [
    ...zone.records.filter((record) => !gone.has(showRecord(record))),
    ...added,
  ]);
}

function linesOf(zone: MemoryZone): string[] {
  const at = rr('_steer.www A 192.0.2.1').owner;
  return zone.records.filter(({ owner }) => equalNames(owner, at)).map(({ rdata }) => showLine(rdata));
}
