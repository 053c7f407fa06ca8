import { BenchError, type Workshop } from './workshop.ts';

/** What one dnsperf run says. */
export interface DnsperfResult {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly seconds: number;
  /** Replies by RCODE mnemonic. */
  readonly rcodes: Readonly<Record<string, number>>;
}

/** How long dnsperf asks: for some seconds, or through the list of questions some times. */
export type Extent = { readonly seconds: number } | { readonly passes: number };

/** Sixteen sockets: enough for SO_REUSEPORT to spread, few enough for dnsperf to stay cheap. */
const SOCKETS = 16;
/**
 * Questions outstanding. Small queries take 768 octets of the receive buffer each, so the usual 208 KiB hold about 270: with 200
 * a server without its own SO_RCVBUF loses nothing and still always finds a full batch waiting.
 */
const OUTSTANDING = 200;
const TIMEOUT_SECONDS = 1;

/** Runs dnsperf against 127.0.0.1 as fast as the server answers. Throws {@link BenchError} when replies are not NOERROR. */
export async function dnsperf(
  workshop: Workshop,
  port: number,
  queryFile: string,
  extent: Extent,
  cpus: string | undefined,
): Promise<DnsperfResult> {
  const limit = 'seconds' in extent ? ['-l', `${extent.seconds}`] : ['-n', `${extent.passes}`];
  const argv = ['dnsperf', '-s', '127.0.0.1', '-p', `${port}`, '-d', queryFile, ...limit];
  argv.push('-c', `${SOCKETS}`, '-q', `${OUTSTANDING}`, '-t', `${TIMEOUT_SECONDS}`, '-W');
  const result = scanDnsperf(await workshop.run(argv, workshop.directory, cpus));
  if (result === undefined) throw new BenchError('dnsperf printed no statistics');
  const wrong = Object.keys(result.rcodes).filter((rcode) => rcode !== 'NOERROR');
  if (wrong.length > 0) throw new BenchError(`replies with ${wrong.join(', ')} where NOERROR was due`);
  if (result.answered === 0) throw new BenchError('no question was answered');
  return result;
}

/** Reads dnsperf's statistics; `undefined` when they are not all there. */
export function scanDnsperf(text: string): DnsperfResult | undefined {
  const figure = (label: string): number | undefined => {
    const match = new RegExp(`^\\s*${label}:\\s+([0-9.]+)`, 'm').exec(text);
    return match?.[1] === undefined ? undefined : Number(match[1]);
  };
  const sent = figure('Queries sent');
  const answered = figure('Queries completed');
  const lost = figure('Queries lost');
  const seconds = figure('Run time \\(s\\)');
  if (sent === undefined || answered === undefined || lost === undefined || seconds === undefined)
    return undefined;
  const rcodes: Record<string, number> = {};
  const line = /^\s*Response codes:\s+(.*)$/m.exec(text)?.[1] ?? '';
  for (const [, rcode = '', count] of line.matchAll(/([A-Z0-9]+) (\d+) \(/g)) rcodes[rcode] = Number(count);
  return { sent, answered, lost, seconds, rcodes };
}
