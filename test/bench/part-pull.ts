import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/base/errors.ts';
import { type PartOptions, prepareLoad, type Skipped, wanted } from './part.ts';
import { DiskProbe } from './pull-disk.ts';
import {
  type AnswerRun,
  type Detection,
  type KillTimes,
  percentile,
  timesOf,
  type Violations,
  violationsOf,
} from './pull-figures.ts';
import { HOSTS, PullHosts } from './pull-hosts.ts';
import { nowUs, PullRelay } from './pull-relay.ts';
import { WAYPOST_TWO } from './servers/all.ts';
import { PROGRAM, waypost, waypostStatus } from './servers/waypost.ts';
import { open, type Session, together } from './session.ts';
import { threadsOf } from './status.ts';
import { showCount, showFixed, showTable } from './table.ts';
import { UPDATE_KEY } from './update-messages.ts';
import { BenchError, type Child, isInstalled, type Workshop } from './workshop.ts';
import { ORIGIN } from './zone.ts';

/** How much the part does. */
export interface PullOptions {
  readonly kills: number;
  readonly minutes: number;
}

/** All figures of the part "pull". */
export interface PullReport {
  readonly kills: readonly KillTimes[];
  readonly violations: Violations | undefined;
  /** Milliseconds that writing and syncing 8 KiB beside the server took, twice a second. */
  readonly diskMs: readonly number[];
  readonly seconds: number;
  readonly asked: number;
  readonly answered: number;
  readonly answeredByThread: readonly number[];
  readonly skipped: readonly Skipped[];
}

/** What the asker counted. */
interface Asked {
  readonly asked: number;
  readonly answered: number;
  readonly seconds: number;
  /** Lines that it did not write, since there were too many. */
  readonly left: number;
}

/** Questions offered; all are for the one name. */
export const QUERIES_A_SECOND = 20_000;
/** Source ports of the questions: the kernel spreads them over the threads. */
const PORTS = 16;
const REFERENCES = 2;
const TTL = 10;
const NAME = `pool.${ORIGIN}`;
const START_TIMEOUT_MS = 15_000;
const MARGIN_MS = 1_000;
const POLL_MS = 50;
/** The source stays in test/; only TypeScript goes to dist/. */
const SOURCE = fileURLToPath(new URL('../../../test/bench/pull-asker.c', import.meta.url));
/** Times that must not be passed, milliseconds. */
const CLEAN_AFTER_KILL = { part: 0.95, ms: 1_500 };
const CLEAN_AFTER_UPDATE = { part: 0.99, ms: 10 };

/** Hosts are killed and revived at random while a monitor watches them and every answer is looked at. */
export async function measurePull(
  workshop: Workshop,
  options: PartOptions,
  pull: PullOptions,
): Promise<PullReport> {
  const nothing = {
    kills: [],
    violations: undefined,
    diskMs: [],
    seconds: 0,
    asked: 0,
    answered: 0,
    answeredByThread: [],
  };
  if (!wanted(options, WAYPOST_TWO)) return { ...nothing, skipped: [] };
  const skip = (reason: string): PullReport => ({
    ...nothing,
    skipped: [{ name: WAYPOST_TWO.name, reason }],
  });
  if (!isInstalled('cc')) return skip('no C compiler (cc) for the asker and the hosts');
  options.progress(`pull: ${pull.kills} kills in ${pull.minutes} minutes`);
  try {
    return await run(workshop, options, pull);
  } catch (error) {
    return skip(messageOf(error));
  }
}

