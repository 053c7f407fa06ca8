import { messageOf } from '../../src/base/errors.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { SERVER_KINDS, WAYPOST, WAYPOST_TWO } from './servers/all.ts';
import { echo } from './servers/echo.ts';
import type { ServerKind } from './servers/server-kind.ts';
import {
  apart,
  type Load,
  type Measurement,
  measure,
  open,
  type Placement,
  rotates,
  shared,
} from './session.ts';
import { ratiosWithinRounds, summarize } from './statistics.ts';
import { showCount, showFixed, showRange, showTable } from './table.ts';
import type { Workshop } from './workshop.ts';
import type { ZoneShape } from './zone.ts';

/** One server's runs, by round; `undefined` where it failed. */
export interface ServerResult {
  readonly name: string;
  readonly version: string;
  /** Whether it rotates, seen before the last run. */
  readonly rotates: boolean;
  readonly rounds: readonly (Measurement | undefined)[];
}

/** All figures of the part "servers". */
export interface ServersReport {
  readonly shape: ZoneShape;
  readonly servers: readonly ServerResult[];
  /** Waypost with one and with two query threads on the same two CPUs; empty where Waypost took no part. */
  readonly threads: readonly ServerResult[];
  readonly skipped: readonly Skipped[];
}

const SHAPE: ZoneShape = { names: 1_000, addressesPerName: 4 };
const QUERY_LINES = 100_000;
const WARM_UP_SECONDS = 1;

/** 1,000 names × 4 A records, every server in turn on one core; then Waypost's two threads against one. */
export async function measureServers(workshop: Workshop, options: PartOptions): Promise<ServersReport> {
  const load = prepareLoad(workshop, SHAPE, QUERY_LINES);
  const skipped: Skipped[] = [];
  const kinds = SERVER_KINDS.filter((kind) => wanted(options, kind));
  const servers = await inTurns(workshop, options, kinds, load, apart(), skipped);
  const pair = wanted(options, WAYPOST_TWO) && !skipped.some(({ name }) => name === WAYPOST.name);
  const two = pair ? [WAYPOST, WAYPOST_TWO] : [];
  const threads = await inTurns(workshop, options, two, load, shared(), skipped);
  return { shape: SHAPE, servers, threads, skipped };
}

/** The report as tables for people; empty when nothing was measured. */
export function showServers(report: ServersReport): string {
  const { names, addressesPerName } = report.shape;
  const rates = (name: string): readonly (number | undefined)[] =>
    report.servers.find((server) => server.name === name)?.rounds.map((run) => run?.answeredPerCpuSecond) ??
    [];
  const ratio = (
    numerators: readonly (number | undefined)[],
    denominators: readonly (number | undefined)[],
  ): string => showFixed(summarize(ratiosWithinRounds(numerators, denominators))?.median, 2);
  const rows = report.servers.map(({ name, version, rotates, rounds }) => {
    const own = rounds.map((run) => run?.answeredPerCpuSecond);
    const perCpu = summarize(own.filter((rate) => rate !== undefined));
    const perSecond = summarize(rounds.flatMap((run) => (run === undefined ? [] : [run.answeredPerSecond])));
    const asked = rounds.reduce((sum, run) => sum + (run === undefined ? 0 : run.answered + run.lost), 0);
    const lost = rounds.reduce((sum, run) => sum + (run?.lost ?? 0), 0);
    return [
      `${name} ${version}`,
      showCount(perCpu?.median),
      showRange(perCpu, showCount),
      ratio(rates(WAYPOST.name), own),
      ratio(own, rates(echo.name)),
      showCount(perSecond?.median),
      `${showFixed((100 * lost) / asked, 2)} %`,
      rotates ? 'yes' : 'no',
    ];
  });
  const columns = ['server', 'answers per CPU-second', 'range', 'Waypost ÷ it', 'it ÷ echo'];
  const tables: string[] = [];
  if (rows.length > 0) {
    const title = `## ${showCount(names)} names × ${addressesPerName} A records, server on one core`;
    tables.push(title, showTable([...columns, 'answers per second', 'lost', 'rotates'], rows));
  }
  if (report.threads.length > 0) tables.push(showThreads(report.threads));
  return tables.join('\n\n');
}

// --- turns ---

interface Turn {
  readonly kind: ServerKind;
  readonly version: string;
  /** Filled by its runs. */
  rotates: boolean;
  /** One entry per round so far. */
  readonly rounds: (Measurement | undefined)[];
}

/** Every kind once per round, in order; one that fails is left out from then on and listed in `skipped`. */
async function inTurns(
  workshop: Workshop,
  options: PartOptions,
  kinds: readonly ServerKind[],
  load: Load,
  placement: Placement,
  skipped: Skipped[],
): Promise<readonly ServerResult[]> {
  const taking: Turn[] = [];
  for (const kind of kinds) {
    const availability = kind.available();
    if ('reason' in availability) {
      skipped.push({ name: kind.name, reason: availability.reason });
      continue;
    }
    taking.push({ kind, version: availability.version, rotates: false, rounds: [] });
  }
  const failed = new Set<ServerKind>();
  for (let round = 1; round <= options.rounds; round++) {
    for (const turn of taking) {
      const { kind, rounds } = turn;
      if (failed.has(kind)) {
        rounds.push(undefined);
        continue;
      }
      options.progress(`round ${round}/${options.rounds}: ${kind.name}`);
      try {
        rounds.push(await oneRun(workshop, turn, load, placement, options.seconds));
      } catch (error) {
        failed.add(kind);
        rounds.push(undefined);
        skipped.push({ name: kind.name, reason: `round ${round}: ${messageOf(error)}` });
      }
    }
  }
  return taking
    .filter(({ rounds }) => rounds.some((run) => run !== undefined))
    .map(({ kind, version, rotates, rounds }) => ({ name: kind.name, version, rotates, rounds }));
}

async function oneRun(
  workshop: Workshop,
  turn: Turn,
  load: Load,
  placement: Placement,
  seconds: number,
): Promise<Measurement> {
  const session = await open(workshop, turn.kind, load, placement);
  try {
    turn.rotates = await rotates(session);
    // Caches fill and compilers compile before the clock runs, for everybody alike.
    await measure(workshop, session, { seconds: WARM_UP_SECONDS });
    return await measure(workshop, session, { seconds });
  } finally {
    await session.child.stop();
  }
}

function showThreads(results: readonly ServerResult[]): string {
  const cost = (run: Measurement | undefined): number | undefined =>
    run && (1e6 * run.cpuSeconds) / run.answered;
  const one = results.find(({ name }) => name === WAYPOST.name)?.rounds.map(cost) ?? [];
  const rows = results.map(({ name, rounds }) => {
    const costs = rounds.map(cost);
    const summary = summarize(costs.filter((value) => value !== undefined));
    return [
      name,
      showFixed(summary?.median, 2),
      showRange(summary, (value) => showFixed(value, 2)),
      showFixed(summarize(ratiosWithinRounds(costs, one))?.median, 2),
      showCount(
        summarize(rounds.flatMap((run) => (run === undefined ? [] : [run.answeredPerSecond])))?.median,
      ),
    ];
  });
  const head = ['query threads', 'CPU µs per answer', 'range', '÷ one thread', 'answers per second'];
  return `## Waypost on two CPUs, one query thread and two\n\n${showTable(head, rows)}`;
}
