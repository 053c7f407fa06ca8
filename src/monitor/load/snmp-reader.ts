import { messageOf } from '../../base/errors.ts';
import type { Timers } from '../../base/timers.ts';
import { LoadError } from '../errors.ts';
import { firstNumber } from './number-field.ts';
import type { LoadReader, SnmpLoadOptions } from './readers.ts';

/** What of the package net-snmp is used. */
export interface SnmpLibrary {
  createSession(target: string, community: string, options: object): SnmpSession;
  readonly Version1: unknown;
  readonly Version2c: unknown;
  isVarbindError(varbind: SnmpVarbind): boolean;
  varbindError(varbind: SnmpVarbind): string;
}

interface SnmpSession {
  get(
    oids: readonly string[],
    done: (error: Error | null, varbinds?: readonly SnmpVarbind[]) => void,
  ): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): unknown;
}

/** One object: an integer, or octets. */
export interface SnmpVarbind {
  readonly oid: string;
  /** The tag of its value (RFC 2578 §7.1). */
  readonly type?: unknown;
  readonly value?: unknown;
}

/** Finds the package. Throws when it is not installed. */
export type FindSnmp = () => Promise<unknown>;

/** Reads one object of an SNMP agent, with one repetition of the request when nothing comes. */
export class SnmpReader implements LoadReader {
  readonly #options: SnmpLoadOptions;
  readonly #timers: Pick<Timers, 'after'>;
  readonly #find: FindSnmp;

  constructor(options: SnmpLoadOptions, timers: Pick<Timers, 'after'>, find: FindSnmp = findInstalled) {
    this.#options = options;
    this.#timers = timers;
    this.#find = find;
  }

  async read(signal: AbortSignal): Promise<number> {
    const library = await findLibrary(this.#find);
    const { host, port, oid } = this.#options;
    const varbind = await this.#get(library, signal);
    const where = `SNMP ${oid} at ${host} port ${port}`;
    if (library.isVarbindError(varbind)) throw new LoadError(`${where}: ${library.varbindError(varbind)}`);
    const number = numberOf(varbind);
    if (number === undefined) throw new LoadError(`${where}: it is not a number`);
    return number;
  }

  #get(library: SnmpLibrary, signal: AbortSignal): Promise<SnmpVarbind> {
    const { host, port, version, community, oid, timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void => {
        if (end()) reject(new LoadError(`SNMP ${oid} at ${host} port ${port}: ${why}`, { cause }));
      };
      let isEnded = false;
      const session = library.createSession(host, community, {
        port,
        version: version === '1' ? library.Version1 : library.Version2c,
        transport: host.includes(':') ? 'udp6' : 'udp4',
        retries: 1,
        timeout: Math.max(Math.floor(timeoutMs / 2), 1),
      });
      const end = (): boolean => {
        if (isEnded) return false;
        isEnded = true;
        cancel();
        signal.removeEventListener('abort', abort);
        session.close();
        return true;
      };
      const abort = (): void => fail('given up');
      const cancel = this.#timers.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
      signal.addEventListener('abort', abort);
      if (signal.aborted) return abort();
      session.on('error', (error) => fail(messageOf(error), error));
      session.get([oid], (error, varbinds = []) => {
        const [varbind] = varbinds;
        if (error !== null) fail(messageOf(error), error);
        else if (varbind === undefined) fail('an empty answer');
        else if (end()) resolve(varbind);
      });
    });
  }
}

// --- helpers ---

async function findInstalled(): Promise<unknown> {
  const name: string = 'net-snmp'; // not a literal type: the package need not be there to compile
  return await import(name);
}

async function findLibrary(find: FindSnmp): Promise<SnmpLibrary> {
  let found: unknown;
  try {
    found = await find();
  } catch (cause) {
    throw new LoadError("SNMP needs the package net-snmp: 'npm install net-snmp'", { cause });
  }
  const library = isRecord(found) && 'default' in found ? found['default'] : found;
  if (isLibrary(library)) return library;
  throw new LoadError('the package net-snmp is not as it is known here: another version?');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isLibrary(value: unknown): value is SnmpLibrary {
  if (!isRecord(value)) return false;
  const { createSession, isVarbindError, varbindError } = value;
  return [createSession, isVarbindError, varbindError].every((each) => typeof each === 'function');
}

/** Counter64 comes as its octets, and so does text, such as the load average `0.35`. */
function numberOf({ type, value }: SnmpVarbind): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (!(value instanceof Uint8Array)) return undefined;
  if (type !== COUNTER64) return textNumber(Buffer.from(value).toString('latin1'));
  return Number(value.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n));
}

const COUNTER64 = 0x46;

function textNumber(text: string): number | undefined {
  try {
    return firstNumber(text);
  } catch (error) {
    if (error instanceof LoadError) return undefined;
    throw error;
  }
}
