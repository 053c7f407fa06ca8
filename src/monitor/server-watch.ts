import type { Effects } from '../base/effects.ts';
import { showEndpoint } from '../base/endpoint.ts';
import { type DomainName, showName } from '../wire/name.ts';
import type { DecisionJournal } from './decision-journal.ts';
import type { Alarm } from './updater/alarms.ts';
import type { Change } from './updater/change-step.ts';
import type { KnownName } from './updater/known-name.ts';
import type { UpdaterEvents } from './updater/updater-tools.ts';
import type { WatchList, ZoneWatch } from './watch-list.ts';
import type { NameWatch } from './watches.ts';

/** What a server watch works with. */
export interface ServerWatchOptions {
  readonly effects: Pick<Effects, 'nowMs'>;
  readonly journal: DecisionJournal;
  readonly watched: WatchList;
  known(apex: DomainName): readonly KnownName[];
  alarms(apex: DomainName): readonly Alarm[];
  /** It has to be decided on these names, before anything more is sent. */
  onNews(names: readonly NameWatch[]): void;
}

/** Hears from the updater what servers hold and take, and passes it on: to the watched members, and to the journal. */
export class ServerWatch implements UpdaterEvents {
  readonly #options: ServerWatchOptions;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
  }

  onKnown(apex: DomainName, known: KnownName): void {
    const { watched, onNews } = this.#options;
    const zone = watched.zones.get(showName(apex));
    if (zone === undefined) return;
    const name = watched.take(zone, known);
    this.#setKnown(zone, true, 'it was read');
    onNews([name]);
  }

  onChange(apex: DomainName, { kind, name, member }: Change): void {
    const { watched, journal, effects } = this.#options;
    const zone = watched.zones.get(showName(apex));
    if (zone === undefined || (kind !== 'pull' && kind !== 'restore')) return;
    const text = showName(name);
    const watch = zone.names.get(text)?.members.get(member.text);
    const atMs = effects.nowMs();
    journal.record({
      kind: 'update',
      atMs,
      name: text,
      server: serverOf(zone),
      pulled: kind === 'pull' ? [member.text] : [],
      putBack: kind === 'restore' ? [member.text] : [],
      tookMs: Math.max(atMs - (watch?.wantedMs ?? atMs), 0),
    });
  }

  onAlarms(apex: DomainName): void {
    const { watched, journal, effects, alarms, known, onNews } = this.#options;
    const zone = watched.zones.get(showName(apex));
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
    for (const { members } of zone.names.values()) {
      for (const member of members.values()) member.known = undefined;
    }
    onNews([...zone.names.values()]);
  }

  /** Forgets names that were found by patterns and are no longer there. */
  refresh(): void {
    const { watched, known } = this.#options;
    for (const zone of watched.zones.values()) {
      if (zone.isKnown && (zone.plan.zone.patterns?.length ?? 0) > 0) {
        watched.forgetMissing(zone, known(zone.plan.zone.apex));
      }
    }
  }

  #setKnown(zone: ZoneWatch, isKnown: boolean, why: string): void {
    if (zone.isKnown === isKnown) return;
    zone.isKnown = isKnown;
    const atMs = this.#options.effects.nowMs();
    this.#options.journal.record({ kind: 'server', atMs, server: serverOf(zone), isKnown, why });
  }
}

/** The first server of a zone: that is who is asked, unless it does not answer. */
function serverOf({ plan }: ZoneWatch): string {
  const [first] = plan.zone.servers;
  return first === undefined ? 'no server' : showEndpoint(first);
}
