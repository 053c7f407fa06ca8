import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/base/errors.ts';
import { ask, isRight } from './ask.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { WAYPOST } from './servers/all.ts';
import { knotd } from './servers/knotd.ts';
import { named } from './servers/named.ts';
import type { ServerKind } from './servers/server-kind.ts';
import { type Load, open, type Session, together } from './session.ts';
import { ratiosWithinRounds, summarize } from './statistics.ts';
import { showCount, showFixed, showRange, showTable } from './table.ts';
import type { UpdateLoad, UpdateLoadResult } from './update-load.ts';
import { MOST_ADDED, updateAt } from './update-messages.ts';
import { BenchError, type Workshop } from './workshop.ts';

/** One server in one round. */
export interface UpdatesRun {
  readonly many: UpdateLoadResult;
  readonly one: UpdateLoadResult;
}

/** One server's runs on one zone, by round; `undefined` where it failed. */
export interface UpdatesResult {
  readonly name: string;
  readonly version: string;
  /** Names in the zone before the first update. */
  readonly names: number;
  readonly rounds: readonly (UpdatesRun | undefined)[];
}

/** All figures of the part "updates". */
export interface UpdatesReport {
  readonly servers: readonly UpdatesResult[];
  /** Waypost alone, on zones of several sizes. */
  readonly sizes: readonly UpdatesResult[];
  readonly skipped: readonly Skipped[];
}

const OUTSTANDING = 20;
const WARM_UP_SECONDS = 2;
const NAMES = 1_000;
/** Beyond what any of these servers does in a second. */
const SIGNED_A_SECOND = 20_000;
const KINDS: readonly ServerKind[] = [named, knotd, WAYPOST];
const CLIENT = fileURLToPath(new URL('./update-client.js', import.meta.url));
const ASK_TIMEOUT_MS = 1_000;

/** Signed updates of one record each: every server in turn, then Waypost on zones of these sizes. */
export async function measureUpdates(
  workshop: Workshop,
  options: PartOptions,
  sizes: readonly number[],
): Promise<UpdatesReport> {
  const skipped: Skipped[] = [];
  const kinds = KINDS.filter((kind) => wanted(options, kind));
  const servers = await inTurns(
    workshop,
    options,
    kinds.map((kind) => ({ kind, names: NAMES })),
    skipped,
  );
  const ladder = wanted(options, WAYPOST) && sizes.length > 1 ? sizes : [];
  const bySize = await inTurns(
    workshop,
    options,
    ladder.map((names) => ({ kind: WAYPOST, names })),
    skipped,
  );
  return { servers, sizes: bySize, skipped };
}

/** The report as tables for people; empty when nothing was measured. */
export function showUpdates(report: UpdatesReport): string {
  const tables: string[] = [];
  if (report.servers.length > 0) {
    tables.push(`## Durable signed updates of one record, ${OUTSTANDING} outstanding`);
    tables.push(
      showMany(report.servers, WAYPOST.name, 'Waypost ÷ it', ({ name, version }) => `${name} ${version}`),
    );
    tables.push(
      '## The same, one outstanding',
      showOne(report.servers, ({ name, version }) => `${name} ${version}`),
    );
  }
  if (report.sizes.length > 0) {
    const label = ({ names }: UpdatesResult) => `${showCount(names)} names`;
    tables.push('## Updates by size of the zone, Waypost', showSizes(report.sizes, label));
  }
  return tables.join('\n\n');
}

// --- turns ---

interface Entrant {
  readonly kind: ServerKind;
  readonly names: number;
}

async function inTurns(
  workshop: Workshop,
  options: PartOptions,
  entrants: readonly Entrant[],
  skipped: Skipped[],
): Promise<readonly UpdatesResult[]> {
  const loads = new Map<number, Load>();
  const taking: {
    entrant: Entrant;
    version: string;
    load: Load;
    hasFailed: boolean;
    rounds: (UpdatesRun | undefined)[];
  }[] = [];
  for (const entrant of entrants) {
    const availability = entrant.kind.available();
    if ('reason' in availability) {
      skipped.push({ name: entrant.kind.name, reason: availability.reason });
      continue;
    }
    const load = loads.get(entrant.names) ?? {
      ...prepareLoad(workshop, { names: entrant.names, addressesPerName: 1 }, 1),
      takesUpdates: true,
    };
    loads.set(entrant.names, load);
    taking.push({ entrant, version: availability.version, load, hasFailed: false, rounds: [] });
  }
  for (let round = 1; round <= options.rounds; round++) {
    for (const turn of taking) {
      const { kind, names } = turn.entrant;
      if (turn.hasFailed) {
        turn.rounds.push(undefined);
        continue;
      }
      options.progress(`updates, round ${round}/${options.rounds}: ${kind.name}, ${names} names`);
      try {
        turn.rounds.push(await oneRun(workshop, kind, turn.load, options.seconds));
      } catch (error) {
        turn.hasFailed = true;
        turn.rounds.push(undefined);
        skipped.push({ name: kind.name, reason: `round ${round}: ${messageOf(error)}` });
      }
    }
  }
  return taking
    .filter(({ rounds }) => rounds.some((run) => run !== undefined))
    .map(({ entrant, version, rounds }) => ({
      name: entrant.kind.name,
      version,
      names: entrant.names,
      rounds,
    }));
}

