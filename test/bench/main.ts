/** `make bench`: Waypost beside the name servers that are installed here. See README.md in test/bench/. */
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';
import type { PartOptions, Skipped } from './part.ts';
import { measureFresh, showFresh } from './part-fresh.ts';
import { measureHeap, showHeap } from './part-heap.ts';
import { measurePull, type PullOptions, showPull } from './part-pull.ts';
import { measureServers, showServers } from './part-servers.ts';
import { measureSizes, showSizes } from './part-sizes.ts';
import { measureSteer, type SteerOptions } from './part-steer.ts';
import { measureStorm } from './part-storm.ts';
import { measureThreads, showThreads } from './part-threads.ts';
import { measureUpdates, showUpdates } from './part-updates.ts';
import { SERVER_KINDS, WAYPOST_TWO } from './servers/all.ts';
import { showSteer } from './steer-tables.ts';
import { showStorm } from './storm-tables.ts';
import { BenchError, isInstalled, versionOf, Workshop } from './workshop.ts';

const PARTS = ['servers', 'threads', 'sizes', 'heap', 'updates', 'fresh', 'storm', 'steer', 'pull'] as const;
const HELP = `node dist/test/bench/main.js [options]

  --part NAME                     what to measure: ${PARTS.join(', ')} (default all)
  --rounds N                      turns that every server gets (default 3)
  --seconds S                     length of one measured run (default 5)
  --only a,b                      these servers: ${[...SERVER_KINDS, WAYPOST_TWO].map(({ name }) => name).join(', ')}
  --sizes N,N                     names per zone in the part "sizes" (default 1000,100000,1000000)
  --heap-queries N                questions in the part "heap" (default 10000000)
  --update-sizes N,N              names per zone in the part "updates", Waypost alone (default 1000,1000000)
  --fresh-rounds N                updates and questions in the part "fresh" (default 10000)
  --city FILE[,FILE]              city databases for the part "steer" (MMDB); without, one is made up
  --ipv6 PERCENT                  of its clients that have IPv6 (default 20)
  --kills N                       hosts killed in the part "pull" (default 12)
  --minutes M                     in so many minutes (default 0.5)
  --json FILE                     every figure of every round as JSON
`;

interface Options extends PartOptions {
  readonly parts: ReadonlySet<string>;
  readonly sizes: readonly number[];
  readonly heapQueries: number;
  readonly updateSizes: readonly number[];
  readonly freshRounds: number;
  readonly steer: SteerOptions;
  readonly pull: PullOptions;
  readonly json: string | undefined;
}

const startedMs = performance.now();
try {
  const options = readOptions();
  if (options !== undefined) await bench(options);
} catch (error) {
  console.error(`bench: ${messageOf(error)}`);
  process.exitCode = 1;
}

