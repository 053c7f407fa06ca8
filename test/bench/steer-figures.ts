import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { messageOf } from '../../src/base/errors.ts';
import { parseReply } from './ask.ts';
import { Asker } from './asker.ts';
import { flood } from './flood.ts';
import type { PartOptions, Skipped } from './part.ts';
import { memoryOctets } from './proc.ts';
import { geoSettings, type SteeredKind, steeredLines, steeredWaypost } from './servers/steered.ts';
import { waypost } from './servers/waypost.ts';
import { type Load, measureWith, type Session, together } from './session.ts';
import { median } from './statistics.ts';
import { compileOnThread, questions, type SteerLoad, take } from './steer-load.ts';
import { composeClientQuestion, drawClients, writeQuestions } from './steer-queries.ts';
import { openSteered } from './steer-session.ts';
import { SITES, type Site, STEERED_NAME } from './steer-sites.ts';
import { UpdateSigner } from './update-messages.ts';
import { BenchError, type Workshop } from './workshop.ts';
import { addressesAt, ORIGIN, seededRandom } from './zone.ts';

/** Waypost's other figures of the part "steer"; `undefined` where one could not be had. */
export interface SteerFigures {
  readonly compiled:
    | {
        /** CPU time of the thread. */
        readonly cpuSeconds: number;
        readonly sourceOctets: number;
        readonly tablesOctets: number;
      }
    | undefined;
  /** Seconds from the start of the process to the first right steered answer. */
  readonly firstStart: number | undefined;
  readonly keptStart: number | undefined;
  readonly policyChange:
    | {
        /** Milliseconds from sending an UPDATE of the policy to the last of all ports' answers that show it. */
        readonly medianMs: number;
        readonly highestMs: number;
        /** The same from the acknowledgement. */
        readonly highestAfterMs: number;
        readonly changes: number;
      }
    | undefined;
  readonly manyNames:
    | {
        readonly beforeOctets: number;
        readonly highestOctets: number;
        readonly answeredPerCpuSecond: number;
      }
    | undefined;
  readonly skipped: readonly Skipped[];
}

/** What the figures are taken with. */
export interface FigureSetting {
  readonly workshop: Workshop;
  readonly options: PartOptions;
  /** The flood asker. */
  readonly program: string;
  readonly load: Load;
  readonly steer: SteerLoad;
  /** The databases as they were given. */
  readonly files: readonly string[];
  readonly ipv6Share: number;
}

/** Query threads of the server under test: answers depend on no one of them. */
const THREADS = 2;
const CHANGES = 40;
/** Questions asked meanwhile, a second: enough to keep every table in use, few enough to leave a CPU now and then. */
const BACKGROUND_RATE = 10_000;
/** Source ports, which the kernel spreads over the threads. */
const PORTS = 32;
const TIMEOUT_MS = 2_000;
const PATIENCE_MS = 5_000;
const POLICIES = ['rank=distance', 'rank=distance need=12'] as const;

const MANY = 1_000;
const MEMBERS = 12;
const MANY_QUESTIONS = 500_000;

/** Compiling, starting, changing a policy, a thousand policies. Each that fails is left out, with its reason. */
export async function measureFigures(setting: FigureSetting): Promise<SteerFigures> {
  const skipped: Skipped[] = [];
  const attempt = async <T>(what: string, measure: () => Promise<T>): Promise<T | undefined> => {
    setting.options.progress(`steer: ${what}`);
    try {
      return await measure();
    } catch (error) {
      skipped.push({ name: what, reason: messageOf(error) });
      return undefined;
    }
  };
  const compiled = await attempt('compiling', () => compiling(setting));
  const starts = await attempt('starting with kept tables', () => starting(setting));
  const policyChange = await attempt('changing a policy', () => changing(setting, starts?.directory));
  const manyNames = await attempt('a thousand steered names', () => manySteered(setting));
  return {
    compiled,
    firstStart: starts?.first,
    keptStart: starts?.kept,
    policyChange,
    manyNames,
    skipped,
  };
}

async function compiling({ files, steer }: FigureSetting): Promise<NonNullable<SteerFigures['compiled']>> {
  const { cpuSeconds, sourceOctets, memory } = await compileOnThread(files.length > 0 ? files : [steer.city]);
  return { cpuSeconds, sourceOctets, tablesOctets: memory.byteLength };
}

/** The median of some starts with the tables that the first one left. */
async function starting(setting: FigureSetting): Promise<{
  readonly first: number;
  readonly kept: number;
  readonly directory: string;
}> {
  const { workshop, options, load, steer } = setting;
  const kind = steeredWaypost(steer.city, THREADS);
  const first = await openSteered(workshop, kind, load, steer, together());
  await first.child.stop();
  const kept: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const session = await openSteered(workshop, kind, load, steer, together(), first.directory);
    await session.child.stop();
    kept.push(session.steeredSeconds);
  }
  return { first: first.steeredSeconds, kept: median(kept), directory: first.directory };
}

// --- a policy is changed ---

