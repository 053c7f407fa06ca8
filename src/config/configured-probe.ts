import type {
  AddressedOptions,
  CertificateOptions,
  ConnectingOptions,
  ProbeOptions,
} from '../monitor/probes/probe-options.ts';
import type { MonitorConfig } from './monitor-settings.ts';
import type { TomlPath } from './positions.ts';

/**
 * The options of `[probe.NAME]`, without what depends on the member: there `address` is empty. `readFile` gives the text
 * of a file that a setting names; what it throws is thrown.
 */
export function probeOptions(
  config: MonitorConfig,
  name: string,
  readFile: (path: string, setting: TomlPath) => string,
): ProbeOptions {
  const settings = config.probe[name];
  if (settings === undefined) throw new RangeError(`there is no probe ${name}`);
  const { kind, method, body, contains, matches, status, redirects, bodyLimit, answer, match } = settings;
  const timed = { timeoutMs: settings.timeout };
  const addressed: AddressedOptions = { ...timed, address: settings.address };
  const port = settings.port === 0 ? {} : { port: settings.port };
  const connecting: ConnectingOptions = {
    ...addressed,
    ...said('connectTimeoutMs', settings.connectTimeout),
  };
  const certificate = (): CertificateOptions => {
    const { verify, serverName, ca, warnDays, minDays } = settings;
    const pem = ca === '' ? '' : readFile(ca, ['probe', name, 'ca']);
    return { verify, warnDays, minDays, ...said('serverName', serverName), ...said('ca', pem) };
  };
  switch (kind) {
    case 'http':
    case 'https':
      return {
        kind,
        ...connecting,
        ...port,
        ...(kind === 'https' ? certificate() : {}),
        path: settings.path,
        method,
        headers: settings.headers,
        status,
        redirects,
        bodyLimit,
        ...said('host', settings.host),
        ...said('body', body),
        ...said('contains', contains),
        ...said('matches', matches),
        ...said('firstByteTimeoutMs', settings.firstByteTimeout),
      };
    case 'tcp':
      return {
        kind,
        ...connecting,
        port: settings.port,
        ...said('send', settings.send),
        ...said('expect', settings.expect),
      };
    case 'tls':
      return {
        kind,
        ...connecting,
        ...port,
        ...certificate(),
        ...(settings.alpn.length === 0 ? {} : { alpn: settings.alpn }),
      };
    case 'dns':
      return {
        kind,
        ...connecting,
        ...port,
        name: settings.name,
        type: settings.type,
        transport: settings.transport,
        recursion: settings.recursion,
        rcode: settings.rcode,
        authoritative: settings.authoritative,
        // with `exactly`, an empty list says that there must be none
        ...(answer.length === 0 && match !== 'exactly' ? {} : { answer, match }),
      };
    case 'icmp':
      return { kind, ...addressed };
    case 'exec':
      return {
        kind,
        ...addressed,
        ...port,
        command: settings.command,
        env: settings.env,
        directory: settings.directory,
        unknown: settings.unknown,
        ...said('name', settings.name),
      };
    default:
      return kind satisfies never;
  }
}

/** One option, unless it is empty or 0, which stands for "not said". */
function said<K extends string, V extends string | number>(key: K, value: V): { [key in K]?: V } {
  const option: { [key in K]?: V } = {};
  if (value !== '' && value !== 0) option[key] = value;
  return option;
}
