import { type Endpoint, showEndpoint } from '../base/endpoint.ts';

/**
 * Servers that may be asked for the same thing, in the order in which they are tried: as they were given, but one that
 * did not answer lately goes behind the others for a while.
 */
export class ServerList {
  readonly #servers: readonly Endpoint[];
  readonly #nowMs: () => number;
  readonly #restMs: number;
  /** By endpoint: when it failed. */
  readonly #failedMs = new Map<string, number>();

  /** `restMs`: how long one that failed is not the first. */
  constructor(servers: readonly Endpoint[], nowMs: () => number, restMs = REST_MS) {
    this.#servers = servers;
    this.#nowMs = nowMs;
    this.#restMs = restMs;
  }

  /** All of them, the best one first. */
  inOrder(): readonly Endpoint[] {
    const [rested, resting]: [Endpoint[], Endpoint[]] = [[], []];
    for (const server of this.#servers) (this.#isResting(server) ? resting : rested).push(server);
    return [...rested, ...resting];
  }

  /** Says that a server did not answer. */
  failed(server: Endpoint): void {
    this.#failedMs.set(showEndpoint(server), this.#nowMs());
  }

  /** Says that a server answered. */
  answered(server: Endpoint): void {
    this.#failedMs.delete(showEndpoint(server));
  }

  #isResting(server: Endpoint): boolean {
    const failedMs = this.#failedMs.get(showEndpoint(server));
    return failedMs !== undefined && this.#nowMs() - failedMs < this.#restMs;
  }
}

const REST_MS = 30_000;
