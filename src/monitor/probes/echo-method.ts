import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { loadPingSockets, type PingSockets } from './ping-sockets.ts';

/** How ICMP echo requests can be sent on this system. `about` says it in a sentence, and what would make it better. */
export type EchoMethod =
  | { readonly kind: 'socket'; readonly about: string; readonly sockets: PingSockets }
  | { readonly kind: 'program'; readonly about: string; readonly path: string }
  | { readonly kind: 'none'; readonly about: string };

/** Looks what this system permits: the kernel's ping sockets (Linux), otherwise the program `ping`. */
export function findEchoMethod(
  loadSockets: () => PingSockets | { readonly reason: string } = loadPingSockets,
  findProgram: () => string | undefined = findPing,
): EchoMethod {
  const sockets = loadSockets();
  if (!('reason' in sockets)) return { kind: 'socket', about: "by the kernel's ping sockets", sockets };
  const path = findProgram();
  if (path !== undefined) {
    return { kind: 'program', about: `by running ${path} (ping sockets: ${sockets.reason})`, path };
  }
  const about = `echo requests cannot be sent here: ping sockets: ${sockets.reason}; and there is no program ping in PATH (package iputils-ping)`;
  return { kind: 'none', about };
}

/** The command that sends one echo request and ends after its reply, or after `timeoutMs` at the latest. */
export function pingCommand(
  path: string,
  ip: string,
  timeoutMs: number,
  platform: NodeJS.Platform = process.platform,
): readonly string[] {
  // elsewhere -W is in other units, and IPv6 has a program of its own; the time-out of the run holds anyway
  if (platform !== 'linux') return [ip.includes(':') ? `${path}6` : path, '-n', '-c', '1', ip];
  return [path, '-n', '-c', '1', '-W', String(Math.ceil(timeoutMs / 1000)), ip];
}

/** The round trip that `ping` printed, in milliseconds. */
export function scanPingTime(output: string): number | undefined {
  const [, time] = /\btime[=<]([0-9.]+) ?ms/.exec(output) ?? [];
  return time === undefined ? undefined : Number(time);
}

// --- helpers ---

function findPing(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/bin', '/usr/bin', '/sbin', '/usr/sbin'];
  return folders.map((folder) => join(folder, 'ping')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
