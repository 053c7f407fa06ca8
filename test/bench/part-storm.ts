import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/base/errors.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { cpuSeconds, memoryOctets } from './proc.ts';
import { WAYPOST } from './servers/all.ts';
import { open, type Session, together } from './session.ts';
import { READY, type Storm, type StormResult } from './storm-load.ts';
import { TcpAsker } from './tcp-asker.ts';
import type { Signature } from './update-messages.ts';
import { BenchError, type Child, freePort, isInstalled, type Workshop } from './workshop.ts';
import { nameAt } from './zone.ts';

/** What rages while queries are asked. */
export type Weather =
  /** Nothing. */
  | 'quiet'
  /** Updates by the key's holder. */
  | 'signed'
  /** The same at another process, which spends the CPU time on them that the server spent. */
  | 'elsewhere'
  | 'unsigned'
  /** Updates by somebody who knows the key's name and not its secret. */
  | 'forged';

/** Microseconds. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly highest: number;
}

/** One weather in one round. */
export interface StormRun {
  readonly asked: number;
  readonly answered: number;
  /** Answers without the address. */
  readonly wrong: number;
  /** From sending to the answer, by the kernel's clock. */
  readonly sent: Delays;
  /** The 99th percentile of `sent` in the middle one of all quarters of a second: without what else goes on here now and then. */
  readonly typicalP99: number;
  /** From the moment at which the query should have been sent. */
  readonly due: Delays;
  /** Over TCP, one connection, the next query 20 ms after an answer. */
  readonly tcp: Delays;
  readonly storm: StormResult | undefined;
  /** The server's user + system time meanwhile. */
  readonly cpuSeconds: number;
  readonly memoryOctets: number;
}

/** All figures of the part "storm". */
export interface StormReport {
  readonly runs: readonly { readonly weather: Weather; readonly rounds: readonly (StormRun | undefined)[] }[];
  readonly skipped: readonly Skipped[];
}

const WEATHERS: readonly Weather[] = ['quiet', 'signed', 'elsewhere', 'unsigned', 'forged'];
/** Queries over UDP. */
export const QUERIES_A_SECOND = 2_000;
/** Source ports of the queries: the kernel spreads them over the threads. */
const PORTS = 16;
/** Updates that a storm offers. */
export const UPDATES_A_SECOND = 10_000;
/** Sockets that a storm comes from. */
export const CLIENTS = 100;
const NAMES = 1_000;
/** The storm rages before the first query and after the last. */
const MARGIN_SECONDS = 1;
const POLL_MS = 10;
const CLIENT = fileURLToPath(new URL('./storm-client.js', import.meta.url));
const SINK = fileURLToPath(new URL('./storm-sink.js', import.meta.url));
/** The source stays in test/; only TypeScript goes to dist/. */
const ASKER_SOURCE = fileURLToPath(new URL('../../../test/bench/steady-asker.c', import.meta.url));

/** Queries at a modest rate beside storms of updates, and how long their answers take. */
export async function measureStorm(workshop: Workshop, options: PartOptions): Promise<StormReport> {
  if (!wanted(options, WAYPOST)) return { runs: [], skipped: [] };
  if (!isInstalled('cc'))
    return { runs: [], skipped: [{ name: WAYPOST.name, reason: 'no C compiler (cc) for the asker' }] };
  const skipped: Skipped[] = [];
  const rounds: ReadonlyMap<Weather, StormRun>[] = [];
  const directory = workshop.newDirectory('asker');
  const asker = join(directory, 'steady-asker');
  await workshop.run(['cc', '-O2', '-Wall', '-o', asker, ASKER_SOURCE], directory);
  for (let round = 1; round <= options.rounds; round++) {
    options.progress(`storm, round ${round}/${options.rounds}`);
    try {
      rounds.push(await oneRound(workshop, options, asker));
    } catch (error) {
      skipped.push({ name: WAYPOST.name, reason: `round ${round}: ${messageOf(error)}` });
    }
  }
  const runs = WEATHERS.map((weather) => ({ weather, rounds: rounds.map((runs) => runs.get(weather)) }));
  return { runs: rounds.length === 0 ? [] : runs, skipped };
}

// --- one round ---

