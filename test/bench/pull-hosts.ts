import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Kill } from './pull-figures.ts';
import { nowUs, type PullRelay } from './pull-relay.ts';
import { BenchError, type Child, type Workshop } from './workshop.ts';
import { seededRandom } from './zone.ts';

/** How many hosts there are, numbered from 1; at most 30. */
export const HOSTS = 12;
/** Hosts that are dead or not yet put back, at most. Less than half, as the monitor believes. */
const MOST_AWAY = 5;
/** How long a host stays dead at least, and how long it is waited for its pull before it comes back. */
const LEAST_DEAD_MS = 3_000;
const MOST_PATIENCE_MS = 10_000;
/** A host that was put back is left alone for so long. */
const REST_MS = 2_000;
const POLL_MS = 20;
const START_TIMEOUT_MS = 5_000;
const SEED = 5;
/** The source stays in test/; only TypeScript goes to dist/. */
const SOURCE = fileURLToPath(new URL('../../../test/bench/pull-host.c', import.meta.url));

interface Host {
  readonly number: number;
  readonly child: Child;
  readonly pid: number;
  readonly port: number;
}

/** Small web servers, each a process and an address of its own on the loopback, that are killed with SIGKILL and come back. */
export class PullHosts {
  readonly kills: Kill[] = [];
  readonly #workshop: Workshop;
  readonly #program: string;
  readonly #hosts = new Map<number, Host>();
  /** By host: when it was last seen put back. */
  readonly #restedUs = new Map<number, number>();
  /** Dead, or alive again and not yet put back. */
  readonly #away = new Set<number>();

  private constructor(workshop: Workshop, program: string) {
    this.#workshop = workshop;
    this.#program = program;
  }

  /** Starts {@link HOSTS} of them and so many more. */
  static async start(workshop: Workshop, more: number): Promise<PullHosts> {
    const program = join(workshop.newDirectory('host'), 'pull-host');
    await workshop.run(['cc', '-O2', '-Wall', '-o', program, SOURCE], workshop.directory);
    const hosts = new PullHosts(workshop, program);
    for (let number = 1; number <= HOSTS + more; number++) await hosts.#start(number, 0);
    return hosts;
  }

  /** Where a host listens. */
  endpoint(number: number): { readonly address: string; readonly port: number } {
    return { address: loopback(number), port: this.#hosts.get(number)?.port ?? 0 };
  }

  /** Kills so many at random moments of so many seconds, and revives each after a while; resolves when all are put back. */
  async killAtRandom(kills: number, seconds: number, relay: PullRelay): Promise<void> {
    const random = seededRandom(SEED);
    const gapMs = (1000 * seconds) / kills;
    const lives: Promise<void>[] = [];
    const startUs = nowUs();
    for (let i = 0; i < kills; i++) {
      const dueUs = startUs + 1000 * gapMs * (i + random());
      await sleep(Math.max(0, (dueUs - nowUs()) / 1000));
      const victim = await this.#victim(random);
      this.#away.add(victim);
      const deadMs = Math.max(LEAST_DEAD_MS, gapMs * (1 + random()));
      const life = this.#killAndRevive(victim, deadMs, relay);
      life.catch(() => {}); // told when all are waited for
      lives.push(life);
    }
    await Promise.all(lives);
  }

  async #victim(random: () => number): Promise<number> {
    for (;;) {
      const restedUs = nowUs() - 1000 * REST_MS;
      const able = Array.from({ length: HOSTS }, (_, i) => i + 1).filter(
        (host) => !this.#away.has(host) && (this.#restedUs.get(host) ?? 0) < restedUs,
      );
      const victim = able[Math.floor(random() * able.length)];
      if (victim !== undefined && this.#away.size < MOST_AWAY) return victim;
      await sleep(POLL_MS);
    }
  }

  async #killAndRevive(number: number, deadMs: number, relay: PullRelay): Promise<void> {
    const host = this.#hosts.get(number);
    if (host === undefined) throw new BenchError(`there is no host ${number}`);
    const killedUs = nowUs();
    process.kill(host.pid, 'SIGKILL');
    const index = this.kills.push({ host: number, killedUs, revivedUs: Number.POSITIVE_INFINITY }) - 1;
    await sleep(deadMs);
    await until(() => relay.isPulled(number));
    await host.child.stop();
    await this.#start(number, host.port);
    this.kills[index] = { host: number, killedUs, revivedUs: nowUs() };
    await until(() => !relay.isPulled(number));
    this.#restedUs.set(number, nowUs());
    this.#away.delete(number);
  }

  async #start(number: number, port: number): Promise<void> {
    const argv = [this.#program, loopback(number), `${port}`];
    const child = this.#workshop.launch(argv, this.#workshop.newDirectory(`host-${number}`), undefined);
    const [pid] = child.pids();
    for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
      const opened = /^port (\d+)$/m.exec(child.printed())?.[1];
      if (opened !== undefined && pid !== undefined) {
        this.#hosts.set(number, { number, child, pid, port: Number(opened) });
        return;
      }
      if (child.hasEnded()) break;
      await sleep(POLL_MS);
    }
    throw new BenchError(`host ${number} does not start: ${child.lastWords()}`);
  }

  /** Ends them all. */
  async stop(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(({ child }) => child.stop()));
  }
}

/** Waits, not for ever: what has not come by then shows in the figures. */
async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; waited < MOST_PATIENCE_MS && !isSo(); waited += POLL_MS) await sleep(POLL_MS);
}

function loopback(number: number): string {
  return `127.0.0.${10 + number}`;
}
