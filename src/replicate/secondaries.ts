import { showEndpoint } from '../base/endpoint.ts';
import { Slots } from '../client/slots.ts';
import type { ZoneDatabase } from '../store/database.ts';
import { secondaryTimes } from '../store/zone-receiver.ts';
import { TRANSFER } from '../store/zone-stage.ts';
import { type DomainName, showName } from '../wire/name.ts';
import {
  type RefreshResult,
  type SecondaryTools,
  SecondaryZone,
  type SecondaryZoneStatus,
  type WantedZone,
} from './secondary-zone.ts';

/** How the secondaries are joined with the rest of the program. */
export interface SecondariesOptions extends Omit<SecondaryTools, 'slots'> {
  /** Zones that are checked at once. */
  readonly parallel: number;
}

/** All secondary zones of this server: keeps each of them fresh from {@link configure} to {@link stop}. */
export class Secondaries {
  readonly #tools: SecondaryTools;
  #zones = new Map<string, KeptZone>();
  #isStopped = false;

  constructor({ parallel, ...tools }: SecondariesOptions) {
    this.#tools = { ...tools, slots: new Slots(parallel, MOST_ZONES) };
  }

  /** Looks after these zones from now on. One that was looked after with the same primaries and keys goes on as it is. */
  async configure(wanted: readonly WantedZone[]): Promise<void> {
    if (this.#isStopped) return;
    const before = this.#zones;
    this.#zones = new Map();
    const fresh: SecondaryZone[] = [];
    for (const zone of wanted) {
      const [name, identity] = [showName(zone.apex), identityOf(zone)];
      const known = before.get(name);
      if (known?.identity === identity) {
        this.#zones.set(name, known);
        before.delete(name);
        continue;
      }
      const kept = new SecondaryZone(zone, this.#tools);
      this.#zones.set(name, { zone: kept, identity });
      fresh.push(kept);
    }
    await Promise.all([...before.values()].map(({ zone }) => zone.stop()));
    if (!this.#isStopped) for (const zone of fresh) zone.start();
  }

  /** Gives up what is under way; nothing is looked after any more. Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    const stopped = this.configure([]);
    this.#isStopped = true; // a configuration that comes late starts nothing
    await stopped;
  }

  /** See {@link SecondaryZone.notified}. */
  notified(apex: DomainName, serial: number | undefined, address: string): void {
    this.#zones.get(showName(apex))?.zone.notified(serial, address);
  }

  /** See {@link SecondaryZone.refresh}; `undefined` when it is no secondary zone. */
  async refresh(apex: DomainName, isFull: boolean): Promise<RefreshResult | undefined> {
    return await this.#zones.get(showName(apex))?.zone.refresh(isFull);
  }

  /** Of every zone, in the order of the configuration. */
  get status(): readonly SecondaryZoneStatus[] {
    return [...this.#zones.values()].map(({ zone }) => zone.status);
  }
}

/** Of secondary zones, those that must not be answered from: not here yet, or expired while this server was down. */
export function unservable(
  database: ZoneDatabase,
  apexes: readonly DomainName[],
  nowMs: number,
): readonly DomainName[] {
  return apexes.filter((apex) => {
    const zone = database.zone(apex);
    if (zone === undefined) return true;
    return zone.source === TRANSFER && nowMs >= (secondaryTimes(database, apex)?.expiresMs ?? 0);
  });
}

// --- helpers ---

/** Zones that may wait for their check: more than anybody configures. */
const MOST_ZONES = 1_000_000;

interface KeptZone {
  readonly zone: SecondaryZone;
  readonly identity: string;
}

/** The same for the same primaries and keys. */
function identityOf({ primaries }: WantedZone): string {
  const parts = primaries.map(({ endpoint, key }) => [
    showEndpoint(endpoint),
    key?.toJSON(),
    key === undefined ? '' : Buffer.from(key.digest([])).toString('base64'),
  ]);
  return JSON.stringify(parts);
}
