import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, isRight } from './ask.ts';
import { dnsperf, type Extent } from './dnsperf.ts';
import { cpuSeconds, memoryOctets } from './proc.ts';
import type { ServerKind } from './servers/server-kind.ts';
import { BenchError, type Child, freePort, isInstalled, type Workshop } from './workshop.ts';
import { addressesAt, nameAt, type ZoneShape } from './zone.ts';

/** The zone that a server is to serve and the questions it is to be asked. */
export interface Load {
  readonly shape: ZoneShape;
  readonly zoneFile: string;
  readonly queryFile: string;
  /** Whether servers take updates of the zone; default false. */
  readonly takesUpdates?: boolean;
}

/** Which CPUs the server and dnsperf are bound to (`taskset` lists); `undefined` leaves them to the kernel. */
export interface Placement {
  readonly server: string | undefined;
  readonly dnsperf: string | undefined;
}

/** A server that has given a right answer. */
export interface Session {
  readonly kind: ServerKind;
  readonly directory: string;
  readonly port: number;
  readonly child: Child;
  readonly load: Load;
  readonly placement: Placement;
  /** Seconds from the start of the process to its first right answer. */
  readonly readySeconds: number;
  /** CPU seconds it had used by then. */
  readonly readyCpuSeconds: number;
}

/** One measured run. */
export interface Measurement {
  readonly answered: number;
  readonly lost: number;
  readonly wallSeconds: number;
  /** User + system time of all the server's processes and threads. */
  readonly cpuSeconds: number;
  readonly answeredPerCpuSecond: number;
  readonly answeredPerSecond: number;
}

const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 5;
const ASK_TIMEOUT_MS = 200;
const ROTATION_QUESTIONS = 64;

/** Server on CPU 0, dnsperf on CPU 1; nothing is bound where there is only one CPU or no `taskset`. */
export function apart(): Placement {
  const can = availableParallelism() >= 2 && isInstalled('taskset');
  return can ? { server: '0', dnsperf: '1' } : { server: undefined, dnsperf: undefined };
}

/** Server on CPUs 0 and 1; dnsperf on 2 and 3 where the machine has them, otherwise on the same two. */
export function shared(): Placement {
  if (!isInstalled('taskset') || availableParallelism() < 2) return { server: undefined, dnsperf: undefined };
  return { server: '0,1', dnsperf: availableParallelism() >= 4 ? '2,3' : '0,1' };
}

/** Server and client wherever the kernel puts them. */
export function together(): Placement {
  return { server: undefined, dnsperf: undefined };
}

/**
 * Starts a server and waits until it answers for the last name of the zone. `directory` is given only for a restart.
 * Throws {@link BenchError} with its last words when it ends or stays wrong; then it has been stopped.
 */
export async function open(
  workshop: Workshop,
  kind: ServerKind,
  load: Load,
  placement: Placement,
  directory = workshop.newDirectory(kind.name),
): Promise<Session> {
  const port = await freePort();
  let startedMs = performance.now();
  const child = await kind.start({
    directory,
    port,
    zoneFile: load.zoneFile,
    takesUpdates: load.takesUpdates ?? false,
    launch: (argv) => {
      startedMs = performance.now();
      return workshop.launch(argv, directory, placement.server);
    },
    run: (argv) => workshop.run(argv, directory),
  });
  try {
    await untilRight(child, port, kind, load.shape, startedMs);
  } catch (error) {
    await child.stop();
    throw error;
  }
  const readySeconds = (performance.now() - startedMs) / 1000;
  const readyCpuSeconds = cpuSeconds(child.pids());
  return { kind, directory, port, child, load, placement, readySeconds, readyCpuSeconds };
}

/** Asks with dnsperf and counts the server's CPU time meanwhile. */
export function measure(workshop: Workshop, session: Session, extent: Extent): Promise<Measurement> {
  const { port, load, placement } = session;
  return measureWith(session, () => dnsperf(workshop, port, load.queryFile, extent, placement.dnsperf));
}

/** Counts the server's CPU time while `asking` asks. */
export async function measureWith(
  { child }: Session,
  asking: () => Promise<{ readonly answered: number; readonly lost: number; readonly seconds: number }>,
): Promise<Measurement> {
  const pids = child.pids();
  const before = cpuSeconds(pids);
  const result = await asking();
  const used = cpuSeconds(pids) - before;
  if (child.hasEnded()) throw new BenchError(`it ended under load: ${child.lastWords()}`);
  return {
    answered: result.answered,
    lost: result.lost,
    wallSeconds: result.seconds,
    cpuSeconds: used,
    answeredPerCpuSecond: result.answered / used,
    answeredPerSecond: result.answered / result.seconds,
  };
}

/** Whether every address of a name comes first in some of sixty-four answers. */
export async function rotates(session: Session): Promise<boolean> {
  const firsts = new Set<string | undefined>();
  for (let i = 0; i < ROTATION_QUESTIONS; i++) {
    firsts.add((await ask(session.port, nameAt(0), ASK_TIMEOUT_MS))?.addresses[0]);
  }
  return firsts.size === session.load.shape.addressesPerName && !firsts.has(undefined);
}

/** Resident memory after things have settled: read until two readings a half second apart agree within 1 %, at most 5 s. */
export async function settledMemory(session: Session): Promise<number> {
  const pids = session.child.pids();
  let last = memoryOctets(pids, 'VmRSS');
  for (let i = 0; i < 10; i++) {
    await sleep(500);
    const now = memoryOctets(pids, 'VmRSS');
    if (Math.abs(now - last) <= last / 100) return now;
    last = now;
  }
  return last;
}

// --- readiness ---

async function untilRight(
  child: Child,
  port: number,
  kind: ServerKind,
  shape: ZoneShape,
  startedMs: number,
): Promise<void> {
  const index = shape.names - 1;
  const due = addressesAt(index, shape);
  let last = 'no reply';
  while (performance.now() - startedMs < READY_TIMEOUT_MS) {
    const reply = await ask(port, nameAt(index), ASK_TIMEOUT_MS);
    if (kind.ignoresZone ? reply?.addresses.length === due.length : isRight(reply, due)) return;
    if (reply !== undefined) last = `RCODE ${reply.rcode}, ${reply.addresses.length} addresses`;
    if (child.hasEnded()) throw new BenchError(`it ended at once: ${child.lastWords()}`);
    await sleep(READY_POLL_MS);
  }
  throw new BenchError(`no right answer in ${READY_TIMEOUT_MS / 1000} s (${last}): ${child.lastWords()}`);
}
