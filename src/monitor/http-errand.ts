import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf } from '../base/errors.ts';
import type { Timers } from '../base/timers.ts';
import { ErrandError } from './errors.ts';

/** Something wanted of a web server: a load to read, a hook to call. */
export interface HttpErrand {
  readonly url: string;
  /** Default GET, with a body POST. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The whole of it. */
  readonly timeoutMs: number;
  /** So many octets of the answer's body at most. */
  readonly maxOctets: number;
}

/** Does it over a new connection, and returns the body of the answer. Throws {@link ErrandError}; so for any status but 2xx. */
export function runHttpErrand(
  errand: HttpErrand,
  timers: Pick<Timers, 'after'>,
  signal?: AbortSignal,
): Promise<string> {
  const { url, body, timeoutMs, maxOctets } = errand;
  return new Promise((resolve, reject) => {
    let request: ClientRequest | undefined;
    let isEnded = false;
    const end = (): boolean => {
      if (isEnded) return false;
      isEnded = true;
      cancel();
      signal?.removeEventListener('abort', abort);
      request?.destroy();
      return true;
    };
    const fail = (why: string, cause?: unknown): void => {
      if (end()) reject(new ErrandError(`${withoutSecrets(url)}: ${why}`, { cause }));
    };
    const abort = (): void => fail('given up');
    const cancel = timers.after(timeoutMs, () => fail(`no whole answer within ${timeoutMs} ms`));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) return abort();
    try {
      request = open(errand);
    } catch (error) {
      return fail(messageOf(error), error);
    }
    request.on('error', (error) => fail(messageOf(error), error));
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) return fail(`HTTP status ${status}`);
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length > maxOctets) fail(`more than ${maxOctets} octets`);
        else parts.push(part);
      });
      response.on('error', (error) => fail(messageOf(error), error));
      response.on('aborted', () => fail('the connection broke off'));
      response.on('end', () => {
        if (end()) resolve(Buffer.concat(parts).toString('utf8'));
      });
    });
    request.end(body);
  });
}

// --- helpers ---

function open({ url, method, headers, body }: HttpErrand): ClientRequest {
  const options: RequestOptions = {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'user-agent': 'waypost-monitor',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
    agent: false,
    maxHeaderSize: MAX_HEADER,
  };
  const where = new URL(url);
  return where.protocol === 'https:' ? httpsRequest(where, options) : httpRequest(where, options);
}

const MAX_HEADER = 16_384;

/** Without what may be a secret: user, password and query. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return 'not a URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
