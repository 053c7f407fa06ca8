import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError, type Workshop } from './workshop.ts';

/** What `flood-asker.c` counted. */
export interface FloodResult {
  readonly answered: number;
  readonly lost: number;
  /** Not NOERROR, or without a record. */
  readonly wrong: number;
  readonly seconds: number;
}

/** What is asked, and how long. */
export interface Flood {
  readonly port: number;
  /** As `writeQuestions` writes it. */
  readonly questionFile: string;
  readonly seconds: number;
  /** Questions a second at most; as fast as answers come if left out. */
  readonly rate?: number;
  /** Ends after so many answers, if that comes first. */
  readonly most?: number;
}

/** As many sockets and questions outstanding as dnsperf is given in the other parts. */
const SOCKETS = 16;
const OUTSTANDING = 200;
/** The source stays in test/; only TypeScript goes to dist/. */
const SOURCE = fileURLToPath(new URL('../../../test/bench/flood-asker.c', import.meta.url));

/** Compiles the asker; returns the program. */
export async function buildFlood(workshop: Workshop): Promise<string> {
  const program = join(workshop.newDirectory('flood'), 'flood-asker');
  await workshop.run(['cc', '-O2', '-Wall', '-o', program, SOURCE], workshop.directory);
  return program;
}

/** Asks 127.0.0.1, bound to `cpus` if given. Throws {@link BenchError} when answers are wrong or there are none. */
export async function flood(
  workshop: Workshop,
  program: string,
  { port, questionFile, seconds, rate = 0, most = 0 }: Flood,
  cpus: string | undefined,
): Promise<FloodResult> {
  const numbers = [SOCKETS, OUTSTANDING, rate, most].map((number) => `${number}`);
  const argv = [program, `${port}`, questionFile, `${seconds}`, ...numbers];
  const result: FloodResult = JSON.parse(await workshop.run(argv, workshop.directory, cpus));
  if (result.wrong > 0)
    throw new BenchError(`${result.wrong} of ${result.answered} answers without a record`);
  if (result.answered === 0) throw new BenchError('no question was answered');
  return result;
}
