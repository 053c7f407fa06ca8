import { expect } from 'chai';
import type { FiledPull, NameRecords, Standing } from '../../../src/monitor/updater/known-name.ts';
import { knowName } from '../../../src/monitor/updater/known-name.ts';
import { nextMessage, planName, type Want } from '../../../src/monitor/updater/plan.ts';
import { showUpdate } from '../../../src/monitor/updater/update-message.ts';
import { memberFromText, type UpdatedZone, type WatchedName } from '../../../src/monitor/updater/watched.ts';
import { RRType } from '../../../src/wire/iana.ts';
import type { RRset } from '../../../src/zone/record.ts';
import { name, rr } from '../../support/rr.ts';

const WWW = name('www.example.test');
const MON = name('mon.');
const NOW = Date.UTC(2026, 10, 22, 10) / 1000;
const [ONE, TWO, THREE] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;
const MARK = '192.0.2.1 pulled by=mon. since=2026-11-22T09:00:00Z ttl=60';
const VERDICT = '192.0.2.1 down by=mon. since=2026-11-22T09:00:00Z';

type Zone = Pick<UpdatedZone, 'apex' | 'action' | 'memory' | 'ttl' | 'keep' | 'leaseS'>;

interface Case {
  readonly title: string;
  readonly zone?: Partial<Zone>;
  /** Lines of the zone. */
  readonly has: readonly string[];
  /** Listed members; `auto` without. */
  readonly members?: readonly string[];
  readonly watched?: Partial<WatchedName>;
  readonly wants?: readonly (readonly [string, Want['wanted']])[];
  readonly weights?: readonly (readonly [string, number])[];
  readonly filed?: readonly (readonly [string, FiledPull])[];
  readonly blocked?: readonly string[];
  readonly stated?: readonly (readonly [string, Standing])[];
  /** What is sent, without the zone and `send`; nothing when nothing is. */
  readonly sends: readonly string[];
  readonly kept?: readonly string[];
}

