import { expect } from 'chai';
import fc from 'fast-check';
import { DEFAULT_DAMPING } from '../../src/monitor/damping.ts';
import { DecisionJournal } from '../../src/monitor/decision-journal.ts';
import type { Presence, Wish } from '../../src/monitor/guards.ts';
import type { Probe } from '../../src/monitor/probes/probe-run.ts';
import { DEFAULT_SIGHT } from '../../src/monitor/sight.ts';
import { Watch } from '../../src/monitor/watch.ts';
import type { WatchedProbe, WatchPlan } from '../../src/monitor/watch-plan.ts';
import { FakeEffects } from '../support/effects.ts';
import { FakeTimers } from '../support/fake-timers.ts';

/** A network, a server and a monitor in a time of their own. */
class World {
  readonly timers = new FakeTimers();
  readonly effects = new FakeEffects();
  readonly journal = new DecisionJournal(this.effects.log);
  /** Hosts that do not work. */
  readonly dead = new Set<string>();
  /** Whether the monitor's own network is cut. */
  isCut = false;
  /** `out 192.0.2.1` as the server was told. */
  readonly updates: { readonly text: string; readonly atMs: number }[] = [];
  readonly presences = new Map<string, Presence>();
  readonly watch: Watch;

  constructor(hosts: number, { keep = 1, references = 0, damping = DEFAULT_DAMPING } = {}) {
    const members = Array.from({ length: hosts }, (_, i) => `192.0.2.${i + 1}`);
    for (const member of members) this.presences.set(member, 'in');
    const { timers, effects, journal } = this;
    const onWishes = (name: string, wishes: readonly Wish[]) => this.#update(name, wishes);
    this.watch = new Watch(
      { timers, effects, journal, parallel: 50, onWishes },
      {
        names: [
          {
            name: 'www.test',
            keep,
            damping,
            members: members.map((member) => ({ member, probes: [this.probe(member)] })),
          },
        ],
        references: Array.from({ length: references }, (_, i) => ({
          label: `${i}`,
          probes: [{ ...this.probe(`reference ${i}`), intervalMs: 5000 }],
        })),
        sight: DEFAULT_SIGHT,
      },
    );
    this.watch.setPresence('www.test', this.presences);
  }

  /** As in the time-to-pull target: every second, 2 of the last 3, again after 200 ms. A probe takes 3 ms. */
  probe(host: string): WatchedProbe {
    const run: Probe['run'] = () =>
      new Promise((resolve) => {
        this.timers.after(3, () => {
          const passed = !this.isCut && !this.dead.has(host);
          resolve({ passed, latencyMs: 3, detail: passed ? 'HTTP 200' : 'connection refused' });
        });
      });
    return {
      rules: { window: 3, threshold: 2 },
      intervalMs: 1000,
      fastMs: 200,
      jitterMs: 100,
      probe: { run },
    };
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1) {
      this.timers.pass(1);
      for (let i = 0; i < 6; i++) await Promise.resolve();
    }
  }

  get out(): string[] {
    return [...this.presences].flatMap(([member, presence]) => (presence === 'out' ? [member] : []));
  }

  standings(): string[] {
    return [...new Set(this.watch.membersOf('www.test').map(({ state }) => state.standing))];
  }

  /** Takes 2 ms. */
  #update(name: string, wishes: readonly Wish[]): void {
    const wanted = wishes.filter(
      ({ member, want }) => want !== 'leave' && this.presences.get(member) !== want,
    );
    if (wanted.length === 0) return;
    this.timers.after(2, () => {
      for (const { member, want } of wanted) {
        if (want === 'leave') continue;
        this.presences.set(member, want);
        this.updates.push({ text: `${want} ${member}`, atMs: this.timers.nowMs() });
      }
      this.watch.setPresence(name, this.presences);
    });
  }
}

