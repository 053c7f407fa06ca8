import { latin1 } from '../../base/latin1.ts';
import { type DomainName, equalNames } from '../../wire/name.ts';
import type { Presence } from '../guards.ts';
import type { Alarm } from './alarms.ts';
import type { KnownMember, KnownName } from './known-name.ts';
import type { Want } from './plan.ts';
import type { UpdaterTools } from './updater-tools.ts';
import type { UpdatedZone } from './watched.ts';
import { ZoneUpdater } from './zone-updater.ts';

/**
 * Makes servers hold what is wanted: members in or out, weights. Say it with {@link want}; it is sent, repeated, renewed
 * and learned anew as long as need be. What cannot be done is an alarm.
 */
export class Updater {
  readonly #tools: UpdaterTools;
  #zones: ReadonlyMap<string, ZoneUpdater>;

  /** Sends nothing before {@link start}. */
  constructor(zones: readonly UpdatedZone[], tools: UpdaterTools) {
    this.#tools = tools;
    this.#zones = new Map(zones.map((zone) => [latin1(zone.apex), new ZoneUpdater(zone, tools)]));
  }

  /** Begins to learn what the servers have. */
  start(): void {
    for (const zone of this.#zones.values()) zone.start();
  }

  /**
   * Says where a member shall be: `member` is its data in presentation format (`memberOf`). What nothing was said of is
   * left as it is. Zones that are not looked after are passed over.
   */
  want(apex: DomainName, name: DomainName, member: string, wanted: Want['wanted'], reason: string): void {
    this.#zones.get(latin1(apex))?.want(name, member, wanted, reason);
  }

  /**
   * Says what `weight=` a steered member shall have: 0 to 65535. For judges that see the lines (`transfer` with view
   * `raw`), and whose grant says `load`; elsewhere nothing is done.
   */
  weigh(apex: DomainName, name: DomainName, member: string, weight: number): void {
    this.#zones.get(latin1(apex))?.weigh(name, member, weight);
  }

  /** What is known of the names of a zone; nothing while it is not known. */
  known(apex: DomainName): readonly KnownName[] {
    return this.#zones.get(latin1(apex))?.known() ?? [];
  }

  /** Where a member stands; `undefined` while that is not known. */
  member(apex: DomainName, name: DomainName, member: string): KnownMember | undefined {
    const known = this.known(apex).find(({ watched }) => equalNames(watched.name, name));
    return known?.members.get(member);
  }

  /**
   * Where a member is, for the guards. One that the key may not see, and of which nothing has been said yet, is taken
   * to be in: the first word on it will tell.
   */
  presence(apex: DomainName, name: DomainName, member: string): Presence {
    const { kind } = this.member(apex, name, member)?.standing ?? NOT_KNOWN;
    switch (kind) {
      case 'in':
      case 'out':
        return kind;
      case 'unknown':
        return 'in';
      case 'absent':
        return 'gone';
      case 'not known':
        return 'unknown';
      default:
        return kind satisfies never;
    }
  }

  /** What is in the way of what is wanted. */
  alarms(apex: DomainName): readonly Alarm[] {
    return this.#zones.get(latin1(apex))?.alarms.all ?? [];
  }

  /** Resolves when nothing is under way anywhere: all is as wanted, or there are alarms. */
  async settled(): Promise<void> {
    await Promise.all([...this.#zones.values()].map((zone) => zone.settled()));
  }

  /**
   * Goes over to another configuration. Zones that are the same object go on as they are; the others learn anew, and
   * have to be told again what is wanted of them.
   */
  async configure(zones: readonly UpdatedZone[]): Promise<void> {
    const before = this.#zones;
    const next = new Map<string, ZoneUpdater>();
    const fresh: ZoneUpdater[] = [];
    for (const zone of zones) {
      const key = latin1(zone.apex);
      const same = before.get(key)?.zone === zone ? before.get(key) : undefined;
      const updater = same ?? new ZoneUpdater(zone, this.#tools);
      if (same === undefined) fresh.push(updater);
      next.set(key, updater);
    }
    this.#zones = next;
    const gone = [...before].filter(([key, updater]) => next.get(key) !== updater);
    await Promise.all(gone.map(([, updater]) => updater.close())); // one writer for each zone
    for (const updater of fresh) updater.start();
  }

  /** Gives up what is under way. What was sent stays; leases end by themselves. */
  async close(): Promise<void> {
    await Promise.all([...this.#zones.values()].map((zone) => zone.close()));
  }
}

const NOT_KNOWN = { kind: 'not known' } as const;
