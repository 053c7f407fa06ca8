// nginx' own counters: module ngx_http_stub_status_module.
import { LoadError } from '../errors.ts';

/** What stub_status says. */
export interface StubStatus {
  /** Connections, those waiting included. */
  readonly active: number;
  /** Counters since nginx began. */
  readonly accepts: number;
  readonly handled: number;
  readonly requests: number;
  /** Connections whose request is being read, whose response is being written, and that are idle. */
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

/** Which number is the load: one of those, `busy` (reading and writing), or `rate` (requests a second). */
export const STUB_STATUS_VALUES = ['active', 'reading', 'writing', 'waiting', 'busy', 'rate'] as const;
export type StubStatusValue = (typeof STUB_STATUS_VALUES)[number];

/** Reads the page. Throws {@link LoadError}. */
export function scanStubStatus(text: string): StubStatus {
  const numbers = FORM.exec(text)?.slice(1).map(Number) ?? [];
  const [active, accepts, handled, requests, reading, writing, waiting] = numbers;
  if (active === undefined || accepts === undefined || handled === undefined || requests === undefined) {
    throw new LoadError("what came is not nginx' stub_status: look at the location that has 'stub_status'");
  }
  return {
    ...{ active, accepts, handled, requests },
    ...{ reading: reading ?? 0, writing: writing ?? 0, waiting: waiting ?? 0 },
  };
}

/** The number that was asked for; our own request is not counted among the connections. `undefined`: not known yet. */
export function stubStatusLoad(
  value: StubStatusValue,
  now: StubStatus,
  before: StubStatus | undefined,
  elapsedMs: number,
): number | undefined {
  switch (value) {
    case 'active':
      return Math.max(now.active - 1, 0);
    case 'writing':
      return Math.max(now.writing - 1, 0);
    case 'busy':
      return Math.max(now.reading + now.writing - 1, 0);
    case 'reading':
    case 'waiting':
      return now[value];
    case 'rate':
      // a counter that went back: nginx was restarted
      if (before === undefined || elapsedMs <= 0 || now.requests < before.requests) return undefined;
      return ((now.requests - before.requests) * 1000) / elapsedMs;
    default:
      return value satisfies never;
  }
}

// --- helpers ---

const FORM =
  /^Active connections: (\d+)\s+server accepts handled requests\s+(\d+) (\d+) (\d+)(?: \d+)?\s+Reading: (\d+) Writing: (\d+) Waiting: (\d+)/;