/** The report as tables for people; empty when nothing was measured. */
export function showPull(report: PullReport): string {
  const { kills, violations, seconds, asked, answered, answeredByThread } = report;
  if (violations === undefined) return '';
  const values = (key: Exclude<keyof KillTimes, 'host'>): readonly number[] =>
    kills.map((times) => times[key] ?? Number.POSITIVE_INFINITY);
  const row = (title: string, key: Exclude<keyof KillTimes, 'host'>, decimals: number, target = '') => [
    title,
    ...quantiles(values(key), decimals),
    target,
  ];
  const judge = ({ part, ms }: typeof CLEAN_AFTER_KILL, key: Exclude<keyof KillTimes, 'host'>): string =>
    `${ms} at ${100 * part}th: ${percentile(values(key), part) <= ms ? 'met' : 'MISSED'}`;
  const times = showTable(
    ['milliseconds', 'median', '95th', '99th', 'worst', 'target'],
    [
      row('kill → the monitor says down', 'killToDetected', 0),
      row('kill → update durable (acknowledged)', 'killToDurable', 0),
      row('kill → every thread answers without it', 'killToClean', 0, judge(CLEAN_AFTER_KILL, 'killToClean')),
      row('update sent → acknowledged', 'updateToDurable', 2),
      row(
        'update sent → every thread answers without it',
        'updateToClean',
        2,
        judge(CLEAN_AFTER_UPDATE, 'updateToClean'),
      ),
      row('acknowledged → every thread answers without it', 'durableToClean', 2),
      ['(8 KiB written and synced by another process)', ...quantiles(report.diskMs, 2), ''],
      row(`kill → gone from every cache (TTL ${TTL} s)`, 'killToUncached', 0),
    ],
  );
  const none = (count: number): string => (count === 0 ? 'none' : `${count}, MISSED`);
  const counts = showTable(
    ['over the whole run', 'count'],
    [
      ['kills', `${kills.length}`],
      ['seconds', showFixed(seconds, 0)],
      ['questions asked', showCount(asked)],
      ['answers, all looked at', showCount(answered)],
      ['answers a second', showCount(answered / seconds)],
      ['by thread', answeredByThread.map(showCount).join(', ')],
      ['with a pulled host, asked after the acknowledgement', none(violations.pulled)],
      ['without a host that is alive', none(violations.lifeless)],
      ['pulls of hosts that were alive', `${violations.wrongPulls}`],
    ],
  );
  return `## Time to pull, two query threads\n\n${times}\n\n${counts}`;
}

function quantiles(values: readonly number[], decimals: number): readonly string[] {
  return [0.5, 0.95, 0.99, 1].map((part) => showFixed(percentile(values, part), decimals));
}

// --- the run ---

async function run(workshop: Workshop, options: PartOptions, pull: PullOptions): Promise<PullReport> {
  const directory = workshop.newDirectory('pull');
  const asker = join(directory, 'pull-asker');
  await workshop.run(['cc', '-O2', '-Wall', '-o', asker, SOURCE], directory);
  const load = prepareLoad(workshop, { names: 1, addressesPerName: 1 }, 1);
  const kind = waypost(2, WAYPOST_TWO.name, [], { lines: poolLines, settings: SETTINGS });
  const session = await open(workshop, kind, load, together());
  const relay = await PullRelay.open(session.port);
  const hosts = await PullHosts.start(workshop, REFERENCES);
  const children: Child[] = [];
  try {
    writeFileSync(join(directory, 'monitor.toml'), monitorConfig(relay, hosts), { mode: 0o600 });
    const monitor = workshop.launch(
      [process.execPath, PROGRAM, 'monitor', '-c', 'monitor.toml', '--plain'],
      directory,
      undefined,
    );
    children.push(monitor);
    await untilAllUp(monitor);
    const answeredBefore = answeredBy(session);
    const argv = [asker, `${session.port}`, `${QUERIES_A_SECOND}`, `${PORTS}`, NAME];
    const asking = workshop.launch(argv, workshop.newDirectory('asker'), undefined);
    children.push(asking);
    await sleep(MARGIN_MS);
    const disk = await DiskProbe.start(directory);
    await hosts.killAtRandom(pull.kills, 60 * pull.minutes, relay);
    const diskMs = await disk.stop();
    await sleep(MARGIN_MS);
    for (const child of [session.child, monitor, asking]) {
      if (child.hasEnded()) throw new BenchError(`it ended: ${child.lastWords()}`);
    }
    await asking.stop();
    const answeredByThread = answeredBy(session).map((count, i) => count - (answeredBefore[i] ?? 0));
    const { runs, asked } = readAsker(asking.printed());
    options.progress(`pull: ${runs.length} runs of answers`);
    const { kills } = hosts;
    const { changes } = relay;
    const record = { kills, changes, detections: detectionsIn(monitor.printed()), runs, hosts: HOSTS };
    return {
      ...asked,
      kills: timesOf(record),
      violations: violationsOf(record),
      diskMs,
      answeredByThread,
      skipped: [],
    };
  } finally {
    for (const child of children) await child.stop();
    relay.close();
    await hosts.stop();
    await session.child.stop();
  }
}

