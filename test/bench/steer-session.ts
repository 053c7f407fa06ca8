import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseReply } from './ask.ts';
import { Asker } from './asker.ts';
import type { SteeredKind } from './servers/steered.ts';
import type { Load, Placement, Session } from './session.ts';
import { open } from './session.ts';
import type { SteerLoad } from './steer-load.ts';
import { type Client, composeClientQuestion } from './steer-queries.ts';
import { CHECKED_SITES, metresToSites, SITES, STEERED_NAME, siteByCountry } from './steer-sites.ts';
import { BenchError, type Workshop } from './workshop.ts';

const READY_TIMEOUT_MS = 60_000;
const ASK_TIMEOUT_MS = 1_000;
const POLL_MS = 5;
/** Members that are at most so much farther than the nearest count as near: Waypost's `within`. */
const TOLERANCE_METRES = 100_000;

/** A server that has answered rightly for a client in each of the checked cities. */
export interface SteeredSession extends Session {
  /** Seconds from the start of the process to the first right steered answer. */
  readonly steeredSeconds: number;
}

/** Starts a server and waits until it answers six clients with the site of their city (or of their country). */
export async function openSteered(
  workshop: Workshop,
  kind: SteeredKind,
  load: Load,
  steer: SteerLoad,
  placement: Placement,
  directory?: string,
): Promise<SteeredSession> {
  const session = await open(workshop, kind, load, placement, directory);
  const readyMs = performance.now();
  const asker = await Asker.open(session.port);
  try {
    await untilRight(session, asker, kind, steer, readyMs);
    const steeredSeconds = session.readySeconds + (performance.now() - readyMs) / 1000;
    return { ...session, steeredSeconds };
  } catch (error) {
    await session.child.stop();
    throw error;
  } finally {
    asker.close();
  }
}

/** Which part of the sampled clients are sent to the site that is nearest to where the database has them. */
export async function nearestShare(port: number, steer: SteerLoad): Promise<number> {
  const asker = await Asker.open(port);
  let near = 0;
  try {
    for (const [i, client] of steer.sample.entries()) {
      const metres = metresToSites(client.latitude, client.longitude);
      const answered = await siteOf(asker, i, client);
      const distance =
        metres[SITES.findIndex(({ address }) => address === answered)] ?? Number.POSITIVE_INFINITY;
      if (distance <= Math.min(...metres) + TOLERANCE_METRES) near++;
    }
  } finally {
    asker.close();
  }
  return near / steer.sample.length;
}

/** Until all cities are right twice in succession: a server that does not know places yet is right by chance now and then. */
async function untilRight(
  { child }: Session,
  asker: Asker,
  kind: SteeredKind,
  { checked }: SteerLoad,
  readyMs: number,
): Promise<void> {
  const byCountry = siteByCountry();
  for (let rightPasses = 0; rightPasses < 2; rightPasses++) {
    for (const [i, site] of CHECKED_SITES.entries()) {
      const client = checked[i];
      const due = kind.isByCountry ? byCountry.get(client?.country ?? '')?.address : site.address;
      const found = client === undefined ? undefined : await siteOf(asker, i, client);
      if (found === due) continue;
      rightPasses = -1;
      if (child.hasEnded()) throw new BenchError(`it ended: ${child.lastWords()}`);
      if (performance.now() - readyMs > READY_TIMEOUT_MS) {
        throw new BenchError(`a client in ${site.city} is sent to ${found ?? 'nowhere'}, not to ${due}`);
      }
      await sleep(POLL_MS);
      break;
    }
  }
}

/** The first address that a client gets. */
async function siteOf(asker: Asker, id: number, client: Client): Promise<string | undefined> {
  const octets = await asker.ask(composeClientQuestion(id, STEERED_NAME, client), ASK_TIMEOUT_MS);
  return octets === undefined ? undefined : parseReply(octets)?.addresses[0];
}
