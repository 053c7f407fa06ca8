import { messageOf } from '../../src/base/errors.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { WAYPOST } from './servers/all.ts';
import { knotd } from './servers/knotd.ts';
import type { ServerKind } from './servers/server-kind.ts';
import { waypostStatus } from './servers/waypost.ts';
import { apart, type Load, measure, open, type Placement, type Session, settledMemory } from './session.ts';
import { ratiosWithinRounds, summarize } from './statistics.ts';
import { findNumber } from './status.ts';
import { showCount, showFixed, showMegaoctets, showTable } from './table.ts';
import type { Workshop } from './workshop.ts';

/** One server with a zone of one size, in one round. */
export interface SizeMeasurement {
  /** Process start to first right answer, from the zone file, with an empty data directory. */
  readonly loadSeconds: number;
  readonly loadCpuSeconds: number;
  /** The same with what the first start left behind; `undefined` where it was not measured. */
  readonly restartSeconds: number | undefined;
  readonly residentOctets: number;
  /** Size of Waypost's zone image, as its status says. */
  readonly imageOctets: number | undefined;
  readonly answeredPerCpuSecond: number;
}

/** All rounds of one server with one size. */
export interface SizeResult {
  readonly name: string;
  readonly names: number;
  readonly rounds: readonly (SizeMeasurement | undefined)[];
}

/** All figures of the part "sizes". */
export interface SizesReport {
  readonly results: readonly SizeResult[];
  readonly skipped: readonly Skipped[];
}

const MIN_QUERY_LINES = 100_000;
const WARM_UP_SECONDS = 1;

/**
 * One A record per name, `sizes` names: load, restart, memory, and what a look-up costs. Knot and Waypost in turns.
 * The load is left to all CPUs, as it is on a real machine; for the look-ups the server is bound to one.
 */
export async function measureSizes(
  workshop: Workshop,
  options: PartOptions,
  sizes: readonly number[],
): Promise<SizesReport> {
  const skipped: Skipped[] = [];
  const kinds = [knotd, WAYPOST].filter((kind) => {
    if (!wanted(options, kind)) return false;
    const availability = kind.available();
    if ('version' in availability) return true;
    skipped.push({ name: kind.name, reason: availability.reason });
    return false;
  });
  const results: SizeResult[] = [];
  for (const names of sizes) {
    if (kinds.length === 0) break;
    options.progress(`${names} names: writing the zone`);
    const load = prepareLoad(workshop, { names, addressesPerName: 1 }, Math.max(MIN_QUERY_LINES, names));
    const rounds = new Map<ServerKind, (SizeMeasurement | undefined)[]>(kinds.map((kind) => [kind, []]));
    for (let round = 1; round <= options.rounds; round++) {
      for (const [kind, runs] of rounds) {
        options.progress(`${names} names, round ${round}/${options.rounds}: ${kind.name}`);
        try {
          runs.push(await oneSize(workshop, kind, load, options.seconds));
        } catch (error) {
          runs.push(undefined);
          skipped.push({ name: kind.name, reason: `${names} names, round ${round}: ${messageOf(error)}` });
        }
      }
    }
    for (const [kind, runs] of rounds) {
      if (runs.some((run) => run !== undefined)) results.push({ name: kind.name, names, rounds: runs });
    }
  }
  return { results, skipped };
}

/** The report as a table for people; empty when nothing was measured. */
export function showSizes(report: SizesReport): string {
  if (report.results.length === 0) return '';
  const rows = report.results.map(({ name, names, rounds }) => {
    const middle = (pick: (run: SizeMeasurement) => number | undefined): number | undefined =>
      summarize(rounds.flatMap((run) => (run === undefined ? [] : (pick(run) ?? []))))?.median;
    const knot = report.results.find((other) => other.names === names && other.name === knotd.name);
    const ratios = ratiosWithinRounds(
      rounds.map((run) => run?.loadSeconds),
      knot?.rounds.map((run) => run?.loadSeconds) ?? [],
    );
    return [
      `${showCount(names)} ${name}`,
      showFixed(
        middle((run) => run.loadSeconds),
        2,
      ),
      showFixed(summarize(ratios)?.median, 2),
      showFixed(
        middle((run) => run.loadCpuSeconds),
        2,
      ),
      showFixed(
        middle((run) => run.restartSeconds),
        2,
      ),
      showMegaoctets(middle((run) => run.residentOctets)),
      showMegaoctets(middle((run) => run.imageOctets)),
      showCount(middle((run) => run.answeredPerCpuSecond)),
    ];
  });
  const head = [
    'names, server',
    'first load s',
    '÷ Knot',
    'its CPU s',
    'restart s',
    'resident MB',
    'image MB',
  ];
  return `## Size of the zone, one A record per name\n\n${showTable([...head, 'answers per CPU-second'], rows)}`;
}

// --- one size ---

async function oneSize(
  workshop: Workshop,
  kind: ServerKind,
  load: Load,
  seconds: number,
): Promise<SizeMeasurement> {
  const onAll: Placement = { server: undefined, dnsperf: apart().dnsperf };
  const first = await open(workshop, kind, load, onAll);
  let residentOctets: number;
  let imageOctets: number | undefined;
  let answeredPerCpuSecond: number;
  try {
    residentOctets = await settledMemory(first);
    if (kind === WAYPOST) imageOctets = findNumber(waypostStatus(first.directory), 'imageOctets');
    await bind(workshop, first);
    await measure(workshop, first, { seconds: WARM_UP_SECONDS });
    answeredPerCpuSecond = (await measure(workshop, first, { seconds })).answeredPerCpuSecond;
  } finally {
    await first.child.stop();
  }
  const { readySeconds: loadSeconds, readyCpuSeconds: loadCpuSeconds } = first;
  let restartSeconds: number | undefined;
  if (kind === WAYPOST) {
    const again = await open(workshop, kind, load, onAll, first.directory);
    restartSeconds = again.readySeconds;
    await again.child.stop();
  }
  return { loadSeconds, loadCpuSeconds, restartSeconds, residentOctets, imageOctets, answeredPerCpuSecond };
}

/** Binds all threads of a running server to the CPU that servers are measured on. */
async function bind(workshop: Workshop, session: Session): Promise<void> {
  const cpus = apart().server;
  if (cpus === undefined) return;
  for (const pid of session.child.pids()) {
    await workshop.run(['taskset', '-a', '-p', '-c', cpus, `${pid}`], workshop.directory);
  }
}