async function bench(options: Options): Promise<void> {
  const machine = `${cpus()[0]?.model ?? '?'}, ${cpus().length} CPUs, Linux ${release()}, Node ${process.versions.node}`;
  if (!isInstalled('dnsperf')) {
    console.log("Nothing measured: dnsperf is not installed (Debian: 'apt-get install dnsperf').");
    return;
  }
  const workshop = new Workshop();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      workshop.close();
      process.exit(130);
    });
  }
  const skipped: Skipped[] = [];
  const figures: Record<string, unknown> = { machine, rounds: options.rounds, seconds: options.seconds };
  console.log(
    `${machine}, dnsperf ${versionOf(['dnsperf', '-h'])}; ${options.rounds} rounds of ${options.seconds} s`,
  );
  const finish = (part: string, report: { readonly skipped: readonly Skipped[] }, text: string): void => {
    figures[part] = report;
    skipped.push(...report.skipped.map(({ name, reason }) => ({ name: `${part}: ${name}`, reason })));
    if (text !== '') console.log(`\n${text}`);
  };
  try {
    if (options.parts.has('servers')) {
      const report = await measureServers(workshop, options);
      finish('servers', report, showServers(report));
    }
    if (options.parts.has('threads')) {
      const report = await measureThreads(options.rounds, options.progress);
      finish('threads', { ...report, skipped: [] }, showThreads(report));
    }
    if (options.parts.has('sizes')) {
      const report = await measureSizes(workshop, options, options.sizes);
      finish('sizes', report, showSizes(report));
    }
    if (options.parts.has('heap')) {
      const report = await measureHeap(workshop, options, options.heapQueries);
      finish('heap', report, showHeap(report));
    }
    if (options.parts.has('updates')) {
      const report = await measureUpdates(workshop, options, options.updateSizes);
      finish('updates', report, showUpdates(report));
    }
    if (options.parts.has('fresh')) {
      const report = await measureFresh(workshop, options, options.freshRounds);
      finish('fresh', report, showFresh(report));
    }
    if (options.parts.has('storm')) {
      const report = await measureStorm(workshop, options);
      finish('storm', report, showStorm(report));
    }
    if (options.parts.has('steer')) {
      const report = await measureSteer(workshop, options, options.steer);
      finish('steer', report, showSteer(report));
    }
    if (options.parts.has('pull')) {
      const report = await measurePull(workshop, options, options.pull);
      finish('pull', report, showPull(report));
    }
  } finally {
    workshop.close();
  }
  if (skipped.length > 0) console.log('\nNot measured:');
  for (const { name, reason } of skipped) console.log(`- ${name}: ${reason}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
}

/** The command line; `undefined` when only help was wanted. Throws on what it does not know. */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', default: 'all' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      only: { type: 'string' },
      sizes: { type: 'string', default: '1000,100000,1000000' },
      'heap-queries': { type: 'string', default: '10000000' },
      'update-sizes': { type: 'string', default: '1000,1000000' },
      'fresh-rounds': { type: 'string', default: '10000' },
      city: { type: 'string', default: process.env['WAYPOST_BENCH_CITY'] ?? '' },
      ipv6: { type: 'string', default: '20' },
      kills: { type: 'string', default: '12' },
      minutes: { type: 'string', default: '0.5' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  const part = PARTS.find((known) => known === values.part);
  if (part === undefined && values.part !== 'all') {
    throw new BenchError(`--part ${values.part}: say one of ${PARTS.join(', ')}, all`);
  }
  const only = values.only?.split(',');
  const known = new Set([...SERVER_KINDS, WAYPOST_TWO].map(({ name }) => name));
  for (const name of only ?? []) {
    if (!known.has(name)) throw new BenchError(`--only ${name}: the servers are ${[...known].join(', ')}`);
  }
  return {
    parts: new Set(part === undefined ? PARTS : [part]),
    rounds: wholeNumber('--rounds', values.rounds),
    seconds: wholeNumber('--seconds', values.seconds),
    only: only === undefined ? undefined : new Set(only),
    sizes: values.sizes.split(',').map((size) => wholeNumber('--sizes', size)),
    heapQueries: wholeNumber('--heap-queries', values['heap-queries']),
    updateSizes: values['update-sizes'].split(',').map((size) => wholeNumber('--update-sizes', size)),
    freshRounds: wholeNumber('--fresh-rounds', values['fresh-rounds']),
    steer: {
      files: values.city === '' ? [] : values.city.split(',').map((file) => resolve(file)),
      ipv6Percent: percent('--ipv6', values.ipv6),
    },
    pull: { kills: wholeNumber('--kills', values.kills), minutes: minutes(values.minutes) },
    json: values.json,
    progress: (line) =>
      console.error(`[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s] ${line}`),
  };
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1440))
    throw new BenchError(`--minutes ${text}: say a number above 0, at most 1440`);
  return value;
}

function percent(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 100) {
    throw new BenchError(`${option} ${text}: say a whole number from 0 to 100`);
  }
  return value;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new BenchError(`${option} ${text}: say a whole number above 0`);
  return value;
}
