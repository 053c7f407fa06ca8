import type { Effects } from '../../base/effects.ts';
import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';
import type { Timers } from '../../base/timers.ts';
import { Exchanger } from '../../client/exchange.ts';
import { TransferClient } from '../../client/transfer-client.ts';
import { type ConfiguredSecondary, configuredSecondaries } from '../../config/secondary-rules.ts';
import type { Config } from '../../config/settings.ts';
import type { RefreshReport, SecondarySummary } from '../../control/protocol.ts';
import type { TsigKeyRing } from '../../message/tsig-key.ts';
import { Secondaries, unservable } from '../../replicate/secondaries.ts';
import type { RefreshResult, SecondaryZoneStatus } from '../../replicate/secondary-zone.ts';
import { UpdateForwarder } from '../../replicate/update-forwarder.ts';
import type { NotifyingPrimary } from '../../serve/notify-handler.ts';
import type { ZoneDatabase } from '../../store/database.ts';
import type { Turns } from '../../store/turns.ts';
import { ZoneReceiver } from '../../store/zone-receiver.ts';
import type { ZoneWriter } from '../../store/zone-writer.ts';
import { type DomainName, showName } from '../../wire/name.ts';

/** Called while a zone comes from its primary: how many records so far; `undefined`: it is over. */
export type OnReceiving = (zone: string, records: number | undefined) => void;

/** What the secondary zones need of the server. */
export interface SecondaryServiceOptions {
  readonly database: ZoneDatabase;
  readonly writer: ZoneWriter;
  readonly turns: Turns;
  readonly effects: Effects;
  readonly timers: Timers;
  readonly limits: Config['secondary'];
  /** The configuration as it is now. */
  current(): { readonly config: Config; readonly keys: TsigKeyRing };
  /** Between pieces of long work. Rejects to end it. */
  breathe(): Promise<void>;
  readonly onReceiving: OnReceiving;
}

/** The secondary zones of a server: joins their configuration, their keeping, and what asks about them. */
export class SecondaryService {
  readonly #options: SecondaryServiceOptions;
  readonly #receiver: ZoneReceiver;
  readonly #exchanger: Exchanger;
  readonly #secondaries: Secondaries;
  #known: { readonly config: Config; readonly zones: ReadonlyMap<string, ConfiguredSecondary> } | undefined;
  /** Passes updates on where the configuration says so. */
  readonly forwarder: UpdateForwarder;

