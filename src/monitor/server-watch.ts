import type { Effects } from '../base/effects.ts';
import { showEndpoint } from '../base/endpoint.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { DecisionJournal } from './decision-journal.ts';
import {
  forgetServer,
  type MonitoredName,
  type MonitoredZone,
  type MonitoredZones,
} from './monitored-zones.ts';
import type { Alarm } from './updater/alarms.ts';
import type { Change } from './updater/change-step.ts';
import type { KnownName } from './updater/known-name.ts';
import type { UpdaterEvents } from './updater/updater-tools.ts';

/** What a server watch works with. */
export interface ServerWatchOptions {
  readonly effects: Pick<Effects, 'nowMs'>;
  readonly journal: DecisionJournal;
  readonly zones: MonitoredZones;
  known(apex: DomainName): readonly KnownName[];
  alarms(apex: DomainName): readonly Alarm[];
  /** What is known of these names is new. `isOther`: there are other names or members than before. */
  onNews(names: readonly MonitoredName[], isOther: boolean): void;
  /** A zone is heard that was not known. Comes before anything more is sent. */
  onHeard(zone: MonitoredZone): void;
}

/** Hears from the updater what servers hold and take, and passes it on: to the watched members, and to the journal. */
export class ServerWatch implements UpdaterEvents {
  readonly #options: ServerWatchOptions;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
  }

  onKnown(apex: DomainName, known: KnownName): void {
    const { zones, onNews, onHeard } = this.#options;
    const zone = zones.zones.get(showName(apex));
    if (zone === undefined) return;
    const { name, isOther } = zones.take(zone, known);
    if (!zone.isKnown) onHeard(zone);
    this.#setKnown(zone, true, 'it was read');
    onNews([name], isOther);
  }

  onChange(apex: DomainName, { kind, name, member }: Change): void {
    const { zones, journal, effects } = this.#options;
    const zone = zones.zones.get(showName(apex));
    if (zone === undefined || (kind !== 'pull' && kind !== 'restore')) return;
    const text = showName(name);
    const entry = zone.names.get(text)?.members.get(member.text);
    const atMs = effects.nowMs();
    const tookMs = Math.max(atMs - (entry?.wantedMs ?? atMs), 0);
    if (entry !== undefined) {
      entry.wantedMs = undefined;
      entry.backMs = kind === 'restore' ? atMs : undefined;
    }
    journal.record({
      kind: 'update',
      atMs,
      name: text,
      server: serverOf(zone),
      pulled: kind === 'pull' ? [member.text] : [],
      putBack: kind === 'restore' ? [member.text] : [],
      tookMs,
    });
  }

  onAlarms(apex: DomainName): void {
    const { zones, journal, effects, alarms, known, onNews } = this.#options;
    const zone = zones.zones.get(showName(apex));
    if (zone === undefined) return;
    const standing = alarms(apex);
    for (const about of [...zone.told.keys()]) {
      if (!standing.some((alarm) => alarm.about === about)) zone.told.delete(about);
    }
    for (const { about, reason } of standing) {
      if (zone.told.get(about) === reason) continue;
      zone.told.set(about, reason);
      const atMs = effects.nowMs();
      const [name = about] = about.split(' ').slice(1);
      journal.record({
        kind: 'update-failed',
        atMs,
        name,
        server: serverOf(zone),
        why: reason,
        tries: 1,
        retryMs: undefined,
      });
    }
    const isKnown = known(apex).length > 0;
    if (isKnown || !zone.isKnown) return;
    this.#setKnown(zone, false, standing.at(-1)?.reason ?? 'it is read anew');
    forgetServer(zone);
    onNews([...zone.names.values()], false);
  }

  /** Forgets names that were found by patterns and are no longer there. Returns whether there were any. */
  refresh(): boolean {
    const { zones, known } = this.#options;
    let isOther = false;
    for (const zone of zones.zones.values()) {
      const { apex, patterns = [] } = zone.plan.zone;
      if (zone.isKnown && patterns.length > 0) isOther = zones.forgetMissing(zone, known(apex)) || isOther;
    }
    return isOther;
  }

  #setKnown(zone: MonitoredZone, isKnown: boolean, why: string): void {
    if (zone.isKnown === isKnown) return;
    zone.isKnown = isKnown;
    const atMs = this.#options.effects.nowMs();
    this.#options.journal.record({ kind: 'server', atMs, server: serverOf(zone), isKnown, why });
  }
}

/** The first server of a zone: that is who is asked, unless it does not answer. */
function serverOf({ plan }: MonitoredZone): string {
  const [first] = plan.zone.servers;
  return first === undefined ? 'no server' : showEndpoint(first);
}
