import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeTcpPort, RunningProgram, runProgram } from './programs.ts';

/** Pebble, an ACME server for tests: it validates names through a DNS server that it is told. */
export class Pebble {
  readonly directory: string;
  readonly #program: RunningProgram;
  readonly #port: number;

  private constructor(directory: string, program: RunningProgram, port: number) {
    this.directory = directory;
    this.#program = program;
    this.#port = port;
  }

  /** Starts it beside a DNS server on a port of 127.0.0.1; needs `pebble` and `openssl`. */
  static async start(dnsPort: number): Promise<Pebble> {
    const directory = mkdtempSync(join(tmpdir(), 'waypost-pebble-'));
    const key = join(directory, 'key.pem');
    const certificate = join(directory, 'certificate.pem');
    const subject = ['-subj', '/CN=pebble', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const files = ['-keyout', key, '-out', certificate];
    const made = await runProgram('openssl', ['req', '-x509', ...curve, ...subject, ...files]);
    if (made.code !== 0) throw new Error(`openssl: ${made.text}`);
    const port = await freeTcpPort();
    const config = join(directory, 'pebble.json');
    const pebble = { listenAddress: `127.0.0.1:${port}`, certificate, privateKey: key };
    writeFileSync(config, JSON.stringify({ pebble }));
    const args = ['-config', config, '-dnsserver', `127.0.0.1:${dnsPort}`];
    // no waiting before a validation, no nonces refused by chance
    const env = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' };
    const program = RunningProgram.start('pebble', args, { env });
    await program.untilSays(/ACME directory available at/);
    return new Pebble(directory, program, port);
  }

  /** Its ACME directory. */
  get url(): string {
    return `https://127.0.0.1:${this.#port}/dir`;
  }

  /** What signs its HTTPS; not the certificates it issues. */
  get certificate(): string {
    return join(this.directory, 'certificate.pem');
  }

  get log(): string {
    return this.#program.text;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Subject names, issuer of a certificate in a PEM file, as openssl says it. */
export async function showCertificate(path: string): Promise<string> {
  readFileSync(path);
  const args = ['x509', '-in', path, '-noout', '-issuer', '-ext', 'subjectAltName'];
  return (await runProgram('openssl', args)).text;
}
