import { isIP } from 'node:net';
import type { HttpProbeOptions } from './probe-options.ts';

/** One request's address: where the connection goes, and what is asked for there. */
export interface HttpTarget {
  readonly isSecure: boolean;
  /** An address, or a name to look up. */
  readonly address: string;
  readonly port: number;
  /** Of the Host header, without port and brackets; see {@link canonicalHost}. */
  readonly host: string;
  /** What the certificate has to be for. */
  readonly serverName: string;
  /** With its query. */
  readonly path: string;
}

/** What the options of a probe ask for. */
export function firstTarget(options: HttpProbeOptions): HttpTarget {
  const { kind, address, path = '/', host = address } = options;
  const isSecure = kind === 'https';
  const port = options.port ?? (isSecure ? 443 : 80);
  return {
    isSecure,
    address,
    port,
    host: canonicalHost(host) ?? host,
    serverName: options.serverName ?? host,
    path,
  };
}

/**
 * Where a redirect leads, or what is wrong with it. To the same host it leads to the same address: that is what is
 * probed. Another host is looked up.
 */
export function nextTarget(from: HttpTarget, location: string): HttpTarget | { readonly problem: string } {
  const base = `${from.isSecure ? 'https' : 'http'}://${hostHeader(from)}${from.path}`;
  if (location.length > MAX_LOCATION || !URL.canParse(location, base)) {
    return { problem: `a redirect to what is no URL: ${location.slice(0, MAX_LOCATION)}` };
  }
  const url = new URL(location, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { problem: `a redirect to ${url.protocol}, neither http nor https` };
  }
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '');
  const isSame = host === from.host;
  return {
    isSecure,
    address: isSame ? from.address : host,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    host,
    serverName: isSame ? from.serverName : host,
    path: `${url.pathname}${url.search}`,
  };
}

/**
 * A host as a URL has it: lower case, without a last dot, addresses in their shortest form. `undefined` when it is no
 * host.
 */
export function canonicalHost(host: string): string | undefined {
  const url = `http://${isIP(host) === 6 ? `[${host.replace(/%.*/, '')}]` : host}`;
  if (!/^[^\s/?#@:[\]]+$/.test(host) && isIP(host) === 0) return undefined;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$|\.$/g, '') : undefined;
}

/** The Host header (RFC 9110 §7.2): the port only where it is not the usual one. */
export function hostHeader({ host, port, isSecure }: HttpTarget): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === (isSecure ? 443 : 80) ? name : `${name}:${port}`;
}

/** As people write it. */
export function showTarget(target: HttpTarget): string {
  return `${target.isSecure ? 'https' : 'http'}://${hostHeader(target)}${target.path}`;
}

// --- helpers ---

const MAX_LOCATION = 2000;
