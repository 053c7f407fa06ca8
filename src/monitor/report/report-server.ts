import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Endpoint, showEndpoint } from '../../base/endpoint.ts';
import { messageOf, WaypostError } from '../../base/errors.ts';
import { scanAddress } from '../../base/ip.ts';
import { showMetrics } from './metrics.ts';
import type { MonitorStatus } from './status.ts';

/** The address for reports cannot be listened on. */
export class ReportAddressError extends WaypostError {
  readonly code = 'WP_REPORT_ADDRESS';
}

/**
 * Tells how the monitor is, over HTTP: `/status` as JSON, `/metrics` for Prometheus. It only tells: nothing but GET and HEAD,
 * no secret in any answer, few connections, none kept. On a loopback address it answers only to whoever says so in the
 * Host header, so that no web page can ask it through a name of its own (DNS rebinding).
 */
export class ReportServer {
  readonly #server: Server;
  readonly endpoint: Endpoint;

  private constructor(server: Server, endpoint: Endpoint) {
    this.#server = server;
    this.endpoint = endpoint;
  }

  /** Listens at `at`. Rejects with {@link ReportAddressError}. */
  static listen(at: Endpoint, status: () => MonitorStatus): Promise<ReportServer> {
    const server = createServer(LIMITS, (request, response) => answer(request, response, at, status));
    server.maxConnections = MAX_CONNECTIONS;
    server.setTimeout(TIMEOUT_MS);
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        const where = `report.listen ${showEndpoint(at)}`;
        const advice = 'is another monitor running? listen = "" tells nobody';
        reject(
          new ReportAddressError(`cannot listen on ${where}: ${messageOf(error)}; ${advice}`, {
            cause: error,
          }),
        );
      });
      server.listen({ host: at.address, port: at.port }, () => {
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : at.port;
        resolve(new ReportServer(server, { ...at, port }));
      });
    });
  }

  /** Ends, with the connections that are open. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

// --- helpers ---

const MAX_CONNECTIONS = 32;
const TIMEOUT_MS = 5000;
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: TIMEOUT_MS,
  requestTimeout: TIMEOUT_MS,
  keepAlive: false,
};

interface Reply {
  readonly code: number;
  readonly type?: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  at: Endpoint,
  status: () => MonitorStatus,
): void {
  request.resume(); // a body is not read
  const { code, type = TEXT, text, headers = {} } = replyTo(request, at, status);
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? '' : text);
}

function replyTo(
  { method, url = '', headers }: IncomingMessage,
  at: Endpoint,
  status: () => MonitorStatus,
): Reply {
  if (method !== 'GET' && method !== 'HEAD') {
    return { code: 405, text: 'GET and HEAD only\n', headers: { Allow: 'GET, HEAD' } };
  }
  if (isLoopback(at.address) && !isLocalHost(headers.host ?? '')) {
    return { code: 403, text: 'ask by address, or as localhost\n' };
  }
  switch (url.replace(/\?.*$/, '')) {
    case '/status':
      return { code: 200, type: 'application/json', text: `${JSON.stringify(status())}\n` };
    case '/metrics':
      return { code: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: showMetrics(status()) };
    case '/':
      return { code: 200, text: 'waypost monitor: /status (JSON), /metrics (Prometheus)\n' };
    default:
      return { code: 404, text: 'there is /status and /metrics\n' };
  }
}

const TEXT = 'text/plain; charset=utf-8';

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function isLocalHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || (scanAddress(name) !== undefined && isLoopback(name));
}
