// Who is asked for explanations: the running server, or zones that this process reads itself.
import type { ClassedClients, ClientsQuestion } from '../../answer/explain/client-classes.ts';
import type { Explanation, ExplanationSource } from '../../answer/explain/explanation.ts';
import type { WrittenQuestion } from '../../answer/explain/question.ts';
import { loadGeo } from '../../atlas/load-geo.ts';
import { SILENT_LOG } from '../../base/effects.ts';
import type { Config } from '../../config/settings.ts';
import { ControlClient, NoServerError } from '../../control/client.ts';
import { Explaining } from '../../control/explain.ts';
import { Opcode } from '../../wire/iana.ts';
import type { DomainName } from '../../wire/name.ts';
import { realEffects } from '../effects.ts';
import { geoPathsOf } from '../geo-files.ts';
import { OfflineZones } from '../offline-zones.ts';
import { Progress, paint, type Terminal } from '../terminal.ts';

/** Somebody who explains. */
export interface ExplainBackend {
  readonly from: ExplanationSource;
  explain(question: WrittenQuestion): Promise<Explanation>;
  classes(question: ClientsQuestion): Promise<ClassedClients>;
  close(): void;
}

/** The server that works on the configuration's data directory; where none does, its zones as {@link OfflineZones}. */
export async function openBackend(config: Config, terminal: Terminal): Promise<ExplainBackend> {
  const client = new ControlClient(config.data);
  try {
    await client.status();
  } catch (error) {
    if (error instanceof NoServerError) return await openOffline(config, terminal, undefined);
    throw error;
  }
  return {
    from: { kind: 'server', path: config.data },
    explain: (question) => client.explain(question),
    classes: (question) => client.classes(question),
    close() {},
  };
}

/** A zone file that is to be taken for a zone. */
export interface Candidate {
  readonly path: string;
  /** The zone, when the name that is asked about was found in those that are served. */
  zoneOf(zones: OfflineZones): DomainName;
}

/** Reads the zones here, with a candidate in the place of one of them, and the location data. */
export async function openOffline(
  config: Config,
  terminal: Terminal,
  candidate: Candidate | undefined,
): Promise<ExplainBackend> {
  const effects = { ...realEffects({ level: 'error', format: 'text' }), log: SILENT_LOG };
  const warn = (text: string): void => terminal.err(`${paint(terminal, 'yellow', 'warning')}: ${text}\n`);
  const progress = new Progress(terminal, 'reading zones', effects.nowMs);
  let zones: OfflineZones | undefined;
  try {
    zones = await OfflineZones.open(config, effects, (count) => progress.update(count));
    if (candidate !== undefined) {
      await zones.replace(candidate.zoneOf(zones), candidate.path, (count) => progress.update(count));
    }
  } catch (error) {
    zones?.close();
    throw error;
  } finally {
    progress.end();
  }
  if (zones.warning !== undefined) warn(zones.warning);
  const geo = loadGeo(geoPathsOf(config), effects.nowMs());
  for (const warning of geo.warnings) warn(warning);
  const { from, memory } = zones;
  const opened = zones;
  const explaining = new Explaining(() => ({
    from,
    memory,
    geo: geo.tables?.memory,
    options: {
      maxPayload: config.udp.maxPayload,
      nsid: '',
      chaos: { version: '', hostname: '' },
      cookieSecrets: undefined,
      lateOpcodes: [Opcode.QUERY, Opcode.UPDATE, Opcode.NOTIFY],
    },
    nowMs: effects.nowMs,
    view: (apex) => opened.view(apex),
    changedAt: (apex, owner) => opened.changedAt(apex, owner),
  }));
  return {
    from,
    explain: async (question) => explaining.explain(question),
    classes: (question) => explaining.classes(question),
    close: () => opened.close(),
  };
}
