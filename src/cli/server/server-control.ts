import type { Atlas } from '../../atlas/atlas.ts';
import type { Effects } from '../../base/effects.ts';
import { messageOf } from '../../base/errors.ts';
import { scanAddress } from '../../base/ip.ts';
import { Members } from '../../control/members.ts';
import type {
  MemberRequest,
  MemberSaid,
  RefreshReport,
  ReloadReport,
  SecondarySummary,
  ServerStatus,
  WaitReport,
  ZoneSummary,
} from '../../control/protocol.ts';
import { type Controlled, UnanswerableError } from '../../control/server.ts';
import type { GeoLookup, GeoReport } from '../../geo/report.ts';
import { NothingToWaitForError } from '../../replicate/notified-zone.ts';
import type { TransferCounts } from '../../serve/transfer-handler.ts';
import type { MembersReport } from '../../steer/members-report.ts';
import { TRANSFER } from '../../store/zone-stage.ts';
import { PresentationError } from '../../wire/errors.ts';
import { type DomainName, foldName, scanFullName, showName } from '../../wire/name.ts';
import { serialOf } from '../../zone/serial.ts';
import { VERSION } from '../version.ts';
import type { Answering } from './answering.ts';
import { type ExplainControlOptions, explainServed } from './explain-control.ts';
import { HistoryControl } from './history-control.ts';
import type { Listeners } from './listeners.ts';
import type { Replication } from './replication.ts';
import type { ZoneLoads } from './zone-loads.ts';
import type { ZoneStore } from './zone-store.ts';

/** What the control socket's answers need of the rest of the server. */
export interface ServerControlOptions {
  readonly config: ExplainControlOptions['config'];
  readonly store: ZoneStore;
  readonly atlas: Pick<Atlas, 'report' | 'lookUp'>;
  readonly loads: Pick<ZoneLoads, 'reload'>;
  readonly replication: Pick<Replication, 'notifier' | 'secondaries'>;
  readonly answering: Pick<Answering, 'published' | 'shared'>;
  readonly listeners: Pick<Listeners, 'status'>;
  readonly transfers: { readonly counts: TransferCounts };
  readonly effects: Effects;
}

/** What people ask of the running server, and have it do. */
export class ServerControl implements Controlled {
  readonly history: HistoryControl;
  readonly explain: ReturnType<typeof explainServed>;
  readonly #options: ServerControlOptions;
  readonly #members: Members;
  readonly #startedMs: number;

  constructor(options: ServerControlOptions) {
    this.#options = options;
    const { store, replication, answering, effects } = options;
    this.#startedMs = effects.nowMs();
    const foreign = (apex: DomainName) => replication.secondaries.foreign(apex);
    const published = () => answering.published();
    this.history = new HistoryControl({
      snapshots: store.snapshots,
      queue: store.queue,
      apexes: () => store.zones().map(({ apex }) => apex),
      foreign,
      published,
    });
    this.explain = explainServed(options);
    this.#members = new Members({
      queue: store.queue,
      zoneAbove: (name) => store.zoneAbove(name),
      view: (apex) => store.view(apex),
      foreign,
      published,
      effects,
    });
  }

  status(): ServerStatus {
    const { store, atlas, replication, listeners, transfers, effects } = this.#options;
    const image = store.imageStatistics;
    const zones = store.zones();
    return {
      version: VERSION,
      pid: process.pid,
      uptimeSeconds: Math.round((effects.nowMs() - this.#startedMs) / 1000),
      ...listeners.status,
      zones: zones.length,
      records: zones.reduce((sum, { id }) => sum + store.database.recordCount(id), 0),
      imageOctets: image.octets,
      imageGarbage: image.garbage,
      imageGeneration: image.generation,
      residentOctets: process.memoryUsage.rss(),
      geo: atlas.report(),
      secondaryZones: countPhases(replication.secondaries.summaries().values()),
      transfers: transfers.counts,
      secondaries: replication.notifier.secondaries(),
    };
  }

  zones(): readonly ZoneSummary[] {
    const { store, replication } = this.#options;
    const summaries = replication.secondaries.summaries();
    const served = store.zones().map(({ id, apex, source }) => {
      const secondary = summaries.get(showName(apex));
      return {
        apex: showName(apex),
        serial: serialOf(store.view(apex)),
        records: store.database.recordCount(id),
        source,
        ...(secondary === undefined ? {} : { secondary }),
      };
    });
    const missing = [...summaries].filter(([apex]) => !served.some((zone) => zone.apex === apex));
    return [
      ...served,
      ...missing.map(([apex, secondary]) => ({ apex, serial: 0, records: 0, source: TRANSFER, secondary })),
    ];
  }

  async reload(zone: string | undefined): Promise<ReloadReport> {
    return await this.#options.loads.reload(zone === undefined ? undefined : readApex(zone));
  }

  async refresh(zone: string, isFull: boolean): Promise<RefreshReport> {
    const { replication, answering } = this.#options;
    const apex = readApex(zone);
    const report = await replication.secondaries.refresh(apex, isFull);
    if (report === undefined) {
      const message = `zone ${showName(apex)} has no primary here to be asked: waypost zone list shows those that have`;
      throw new UnanswerableError(message);
    }
    await answering.published(); // who is told of it finds it in every answer
    return report;
  }

  async wait(zone: string, serial: number | undefined, ms: number): Promise<WaitReport> {
    try {
      return await this.#options.replication.notifier.wait(showName(readApex(zone)), serial, ms);
    } catch (error) {
      if (!(error instanceof NothingToWaitForError)) throw error;
      throw new UnanswerableError(error.message, { cause: error });
    }
  }

  members(name: string): MembersReport {
    return this.#members.list(name);
  }

  geo(): GeoReport {
    return this.#options.atlas.report();
  }

  geoLookup(text: string): GeoLookup {
    const address = scanAddress(text);
    if (address === undefined) throw new UnanswerableError(`'${text}' is no IP address`);
    const found = this.#options.atlas.lookUp(address);
    if (found === undefined) throw new UnanswerableError('the server has no location data');
    return found;
  }

  sayOfMember(request: MemberRequest): Promise<MemberSaid> {
    return this.#members.say(request);
  }
}

function readApex(zone: string): DomainName {
  try {
    return foldName(scanFullName(zone));
  } catch (error) {
    if (!(error instanceof PresentationError)) throw error;
    throw new UnanswerableError(`'${zone}' is no zone: ${messageOf(error)}`, { cause: error });
  }
}

function countPhases(summaries: Iterable<SecondarySummary>): ServerStatus['secondaryZones'] {
  const counts = { 'never-loaded': 0, fresh: 0, retrying: 0, expired: 0 };
  for (const { phase } of summaries) counts[phase]++;
  return counts;
}
