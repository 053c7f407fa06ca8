import { connect, type Socket } from 'node:net';
import { showEndpoint } from '../../base/endpoint.ts';
import { messageOf } from '../../base/errors.ts';
import { ProbeFailure } from './errors.ts';
import type { NameLookup } from './name-lookup.ts';
import type { ProbeRun } from './probe-run.ts';

/** Where a connection goes. */
export interface ConnectionTarget {
  /** An address, or a name to look up. */
  readonly address: string;
  readonly port: number;
  /** The connection alone, after the lookup. */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Opens a TCP connection that ends with the run. From then on any error of it fails the run. Nothing is read until
 * somebody listens.
 */
export async function openConnection(
  run: ProbeRun,
  names: NameLookup,
  { address, port, connectTimeoutMs }: ConnectionTarget,
): Promise<Socket> {
  const ip = await names.addressOf(address, run);
  const where = showEndpoint({ address: ip, port });
  const socket = await run.until<Socket>(`a connection to ${where}`, (resolve) => {
    const opening = connect({ host: ip, port, noDelay: true });
    run.onEnd(() => opening.destroy());
    opening.on('error', (error) => run.failWith(explainSocket(error, where, run.waitingFor)));
    const cancel =
      connectTimeoutMs === undefined
        ? undefined
        : run.limit(connectTimeoutMs, () => `no connection to ${where} within ${connectTimeoutMs} ms`);
    opening.on('connect', () => {
      cancel?.();
      resolve(opening);
    });
  });
  return socket;
}

/** What the system says of a socket, in words; what is the fault of this machine is inconclusive. */
export function explainSocket(cause: unknown, where: string, waitingFor: string): ProbeFailure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  switch (code) {
    case 'ECONNREFUSED':
      return new ProbeFailure(`${where} refuses connections`, { cause });
    case 'ECONNRESET':
    case 'EPIPE':
      return new ProbeFailure(`${where} broke the connection off while we waited for ${waitingFor}`, {
        cause,
      });
    case 'ETIMEDOUT':
      return new ProbeFailure(`${where} does not answer (ETIMEDOUT)`, { cause });
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new ProbeFailure(`there is no way from here to ${where} (${code})`, { cause });
    default: {
      const evidence = `cannot speak to ${where}: ${messageOf(cause)}`;
      return new ProbeFailure(evidence, { cause, isInconclusive: OUR_FAULTS.has(code) });
    }
  }
}

/** Errors of the system by which this machine lacks something, whatever the target does. */
export const OUR_FAULTS: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EAGAIN',
  'EACCES',
  'EPERM',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'ENETDOWN',
]);
