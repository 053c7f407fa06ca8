import { get } from 'node:http';
import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';
import { messageOf, WaypostError } from '../../base/errors.ts';
import type { MonitorStatus } from '../../monitor/report/status.ts';

/** A running monitor does not say how it is. */
export class MonitorAwayError extends WaypostError {
  readonly code = 'WP_MONITOR_AWAY';
}

/** Asks the monitor that reports at `at`. Rejects with {@link MonitorAwayError}. */
export async function askStatus(at: Endpoint | undefined): Promise<MonitorStatus> {
  if (at === undefined) {
    throw new MonitorAwayError('report.listen is empty: the monitor tells nobody how it is');
  }
  return readStatus(await fetchText(at), at);
}

function fetchText(at: Endpoint): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const where = showEndpoint(at);
      const message = `no monitor answers at ${where} (${messageOf(error)}); is it running with this configuration?`;
      reject(new MonitorAwayError(message, { cause: error }));
    };
    const request = get(
      { host: at.address, port: at.port, path: '/status', agent: false, timeout: TIMEOUT_MS },
      (response) => {
        const parts: Buffer[] = [];
        let length = 0;
        response.on('data', (part: Buffer) => {
          length += part.length;
          if (length > MAX_OCTETS) request.destroy(new Error('it says too much'));
          else parts.push(part);
        });
        response.on('error', fail);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(parts).toString());
          else fail(new Error(`HTTP ${response.statusCode}`));
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error('nothing came')));
    request.on('error', fail);
  });
}

const TIMEOUT_MS = 3000;
const MAX_OCTETS = 64 * 1024 * 1024;

function readStatus(text: string, at: Endpoint): MonitorStatus {
  const fail = (cause?: unknown) =>
    new MonitorAwayError(`what answers at ${showEndpoint(at)} is no waypost monitor`, { cause });
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch (error) {
    throw fail(error);
  }
  if (!isStatus(status)) throw fail();
  return status;
}

/** It is our own program that wrote it: its outline is enough. */
function isStatus(value: unknown): value is MonitorStatus {
  return (
    typeof value === 'object' && value !== null && 'zones' in value && 'sight' in value && 'recent' in value
  );
}
