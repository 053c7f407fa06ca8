import { request } from 'node:http';
import { join } from 'node:path';
import { messageOf, WaypostError } from '../base/errors.ts';
import type { MembersReport } from '../steer/members-report.ts';
import {
  CONTROL_SOCKET,
  type MemberRequest,
  type MemberSaid,
  type RefreshReport,
  type ReloadReport,
  type ServerStatus,
  type ZoneSummary,
} from './protocol.ts';

/** The server could not be asked, or said no. */
export class ControlError extends WaypostError {
  readonly code = 'WP_CONTROL';
}

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

  members(name: string): Promise<MembersReport> {
    return this.#ask('GET', `/members?${new URLSearchParams({ name })}`);
  }

  sayOfMember({ name, member, state, until, reason, by }: MemberRequest): Promise<MemberSaid> {
    const parameters = new URLSearchParams({ name, member, state, by });
    if (until !== undefined) parameters.set('until', until);
    if (reason !== undefined) parameters.set('reason', reason);
    return this.#ask('POST', `/member?${parameters}`);
  }

  /** The answer is trusted to have the shape of protocol.ts: it comes from this program's own socket. */
  #ask<T>(method: string, path: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fail = (error: unknown): void => reject(new ControlError(this.#explain(error), { cause: error }));
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
            else reject(new ControlError(`the server says: ${body.error}`));
          } catch (error) {
            fail(error);
          }
        });
      });
      call.on('error', fail);
      call.end();
    });
  }

  #explain(error: unknown): string {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      return `no server is running on this data directory (${this.#path}); start one with waypost serve, or name its configuration with -c`;
    }
    if (code === 'EACCES')
      return `no permission for ${this.#path}; run this as the user that runs the server`;
    return `asking the server at ${this.#path} failed: ${messageOf(error)}`;
  }
}
