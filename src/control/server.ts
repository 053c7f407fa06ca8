import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { ExplainError } from '../answer/explain/question.ts';
import type { Log } from '../base/effects.ts';
import { messageOf, WaypostError } from '../base/errors.ts';
import type { GeoLookup, GeoReport } from '../geo/report.ts';
import type { MembersReport } from '../steer/members-report.ts';
import { OperatorWordError } from '../steer/operator-word.ts';
import { type ExplainControlled, routeExplain } from './explain.ts';
import { type HistoryControlled, HistoryError, routeHistory } from './history.ts';
import {
  CONTROL_SOCKET,
  type MemberRequest,
  type MemberSaid,
  type RefreshReport,
  type ReloadReport,
  type ServerStatus,
  type WaitReport,
  type ZoneSummary,
} from './protocol.ts';
import { Streamed } from './stream.ts';

/**
 * What the control socket can ask of the running server. Zones are named in presentation format. What cannot be, for a
 * reason that concerns who asked, rejects with {@link UnanswerableError}.
 */
export interface Controlled {
  status(): ServerStatus;
  zones(): readonly ZoneSummary[];
  /** Reads configuration and zone files again; with a zone, reports that one only. */
  reload(zone: string | undefined): Promise<ReloadReport>;
  /** Checks a secondary zone now; with `isFull` fetches all of it. */
  refresh(zone: string, isFull: boolean): Promise<RefreshReport>;
  /** Waits until all secondaries of the zone have the serial, by default the zone's own, or `ms` have passed. */
  wait(zone: string, serial: number | undefined, ms: number): Promise<WaitReport>;
  /** How the members of a steered owner stand. Throws {@link OperatorWordError}. */
  members(name: string): MembersReport;
  geo(): GeoReport;
  /** What is known of an address, in text. */
  geoLookup(address: string): GeoLookup;
  /** Puts an operator's word on a member. Throws {@link OperatorWordError}. */
  sayOfMember(request: MemberRequest): Promise<MemberSaid>;
  readonly history: HistoryControlled;
  readonly explain: ExplainControlled;
}

/** A question that has no answer; the message says why, to the person who asked. */
export class UnanswerableError extends WaypostError {
  readonly code = 'WP_UNANSWERABLE';
}

/** The control socket cannot be made. */
export class ControlSocketError extends WaypostError {
  readonly code = 'WP_CONTROL_SOCKET';
}

/**
 * The control socket of a server: a unix socket in the data directory that only its owner may open (mode 0600). Who
 * holds the lock of the data directory may call {@link listen}: a socket file left behind is taken away.
 */
export class ControlServer {
  readonly #path: string;
  readonly #server: Server;
  readonly #controlled: Controlled;
  readonly #log: Log;

  constructor(dataDirectory: string, controlled: Controlled, log: Log) {
    this.#path = join(dataDirectory, CONTROL_SOCKET);
    this.#controlled = controlled;
    this.#log = log;
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
  }

  /** Throws {@link ControlSocketError}. */
  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(this.#path, resolve);
      });
      chmodSync(this.#path, 0o600);
    } catch (error) {
      throw new ControlSocketError(`cannot make the control socket ${this.#path}: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      process.umask(before);
    }
    this.#server.on('error', (error) => this.#log.warn('control: socket error', { error: messageOf(error) }));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.#path, { force: true });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: target = '/' } = request;
    if (!URL.canParse(target, BASE)) {
      request.resume();
      send(response, 400, { error: `${target} is no path` });
      return;
    }
    try {
      const url = new URL(target, BASE);
      const result = await this.#route(`${request.method} ${url.pathname}`, url.searchParams, request);
      if (result === undefined)
        send(response, 404, { error: `there is no ${request.method} ${url.pathname}` });
      else if (result instanceof Streamed) await result.send(response);
      else send(response, 200, result);
    } catch (error) {
      if (isAboutQuestion(error)) {
        send(response, 422, { error: messageOf(error) });
        return;
      }
      if (error instanceof OperatorWordError) {
        send(response, 400, { error: messageOf(error) });
        return;
      }
      this.#log.error('control: request failed', { error: messageOf(error) });
      if (!response.headersSent) send(response, 500, { error: messageOf(error) });
    } finally {
      request.resume(); // what nobody has read
    }
  }

  #route(what: string, parameters: URLSearchParams, request: IncomingMessage): unknown {
    switch (what) {
      case 'GET /status':
        return this.#controlled.status();
      case 'GET /zones':
        return this.#controlled.zones();
      case 'POST /reload':
        return this.#controlled.reload(parameters.get('zone') ?? undefined);
      case 'POST /refresh':
        return this.#controlled.refresh(parameters.get('zone') ?? '', parameters.get('full') === '1');
      case 'GET /wait': {
        const serial = readSerial(parameters.get('serial'));
        const ms = Math.max(0, Math.min(Number(parameters.get('ms')) || 0, MOST_WAIT_MS));
        const zone = parameters.get('zone') ?? '';
        return this.#controlled.wait(zone, serial, ms);
      }
      case 'GET /geo':
        return this.#controlled.geo();
      case 'GET /geo/lookup':
        return this.#controlled.geoLookup(parameters.get('address') ?? '');
      case 'GET /members':
        return this.#controlled.members(parameters.get('name') ?? '');
      case 'POST /member':
        return this.#controlled.sayOfMember(memberRequestOf(parameters));
      default:
        return (
          routeExplain(this.#controlled.explain, what, parameters, request) ??
          routeHistory(this.#controlled.history, what, parameters)
        );
    }
  }
}

// --- helpers ---

/** Whether an error is no failure, but what there is to say to a question. */
function isAboutQuestion(error: unknown): boolean {
  return error instanceof HistoryError || error instanceof UnanswerableError || error instanceof ExplainError;
}

const BASE = 'http://control';
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
/** Who wants to wait longer asks again. */
const MOST_WAIT_MS = 10_000;
/** Characters of an operator's name that are kept. */
const MAX_LOGIN_NAME = 64;

function readSerial(text: string | null): number | undefined {
  if (text === null) return undefined;
  const serial = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (serial <= 0xffff_ffff) return serial;
  throw new UnanswerableError(`serial '${text}': expected a number from 0 to 4294967295`);
}

function memberRequestOf(parameters: URLSearchParams): MemberRequest {
  const state = parameters.get('state');
  if (state !== 'out' && state !== 'up' && state !== 'auto') {
    throw new OperatorWordError(`state '${state ?? ''}': out, up or auto expected`);
  }
  return {
    state,
    name: parameters.get('name') ?? '',
    member: parameters.get('member') ?? '',
    until: parameters.get('until') ?? undefined,
    reason: parameters.get('reason') ?? undefined,
    by: (parameters.get('by') ?? '').replaceAll(/[^\x21-\x7e]/g, '?').slice(0, MAX_LOGIN_NAME) || 'unknown',
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