const EDIT: readonly Case[] = [
  {
    title: 'pulls a member: all as learned, the record out, a mark in',
    has: ['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2'],
    wants: [[ONE, 'out']],
    sends: [
      'prereq yxrrset www.example.test. A 192.0.2.1',
      'prereq yxrrset www.example.test. A 192.0.2.2',
      'prereq nxrrset _pulled.www.example.test. TXT',
      'update delete www.example.test. A 192.0.2.1',
      'update add _pulled.www.example.test. 60 TXT "192.0.2.1 pulled by=mon. since=2026-11-22T10:00:00Z ttl=60 reason=timeout"',
    ],
  },
  {
    title: 'puts back what it has pulled, with the TTL of the others',
    has: ['www 30 A 192.0.2.2', `_pulled.www 60 TXT "${MARK}"`],
    wants: [[ONE, 'in']],
    sends: [
      'prereq yxrrset www.example.test. A 192.0.2.2',
      'prereq nxrrset www.example.test. CNAME',
      `prereq yxrrset _pulled.www.example.test. TXT "${MARK}"`,
      'update add www.example.test. 30 A 192.0.2.1',
      `update delete _pulled.www.example.test. TXT "${MARK}"`,
    ],
  },
  {
    title: 'puts the last one back with the TTL it had',
    has: [`_pulled.www 60 TXT "${MARK}"`],
    wants: [[ONE, 'in']],
    sends: [
      'prereq nxrrset www.example.test. A',
      'prereq nxrrset www.example.test. CNAME',
      `prereq yxrrset _pulled.www.example.test. TXT "${MARK}"`,
      'update add www.example.test. 60 A 192.0.2.1',
      `update delete _pulled.www.example.test. TXT "${MARK}"`,
    ],
  },
  {
    title: 'puts back with the TTL that was configured',
    zone: { ttl: 20 },
    watched: { ttl: 10 },
    has: [`_pulled.www 60 TXT "${MARK}"`],
    wants: [[ONE, 'in']],
    sends: [
      'prereq nxrrset www.example.test. A',
      'prereq nxrrset www.example.test. CNAME',
      `prereq yxrrset _pulled.www.example.test. TXT "${MARK}"`,
      'update add www.example.test. 10 A 192.0.2.1',
      `update delete _pulled.www.example.test. TXT "${MARK}"`,
    ],
  },
  {
    title: 'never adds what somebody else deleted',
    has: ['www 60 A 192.0.2.2'],
    members: [ONE, TWO],
    wants: [[ONE, 'in']],
    sends: [],
  },
  {
    title: 'never adds what another monitor pulled',
    has: ['www 60 A 192.0.2.2', '_pulled.www 60 TXT "192.0.2.1 pulled by=other."'],
    members: [ONE, TWO],
    wants: [[ONE, 'in']],
    sends: [],
  },
  {
    title: 'does not touch what nothing was said of',
    has: ['www 60 A 192.0.2.2', `_pulled.www 60 TXT "${MARK}"`],
    sends: [],
  },
  {
    title: 'keeps the last one',
    has: ['www 60 A 192.0.2.1'],
    wants: [[ONE, 'out']],
    sends: [],
    kept: [ONE],
  },
  {
    title: 'keeps as many as it is told, those that failed last',
    watched: { keep: 2 },
    has: ['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2', 'www 60 A 192.0.2.3'],
    wants: [
      [TWO, 'out'],
      [ONE, 'out'],
    ],
    sends: [
      'prereq yxrrset www.example.test. A 192.0.2.1',
      'prereq yxrrset www.example.test. A 192.0.2.2',
      'prereq yxrrset www.example.test. A 192.0.2.3',
      'prereq nxrrset _pulled.www.example.test. TXT',
      'update delete www.example.test. A 192.0.2.2',
      'update add _pulled.www.example.test. 60 TXT "192.0.2.2 pulled by=mon. since=2026-11-22T10:00:00Z ttl=60 reason=timeout"',
    ],
    kept: [ONE],
  },
  {
    title: 'one comes back and another goes, in one message',
    has: ['www 60 A 192.0.2.2', `_pulled.www 60 TXT "${MARK}"`],
    wants: [
      [TWO, 'out'],
      [ONE, 'in'],
    ],
    sends: [
      'prereq yxrrset www.example.test. A 192.0.2.2',
      'prereq nxrrset www.example.test. CNAME',
      `prereq yxrrset _pulled.www.example.test. TXT "${MARK}"`,
      'update add www.example.test. 60 A 192.0.2.1',
      `update delete _pulled.www.example.test. TXT "${MARK}"`,
      'update delete www.example.test. A 192.0.2.2',
      'update add _pulled.www.example.test. 60 TXT "192.0.2.2 pulled by=mon. since=2026-11-22T10:00:00Z ttl=60 reason=timeout"',
    ],
  },
  {
    title: 'removes its mark when somebody else has put the record back',
    has: ['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2', `_pulled.www 60 TXT "${MARK}"`],
    sends: [
      'prereq yxrrset www.example.test. A 192.0.2.1',
      'prereq yxrrset www.example.test. A 192.0.2.2',
      `prereq yxrrset _pulled.www.example.test. TXT "${MARK}"`,
      `update delete _pulled.www.example.test. TXT "${MARK}"`,
    ],
  },
  {
    title: 'leaves alone what the server refused lately',
    has: ['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2'],
    wants: [[ONE, 'out']],
    blocked: [ONE],
    sends: [],
  },
  {
    title: 'an alias is put back only where nothing else has come',
    has: ['_pulled.www 60 TXT "a.example.test. pulled by=mon."'],
    watched: { keep: 0 },
    wants: [['a.example.test.', 'in']],
    sends: [
      'prereq nxrrset www.example.test. CNAME',
      'prereq nxdomain www.example.test.',
      'prereq yxrrset _pulled.www.example.test. TXT "a.example.test. pulled by=mon."',
      'update add www.example.test. 60 CNAME a.example.test.',
      'update delete _pulled.www.example.test. TXT "a.example.test. pulled by=mon."',
    ],
  },
  {
    title: 'with a file: no marks, and what is noted comes back',
    zone: { memory: 'file' },
    has: ['www 60 A 192.0.2.2'],
    members: [ONE, TWO, THREE],
    filed: [[ONE, { since: NOW - 60, ttl: 45, reason: undefined }]],
    wants: [
      [ONE, 'in'],
      [THREE, 'in'],
    ],
    sends: [
      'prereq yxrrset www.example.test. A 192.0.2.2',
      'prereq nxrrset www.example.test. CNAME',
      'update add www.example.test. 60 A 192.0.2.1',
    ],
  },
];

