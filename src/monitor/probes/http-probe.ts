import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { SecureContext } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import { openConnection } from './connection.ts';
import { ProbeOptionsError } from './errors.ts';
import { oneLine, showMs, showSize } from './evidence.ts';
import { exchangeHttp, type HttpResponse } from './http-exchange.ts';
import {
  canonicalHost,
  firstTarget,
  type HttpTarget,
  hostHeader,
  nextTarget,
  showTarget,
} from './http-target.ts';
import { scanPattern } from './pattern-matcher.ts';
import { DEFAULT_TIMEOUT_MS, type HttpProbeOptions } from './probe-options.ts';
import { type Probe, type ProbeResult, type ProbeRun, type ProbeVerdict, runProbe } from './probe-run.ts';
import type { ProbeTools } from './probe-tools.ts';
import { isInRanges, showStatusRanges } from './status-range.ts';
import { secure } from './tls-handshake.ts';

/** Looks whether a web server answers a request as it should. */
export class HttpProbe implements Probe {
  readonly #options: HttpProbeOptions;
  readonly #tools: ProbeTools;
  readonly #target: HttpTarget;
  readonly #trust: SecureContext;
  readonly #pattern: RegExp | undefined;

  /** Throws {@link ProbeOptionsError}. */
  constructor(options: HttpProbeOptions, tools: ProbeTools) {
    checkOptions(options);
    this.#options = options;
    this.#tools = tools;
    this.#target = firstTarget(options);
    this.#trust = tools.trust.of(options.ca);
    this.#pattern = options.matches === undefined ? undefined : scanPattern(options.matches);
  }

  run(signal: AbortSignal): Promise<ProbeResult> {
    return runProbe(this.#tools.timers, signal, (run) => this.#look(run));
  }

  async #look(run: ProbeRun): Promise<ProbeVerdict> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, redirects = 0 } = this.#options;
    run.start(timeoutMs);
    let target = this.#target;
    let method: string = this.#options.method ?? 'GET';
    let warning: string | undefined;
    for (let followed = 0; ; followed++) {
      const answer = await this.#ask(run, target, method);
      warning ??= answer.warning;
      const { response } = answer;
      const isLeading = REDIRECTS.has(response.status) && response.location !== undefined;
      if (redirects === 0 || !isLeading) return { ...this.#judge(response, target, followed), warning };
      const next = nextTarget(target, response.location ?? '');
      if ('problem' in next) return { passed: false, detail: next.problem };
      if (followed >= redirects) {
        const detail = `more than ${redirects} redirects; the next would be to ${showTarget(next)}`;
        return { passed: false, detail };
      }
      // RFC 9110 §15.4: what 307 and 308 lead to is asked for with the same method
      if (response.status < 307 && method === 'POST') method = 'GET';
      target = next;
    }
  }

  async #ask(
    run: ProbeRun,
    target: HttpTarget,
    method: string,
  ): Promise<{ readonly response: HttpResponse; readonly warning: string | undefined }> {
    const { connectTimeoutMs, firstByteTimeoutMs, bodyLimit = BODY_LIMIT, body } = this.#options;
    const { address, port, path, serverName } = target;
    const connection = await openConnection(run, this.#tools.names, { address, port, connectTimeoutMs });
    const secured = target.isSecure
      ? await secure(run, connection, {
          certificate: this.#options,
          trust: this.#trust,
          serverName,
          nowMs: this.#tools.nowMs(),
        })
      : undefined;
    const socket = secured?.socket ?? connection;
    const response = await exchangeHttp(run, socket, {
      method,
      path,
      headers: this.#headersFor(target),
      body: method === 'POST' ? (body ?? '') : undefined,
      bodyLimit,
      firstByteTimeoutMs,
    });
    socket.destroy();
    return { response, warning: secured?.judgement.warning };
  }

  /** The header fields of the options hold secrets perhaps: only the host they are meant for gets them, and as safely. */
  #headersFor(target: HttpTarget): Readonly<Record<string, string>> {
    const isMeant = target.host === this.#target.host && (target.isSecure || !this.#target.isSecure);
    const given = isMeant ? this.#options.headers : undefined;
    const fields = new Map<string, readonly [name: string, value: string]>();
    for (const [name, value] of [...DEFAULT_HEADERS, ...Object.entries(given ?? {})]) {
      fields.set(name.toLowerCase(), [name, value]);
    }
    return { Host: hostHeader(target), ...Object.fromEntries(fields.values()) };
  }

