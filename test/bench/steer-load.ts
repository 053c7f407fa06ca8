import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { GeoTables } from '../../src/geo/tables.ts';
import type { CompileReport, CompileStart } from './steer-compile.ts';
import { type Client, composeClientQuestion, drawClients, writeQuestions } from './steer-queries.ts';
import { CHECKED_SITES, metresToSites, SITES, STEERED_NAME } from './steer-sites.ts';
import { BenchError, type Workshop } from './workshop.ts';
import { nameAt, seededRandom } from './zone.ts';

/** A city database that all servers read, and what is drawn from it. */
export interface SteerLoad {
  /** In MaxMind's City schema. */
  readonly city: string;
  /** What Waypost compiles of `city`. */
  readonly tables: GeoTables;
  /** For the steered name, each from another client. */
  readonly steeredFile: string;
  /** For names with four plain records, of the same clients. */
  readonly plainClientsFile: string;
  /** For the same names, without a client: as the part "servers" asks. */
  readonly plainFile: string;
  /** For each of {@link CHECKED_SITES} a client in that city. */
  readonly checked: readonly Client[];
  /** Some of the clients that are drawn. */
  readonly sample: readonly Client[];
}

/** Clients drawn; each asks once in a pass. */
export const QUESTIONS = 500_000;
const SAMPLE = 500;
const SEED = 4711;
/** Clients this near a city are to be sent there; the next site is farther from all of them. */
const IN_CITY_METRES = 300_000;
/** Clients drawn until one in each city must have been among them. */
const MOST_DRAWN = 2_000_000;

const DATABASE = fileURLToPath(new URL('./steer-database.js', import.meta.url));
const COMPILER = new URL('./steer-compile.js', import.meta.url);

/** Makes the database from `files` (none: a made-up one) and draws half a million clients from it. */
export async function prepareSteerLoad(
  workshop: Workshop,
  files: readonly string[],
  ipv6Share: number,
  names: number,
): Promise<SteerLoad> {
  const directory = workshop.newDirectory('steer');
  const city = join(directory, 'city.mmdb');
  await workshop.run([process.execPath, '--max-old-space-size=4096', DATABASE, city, ...files], directory);
  const tables = new GeoTables((await compileOnThread([city])).memory);
  const load = {
    city,
    tables,
    steeredFile: join(directory, 'steered.bin'),
    plainClientsFile: join(directory, 'plain-clients.bin'),
    plainFile: join(directory, 'plain.bin'),
  };
  const clients = (): Iterable<Client> => take(drawClients(tables, ipv6Share, SEED), QUESTIONS);
  writeQuestions(
    load.steeredFile,
    questions(() => STEERED_NAME, clients()),
  );
  const anyName = (): (() => string) => {
    const random = seededRandom(1);
    return () => nameAt(Math.floor(random() * names));
  };
  writeQuestions(load.plainClientsFile, questions(anyName(), clients()));
  writeQuestions(load.plainFile, questions(anyName(), take(noClients(), QUESTIONS)));
  return {
    ...load,
    checked: clientsInCities(tables),
    sample: [...take(drawClients(tables, ipv6Share, SEED), SAMPLE)],
  };
}

/** Compiles databases on a thread of their own, as the server does. */
export function compileOnThread(paths: readonly string[]): Promise<CompileReport> {
  const start: CompileStart = { paths };
  return new Promise((resolve, reject) => {
    const worker = new Worker(COMPILER, { workerData: start });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** The first so many of something without end. */
export function* take<T>(all: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const one of all) {
    if (left-- <= 0) return;
    yield one;
  }
}

/** Questions for names as they are drawn, one for each client. */
export function* questions(name: () => string, clients: Iterable<Client | undefined>): Generator<Uint8Array> {
  for (const client of clients) yield composeClientQuestion(0, name(), client);
}

function* noClients(): Generator<undefined> {
  while (true) yield undefined;
}

function clientsInCities(tables: GeoTables): readonly Client[] {
  const found = new Map<string, Client>();
  for (const client of take(drawClients(tables, 0, SEED + 1), MOST_DRAWN)) {
    const metres = metresToSites(client.latitude, client.longitude);
    const least = Math.min(...metres);
    const site = SITES[metres.indexOf(least)];
    if (least > IN_CITY_METRES || site === undefined || client.country === undefined) continue;
    if (!found.has(site.name) && CHECKED_SITES.includes(site)) found.set(site.name, client);
    if (found.size === CHECKED_SITES.length) break;
  }
  return CHECKED_SITES.map(({ name, city }) => {
    const client = found.get(name);
    if (client === undefined) throw new BenchError(`the database knows no network in ${city}`);
    return client;
  });
}
