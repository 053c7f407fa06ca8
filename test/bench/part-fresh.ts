import { randomInt } from 'node:crypto';
import { messageOf } from '../../src/base/errors.ts';
import { composeQuestion, parseReply } from './ask.ts';
import { Asker } from './asker.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { WAYPOST_TWO } from './servers/all.ts';
import { waypostStatus } from './servers/waypost.ts';
import { open, together } from './session.ts';
import { threadsOf } from './status.ts';
import { showCount, showTable } from './table.ts';
import { UpdateSigner } from './update-messages.ts';
import { BenchError, type Workshop } from './workshop.ts';
import { addressesAt, ORIGIN } from './zone.ts';

/** All figures of the part "fresh". */
export interface FreshReport {
  /** Rounds in which both the update and the question were answered. */
  readonly rounds: number;
  /** Answers that did not show the update that was acknowledged before the question. */
  readonly stale: number;
  /** Rounds in which a reply did not come in time. */
  readonly lost: number;
  /** Questions that each query thread answered. */
  readonly answeredByThread: readonly number[];
  readonly skipped: readonly Skipped[];
}

/** Names that are changed at the same time, each by a client of its own. */
const CLIENTS = 8;
/** Source ports of the questions: the kernel spreads them over the threads. */
const PORTS = 64;
const TIMEOUT_MS = 5_000;
const NAMES = 1_000;

/** Changes an address, and after the acknowledgement asks for it from a random port: `rounds` times in all. */
export async function measureFresh(
  workshop: Workshop,
  options: PartOptions,
  rounds: number,
): Promise<FreshReport> {
  const nothing = { rounds: 0, stale: 0, lost: 0, answeredByThread: [] };
  if (!wanted(options, WAYPOST_TWO)) return { ...nothing, skipped: [] };
  options.progress(`fresh: ${rounds} rounds, ${CLIENTS} clients`);
  try {
    return { ...(await run(workshop, rounds)), skipped: [] };
  } catch (error) {
    return { ...nothing, skipped: [{ name: WAYPOST_TWO.name, reason: messageOf(error) }] };
  }
}

/** The report as a table for people; empty when nothing was measured. */
export function showFresh({ rounds, stale, lost, answeredByThread }: FreshReport): string {
  if (rounds === 0) return '';
  const head = ['update, then question from a random port', 'stale', 'lost', 'answers by thread'];
  const threads = answeredByThread.map(showCount).join(', ');
  const rows = [[`${showCount(rounds)} rounds`, `${stale}`, `${lost}`, threads]];
  return `## Read your writes, two query threads\n\n${showTable(head, rows)}`;
}

// --- rounds ---

async function run(workshop: Workshop, rounds: number): Promise<Omit<FreshReport, 'skipped'>> {
  const load = { ...prepareLoad(workshop, { names: NAMES, addressesPerName: 1 }, 1), takesUpdates: true };
  const session = await open(workshop, WAYPOST_TWO, load, together());
  const askers = await Promise.all(Array.from({ length: PORTS }, () => Asker.open(session.port)));
  const totals = { rounds: 0, stale: 0, lost: 0 };
  const answered = (): readonly number[] =>
    threadsOf(waypostStatus(session.directory)).map((thread) => thread.answered);
  try {
    const before = answered();
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) =>
        changeAndAsk(askers, client, Math.ceil(rounds / CLIENTS), totals),
      ),
    );
    if (session.child.hasEnded()) throw new BenchError(`it ended under load: ${session.child.lastWords()}`);
    const answeredByThread = answered().map((count, i) => count - (before[i] ?? 0));
    return { ...totals, answeredByThread };
  } finally {
    for (const asker of askers) asker.close();
    await session.child.stop();
  }
}

async function changeAndAsk(
  askers: readonly Asker[],
  client: number,
  rounds: number,
  totals: { rounds: number; stale: number; lost: number },
): Promise<void> {
  const signer = new UpdateSigner();
  const name = `f${client}.${ORIGIN}`;
  const any = (): Asker | undefined => askers[randomInt(askers.length)];
  for (let round = 0; round < rounds; round++) {
    // IDs that no other client uses at the same time
    const id = (round * CLIENTS + client) & 0xffff;
    const [address = ''] = addressesAt(round * CLIENTS + client, { names: 0, addressesPerName: 1 });
    const update = signer.signReplacement(id, name, address, Date.now() / 1000);
    const acknowledgement = await any()?.ask(update, TIMEOUT_MS);
    const rcode = acknowledgement === undefined ? undefined : (acknowledgement[3] ?? 0) & 15;
    if (rcode !== undefined && rcode !== 0)
      throw new BenchError(`an update was answered with RCODE ${rcode}`);
    const octets = rcode === undefined ? undefined : await any()?.ask(composeQuestion(id, name), TIMEOUT_MS);
    const reply = octets === undefined ? undefined : parseReply(octets);
    if (reply === undefined) totals.lost++;
    else totals.rounds++;
    if (reply !== undefined && reply.addresses.join() !== address) totals.stale++;
  }
}