function answeredBy(session: Session): readonly number[] {
  return threadsOf(waypostStatus(session.directory)).map(({ answered }) => answered);
}

async function untilAllUp(monitor: Child): Promise<void> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    if (monitor.hasEnded()) break;
    const up = monitor.printed().match(/ is up"/g)?.length ?? 0;
    if (up >= HOSTS) return;
    await sleep(POLL_MS);
  }
  throw new BenchError(`the monitor does not see all hosts up: ${monitor.lastWords()}`);
}

// --- what was seen ---

/** Throws {@link BenchError} when the account is not whole. */
function readAsker(printed: string): { readonly runs: readonly AnswerRun[]; readonly asked: Asked } {
  const lines = printed.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  if (!last.startsWith('{')) throw new BenchError(`the asker has not ended well: ${last}`);
  const asked: Asked = JSON.parse(last);
  if (asked.left > 0)
    throw new BenchError(`the answers changed too often: ${asked.left} runs were not noted`);
  const runs = lines.map((line): AnswerRun => {
    const [socket = 0, mask = 0, count = 0, firstSentUs = 0, lastSentUs = 0, ...rest] = line
      .split(' ')
      .map(Number);
    const [firstReceivedUs = 0, lastReceivedUs = 0, ttl = 0] = rest;
    return { socket, mask, count, firstSentUs, lastSentUs, firstReceivedUs, lastReceivedUs, ttl };
  });
  return { runs, asked };
}

/** The lines of the monitor's log (JSON) that say that a host is down. */
function detectionsIn(printed: string): readonly Detection[] {
  const aheadUs = 1000 * Date.now() - nowUs();
  return printed.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { msg, time }: { msg?: unknown; time?: unknown } = JSON.parse(line);
    const host = /192\.0\.2\.(\d+) of \S+ is down$/.exec(String(msg))?.[1];
    return host === undefined ? [] : [{ host: Number(host), atUs: 1000 * Number(time) - aheadUs }];
  });
}

// --- configuration ---

const SETTINGS = `
[geo]
databases = []
[keys."${UPDATE_KEY.name}."]
algorithm = "${UPDATE_KEY.algorithm}"
secret = "${UPDATE_KEY.secret}"
[zone."${ORIGIN}"]
update = [{ key = "${UPDATE_KEY.name}.", names = ["pool"], action = "judge" }]
transfer = [{ key = "${UPDATE_KEY.name}.", view = "raw" }]
`;

function poolLines(): string {
  const members = Array.from({ length: HOSTS }, (_, i) => `pool ${TTL} A 192.0.2.${i + 1}\n`);
  return `${members.join('')}_steer.pool ${TTL} TXT "quorum=1"\n`;
}

/** The values of issue 5: a host that dies is noticed by two failures, the second one 200 ms after the first. */
function monitorConfig(relay: PullRelay, hosts: PullHosts): string {
  const members = Array.from({ length: HOSTS }, (_, i) => `192.0.2.${i + 1}`);
  const lines = members.map((member, i) => {
    const { address, port } = hosts.endpoint(i + 1);
    return `member."${member}" = { address = "${address}", port = ${port} }`;
  });
  const references = Array.from({ length: REFERENCES }, (_, i) => {
    const { address, port } = hosts.endpoint(HOSTS + i + 1);
    return `[reference.r${i}]\naddress = "${address}"\nport = ${port}\nprobe = "web"`;
  });
  return `report.listen = "127.0.0.1:0"
damping.suppress = 1000000 # hosts that flap are what is wanted here
[log]
format = "json"
[keys."${UPDATE_KEY.name}."]
algorithm = "${UPDATE_KEY.algorithm}"
secret = "${UPDATE_KEY.secret}"
[zone."${ORIGIN}"]
servers = ["127.0.0.1:${relay.port}"]
key = "${UPDATE_KEY.name}."
action = "judge"
lease = "1min"
probes = ["web"]
[probe.web]
interval = "1s"
window = 3
threshold = 2
fast = "200ms"
timeout = "500ms"
${references.join('\n')}
[name."${NAME}"]
members = [${members.map((member) => `"${member}"`).join(', ')}]
${lines.join('\n')}
`;
}