const STEER = ['_steer.www 60 TXT "order=rotate"', 'www 60 A 192.0.2.1', 'www 60 A 192.0.2.2'];
const until = (time: string) => `_steer.www 60 TXT "${VERDICT} until=2026-11-22T${time}Z"`;

const JUDGE: readonly Case[] = [
  {
    title: 'a verdict is a deletion, without prerequisites',
    has: STEER,
    wants: [[ONE, 'out']],
    sends: ['update delete www.example.test. A 192.0.2.1'],
  },
  {
    title: 'with a lease',
    zone: { leaseS: 600 },
    has: STEER,
    wants: [[ONE, 'out']],
    sends: ['update delete www.example.test. A 192.0.2.1', '; update lease 600 s'],
  },
  {
    title: 'taking it back is an addition, which needs no lease',
    zone: { leaseS: 600 },
    has: [...STEER, `_steer.www 60 TXT "${VERDICT}"`],
    wants: [[ONE, 'in']],
    sends: ['update add www.example.test. 60 A 192.0.2.1'],
  },
  {
    title: 'does not renew before half of the lease is over',
    zone: { leaseS: 600 },
    has: [...STEER, until('10:05:01')],
    wants: [[ONE, 'out']],
    sends: [],
  },
  {
    title: 'renews when half of it is over',
    zone: { leaseS: 600 },
    has: [...STEER, until('10:05:00')],
    wants: [[ONE, 'out']],
    sends: ['update delete www.example.test. A 192.0.2.1', '; update lease 600 s'],
  },
  {
    title: 'renews what is to be left as it is',
    zone: { leaseS: 600 },
    has: [...STEER, until('10:00:10')],
    wants: [
      [ONE, 'leave'],
      [TWO, 'leave'],
    ],
    sends: ['update delete www.example.test. A 192.0.2.1', '; update lease 600 s'],
  },
  {
    title: 'renews nothing while it is not known whether the member is healthy',
    zone: { leaseS: 600 },
    has: [...STEER, until('10:00:10')],
    sends: [],
  },
  {
    title: 'a verdict that has lapsed is said again',
    zone: { leaseS: 600 },
    has: [...STEER, until('09:59:00')],
    wants: [[ONE, 'out']],
    sends: ['update delete www.example.test. A 192.0.2.1', '; update lease 600 s'],
  },
  {
    title: 'a verdict without end gets one when there is a lease now',
    zone: { leaseS: 600 },
    has: [...STEER, `_steer.www 60 TXT "${VERDICT}"`],
    wants: [[ONE, 'out']],
    sends: ['update delete www.example.test. A 192.0.2.1', '; update lease 600 s'],
  },
  {
    title: "judges beside another monitor's verdict",
    has: [...STEER, '_steer.www 60 TXT "192.0.2.1 down by=other."'],
    wants: [[ONE, 'out']],
    sends: ['update delete www.example.test. A 192.0.2.1'],
  },
  {
    title: "counts another monitor's verdict when it keeps the last one",
    has: [...STEER, '_steer.www 60 TXT "192.0.2.1 down by=other."'],
    wants: [[TWO, 'out']],
    sends: [],
    kept: [TWO],
  },
  {
    title: 'says nothing of what is not in the zone',
    has: STEER,
    members: [ONE, TWO, THREE],
    wants: [
      [THREE, 'in'],
      [THREE, 'out'],
    ],
    sends: [],
  },
  {
    title: 'changes the weight on a line, and nothing else of it',
    has: [...STEER, '_steer.www 60 TXT "192.0.2.1 at=39.90,116.40 weight=3 backup"'],
    weights: [[ONE, 7]],
    sends: [
      'update delete _steer.www.example.test. TXT "192.0.2.1 at=39.90,116.40 weight=3 backup"',
      'update add _steer.www.example.test. 60 TXT "192.0.2.1 at=39.9,116.4 weight=7 backup"',
    ],
  },
  {
    title: 'writes a line for a member that has none',
    has: STEER,
    weights: [
      [ONE, 7],
      [TWO, 1],
    ],
    sends: ['update add _steer.www.example.test. 60 TXT "192.0.2.1 weight=7"'],
  },
  {
    title: 'without sight of the lines it says what it wants of each, once',
    has: [],
    members: [ONE, TWO, THREE],
    stated: [[TWO, { kind: 'in' }]],
    wants: [
      [ONE, 'in'],
      [TWO, 'in'],
      [THREE, 'out'],
    ],
    sends: ['update add www.example.test. 60 A 192.0.2.1', 'update delete www.example.test. A 192.0.2.3'],
  },
];