/** `directory`: of a server that has kept its tables. */
async function changing(
  setting: FigureSetting,
  directory: string | undefined,
): Promise<NonNullable<SteerFigures['policyChange']>> {
  const { workshop, load, steer } = setting;
  const kind = steeredWaypost(steer.city, THREADS);
  const takesUpdates = { ...load, takesUpdates: true };
  const session = await openSteered(workshop, kind, takesUpdates, steer, together(), directory);
  const askers = await Promise.all(Array.from({ length: PORTS }, () => Asker.open(session.port)));
  try {
    const background = flooded(setting, session, 8);
    const changes: { readonly allMs: number; readonly afterMs: number }[] = [];
    for (let i = 0; i < CHANGES; i++) changes.push(await oneChange(askers, steer, i));
    await background;
    const all = changes.map(({ allMs }) => allMs);
    return {
      medianMs: median(all),
      highestMs: Math.max(...all),
      highestAfterMs: Math.max(...changes.map(({ afterMs }) => afterMs)),
      changes: CHANGES,
    };
  } finally {
    for (const asker of askers) asker.close();
    await session.child.stop();
  }
}

function flooded(
  { workshop, program, steer }: FigureSetting,
  { port }: Session,
  seconds: number,
): Promise<unknown> {
  const background = flood(
    workshop,
    program,
    { port, questionFile: steer.steeredFile, seconds, rate: BACKGROUND_RATE },
    undefined,
  );
  background.catch(() => undefined); // it is awaited later
  return background;
}

/** Turns the policy to the other one, and asks from every port until it is seen there. */
async function oneChange(
  askers: readonly Asker[],
  steer: SteerLoad,
  index: number,
): Promise<{ readonly allMs: number; readonly afterMs: number }> {
  const [from, to] = index % 2 === 0 ? POLICIES : ([POLICIES[1], POLICIES[0]] as const);
  const isNew = (addresses: number): boolean => (addresses === SITES.length) === (to === POLICIES[1]);
  const update = new UpdateSigner().signText(index, `_steer.${STEERED_NAME}`, from, to, Date.now() / 1000);
  const sentMs = performance.now();
  const acknowledged = askers[0]?.ask(update, TIMEOUT_MS).then((reply) => {
    const rcode = reply === undefined ? undefined : (reply[3] ?? 0) & 15;
    if (rcode !== 0) throw new BenchError(`the policy's UPDATE was answered with RCODE ${rcode ?? '–'}`);
    return performance.now();
  });
  const seen = askers.map(async (asker, port) => {
    for (let id = 1000 + port * 100; performance.now() - sentMs < PATIENCE_MS; id++) {
      const client = steer.sample[randomInt(steer.sample.length)];
      const reply = await asker.ask(composeClientQuestion(id & 0xffff, STEERED_NAME, client), TIMEOUT_MS);
      if (reply !== undefined && isNew(parseReply(reply)?.addresses.length ?? 0)) return performance.now();
    }
    throw new BenchError(`a policy was not in force after ${PATIENCE_MS / 1000} s`);
  });
  const [lastMs, acknowledgedMs] = [Math.max(...(await Promise.all(seen))), await acknowledged];
  return { allMs: lastMs - sentMs, afterMs: Math.max(0, lastMs - (acknowledgedMs ?? sentMs)) };
}

// --- a thousand names ---

async function manySteered(setting: FigureSetting): Promise<NonNullable<SteerFigures['manyNames']>> {
  const { workshop, options, program, load, steer, ipv6Share } = setting;
  const kind: SteeredKind = {
    ...steeredWaypost(steer.city, THREADS),
    ...waypost(THREADS, 'waypost', [], {
      lines: () => `${steeredLines()}${manyLines()}`,
      settings: geoSettings(steer.city),
    }),
  };
  const session = await openSteered(workshop, kind, load, steer, together());
  try {
    const questionFile = `${steer.steeredFile}.many`;
    const random = seededRandom(3);
    const clients = take(drawClients(steer.tables, ipv6Share, 3), MANY_QUESTIONS);
    writeQuestions(
      questionFile,
      questions(() => `s${Math.floor(random() * MANY)}.${ORIGIN}`, clients),
    );
    const pids = session.child.pids();
    const beforeOctets = memoryOctets(pids, 'VmRSS');
    const seconds = 2 * options.seconds;
    const run = await measureWith(session, () =>
      flood(workshop, program, { port: session.port, questionFile, seconds }, undefined),
    );
    return {
      beforeOctets,
      highestOctets: memoryOctets(pids, 'VmHWM'),
      answeredPerCpuSecond: run.answeredPerCpuSecond,
    };
  } finally {
    await session.child.stop();
  }
}

/** Names `s0` to `s999`, each with members of its own at places of their own. */
function manyLines(): string {
  const random = seededRandom(2);
  return Array.from({ length: MANY }, (_, i) => {
    const addresses = addressesAt(i, { names: MANY, addressesPerName: MEMBERS });
    const sites = addresses.map((address): Site => {
      const [latitude, longitude] = [random() * 115 - 50, random() * 360 - 180].map(
        (degrees) => Math.round(degrees * 10_000) / 10_000,
      );
      return { name: '', city: '', country: '', latitude: latitude ?? 0, longitude: longitude ?? 0, address };
    });
    return steeredLines(`s${i}`, sites);
  }).join('');
}
