import { expect } from 'chai';
import { DecisionJournal } from '../../src/monitor/decision-journal.ts';
import { type Happening, showHappening, showHappeningJson } from '../../src/monitor/happening.ts';
import { observe } from '../../src/monitor/member-state.ts';
import { clearSight, DEFAULT_SIGHT, lookAround } from '../../src/monitor/sight.ts';
import { FakeEffects } from '../support/effects.ts';
import { outcome, seen } from '../support/monitor.ts';

const AT = Date.UTC(2026, 10, 22, 10);
const PLACE = { name: 'www.example.test', member: '192.0.2.1' };

function down(): Happening {
  const { change } = observe(seen('+++--', AT), 0, outcome(false), AT + 990, AT + 1000);
  return { kind: 'state', ...PLACE, ...(change ?? expect.fail()) };
}

function blind(): Happening {
  const { change } = lookAround(clearSight(AT), [seen('+-', AT)], [], DEFAULT_SIGHT, AT);
  return { kind: 'sight', ...(change ?? expect.fail()) };
}

function decision(
  want: 'in' | 'out' | 'leave',
  reason: 'down' | 'held' | 'kept' | 'healthy',
  untilMs?: number,
): Happening {
  return { kind: 'decision', ...PLACE, atMs: AT, want, reason, why: 'because', untilMs };
}

describe('monitor/happening', () => {
  it('is a line of the log, with the evidence', () => {
    expect(showHappening(down())).to.deep.equal({
      level: 'warn',
      sentence: 'monitor: 192.0.2.1 of www.example.test is down',
      fields: {
        from: 'suspect',
        why: '3 of the last 5 failed: connection refused',
        results: '++---',
        lastedMs: 2000,
      },
    });
  });

  it('says every decision in words', () => {
    const words = [
      decision('out', 'down'),
      decision('out', 'held', AT + 60_000),
      decision('in', 'healthy'),
      decision('in', 'kept'),
      decision('leave', 'down'),
    ].map((each) => {
      const { level, sentence } = showHappening(each);
      return `${level} ${sentence.slice('monitor: 192.0.2.1 of www.example.test '.length)}`;
    });
    expect(words).to.deep.equal([
      'warn is to be out',
      'warn is held down until 2026-11-22T10:01:00Z',
      'info is to be in',
      'warn is kept in',
      'info is left as it is',
    ]);
  });

  it('is loud when the monitor is blind', () => {
    const { level, sentence, fields } = showHappening(blind());
    expect(`${level} ${sentence}`).to.equal(
      'error monitor: BLIND: too much fails at once to be believed, nothing is pulled',
    );
    expect(fields).to.deep.equal({ failing: 1, of: 1 });
  });

  it('tells of updates, servers and weights', () => {
    const server = '192.0.2.53:53';
    const about = { atMs: AT, name: PLACE.name, server };
    const lines = [
      { kind: 'update' as const, ...about, pulled: ['192.0.2.1', '192.0.2.2'], putBack: [], tookMs: 3 },
      { kind: 'update-failed' as const, ...about, why: 'REFUSED', tries: 2, retryMs: 1000 },
      { kind: 'server' as const, atMs: AT, server, isKnown: false, why: 'no answer' },
      { kind: 'server' as const, atMs: AT, server, isKnown: true, why: 'AXFR' },
      { kind: 'weight' as const, atMs: AT, ...PLACE, from: 10, to: 7, load: 1.5, why: 'load' },
    ].map((each) => showHappening(each));
    expect(lines.map(({ level, sentence }) => `${level} ${sentence}`)).to.deep.equal([
      'info monitor: www.example.test is updated',
      'error monitor: cannot update www.example.test',
      'error monitor: what 192.0.2.53:53 holds is not known: nothing is changed there',
      'info monitor: 192.0.2.53:53 has told what it holds',
      'info monitor: 192.0.2.1 of www.example.test has weight 7',
    ]);
    expect(lines[0]?.fields).to.deep.equal({
      server,
      pulled: '192.0.2.1 192.0.2.2',
      putBack: undefined,
      tookMs: 3,
    });
  });

  it('is JSON for hooks, its times as people write them', () => {
    const json = JSON.parse(showHappeningJson(down()));
    expect(json).to.deep.include({
      kind: 'state',
      ...PLACE,
      from: 'suspect',
      to: 'down',
      atMs: '2026-11-22T10:00:01Z',
      line: 'warn monitor: 192.0.2.1 of www.example.test is down',
    });
    expect(json.evidence.at(-1)).to.deep.equal({
      probe: 0,
      passed: false,
      startedMs: '2026-11-22T10:00:00Z',
      endedMs: '2026-11-22T10:00:01Z',
      latencyMs: 1,
      detail: 'connection refused',
    });
    expect(JSON.parse(showHappeningJson(blind())).sight).to.deep.include({
      kind: 'blind',
      failing: 1,
      of: 1,
    });
  });
});

describe('monitor/decision-journal', () => {
  it('logs, remembers the last ones, counts, and tells all who listen although one breaks off', () => {
    const effects = new FakeEffects();
    const journal = new DecisionJournal(effects.log, 2);
    const heard: string[] = [];
    journal.listen(() => {
      throw new Error('a fault');
    });
    const forget = journal.listen(({ kind }) => heard.push(kind));
    for (const each of [down(), decision('out', 'down'), blind()]) journal.record(each);
    expect(heard).to.deep.equal(['state', 'decision', 'sight']);
    expect(journal.recent.map(({ kind }) => kind)).to.deep.equal(['decision', 'sight']);
    expect([journal.count('state'), journal.count('weight')]).to.deep.equal([1, 0]);
    expect(effects.lines.filter((line) => line.includes('a listener of ours broke off')).length).to.equal(3);
    forget();
    journal.record(down());
    expect(heard.length).to.equal(3);
  });
});
