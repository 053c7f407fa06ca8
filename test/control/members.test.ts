import { expect } from 'chai';
import { Members } from '../../src/control/members.ts';
import { OperatorWordError } from '../../src/steer/operator-word.ts';
import type { Change } from '../../src/store/change.ts';
import type { Decide } from '../../src/store/change-group.ts';
import type { DomainName } from '../../src/wire/name.ts';
import { FakeEffects } from '../support/effects.ts';
import { hosting } from '../support/hosted.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { showRecord } from '../support/rr.ts';

const ZONE = memoryZone(
  'example.test',
  `@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
www 60 A 192.0.2.1
www 60 A 192.0.2.2
_steer.www 60 TXT "order=rotate"
`,
);
const OUT = {
  name: 'WWW.example.test',
  member: '192.0.2.1',
  state: 'out',
  until: '2h',
  reason: 'disk',
  by: 'kim',
} as const;

describe('members', () => {
  let effects: FakeEffects;
  let changes: Omit<Change, 'apex'>[];
  let steps: string[];

  function make(foreign?: (apex: DomainName) => string | undefined): Members {
    effects = new FakeEffects();
    changes = [];
    steps = [];
    return new Members({
      ...hosting(ZONE),
      queue: { submit },
      ...(foreign && { foreign }),
      published: async () => void steps.push('published'),
      effects,
    });
  }

  async function submit<T>(apex: DomainName, decide: Decide<T>): Promise<T> {
    steps.push('committed');
    const decision = decide(ZONE);
    if (decision.kind === 'result') return decision.result;
    changes.push(decision.change);
    const changed = { apex, serialFrom: 7, serialTo: 8, removed: 0, added: 1, warnings: [], conflicts: [] };
    return decision.result(changed);
  }

  it('a word becomes a change by the operator, which is in every answer when it is told', async () => {
    const members = make();
    const said = await members.say(OUT);
    expect(said).to.deep.include({
      owner: 'www.example.test.',
      member: '192.0.2.1',
      until: '2026-11-22T12:00:00Z',
      serial: 8,
      isChanged: true,
      warnings: [],
    });
    expect(changes.map(({ by, added }) => [by, [...added].map(showRecord)])).to.deep.equal([
      [
        { kind: 'operator', name: 'kim' },
        ['_steer.www.example.test. 60 TXT "192.0.2.1 state=out until=2026-11-22T12:00:00Z reason=disk"'],
      ],
    ]);
    expect(steps).to.deep.equal(['committed', 'published']);
    expect(effects.lines).to.deep.equal(['info member: out by the operator']);
    expect(effects.fields[0]).to.deep.include({ by: 'kim', serial: 8 });
  });

  it('a word that was said before changes nothing', async () => {
    const said = await make().say({ ...OUT, state: 'auto', until: undefined, reason: undefined });
    expect(said).to.include({ serial: 7, isChanged: false });
    expect(changes).to.deep.equal([]);
    expect(effects.lines).to.deep.equal([]);
  });

  it('lists how the members stand', () => {
    const { owner, policy, rrsets } = make().list('www.example.test.');
    expect([owner, policy, rrsets.map(({ type, live }) => `${type} ${live}`)]).to.deep.equal([
      'www.example.test.',
      'order=rotate',
      ['A 2'],
    ]);
  });

  it('refuses names of no zone here, bad names, and zones that are somebody else’s to change', async () => {
    const members = make(() => 'zone example.test. is a secondary: say it at its primary 192.0.2.53');
    expect(() => members.list('www.example.com')).to.throw(OperatorWordError, /is in no zone that is served/);
    expect(() => members.list('www..example.com')).to.throw(OperatorWordError, /^the name is wrong/);
    const failure = await members.say(OUT).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(OperatorWordError).with.property('message').that.contains('192.0.2.53');
    expect(members.list('www.example.test').owner).to.equal('www.example.test.');
    expect(steps).to.deep.equal([]);
  });
});
