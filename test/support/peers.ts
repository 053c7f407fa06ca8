import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { RRType } from '../../src/wire/iana.ts';
import { query } from './answering.ts';
import { OracleClient } from './oracle-client.ts';
import { name } from './rr.ts';

/** A zone as a peer loads it. */
export interface PeerZone {
  readonly apex: string;
  /** A master file. */
  readonly text: string;
}

/** Another authoritative server that is installed here: how it is configured and started. */
export interface Peer {
  readonly name: string;
  readonly command: string;
  /** Writes its configuration into `directory`; returns the arguments to start it in the foreground with. */
  configure(directory: string, port: number, zones: readonly PeerZone[]): readonly string[];
}

/** The largest UDP response that every server here is told to send; octets. */
export const MAX_PAYLOAD = 1232;

/** BIND, as minimal as it answers. */
export const BIND: Peer = {
  name: 'named',
  command: 'named',
  configure(directory, port, zones) {
    const clauses = zones.map(
      ({ apex }) => `zone "${apex}" { type primary; file "${fileOf(directory, apex)}"; };`,
    );
    const path = join(directory, 'named.conf');
    writeFileSync(
      path,
      `options {
  directory "${directory}"; pid-file none; lock-file none; session-keyfile none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-transfer { none; }; notify no; empty-zones-enable no; dnssec-validation no;
  minimal-responses yes; minimal-any yes; check-names primary ignore; max-udp-size ${MAX_PAYLOAD}; edns-udp-size ${MAX_PAYLOAD};
  check-integrity no; server-id none; version none; zero-no-soa-ttl no;
};
controls { };
${clauses.join('\n')}
`,
    );
    return ['-g', '-n', '1', '-c', path];
  },
};

/** Knot DNS. */
export const KNOT: Peer = {
  name: 'knotd',
  command: 'knotd',
  configure(directory, port, zones) {
    const clauses = zones.map(
      ({ apex }) =>
        `  - domain: ${apex}\n    file: ${fileOf(directory, apex)}\n    semantic-checks: off\n    journal-content: none\n    zonefile-sync: -1\n`,
    );
    const path = join(directory, 'knot.conf');
    writeFileSync(
      path,
      `server:
  rundir: ${directory}
  listen: 127.0.0.1@${port}
  udp-max-payload: ${MAX_PAYLOAD}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: ${directory}
log:
  - target: stderr
    any: warning
zone:
${clauses.join('')}`,
    );
    return ['-c', path];
  },
};

/** Whether a command can be run on this machine. */
export function hasCommand(command: string): boolean {
  return spawnSync(command, ['-V'], { stdio: 'ignore' }).error === undefined;
}

/** Whether the peer's command can be run on this machine. */
export function isInstalled(peer: Peer): boolean {
  return hasCommand(peer.command);
}

/** A peer that runs and answers. */
export class RunningPeer {
  readonly peer: Peer;
  readonly client: OracleClient;
  /** On 127.0.0.1, UDP and TCP. */
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(peer: Peer, client: OracleClient, port: number, process: ChildProcess) {
    this.peer = peer;
    this.client = client;
    this.port = port;
    this.#process = process;
  }

  /** Starts it in a directory of its own and waits until it answers for every zone. Throws what it printed if not. */
  static async start(peer: Peer, directory: string, zones: readonly PeerZone[]): Promise<RunningPeer> {
    mkdirSync(directory, { recursive: true });
    for (const { apex, text } of zones) writeFileSync(fileOf(directory, apex), text);
    const port = await freePort();
    const child = spawn(peer.command, peer.configure(directory, port, zones), { cwd: directory });
    let printed = '';
    child.stderr.on('data', (text) => {
      printed = `${printed}${text}`.slice(-4000);
    });
    const running = new RunningPeer(peer, await OracleClient.open(port), port, child);
    for (let attempts = 0; attempts < 100 && child.exitCode === null; attempts++) {
      if (await running.#answersFor(zones)) return running;
      await setTimeout(50);
    }
    await running.stop();
    throw new Error(`${peer.name} does not answer; it printed:\n${printed}`);
  }

  async stop(): Promise<void> {
    await this.client.close();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const late = new AbortController();
    setTimeout(5000, undefined, { signal: late.signal }).then(
      () => this.#process.kill('SIGKILL'),
      () => {},
    );
    await ended;
    late.abort();
  }

  async #answersFor(zones: readonly PeerZone[]): Promise<boolean> {
    for (const { apex } of zones) {
      const response = await this.client.ask(query(name(apex), RRType.SOA), { timeoutMs: 200, attempts: 1 });
      if (response === undefined || ((response[3] ?? 0) & 0xf) !== 0) return false;
    }
    return true;
  }
}

function fileOf(directory: string, apex: string): string {
  return join(directory, `${apex}.zone`);
}

/** A port nobody listened on a moment ago, neither over TCP nor over UDP, for servers that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const socket = createSocket('udp4');
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind(port, '127.0.0.1', () => resolve(true));
    });
    socket.close();
    server.close();
    await once(server, 'close');
    if (isFree) return port;
  }
  throw new Error('no port is free over both TCP and UDP');
}
