import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { ProbeFailure } from './errors.ts';
import type { ProbeRun } from './probe-run.ts';

/** Finds an address of a name, as `getaddrinfo` does; calls back once, perhaps much later. */
export type LookUp = (name: string, done: (error: unknown, address: string) => void) => void;

/** The system's own way: /etc/hosts, then its resolver. */
export const SYSTEM_LOOKUP: LookUp = (name, done) => lookup(name, { order: 'verbatim' }, done);

type Found = { readonly address: string } | { readonly error: unknown };

/**
 * Addresses of the names that are probed by name. The system cannot be told to give up a lookup, and makes few at a
 * time: so there is never more than one under way for a name, whoever waits for it.
 */
export class NameLookup {
  readonly #lookUp: LookUp;
  readonly #waiting = new Map<string, Set<(found: Found) => void>>();

  constructor(lookUp: LookUp) {
    this.#lookUp = lookUp;
  }

  /** The address of `host`, which may be one already. A name without one fails the run. */
  async addressOf(host: string, run: ProbeRun): Promise<string> {
    if (isIP(host) !== 0) return host;
    const found = await run.until<Found>(
      `the system to look up ${host}`,
      (resolve) => {
        const waiting = this.#waiting.get(host) ?? this.#begin(host);
        waiting.add(resolve);
        run.onEnd(() => waiting.delete(resolve));
      },
      { isOurs: true },
    );
    if ('address' in found) return found.address;
    throw explain(host, found.error);
  }

  #begin(host: string): Set<(found: Found) => void> {
    const waiting = new Set<(found: Found) => void>();
    this.#waiting.set(host, waiting);
    this.#lookUp(host, (error, address) => {
      this.#waiting.delete(host);
      const found = error ? { error } : { address };
      for (const tell of waiting) tell(found);
    });
    return waiting;
  }
}

// --- helpers ---

function explain(host: string, cause: unknown): ProbeFailure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  if (code === 'ENOTFOUND') return new ProbeFailure(`there is no address of ${host}`, { cause });
  const evidence = `cannot look up ${host}: ${code}; does this machine's resolver work?`;
  return new ProbeFailure(evidence, { cause, isInconclusive: true });
}