  #judge(response: HttpResponse, target: HttpTarget, followed: number): ProbeVerdict {
    const { status = EXPECTED, contains, method } = this.#options;
    const { body, isCut, location, answeredMs } = response;
    const size = method === 'HEAD' ? '' : `, ${isCut ? 'more than ' : ''}${showSize(body.length)}`;
    const from = followed === 0 ? '' : ` from ${showTarget(target)} after ${followed} redirects`;
    const said = `HTTP ${response.status}${from} in ${showMs(answeredMs)}${size}`;
    if (!isInRanges(response.status, status)) {
      const lead = location === undefined ? '' : ` to ${oneLine(location, 120)}`;
      const detail = `HTTP ${response.status}${lead}${from}; expected ${showStatusRanges(status)}`;
      return { passed: false, detail };
    }
    const where = isCut ? `the first ${showSize(body.length)} of the body` : 'the body';
    if (contains !== undefined && !Buffer.from(body).includes(contains)) {
      return { passed: false, detail: `${said}; '${contains}' is not in ${where}` };
    }
    const pattern = this.#pattern;
    if (pattern !== undefined && !this.#tools.patterns.test(pattern, Buffer.from(body).toString('utf8'))) {
      return { passed: false, detail: `${said}; ${where} does not match /${pattern.source}/` };
    }
    return { passed: true, detail: said };
  }
}

// --- helpers ---

const EXPECTED = [{ from: 200, to: 299 }];
const BODY_LIMIT = 65_536;
const MAX_BODY_LIMIT = 1_048_576;
const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const DEFAULT_HEADERS: readonly (readonly [string, string])[] = [
  ['User-Agent', 'waypost-monitor'],
  ['Accept', '*/*'],
  ['Accept-Encoding', 'identity'], // what is searched is what was sent
];

function checkOptions(options: HttpProbeOptions): void {
  const { path = '/', headers = {}, bodyLimit = BODY_LIMIT, redirects = 0, body, method } = options;
  if (!/^\/[!-~]*$/.test(path)) {
    throw new ProbeOptionsError(`path: '${path}' does not begin with / or has characters to percent-encode`);
  }
  if (bodyLimit < 1 || bodyLimit > MAX_BODY_LIMIT) {
    throw new ProbeOptionsError(`bodyLimit: ${bodyLimit} is not from 1 to ${MAX_BODY_LIMIT}`);
  }
  if (redirects < 0 || redirects > MAX_REDIRECTS) {
    throw new ProbeOptionsError(`redirects: ${redirects} is not from 0 to ${MAX_REDIRECTS}`);
  }
  if (body !== undefined && method !== 'POST') throw new ProbeOptionsError('body: only POST sends one');
  if (canonicalHost(options.host ?? options.address) === undefined) {
    throw new ProbeOptionsError(
      `host: '${options.host ?? options.address}' is not a host name (the port is not part of it)`,
    );
  }
  for (const [name, value] of Object.entries(headers)) {
    if (/^(host|connection|content-length|transfer-encoding)$/i.test(name)) {
      throw new ProbeOptionsError(
        `headers: ${name} is set by the probe${/^host$/i.test(name) ? ', see host' : ''}`,
      );
    }
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (error) {
      throw new ProbeOptionsError(`headers: ${messageOf(error)}`, { cause: error });
    }
  }
}