async function oneRound(
  workshop: Workshop,
  options: PartOptions,
  asker: string,
): Promise<ReadonlyMap<Weather, StormRun>> {
  const load = { ...prepareLoad(workshop, { names: NAMES, addressesPerName: 1 }, 1), takesUpdates: true };
  const session = await open(workshop, WAYPOST, load, together());
  const runs = new Map<Weather, StormRun>();
  try {
    const argv = [
      asker,
      `${session.port}`,
      `${QUERIES_A_SECOND}`,
      `${options.seconds}`,
      `${PORTS}`,
      `${NAMES}`,
    ];
    await askSteadily(workshop, session, argv, undefined); // warms up
    for (const weather of WEATHERS) {
      options.progress(`storm: ${weather}`);
      const sink = weather === 'elsewhere' ? await launchSink(workshop, microsecondsEach(runs)) : undefined;
      const port = sink?.port ?? session.port;
      const storm = await beginStorm(workshop, options, weather, port);
      runs.set(weather, await askSteadily(workshop, session, argv, storm));
      await sink?.child.stop();
    }
    if (session.child.hasEnded()) throw new BenchError(`it ended: ${session.child.lastWords()}`);
    return runs;
  } finally {
    await session.child.stop();
  }
}

async function askSteadily(
  workshop: Workshop,
  session: Session,
  argv: readonly string[],
  storm: Child | undefined,
): Promise<StormRun> {
  if (storm !== undefined) await sleep(MARGIN_SECONDS * 1000);
  const pids = session.child.pids();
  const cpuBefore = cpuSeconds(pids);
  const tcp = await TcpAsker.open(session.port, nameAt(0));
  const steady: Pick<StormRun, 'asked' | 'answered' | 'wrong' | 'sent' | 'typicalP99' | 'due'> = JSON.parse(
    await workshop.run(argv, workshop.directory),
  );
  const used = cpuSeconds(pids) - cpuBefore;
  const tcpDelays = delaysOf(await tcp.close());
  const result = storm === undefined ? undefined : await resultOf(storm);
  return {
    ...steady,
    tcp: tcpDelays,
    storm: result,
    cpuSeconds: used,
    memoryOctets: memoryOctets(pids, 'VmRSS'),
  };
}

function delaysOf(microseconds: readonly number[]): Delays {
  const sorted = microseconds.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), highest: at(1) };
}

// --- storms ---

const SIGNATURES: Readonly<Record<Exclude<Weather, 'quiet'>, Signature>> = {
  signed: 'right',
  elsewhere: 'right',
  unsigned: 'none',
  forged: 'wrong',
};

/** Launches the storm's process; resolves when it sends. */
async function beginStorm(
  workshop: Workshop,
  options: PartOptions,
  weather: Weather,
  port: number,
): Promise<Child | undefined> {
  if (weather === 'quiet') return undefined;
  const storm: Storm = {
    port,
    run: weather,
    signature: SIGNATURES[weather],
    clients: CLIENTS,
    perSecond: UPDATES_A_SECOND,
    seconds: options.seconds + 2 * MARGIN_SECONDS,
  };
  // In life clients have machines of their own: here they get the CPU that the server leaves.
  const argv = ['nice', '-n', '5', process.execPath, CLIENT, JSON.stringify(storm)];
  const child = workshop.launch(argv, workshop.newDirectory('storm'), undefined);
  await until(child, () => child.printed().includes(READY));
  return child;
}

async function resultOf(storm: Child): Promise<StormResult> {
  await until(storm, () => storm.hasEnded());
  return JSON.parse(storm.printed().replace(READY, ''));
}

async function launchSink(
  workshop: Workshop,
  microseconds: number,
): Promise<{ readonly child: Child; readonly port: number }> {
  const port = await freePort();
  const argv = [process.execPath, SINK, `${port}`, `${microseconds}`];
  const child = workshop.launch(argv, workshop.newDirectory('sink'), undefined);
  await until(child, () => child.printed().includes(READY));
  return { child, port };
}

/** CPU time that the server has spent on each update of the signed storm. */
function microsecondsEach(runs: ReadonlyMap<Weather, StormRun>): number {
  const [quiet, signed] = [runs.get('quiet'), runs.get('signed')];
  if (quiet === undefined || signed?.storm === undefined) throw new BenchError('no storm to compare with');
  const rate = signed.storm.sent / signed.storm.seconds;
  const seconds = signed.asked / QUERIES_A_SECOND;
  return Math.round((1e6 * (signed.cpuSeconds - quiet.cpuSeconds)) / (rate * seconds));
}

async function until(child: Child, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    if (child.hasEnded() && !isSo()) throw new BenchError(`it ended at once: ${child.lastWords()}`);
    await sleep(POLL_MS);
  }
}
