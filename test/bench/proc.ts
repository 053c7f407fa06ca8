import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What the benchmark reads of one `/proc/PID/stat` (proc(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** One letter; `Z` is a process that has ended and was not waited for. */
  readonly state: string;
  /** User + system time of all its threads, also of ended ones, in clock ticks. */
  readonly ticks: number;
}

/** Parses one `/proc/PID/stat`. The command may hold spaces and parentheses. `undefined` when it is not such a line. */
export function scanStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const pid = Number.parseInt(text.slice(0, open), 10);
  // proc(5) counts from 1: 3 state, 4 ppid, 14 utime, 15 stime; the first word after the command is field 3.
  const words = text.slice(close + 2).split(' ');
  const state = words[0] ?? '';
  const parent = Number(words[1]);
  const ticks = Number(words[11]) + Number(words[12]);
  if (![pid, parent, ticks].every(Number.isInteger)) return undefined;
  return { pid, parent, state, ticks };
}

/** One `kB` line of `/proc/PID/status` in octets; `undefined` when there is none. */
export function scanStatusOctets(text: string, field: string): number | undefined {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}

/** `root` and everything below it, in `table`. */
export function familyOf(root: number, table: readonly ProcessStat[]): readonly number[] {
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    const before = family.size;
    for (const { pid, parent } of table) if (family.has(parent)) family.add(pid);
    grown = family.size > before;
  }
  return [...family];
}

/** Every process of the machine that can be read and has not ended. */
export function processTable(): readonly ProcessStat[] {
  const table: ProcessStat[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readStat(Number(entry));
    if (stat !== undefined && stat.state !== 'Z') table.push(stat);
  }
  return table;
}

/** CPU time (user + system) of these processes and all their threads so far, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) ticks += readStat(pid)?.ticks ?? 0;
  return ticks / ticksPerSecond();
}

/** Memory of these processes by one field of `/proc/PID/status` (`VmRSS` now, `VmHWM` at its highest), in octets. */
export function memoryOctets(pids: readonly number[], field: 'VmRSS' | 'VmHWM'): number {
  let octets = 0;
  for (const pid of pids) octets += scanStatusOctets(readProc(`/proc/${pid}/status`), field) ?? 0;
  return octets;
}

/** Nanoseconds that the calling thread has run (proc(5), schedstat). */
export function ownThreadCpuNs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]);
}

// --- reading ---

function readStat(pid: number): ProcessStat | undefined {
  return scanStat(readProc(`/proc/${pid}/stat`));
}

/** A process may end between the listing and the reading; that is an empty text, not a failure. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

let knownTicksPerSecond: number | undefined;

function ticksPerSecond(): number {
  knownTicksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return knownTicksPerSecond;
}