describe('monitor/updater/plan', () => {
  for (const testCase of EDIT) it(`edit: ${testCase.title}`, () => check(testCase, 'edit'));
  for (const testCase of JUDGE) it(`judge: ${testCase.title}`, () => check(testCase, 'judge'));

  it('puts at most so many changes into one message, and the rest waits', () => {
    const hosts = Array.from({ length: 60 }, (_, i) => `www 60 A 192.0.2.${i + 1}`);
    const wants = hosts.map((_, i) => [`192.0.2.${i + 1}`, 'out'] as const);
    const { message, plan } = planned(
      { title: '', has: hosts, watched: { keep: 0 }, wants, sends: [] },
      'edit',
    );
    expect(plan.changes).to.have.length(60);
    expect(message?.changes).to.have.length(50);
    const [after] = message?.after(undefined) ?? [];
    expect(after?.sets.get(RRType.A)?.rdatas).to.have.length(10);
    expect(after?.lines?.rdatas).to.have.length(50);
  });

  it('what is known afterwards asks for nothing more', () => {
    for (const [action, cases] of [
      ['edit', EDIT],
      ['judge', JUDGE],
    ] as const) {
      for (const testCase of cases) {
        const { message } = planned(testCase, action);
        const [after] = message?.after(undefined) ?? [];
        if (after === undefined) continue;
        const again = planned({ ...testCase, filed: [] }, action, after);
        expect(
          again.plan.changes.map(({ kind }) => kind),
          testCase.title,
        ).to.deep.equal([]);
      }
    }
  });

  it('a lease that the server shortens is what counts', () => {
    const { message } = planned(
      { title: '', zone: { leaseS: 600 }, has: STEER, wants: [[ONE, 'out']], sends: [] },
      'judge',
    );
    const [after] = message?.after(60) ?? [];
    const texts = after?.lines?.rdatas.map((rdata) => String.fromCharCode(...rdata.subarray(1)));
    expect(texts?.at(-1)).to.equal(
      '192.0.2.1 down by=mon. since=2026-11-22T10:00:00Z until=2026-11-22T10:01:00Z',
    );
  });
});

function check(testCase: Case, action: Zone['action']): void {
  const { message, plan } = planned(testCase, action);
  const lines = message === undefined ? [] : showUpdate(message).slice(1, -1);
  expect(lines).to.deep.equal(testCase.sends);
  expect(plan.kept).to.deep.equal(testCase.kept ?? []);
}

function planned(testCase: Case, action: Zone['action'], given?: NameRecords) {
  const zone: Zone = { apex: name('example.test'), action, ...testCase.zone };
  const members = testCase.members?.flatMap((text) => memberFromText(text) ?? []) ?? 'auto';
  const watched: WatchedName = { name: WWW, members, ...testCase.watched };
  const filed = new Map(testCase.filed);
  const read = recordsOf(testCase.has);
  const records =
    given ?? (testCase.stated === undefined ? read : { ...read, stated: new Map(testCase.stated) });
  const known = knowName(records, watched, { zone, signer: MON, nowS: NOW, filed });
  const wants = new Map(
    testCase.wants?.map(([member, wanted]) => [member, { wanted, reason: 'timeout' }] as const),
  );
  const context = {
    zone,
    signer: MON,
    nowS: NOW,
    isBlocked: (_: unknown, member: string) => testCase.blocked?.includes(member) === true,
  };
  const plan = planName(known, filed, { wants, weights: new Map(testCase.weights) }, context);
  return { plan, message: nextMessage([plan], context) };
}

function recordsOf(lines: readonly string[]): NameRecords {
  const sets = new Map<number, RRset>();
  let texts: RRset | undefined;
  for (const { type, ttl, rdata } of lines.map((line) => rr(line))) {
    const before = type === RRType.TXT ? texts : sets.get(type);
    const set = { type, ttl, rdatas: [...(before?.rdatas ?? []), rdata] };
    if (type === RRType.TXT) texts = set;
    else sets.set(type, set);
  }
  return { name: WWW, sets, lines: texts, stated: undefined };
}
