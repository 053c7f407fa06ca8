import { configuredMonitor } from '../../src/config/configured-monitor.ts';
import { configuredKeys } from '../../src/config/keys.ts';
import { readMonitorConfig } from '../../src/config/monitor-load.ts';
import { Monitor } from '../../src/monitor/monitor.ts';
import type { MonitorPlan } from '../../src/monitor/monitor-plan.ts';
import type { ProbeOptions } from '../../src/monitor/probes/probe-options.ts';
import type { ProbeResult } from '../../src/monitor/probes/probe-run.ts';
import type { KnownName, Standing } from '../../src/monitor/updater/known-name.ts';
import { noRecords } from '../../src/monitor/updater/known-name.ts';
import type { UpdaterEvents } from '../../src/monitor/updater/updater-tools.ts';
import { memberFromText, type UpdatedZone } from '../../src/monitor/updater/watched.ts';
import { type DomainName, foldName, scanFullName, showName } from '../../src/wire/name.ts';
import { FakeEffects } from './effects.ts';
import { FakeTimers } from './fake-timers.ts';

/** A zone of one name with three members, probed each second: healthy with two of the last three. */
export const THREE = `
[zone."example.test"]
servers = ["192.0.2.53"]
probes = ["web"]
[probe.web]
interval = "1s"
fast = "200ms"
jitter = 0
window = 3
threshold = 2
[name."www.example.test"]
members = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
`;

/** The plan of a `monitor.toml`. */
export function planOf(toml: string): MonitorPlan {
  const config = readMonitorConfig(toml, 'monitor.toml');
  return configuredMonitor(
    config,
    configuredKeys(config.keys, () => {
      throw new Error('no files');
    }).ring,
    () => '',
  ).plan;
}

/** A monitor among servers and targets that a test turns by hand; time passes when the test says so. */
export class WatchedWorld {
  readonly effects = new FakeEffects();
  readonly timers = new FakeTimers();
  /** Addresses at which nothing works. */
  readonly broken = new Set<string>();
  /** Everything said to servers: `out 192.0.2.1`. */
  readonly said: string[] = [];
  readonly monitor: Monitor;
  zones: readonly UpdatedZone[] = [];
  /** Whether the server takes what is said to it. */
  takes = true;
  closed = 0;
  /** The load of everybody. */
  load = 0;
  /** The weight that every member has on the server. */
  weight: number | undefined;
  #events: UpdaterEvents = {};
  readonly #standings = new Map<string, Standing>();
  #isKnown = false;
  /** What was wanted and could not be sent, as the updater keeps it. */
  readonly #pending = new Map<string, () => void>();

  constructor(toml: string) {
    this.monitor = new Monitor({
      plan: planOf(toml),
      effects: this.effects,
      timers: this.timers,
      makeProbe: (options) => ({ run: async () => this.#look(options) }),
      makeReader: () => ({ read: async () => this.load }),
      makeUpdater: (zones, events) => {
        this.zones = zones;
        this.#events = events;
        return {
          start: () => {},
          want: (apex, name, member, wanted) => this.#take(apex, name, member, wanted),
          weigh: (_apex, _name, member, weight) => void this.said.push(`weight ${weight} ${member}`),
          known: () => (this.#isKnown ? this.#known() : []),
          alarms: () =>
            this.#isKnown
              ? []
              : [{ about: 'zone example.test.', reason: 'no reply', sinceMs: 0, skewS: undefined }],
          settled: async () => {},
          configure: async (next) => {
            this.zones = next;
          },
          close: async () => {
            this.closed++;
          },
        };
      },
    });
  }

  /** The server says what it has: of members that are not named, that they are in. */
  learn(standings: Readonly<Record<string, Standing>> = {}): void {
    for (const [member, standing] of Object.entries(standings)) this.#standings.set(member, standing);
    this.#isKnown = true;
    for (const known of this.#known()) this.#events.onKnown?.(this.#apex, known);
    for (const [member, take] of this.#pending) {
      this.#pending.delete(member);
      take();
    }
  }

  /** The server cannot be heard any more. */
  lose(): void {
    this.#isKnown = false;
    this.#events.onAlarms?.(this.#apex);
  }

  /** Lets time pass, in small steps. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.effects.now += STEP_MS;
      this.timers.pass(STEP_MS);
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        this.timers.turn();
      }
    }
  }

  /** How the members of all names stand: `192.0.2.1 up`. */
  get states(): readonly string[] {
    const { zones, watch } = this.monitor;
    return [...zones.groups.keys()].flatMap((key) =>
      watch.membersOf(key).map(({ member, state }) => `${member} ${state.standing}`),
    );
  }

  get #apex(): DomainName {
    return foldName(scanFullName('example.test'));
  }

  #look(options: ProbeOptions): ProbeResult {
    const address = 'address' in options ? (options.address ?? '') : '';
    const passed = !this.broken.has(address) && !this.broken.has('all');
    return { passed, latencyMs: 1, detail: passed ? 'HTTP 200' : 'no connection' };
  }

  #take(apex: DomainName, name: DomainName, text: string, wanted: 'in' | 'out' | 'leave'): void {
    const member = memberFromText(text);
    const { kind } = this.#standings.get(text) ?? { kind: 'in' };
    this.#pending.delete(text);
    if (wanted === 'leave') return;
    if (!this.#isKnown || !this.takes) {
      this.#pending.set(text, () => this.#take(apex, name, text, wanted));
      return;
    }
    if (member === undefined || kind === wanted || kind === 'absent') return;
    this.said.push(`${wanted} ${text}`);
    this.#standings.set(text, wanted === 'in' ? { kind: 'in' } : OUT);
    this.timers.soon(() => {
      this.#events.onChange?.(apex, {
        kind: wanted === 'in' ? 'restore' : 'pull',
        name,
        member,
        reason: '',
      });
      for (const known of this.#known()) {
        if (showName(known.watched.name) === showName(name)) this.#events.onKnown?.(apex, known);
      }
    });
  }

  #known(): readonly KnownName[] {
    return this.zones.flatMap(({ names }) =>
      names.map((watched) => {
        const members =
          watched.members === 'auto' ? [...this.#standings.keys()] : watched.members.map(({ text }) => text);
        return {
          records: noRecords(watched.name),
          watched,
          members: new Map(
            members.flatMap((text) => {
              const member = memberFromText(text);
              const standing = this.#standings.get(text) ?? { kind: 'in' };
              return member === undefined
                ? []
                : [
                    [
                      text,
                      { member, standing, heldBy: [], hasStaleMark: false, weight: this.weight },
                    ] as const,
                  ];
            }),
          ),
        };
      }),
    );
  }
}

/** Pulled by this monitor. */
export const OUT: Standing = { kind: 'out', since: undefined, until: undefined, reason: undefined };

const STEP_MS = 50;