  constructor(options: SecondaryServiceOptions) {
    this.#options = options;
    const { database, writer, turns, effects, timers, limits } = options;
    this.#receiver = new ZoneReceiver({ database, writer, turns, effects, breathe: () => options.breathe() });
    this.#exchanger = new Exchanger({ effects, timers });
    this.#secondaries = new Secondaries({
      exchanger: this.#exchanger,
      client: new TransferClient({ effects, timers }),
      receiver: this.#receiver,
      database,
      effects,
      timers,
      parallel: limits.parallel,
      maxOctets: limits.maxSize * MIB,
      onReceiving: (apex, records) => options.onReceiving(showName(apex), records),
    });
    this.forwarder = new UpdateForwarder({
      targetsOf: (apex) => this.#forwardingTargets(apex),
      exchanger: this.#exchanger,
      effects,
    });
  }

  /** Zones that must not be answered from at the start. */
  unservable(): readonly DomainName[] {
    const { database, effects } = this.#options;
    const apexes = [...this.#configured().values()].map(({ apex }) => apex);
    return unservable(database, apexes, effects.nowMs());
  }

  /** Whether the configuration gives any zone a primary. */
  get hasZones(): boolean {
    return this.#configured().size > 0;
  }

  isSecondary(apex: DomainName): boolean {
    return this.#configured().has(showName(apex));
  }

  /** Stops serving what came from a primary that the configuration no longer names: before zone files are loaded. */
  async dropOthers(): Promise<void> {
    await this.#receiver.dropOthers((apex) => this.isSecondary(apex));
  }

  /** Takes the configuration over, as it is now: after zone files are loaded. */
  async configure(): Promise<void> {
    const { database, keys } = { ...this.#options, ...this.#options.current() };
    const wanted = [...this.#configured().values()];
    for (const { apex } of wanted) if (database.zone(apex) === undefined) await this.#receiver.withhold(apex);
    await this.#secondaries.configure(
      wanted.map(({ apex, primaries }) => ({
        apex,
        primaries: primaries.map(({ endpoint, key }) => ({
          endpoint,
          key: key === undefined ? undefined : keys.find(key),
        })),
      })),
    );
  }

  /** Gives up what is under way. Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#exchanger.close();
    await this.#secondaries.stop();
  }

  // --- what requests ask ---

  /** For NOTIFY. */
  notifiersOf(apex: DomainName): readonly NotifyingPrimary[] | undefined {
    return this.#configured()
      .get(showName(apex))
      ?.primaries.map(({ endpoint, key }) => ({ address: endpoint.address, key }));
  }

  /** For NOTIFY. */
  notified(apex: DomainName, serial: number | undefined, address: string): void {
    this.#secondaries.notified(apex, serial, address);
  }

  /** Why the zone at `apex` cannot be changed here; `undefined` when it is no secondary. */
  foreign(apex: DomainName): string | undefined {
    const zone = this.#configured().get(showName(apex));
    if (zone === undefined) return undefined;
    const where = zone.primaries.map(({ endpoint }) => showEndpoint(endpoint)).join(' or ');
    return `this server is a secondary of ${showName(apex)}, which only its primary changes: send updates to ${where}`;
  }

  /** Why the zone at `apex` is not answered from; `undefined` when it is. */
  withheld(apex: DomainName): string | undefined {
    if (!this.#options.writer.isWithheld(apex)) return undefined;
    const isHere = this.#options.database.zone(apex) !== undefined;
    return `zone ${showName(apex)} ${isHere ? 'has expired' : 'has not come from its primary yet'}`;
  }

  // --- what people ask ---

  /** How each secondary zone does, by its name. */
  summaries(): ReadonlyMap<string, SecondarySummary> {
    return new Map(this.#secondaries.status.map((status) => [showName(status.apex), summaryOf(status)]));
  }

  /** Checks a zone now; `undefined` when it is no secondary. */
  async refresh(apex: DomainName, isFull: boolean): Promise<RefreshReport | undefined> {
    const result = await this.#secondaries.refresh(apex, isFull);
    return result === undefined ? undefined : { apex: showName(apex), ...outcomeOf(result) };
  }

  #forwardingTargets(apex: DomainName): readonly Endpoint[] | undefined {
    const zone = this.#configured().get(showName(apex));
    return zone?.forwardsUpdates === true ? zone.primaries.map(({ endpoint }) => endpoint) : undefined;
  }

  /** By name; worked out anew when the configuration is another one. */
  #configured(): ReadonlyMap<string, ConfiguredSecondary> {
    const { config } = this.#options.current();
    if (this.#known?.config !== config) {
      const { secondaries } = configuredSecondaries(config);
      this.#known = { config, zones: new Map(secondaries.map((zone) => [showName(zone.apex), zone])) };
    }
    return this.#known.zones;
  }
}

// --- helpers ---

const MIB = 1 << 20;

function summaryOf(status: SecondaryZoneStatus): SecondarySummary {
  const { phase, primaries, serial, receiving, isChecking, confirmedMs, expiresMs, nextMs, lastError } =
    status;
  return {
    phase,
    primaries,
    isChecking,
    ...(serial === undefined ? {} : { serial }),
    ...(receiving === undefined ? {} : { receiving }),
    ...(confirmedMs === 0 ? {} : { confirmed: showTime(confirmedMs), expires: showTime(expiresMs) }),
    next: showTime(nextMs),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

function outcomeOf(result: RefreshResult): Omit<RefreshReport, 'apex'> {
  if (result.kind === 'failed') return { outcome: 'failed', error: result.error };
  return { outcome: result.kind === 'taken' ? 'fetched' : 'current', serial: result.serial };
}

function showTime(ms: number): string {
  return new Date(ms).toISOString();
}
