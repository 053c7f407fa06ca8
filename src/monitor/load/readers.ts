import { messageOf } from '../../base/errors.ts';
import type { Timers } from '../../base/timers.ts';
import { runCommand } from '../command.ts';
import { LoadError } from '../errors.ts';
import { runHttpErrand } from '../http-errand.ts';
import { firstNumber, numberAt } from './number-field.ts';
import { SnmpReader } from './snmp-reader.ts';
import { type StubStatus, type StubStatusValue, scanStubStatus, stubStatusLoad } from './stub-status.ts';

/** Where a load comes from. `timeoutMs`: the whole of one reading. */
export type LoadOptions = HttpLoadOptions | StubStatusOptions | ExecLoadOptions | SnmpLoadOptions;

/** A page with a number: of JSON the one at a dotted path, otherwise the first in the text. */
export interface HttpLoadOptions {
  readonly kind: 'http';
  /** http: or https: */
  readonly url: string;
  /** A path such as `stats.load.0`; `undefined`: the page is text. */
  readonly field: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** The page of nginx' stub_status. */
export interface StubStatusOptions {
  readonly kind: 'stub-status';
  readonly url: string;
  readonly value: StubStatusValue;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** A program that writes a number to standard output and ends with 0. */
export interface ExecLoadOptions {
  readonly kind: 'exec';
  readonly argv: readonly string[];
  readonly timeoutMs: number;
}

/** One object of an SNMP agent. Needs the package net-snmp. */
export interface SnmpLoadOptions {
  readonly kind: 'snmp';
  /** An address or a name. */
  readonly host: string;
  readonly port: number;
  readonly version: '1' | '2c';
  readonly community: string;
  /** `1.3.6.1.4.1.2021.10.1.3.1` is the load average of the last minute of net-snmp's agent. */
  readonly oid: string;
  readonly timeoutMs: number;
}

/** Reads one load, again and again. */
export interface LoadReader {
  /**
   * The load now; `undefined` when it can only be told with the next reading. Throws {@link LoadError} or
   * `ErrandError` within the time-out, or when `signal` is aborted.
   */
  read(signal: AbortSignal): Promise<number | undefined>;
}

/** Makes the reader of a load. */
export function makeLoadReader(options: LoadOptions, timers: Timers): LoadReader {
  switch (options.kind) {
    case 'http':
      return {
        read: async (signal) => {
          const text = await fetchText(options, timers, signal);
          return inPlace(options.url, () =>
            options.field === undefined ? firstNumber(text) : numberAt(text, options.field),
          );
        },
      };
    case 'stub-status':
      return new StubStatusReader(options, timers);
    case 'exec':
      return {
        read: async (signal) => {
          const { argv, timeoutMs } = options;
          const text = await runCommand({ argv, timeoutMs, maxOctets: MAX_OCTETS }, timers, signal);
          return inPlace(argv[0] ?? '', () => firstNumber(text));
        },
      };
    case 'snmp':
      return new SnmpReader(options, timers);
    default:
      return options satisfies never;
  }
}

// --- helpers ---

/** Of a page or a program's output. */
const MAX_OCTETS = 65_536;

type PageOptions = HttpLoadOptions | StubStatusOptions;

function fetchText({ url, headers, timeoutMs }: PageOptions, timers: Timers, signal: AbortSignal) {
  const errand = { url, timeoutMs, maxOctets: MAX_OCTETS, ...(headers === undefined ? {} : { headers }) };
  return runHttpErrand(errand, timers, signal);
}

/** Says where a number was looked for. The query of a URL may hold a secret. */
function inPlace<T>(where: string, find: () => T): T {
  try {
    return find();
  } catch (cause) {
    if (!(cause instanceof LoadError)) throw cause;
    throw new LoadError(`${where.replace(/[?#].*$/, '')}: ${messageOf(cause)}`, { cause });
  }
}

class StubStatusReader implements LoadReader {
  readonly #options: StubStatusOptions;
  readonly #timers: Timers;
  #before: { readonly status: StubStatus; readonly atMs: number } | undefined;

  constructor(options: StubStatusOptions, timers: Timers) {
    this.#options = options;
    this.#timers = timers;
  }

  async read(signal: AbortSignal): Promise<number | undefined> {
    const text = await fetchText(this.#options, this.#timers, signal);
    const status = inPlace(this.#options.url, () => scanStubStatus(text));
    const atMs = this.#timers.nowMs();
    const before = this.#before;
    this.#before = { status, atMs };
    return stubStatusLoad(this.#options.value, status, before?.status, atMs - (before?.atMs ?? atMs));
  }
}
