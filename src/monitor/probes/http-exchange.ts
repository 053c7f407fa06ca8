import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { showEndpoint } from '../../base/endpoint.ts';
import { messageOf } from '../../base/errors.ts';
import { explainSocket } from './connection.ts';
import { ProbeFailure } from './errors.ts';
import { showSize } from './evidence.ts';
import type { ProbeRun } from './probe-run.ts';

/** What goes out. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Octets of the response's body to read. */
  readonly bodyLimit: number;
  readonly firstByteTimeoutMs: number | undefined;
}

/** What came back. */
export interface HttpResponse {
  readonly status: number;
  /** As sent; `undefined` when there is none. */
  readonly location: string | undefined;
  /** At most as many octets as were asked for. */
  readonly body: Uint8Array;
  /** There was more of it. */
  readonly isCut: boolean;
  /** Of the run, when the headers were complete. */
  readonly answeredMs: number;
}

/**
 * Sends one HTTP/1.1 request over a connection of the run, and reads the response. A response that is not HTTP, has
 * headers of more than 16 KiB, or ends too early fails the run.
 */
export async function exchangeHttp(run: ProbeRun, socket: Socket, asked: HttpRequest): Promise<HttpResponse> {
  const { method, path, headers, body, bodyLimit, firstByteTimeoutMs } = asked;
  const where = showEndpoint({ address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
  const response = await run.until<IncomingMessage>(`a response to ${method} ${path}`, (resolve) => {
    const before = socket.bytesRead;
    const asking = request({
      createConnection: () => socket,
      method,
      path,
      headers: { ...headers, Connection: 'close' },
      setHost: false,
      maxHeaderSize: MAX_HEADER,
    });
    run.onEnd(() => asking.destroy());
    asking.on('error', (error) => run.failWith(explain(error, where, run.waitingFor)));
    asking.on('response', resolve);
    asking.on('upgrade', resolve); // 101: whoever expects it has seen it
    asking.on('finish', () => {
      if (firstByteTimeoutMs === undefined) return;
      run.after(firstByteTimeoutMs, () => {
        if (socket.bytesRead > before) return;
        run.fail(`${where} sent not one octet of a response within ${firstByteTimeoutMs} ms`);
      });
    });
    asking.end(body);
  });
  const answeredMs = run.elapsedMs;
  const read = await readBody(run, response, bodyLimit, where);
  const { statusCode = 0, headers: fields } = response;
  return { status: statusCode, location: fields.location, answeredMs, ...read };
}

// --- helpers ---

/** Octets of all header fields of a response together. */
const MAX_HEADER = 16_384;

function readBody(
  run: ProbeRun,
  response: IncomingMessage,
  limit: number,
  where: string,
): Promise<{ readonly body: Uint8Array; readonly isCut: boolean }> {
  const parts: Buffer[] = [];
  let length = 0;
  return run.until('the rest of the body', (resolve) => {
    const finish = (isCut: boolean): void => {
      resolve({ body: Buffer.concat(parts), isCut });
    };
    response.on('data', (part: Buffer) => {
      if (length < limit) parts.push(part.subarray(0, limit - length));
      length += part.length;
      if (length <= limit) return;
      response.pause();
      finish(true);
    });
    response.on('end', () => finish(false));
    response.on('error', () => {
      run.fail(`${where} broke the connection off after ${showSize(length)} of the body`);
    });
    if (response.statusCode === 101) finish(false);
  });
}

function explain(error: Error, where: string, waitingFor: string): ProbeFailure {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ProbeFailure(`${where} sent headers of more than ${MAX_HEADER} octets`, { cause: error });
  }
  if (!code.startsWith('HPE_')) return explainSocket(error, where, waitingFor);
  return new ProbeFailure(`${where} sent what is not HTTP: ${messageOf(error)}`, { cause: error });
}
