import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import type { ClassedClients, ClientsQuestion } from '../answer/explain/client-classes.ts';
import type { Explanation } from '../answer/explain/explanation.ts';
import type { WrittenQuestion } from '../answer/explain/question.ts';
import { messageOf, WaypostError } from '../base/errors.ts';
import type { GeoLookup, GeoReport } from '../geo/report.ts';
import type { MembersReport } from '../steer/members-report.ts';
import {
  CONTROL_SOCKET,
  type HistoryLine,
  type MemberRequest,
  type MemberSaid,
  type RecordLine,
  type RefreshReport,
  type ReloadReport,
  type ServerStatus,
  type UndoReport,
  type WaitReport,
  type ZoneSummary,
} from './protocol.ts';

/** The server could not be asked, or said no. */
export class ControlError extends WaypostError {
  readonly code = 'WP_CONTROL';
}

/** No server works on the data directory. */
export class NoServerError extends ControlError {}

/** Asks the server that works on `dataDirectory`. Every call throws {@link ControlError}. */
export class ControlClient {
  readonly #path: string;

  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, CONTROL_SOCKET);
  }

  status(): Promise<ServerStatus> {
    return this.#ask('GET', '/status');
  }

  zones(): Promise<readonly ZoneSummary[]> {
    return this.#ask('GET', '/zones');
  }

  reload(apex: string | undefined): Promise<ReloadReport> {
    return this.#ask('POST', apex === undefined ? '/reload' : `/reload?zone=${encodeURIComponent(apex)}`);
  }

  refresh(apex: string, isFull: boolean): Promise<RefreshReport> {
    return this.#ask('POST', `/refresh?zone=${encodeURIComponent(apex)}${isFull ? '&full=1' : ''}`);
  }

  /** Answered when all secondaries of the zone have the serial, at the latest after `ms`. */
  wait(apex: string, serial: number | undefined, ms: number): Promise<WaitReport> {
    const wanted = serial === undefined ? '' : `&serial=${serial}`;
    return this.#ask('GET', `/wait?zone=${encodeURIComponent(apex)}&ms=${ms}${wanted}`);
  }

  members(name: string): Promise<MembersReport> {
    return this.#ask('GET', `/members?${new URLSearchParams({ name })}`);
  }

  geo(): Promise<GeoReport> {
    return this.#ask('GET', '/geo');
  }

  geoLookup(address: string): Promise<GeoLookup> {
    return this.#ask('GET', `/geo/lookup?${new URLSearchParams({ address })}`);
  }

  sayOfMember({ name, member, state, until, reason, by }: MemberRequest): Promise<MemberSaid> {
    const parameters = new URLSearchParams({ name, member, state, by });
    if (until !== undefined) parameters.set('until', until);
    if (reason !== undefined) parameters.set('reason', reason);
    return this.#ask('POST', `/member?${parameters}`);
  }

  explain({ name, type, client, ecs }: WrittenQuestion): Promise<Explanation> {
    const subnet = ecs === undefined ? {} : { ecs };
    return this.#ask('GET', pathOf('/explain', { name, type, client, ...subnet }));
  }

  /** See `ExplainControlled.classes`. */
  classes({ name, type, clients }: ClientsQuestion): Promise<ClassedClients> {
    return this.#ask('POST', pathOf('/explain/clients', { name, type }), clients.join('\n'));
  }

  /** See `HistoryControlled.entries`. */
  history(zone: string, most: number, withRecords: boolean): AsyncIterable<HistoryLine> {
    const records = withRecords ? { records: '' } : {};
    return this.#lines(pathOf('/zone/history', { zone, most, ...records }));
  }

  /** See `HistoryControlled.text`; the chunks are not whole lines. */
  zoneText(zone: string, at: number | undefined): AsyncIterable<string> {
    return this.#stream(pathOf('/zone/text', { zone, ...(at === undefined ? {} : { at }) }));
  }

  /** See `HistoryControlled.records`. */
  zoneRecords(zone: string, at: number | undefined): AsyncIterable<RecordLine> {
    return this.#lines(pathOf('/zone/records', { zone, ...(at === undefined ? {} : { at }) }));
  }

  /** See `HistoryControlled.difference`. */
  difference(zone: string, from: number, to: number): AsyncIterable<RecordLine> {
    return this.#lines(pathOf('/zone/diff', { zone, from, to }));
  }

  /** See `HistoryControlled.undo`. */
  undo(zone: string, serial: number): Promise<UndoReport> {
    return this.#ask('POST', pathOf('/zone/undo', { zone, serial }));
  }

  /** Lines of JSON, trusted as that of {@link #ask} is. */
  async *#lines<T>(path: string): AsyncIterable<T> {
    let rest = '';
    for await (const chunk of this.#stream(path)) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
    }
  }

  /** A response while it comes. One that is cut off throws. */
  async *#stream(path: string): AsyncIterable<string> {
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request({ socketPath: this.#path, path }, resolve).on('error', reject).end();
      });
      response.setEncoding('utf8');
      if (response.statusCode === 200) yield* response;
      else {
        let text = '';
        for await (const part of response) text += part;
        throw new ControlError(saying(response, JSON.parse(text)));
      }
    } catch (error) {
      throw error instanceof ControlError ? error : this.#failure(error);
    }
  }

  /** The answer is trusted to have the shape of protocol.ts: it comes from this program's own socket. */
  #ask<T>(method: string, path: string, body?: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fail = (error: unknown): void => reject(this.#failure(error));
      const call = request({ socketPath: this.#path, method, path }, (response) => {
        response.setEncoding('utf8');
        let text = '';
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('error', fail);
        response.on('end', () => {
          try {
            const body = JSON.parse(text);
            if (response.statusCode === 200) resolve(body);
            else reject(new ControlError(saying(response, body)));
          } catch (error) {
            fail(error);
          }
        });
      });
      call.on('error', fail);
      call.end(body);
    });
  }

  #failure(cause: unknown): ControlError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      const message = `no server is running on this data directory (${this.#path}); start one with waypost serve, or name its configuration with -c`;
      return new NoServerError(message, { cause });
    }
    const message =
      code === 'EACCES'
        ? `no permission for ${this.#path}; run this as the user that runs the server`
        : `asking the server at ${this.#path} failed: ${messageOf(cause)}`;
    return new ControlError(message, { cause });
  }
}

// --- helpers ---

function pathOf(path: string, parameters: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
  return `${path}?${query}`;
}

/** What is wrong with a question is said as it is; what went wrong in the server, as its words. */
function saying({ statusCode }: IncomingMessage, { error }: { readonly error: string }): string {
  return statusCode === 422 ? error : `the server says: ${error}`;
}