async function oneRun(
  workshop: Workshop,
  kind: ServerKind,
  load: Load,
  seconds: number,
): Promise<UpdatesRun> {
  const session = await open(workshop, kind, load, together());
  try {
    const many = await loadOnce(workshop, session, 'm', OUTSTANDING, seconds);
    const one = await loadOnce(workshop, session, 's', 1, seconds);
    return { many, one };
  } finally {
    await session.child.stop();
  }
}

/** Loads a server, and looks whether what it acknowledged last is what it answers. */
async function loadOnce(
  workshop: Workshop,
  session: Session,
  run: string,
  outstanding: number,
  seconds: number,
): Promise<UpdateLoadResult> {
  const load: UpdateLoad = {
    port: session.port,
    run,
    outstanding,
    seconds,
    warmUpSeconds: WARM_UP_SECONDS,
    signedAhead: outstanding === 1 ? 5_000 : (WARM_UP_SECONDS + seconds) * SIGNED_A_SECOND,
    pids: session.child.pids(),
  };
  const argv = [process.execPath, CLIENT, JSON.stringify(load)];
  const result: UpdateLoadResult = JSON.parse(
    await workshop.run(argv, workshop.directory, session.placement.dnsperf),
  );
  if (session.child.hasEnded()) throw new BenchError(`it ended under load: ${session.child.lastWords()}`);
  if (result.refused > 0) throw new BenchError(`${result.refused} updates were refused`);
  if (result.acknowledged === 0) throw new BenchError('no update was acknowledged');
  await expectLast(session.port, run, result.lastAcknowledged);
  return result;
}

async function expectLast(port: number, run: string, last: number): Promise<void> {
  for (let i = last; i > last - MOST_ADDED && i >= 0; i--) {
    const { adds, name, address } = updateAt(run, i);
    if (!adds) continue;
    const reply = await ask(port, name, ASK_TIMEOUT_MS);
    if (isRight(reply, [address])) return;
    throw new BenchError(`${name} was added, and the answer has RCODE ${reply?.rcode}, ${reply?.addresses}`);
  }
}

// --- tables ---

type Label = (result: UpdatesResult) => string;

function showMany(results: readonly UpdatesResult[], base: string, ratioTitle: string, label: Label): string {
  const rates = (name: string) =>
    results.find((result) => result.name === name)?.rounds.map((run) => run && perSecond(run.many)) ?? [];
  const rows = results.map((result) => {
    const runs = present(result).map(({ many }) => many);
    const rate = summarize(runs.map(perSecond));
    return [
      label(result),
      showCount(rate?.median),
      showRange(rate, showCount),
      showFixed(summarize(ratiosWithinRounds(rates(base), rates(result.name)))?.median, 2),
      showFixed(summarize(runs.map(cpuMicroseconds))?.median, 0),
      showFixed(summarize(runs.map(({ latencyMs }) => latencyMs.median))?.median, 2),
      showFixed(summarize(runs.map(({ latencyMs }) => latencyMs.p99))?.median, 2),
      `${runs.reduce((sum, { lost }) => sum + lost, 0)}`,
    ];
  });
  const head = [
    'server',
    'updates per second',
    'range',
    ratioTitle,
    'CPU µs each',
    'median ms',
    '99th ms',
    'lost',
  ];
  return showTable(head, rows);
}

function showOne(results: readonly UpdatesResult[], label: Label): string {
  const rows = results.map((result) => {
    const runs = present(result).map(({ one }) => one);
    const latency = summarize(runs.map(({ latencyMs }) => latencyMs.median));
    return [
      label(result),
      showFixed(latency?.median, 3),
      showRange(latency, (value) => showFixed(value, 3)),
      showFixed(summarize(runs.map(({ latencyMs }) => latencyMs.p99))?.median, 2),
      showCount(summarize(runs.map(perSecond))?.median),
      showFixed(summarize(runs.map(cpuMicroseconds))?.median, 0),
    ];
  });
  return showTable(['server', 'median ms', 'range', '99th ms', 'updates per second', 'CPU µs each'], rows);
}

function showSizes(results: readonly UpdatesResult[], label: Label): string {
  const base = results[0]?.rounds ?? [];
  const ratio = (result: UpdatesResult, figure: (run: UpdatesRun) => number): string => {
    const of = (rounds: UpdatesResult['rounds']) => rounds.map((run) => run && figure(run));
    return showFixed(summarize(ratiosWithinRounds(of(result.rounds), of(base)))?.median, 2);
  };
  const rows = results.map((result) => [
    label(result),
    showCount(summarize(present(result).map(({ many }) => perSecond(many)))?.median),
    ratio(result, ({ many }) => 1 / perSecond(many)),
    showFixed(summarize(present(result).map(({ many }) => cpuMicroseconds(many)))?.median, 0),
    ratio(result, ({ many }) => cpuMicroseconds(many)),
    showFixed(summarize(present(result).map(({ one }) => one.latencyMs.median))?.median, 3),
    ratio(result, ({ one }) => one.latencyMs.median),
  ]);
  const head = [
    'zone',
    '20 outstanding: per second',
    'time ÷ first',
    'CPU µs each',
    '÷ first',
    'one: median ms',
    '÷ first',
  ];
  return showTable(head, rows);
}

function present({ rounds }: UpdatesResult): readonly UpdatesRun[] {
  return rounds.filter((run) => run !== undefined);
}

function perSecond({ acknowledged, wallSeconds }: UpdateLoadResult): number {
  return acknowledged / wallSeconds;
}

function cpuMicroseconds({ acknowledged, cpuSeconds }: UpdateLoadResult): number {
  return (1e6 * cpuSeconds) / acknowledged;
}
