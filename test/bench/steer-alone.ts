import { imageOf } from '../support/answering.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { answerAlone } from './part-threads.ts';
import { steeredLines } from './servers/steered.ts';
import { median } from './statistics.ts';
import { questions, type SteerLoad, take } from './steer-load.ts';
import { drawClients } from './steer-queries.ts';
import { SITES } from './steer-sites.ts';
import { ORIGIN } from './zone.ts';

/** What is answered, without any socket. */
export const ALONE_CASES = [
  { name: 'plain', what: 'plain rotation, no client', asksWithClient: false },
  { name: 'plain', what: 'plain rotation, random clients', asksWithClient: true },
  { name: 'any', what: 'steered without rank, random clients', asksWithClient: true },
  { name: 'near', what: '`rank=distance`, random clients', asksWithClient: true },
] as const;

/** CPU nanoseconds per answer for each of {@link ALONE_CASES}, by round. */
export interface AloneReport {
  readonly rounds: readonly (readonly number[])[];
}

const QUESTIONS = 100_000;
const ANSWERS = 1_000_000;

/** What a steered answer costs beside a plain one: one thread, one image, the same clients. */
export async function measureAlone(
  { tables }: SteerLoad,
  ipv6Share: number,
  rounds: number,
): Promise<AloneReport> {
  const sets = [steeredLines('any', SITES, 'order=rotate take=4'), steeredLines('near')];
  const plain = SITES.slice(0, 4).map(({ address }) => `plain 300 IN A ${address}\n`);
  const zone = memoryZone(
    ORIGIN,
    `@ 300 IN SOA ns hostmaster 1 3600 600 86400 60\n@ 300 IN NS ns\nns 300 IN A 192.0.2.53\n${plain.join('')}${sets.join('')}`,
  );
  const { memory } = imageOf([zone]);
  const clients = [...take(drawClients(tables, ipv6Share, 5), QUESTIONS)];
  const found: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    const costs: number[] = [];
    for (const { name, asksWithClient } of ALONE_CASES) {
      const asked = asksWithClient ? clients : clients.map(() => undefined);
      const queries = [...questions(() => `${name}.${ORIGIN}`, asked)];
      costs.push(await answerAlone({ memory, geo: tables.memory, queries, answers: ANSWERS }, 1));
    }
    found.push(costs);
  }
  return { rounds: found };
}

/** Medians, in the order of {@link ALONE_CASES}. */
export function aloneMedians({ rounds }: AloneReport): readonly number[] {
  return ALONE_CASES.map((_, i) => median(rounds.map((costs) => costs[i] ?? Number.NaN)));
}
