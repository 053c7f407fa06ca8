import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { RunningProgram } from './programs.ts';
import { SECRET } from './tsig.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.js');

/** What a monitor of a test is told. */
export interface MonitorSetup {
  /** Of the name server, on 127.0.0.1. */
  readonly port: number;
  readonly apex: string;
  readonly owner: string;
  /** Who is probed for which member. */
  readonly members: Readonly<Record<string, MortalHost>>;
  /** Without the last dot; `mon` if left out. */
  readonly key?: string;
  /** More of the zone's table. */
  readonly zone?: string;
  readonly references?: readonly MortalHost[];
}

/** `waypost monitor` as a process of its own, that looks five times a second and says everything in its log. */
export function startMonitor(directory: string, setup: MonitorSetup): RunningProgram {
  const { port, apex, owner, members, key = 'mon', zone = '', references = [] } = setup;
  const file = join(mkdtempSync(join(directory, 'monitor-')), 'monitor.toml');
  const placed = Object.entries(members).map(
    ([member, host]) => `member."${member}" = { address = "127.0.0.1", port = ${host.port} }\n`,
  );
  const watched = references.map(
    (host, i) => `[reference.r${i}]\naddress = "127.0.0.1"\nport = ${host.port}\nprobe = "web"\n`,
  );
  writeFileSync(
    file,
    `report.listen = ""
damping.suppress = 1000000
blind.calm = "1s"
[keys."${key}."]
secret = "${SECRET}"
[zone."${apex}"]
servers = ["127.0.0.1:${port}"]
key = "${key}."
poll = "1s"
probes = ["web"]
${zone}
[probe.web]
interval = "200ms"
fast = "50ms"
timeout = "2s"
window = 3
threshold = 2
${watched.join('')}
[name."${owner}"]
members = [${Object.keys(members)
      .map((member) => `"${member}"`)
      .join(', ')}]
${placed.join('')}`,
    { mode: 0o600 },
  );
  return RunningProgram.start(process.execPath, [MAIN, 'monitor', '-c', file, '--plain']);
}

/** A web server that dies and comes back at the same port. */
export class MortalHost {
  #server: Server = createServer();
  #port = 0;

  static async start(): Promise<MortalHost> {
    const host = new MortalHost();
    await host.revive();
    return host;
  }

  /** On 127.0.0.1, chosen by the system. */
  get port(): number {
    return this.#port;
  }

  async revive(): Promise<void> {
    this.#server = createServer((_, response) => void response.end('well')).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.#port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  /** From here on connections are refused. */
  kill(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
