// What is computed of a run of the part "pull". Pure. All times are microseconds of one clock; hosts are numbers from 1.

/** A host was killed. */
export interface Kill {
  readonly host: number;
  readonly killedUs: number;
  /** When it answered again; infinite when it never did. */
  readonly revivedUs: number;
}

/** An update that the server has acknowledged. */
export interface PullChange {
  readonly host: number;
  /** Otherwise it puts back. */
  readonly isPull: boolean;
  readonly sentUs: number;
  readonly ackUs: number;
}

/** The monitor has said that a host is down. */
export interface Detection {
  readonly host: number;
  readonly atUs: number;
}

/** Answers at one socket, one after the other, that hold the same hosts. */
export interface AnswerRun {
  readonly socket: number;
  /** Bit n-1 is host n. */
  readonly mask: number;
  readonly count: number;
  readonly firstSentUs: number;
  readonly lastSentUs: number;
  readonly firstReceivedUs: number;
  readonly lastReceivedUs: number;
  /** The highest TTL, seconds. */
  readonly ttl: number;
}

/** All that was seen. Runs in the order of their arrival at each socket. */
export interface PullRecord {
  readonly kills: readonly Kill[];
  readonly changes: readonly PullChange[];
  readonly detections: readonly Detection[];
  readonly runs: readonly AnswerRun[];
  readonly hosts: number;
}

/** One kill, milliseconds; `undefined` where something did not come before the host was back. */
export interface KillTimes {
  readonly host: number;
  readonly killToDetected: number | undefined;
  readonly killToDurable: number | undefined;
  /** To the first answer without it at the last of all sockets. */
  readonly killToClean: number | undefined;
  readonly updateToDurable: number | undefined;
  readonly updateToClean: number | undefined;
  /** Below 0 when the answers are clean before the acknowledgement arrives. */
  readonly durableToClean: number | undefined;
  /** To the end of the TTL in the last answer with it. */
  readonly killToUncached: number | undefined;
}

/** What must never be; answers. */
export interface Violations {
  /** With a pulled host, asked for after the acknowledgement. */
  readonly pulled: number;
  /** Without a host that is alive. */
  readonly lifeless: number;
  /** Pulls of hosts that were alive. */
  readonly wrongPulls: number;
}

/** Times of every kill. */
export function timesOf(record: PullRecord): readonly KillTimes[] {
  const bySocket = groupBySocket(record.runs);
  return record.kills.map((kill) => timesOfKill(record, bySocket, kill));
}

/** Looks at every answer. */
export function violationsOf({ kills, changes, runs, hosts }: PullRecord): Violations {
  let pulled = 0;
  for (const { host, ackUs, untilUs } of pulledSpans(changes)) {
    for (const run of runs) {
      if (holds(run, host) && run.lastSentUs >= ackUs && run.firstReceivedUs <= untilUs) pulled += run.count;
    }
  }
  const lifeless = runs
    .filter((run) => isLifeless(run, kills, hosts))
    .reduce((sum, { count }) => sum + count, 0);
  const wrongPulls = changes.filter(
    ({ isPull, host, sentUs }) =>
      isPull &&
      !kills.some(
        (kill) => kill.host === host && kill.killedUs <= sentUs && sentUs <= kill.revivedUs + GRACE_US,
      ),
  ).length;
  return { pulled, lifeless, wrongPulls };
}

/** The value below which this part of all values lies; NaN for an empty list. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? Number.NaN;
}

/** A lease is renewed, and an update is under way, until the monitor has seen that a host is back. */
const GRACE_US = 5e6;

// --- one kill ---

function timesOfKill(
  { changes, detections }: PullRecord,
  bySocket: ReadonlyMap<number, readonly AnswerRun[]>,
  { host, killedUs, revivedUs }: Kill,
): KillTimes {
  const update = changes.find(
    (change) =>
      change.isPull &&
      change.host === host &&
      change.sentUs >= killedUs &&
      change.sentUs <= revivedUs + GRACE_US,
  );
  const detected = detections.find(
    (detection) => detection.host === host && detection.atUs >= killedUs - 1000,
  );
  const backUs =
    changes.find(
      (change) => !change.isPull && change.host === host && change.sentUs > (update?.ackUs ?? Infinity),
    )?.sentUs ?? Number.POSITIVE_INFINITY;
  let cleanUs: number | undefined = update === undefined ? undefined : 0;
  let uncachedUs = 0;
  for (const runs of bySocket.values()) {
    const last = runs.findLastIndex(
      (run) => holds(run, host) && run.lastReceivedUs >= killedUs && run.firstReceivedUs < backUs,
    );
    const dirty = runs[last];
    const clean = runs[last + 1];
    if (dirty !== undefined) uncachedUs = Math.max(uncachedUs, dirty.lastReceivedUs + dirty.ttl * 1e6);
    if (dirty === undefined || clean === undefined) cleanUs = undefined;
    else if (cleanUs !== undefined) cleanUs = Math.max(cleanUs, clean.firstReceivedUs);
  }
  const ms = (to: number | undefined, from: number | undefined) =>
    to === undefined || from === undefined ? undefined : (to - from) / 1000;
  return {
    host,
    killToDetected: ms(detected?.atUs, killedUs),
    killToDurable: ms(update?.ackUs, killedUs),
    killToClean: ms(cleanUs, killedUs),
    updateToDurable: ms(update?.ackUs, update?.sentUs),
    updateToClean: ms(cleanUs, update?.sentUs),
    durableToClean: ms(cleanUs, update?.ackUs),
    killToUncached: cleanUs === undefined ? undefined : ms(uncachedUs, killedUs),
  };
}

function groupBySocket(runs: readonly AnswerRun[]): ReadonlyMap<number, readonly AnswerRun[]> {
  const groups = new Map<number, AnswerRun[]>();
  for (const run of runs) {
    const group = groups.get(run.socket);
    if (group === undefined) groups.set(run.socket, [run]);
    else group.push(run);
  }
  return groups;
}

// --- what must never be ---

function holds({ mask }: AnswerRun, host: number): boolean {
  return ((mask >>> (host - 1)) & 1) === 1;
}

/** From the acknowledgement of a pull until the host begins to be put back. */
function pulledSpans(
  changes: readonly PullChange[],
): readonly { readonly host: number; readonly ackUs: number; readonly untilUs: number }[] {
  return changes.flatMap(({ host, isPull, ackUs }, i) => {
    if (!isPull) return [];
    const before = changes.slice(0, i).findLast((change) => change.host === host);
    if (before?.isPull) return []; // a renewal: the span has begun before
    const back = changes.slice(i + 1).find((change) => change.host === host && !change.isPull);
    return [{ host, ackUs, untilUs: back?.sentUs ?? Number.POSITIVE_INFINITY }];
  });
}

/** Whether at some moment of the run none of its hosts was alive. */
function isLifeless(run: AnswerRun, kills: readonly Kill[], hosts: number): boolean {
  const moments = [run.firstSentUs, ...kills.map(({ killedUs }) => killedUs)].filter(
    (at) => at >= run.firstSentUs && at <= run.lastReceivedUs,
  );
  return moments.some((at) => {
    for (let host = 1; host <= hosts; host++) {
      const isDead = kills.some((kill) => kill.host === host && kill.killedUs <= at && at < kill.revivedUs);
      if (holds(run, host) && !isDead) return false;
    }
    return true;
  });
}