describe('monitor/watch', function () {
  this.timeout(60_000);

  it('pulls a host soon after it died, and puts it back: window 3, threshold 2, interval 1 s, fast 200 ms', async () => {
    const world = new World(12, { damping: { ...DEFAULT_DAMPING, suppress: 1_000_000 } });
    await world.pass(5000);
    expect(world.standings()).to.deep.equal(['up']);
    const delays: number[] = [];
    for (let kill = 0; kill < 25; kill++) {
      const host = `192.0.2.${(kill % 12) + 1}`;
      await world.pass((kill * 373) % 1000);
      const atMs = world.timers.nowMs();
      world.dead.add(host);
      await world.pass(2000);
      expect(world.out).to.deep.equal([host]);
      delays.push((world.updates.at(-1)?.atMs ?? 0) - atMs);
      world.dead.delete(host);
      await world.pass(3500);
      expect(world.out).to.deep.equal([]);
    }
    expect(world.updates.length).to.equal(50);
    // at worst an interval with its jitter, a re-check, and some milliseconds for witnesses and the update
    expect(Math.max(...delays)).to.be.below(1400);
    expect(delays.reduce((sum, each) => sum + each, 0) / delays.length).to.be.below(850);
    world.watch.stop();
    expect(world.journal.count('sight')).to.equal(0);
  });

  it('pulls nobody when its own network is cut, however long, with and without references (law)', async () => {
    const anyCut = fc.record({
      hosts: fc.constantFrom(2, 3, 12),
      references: fc.constantFrom(0, 0, 1, 3),
      beforeMs: fc.oneof(fc.nat(4000), fc.integer({ min: 4000, max: 6000 })),
      cutMs: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 15_000 })),
    });
    await fc.assert(
      fc.asyncProperty(anyCut, async ({ hosts, references, beforeMs, cutMs }) => {
        const world = new World(hosts, { references, keep: 0 });
        await world.pass(beforeMs);
        world.isCut = true;
        await world.pass(cutMs);
        world.isCut = false;
        await world.pass(25_000);
        world.watch.stop();
        expect(world.updates).to.deep.equal([]);
        expect(world.standings()).to.deep.equal(['up']);
        expect(world.watch.sight.kind).to.equal('clear');
      }),
      { numRuns: 60 },
    );
  });

  it('sees everything anew after it was blind', async () => {
    const world = new World(3);
    await world.pass(5000);
    world.isCut = true;
    await world.pass(5000);
    expect(world.standings()).to.deep.equal(['down']);
    world.isCut = false;
    await world.pass(15_000);
    const anew = world.journal.recent.filter(({ kind }) => kind === 'state' || kind === 'sight').slice(-2);
    expect(anew.map((each) => ('to' in each ? each.to : ''))).to.deep.equal(['up', 'clear']);
    world.isCut = true;
    await world.pass(5000);
    world.isCut = false;
    world.dead.add('192.0.2.1');
    await world.pass(15_000);
    const again = world.journal.recent.flatMap((each) =>
      each.kind === 'state' && each.to === 'unknown' ? [`${each.member} ${each.why}`] : [],
    );
    expect(again).to.deep.equal(['192.0.2.1 the monitor was blind: it is to be seen anew']);
    expect(world.updates.map(({ text }) => text)).to.deep.equal(['out 192.0.2.1']);
    world.watch.stop();
  });

  it('knows by its references that it is theirs, and keeps as many in as it must', async () => {
    const world = new World(6, { references: 3, keep: 2 });
    await world.pass(6000);
    for (let i = 1; i <= 6; i++) world.dead.add(`192.0.2.${i}`);
    await world.pass(4000);
    expect(world.out.length).to.equal(4);
    expect(world.watch.sight.kind).to.equal('theirs');
    world.dead.clear();
    await world.pass(80_000);
    expect(world.out).to.deep.equal([]);
    expect(world.watch.sight.kind).to.equal('clear');
    world.watch.stop();
  });

  it('is blind without references when most die at once, says so, and pulls nobody', async () => {
    const world = new World(6);
    await world.pass(6000);
    for (let i = 1; i <= 4; i++) world.dead.add(`192.0.2.${i}`);
    await world.pass(10_000);
    expect(world.watch.sight).to.deep.include({ kind: 'blind', failing: 4, of: 6 });
    expect(world.effects.lines.filter((line) => line.startsWith('error monitor: BLIND')).length).to.equal(1);
    expect(world.updates.length).to.be.at.most(2); // those seen down before it was more than half
    world.watch.stop();
  });

  it('is not blind when it begins during a large outage: who was pulled before does not count', async () => {
    const world = new World(8);
    for (let i = 1; i <= 5; i++) {
      world.dead.add(`192.0.2.${i}`);
      world.presences.set(`192.0.2.${i}`, 'out');
    }
    world.watch.setPresence('www.test', new Map());
    await world.pass(3000);
    world.watch.setPresence('www.test', world.presences);
    await world.pass(3000);
    world.dead.add('192.0.2.8');
    await world.pass(2000);
    expect(world.updates.map(({ text }) => text)).to.deep.equal(['out 192.0.2.8']);
    world.dead.delete('192.0.2.1');
    await world.pass(4000);
    expect(world.updates.at(-1)?.text).to.equal('in 192.0.2.1');
    expect(world.journal.count('sight')).to.equal(0);
    world.watch.stop();
  });

  it('holds a host down that flaps, until the time it said, and then puts it back', async () => {
    const world = new World(4, {
      damping: { halfLifeMs: 20_000, suppress: 1800, reuse: 1000, maxHoldMs: 60_000 },
    });
    await world.pass(5000);
    for (let flap = 0; flap < 2; flap++) {
      world.dead.add('192.0.2.2');
      await world.pass(2500);
      world.dead.delete('192.0.2.2');
      await world.pass(4000);
    }
    const held = () => world.watch.membersOf('www.test')[1] ?? expect.fail();
    expect(held().state.standing).to.equal('up');
    expect(held().wish).to.deep.include({ want: 'out', reason: 'held' });
    const untilMs = held().wish?.untilMs ?? expect.fail();
    expect(world.out).to.deep.equal(['192.0.2.2']);
    await world.pass(Math.floor(untilMs - world.watch.nowMs) - 5);
    expect(world.out).to.deep.equal(['192.0.2.2']);
    await world.pass(60);
    expect(world.out).to.deep.equal([]);
    world.watch.stop();
  });

  it('changes nothing while the server is not heard, and leaves to others what they deleted', async () => {
    const world = new World(3);
    world.watch.setPresence('www.test', new Map());
    world.dead.add('192.0.2.1');
    await world.pass(5000);
    expect(world.updates).to.deep.equal([]);
    world.watch.setPresence('www.test', world.presences.set('192.0.2.2', 'gone'));
    await world.pass(1500);
    expect(world.updates.map(({ text }) => text)).to.deep.equal(['out 192.0.2.1']);
    world.watch.stop();
  });

  it('keeps what it knows when its plan changes', async () => {
    const world = new World(2);
    await world.pass(5000);
    const names: WatchPlan['names'] = [
      {
        name: 'www.test',
        keep: 1,
        damping: DEFAULT_DAMPING,
        members: ['192.0.2.9', '192.0.2.2'].map((member) => ({ member, probes: [world.probe(member)] })),
      },
    ];
    world.watch.setPlan({ names, references: [], sight: DEFAULT_SIGHT });
    const members = () =>
      world.watch.membersOf('www.test').map(({ member, state }) => `${member} ${state.standing}`);
    expect(members()).to.deep.equal(['192.0.2.9 unknown', '192.0.2.2 up']);
    expect(world.watch.schedule.tasks).to.equal(2);
    await world.pass(5000);
    expect(members()).to.deep.equal(['192.0.2.9 up', '192.0.2.2 up']);
    world.watch.stop();
    expect(world.timers.waiting).to.be.at.most(2); // probes under way
  });
});
