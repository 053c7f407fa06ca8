// When a secondary zone is looked after: RFC 1034 §4.3.5, RFC 1996 §4.
import { soaNumbers } from '../zone/serial.ts';

/** What a secondary zone is like. */
export type RefreshPhase = 'never-loaded' | 'fresh' | 'retrying' | 'expired';

/** How the last check ended; all times are milliseconds on one clock. */
export interface RefreshState {
  readonly phase: RefreshPhase;
  /** When the primary was last heard to have nothing newer, or what it had was taken; 0 is never. */
  readonly confirmedMs: number;
  /** When the zone may no longer be answered from; 0 while it has never been there. */
  readonly expiresMs: number;
  /** When to look next. */
  readonly nextMs: number;
  /** Checks that failed since the last that did not. */
  readonly failures: number;
}

/** What the SOA says of refreshing, in seconds, within bounds. */
export interface RefreshTimes {
  readonly refreshS: number;
  readonly retryS: number;
  readonly expireS: number;
}

/**
 * The life of a secondary zone. Each function takes a state and gives the next one; nobody here waits or asks.
 *
 * ```text
 *                      failed (waits twice as long each time)
 *                       ┌──┐
 *   begin ──► never-loaded ─┘──── confirmed ────┐
 *                                               ▼
 *              confirmed (in REFRESH again)  ┌─ fresh ◄──────── confirmed ────────┐
 *                                            └──► │                               │
 *                                              failed (in RETRY again)            │
 *                                                 ▼                               │
 *                                              retrying ── confirmed ──► fresh    │
 *                                              └► failed │                        │
 *                                                     EXPIRE since confirmed      │
 *                                                        ▼                        │
 *                                                     expired ────────────────────┘
 *                                                     └► failed (in RETRY again)
 * ```
 *
 * A NOTIFY makes any state look at once: see {@link hurried}. `chance` is a number from 0 up to 1; by it the times are
 * drawn so that many zones of one primary do not all come in the same second.
 */
export function begin(nowMs: number, chance: number): RefreshState {
  return {
    phase: 'never-loaded',
    confirmedMs: 0,
    expiresMs: 0,
    nextMs: nowMs + chance * SPREAD_MS,
    failures: 0,
  };
}

/** A zone that is there from before: what was noted of it, and that it is looked at soon. */
export function resumed(
  { confirmedMs, expiresMs }: Pick<RefreshState, 'confirmedMs' | 'expiresMs'>,
  nowMs: number,
  chance: number,
): RefreshState {
  const phase = nowMs >= expiresMs ? 'expired' : 'retrying';
  return { phase, confirmedMs, expiresMs, nextMs: nowMs + chance * SPREAD_MS, failures: 0 };
}

/** The primary has nothing newer, or what it had is here now. `soa` is the RDATA of the SOA here. */
export function confirmed(soa: Uint8Array, nowMs: number, chance: number): RefreshState {
  const { refreshS, expireS } = refreshTimes(soa);
  return {
    phase: 'fresh',
    confirmedMs: nowMs,
    expiresMs: nowMs + expireS * 1000,
    nextMs: nowMs + drawn(refreshS, chance),
    failures: 0,
  };
}

/** A check failed. `soa` is the RDATA of the SOA here, if there is a zone here. See {@link overdue} too. */
export function failed(
  state: RefreshState,
  soa: Uint8Array | undefined,
  nowMs: number,
  chance: number,
): RefreshState {
  const failures = state.failures + 1;
  const waitS =
    soa === undefined
      ? Math.min(FIRST_RETRY_S * 2 ** Math.min(failures - 1, 10), LONGEST_FIRST_RETRY_S)
      : refreshTimes(soa).retryS;
  const phase = state.phase === 'fresh' ? 'retrying' : state.phase;
  return { ...state, phase, failures, nextMs: nowMs + drawn(waitS, chance) };
}

/** The state when time has passed: a zone not confirmed for EXPIRE is expired. */
export function overdue(state: RefreshState, nowMs: number): RefreshState {
  const isOver = state.phase !== 'never-loaded' && nowMs >= state.expiresMs;
  return isOver && state.phase !== 'expired' ? { ...state, phase: 'expired' } : state;
}

/** Somebody says that there is something new (NOTIFY), or wants to know: it is looked at once. */
export function hurried(state: RefreshState, nowMs: number): RefreshState {
  return { ...state, nextMs: Math.min(state.nextMs, nowMs) };
}

/**
 * The numbers of an SOA, kept within bounds: a slip in them shall neither flood the primary nor leave the zone stale.
 * EXPIRE is never shorter than one REFRESH and one RETRY: otherwise a zone would expire between two good checks.
 */
export function refreshTimes(soa: Uint8Array): RefreshTimes {
  const { refresh, retry, expire } = soaNumbers(soa);
  const refreshS = between(refresh, LEAST_S, LONGEST_S);
  const retryS = between(retry, LEAST_S, refreshS);
  return { refreshS, retryS, expireS: between(expire, refreshS + retryS, MOST_S) };
}

// --- helpers ---

/** Zones that wait for their first look are spread over so long. */
const SPREAD_MS = 500;
/** Seconds. */
const LEAST_S = 5;
const LONGEST_S = 28 * 86_400;
const MOST_S = 0x7fff_ffff;
const FIRST_RETRY_S = 5;
const LONGEST_FIRST_RETRY_S = 600;

/** Three quarters of the time to the whole of it, in milliseconds; as BIND and others do. */
function drawn(seconds: number, chance: number): number {
  return Math.round(seconds * 1000 * (1 - chance / 4));
}

function between(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
