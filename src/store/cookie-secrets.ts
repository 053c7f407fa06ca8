import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Effects } from '../base/effects.ts';
import { messageOf, WaypostError } from '../base/errors.ts';
import { COOKIE_MEMORY_LENGTH, COOKIE_SECRET_LENGTH, writeCookieSecrets } from '../message/cookie.ts';
import { isMissing, writeWhole } from './whole-file.ts';

/** How old the current secret may grow (RFC 7873 §7.1: 36 days at the very most). */
export const DEFAULT_COOKIE_SECRET_AGE_MS = 36 * 3600 * 1000;

/** The cookie secrets could not be stored. The cause is kept. */
export class CookieSecretsError extends WaypostError {
  readonly code = 'WP_COOKIE_SECRETS';
}

/**
 * The server's cookie secrets (RFC 9018 §5): the current one and the one before it, kept in a private file of the
 * data directory so that clients' cookies survive a restart, and shown to the query threads in {@link memory}.
 * A file that cannot be used is replaced: cookies are worth nothing to keep at the price of not starting.
 */
export class CookieSecrets {
  /** What `CookieJar` reads; filled from the constructor on. */
  readonly memory = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
  readonly #path: string;
  readonly #maxAgeMs: number;
  readonly #effects: Effects;
  #kept: Kept;

  /** Reads the file at `path` or makes it. Throws {@link CookieSecretsError} when it can do neither. */
  constructor(path: string, effects: Effects, maxAgeMs = DEFAULT_COOKIE_SECRET_AGE_MS) {
    this.#path = path;
    this.#maxAgeMs = maxAgeMs;
    this.#effects = effects;
    const kept = this.#read();
    if (kept === undefined) {
      this.#kept = this.#replace(undefined);
    } else {
      this.#kept = kept;
      this.#publish();
      this.rotateWhenDue();
    }
  }

  /** Milliseconds until {@link rotateWhenDue} will have something to do; 0 when it has now. */
  get msUntilRotation(): number {
    const age = this.#effects.nowMs() - this.#kept.madeMs;
    // A secret from the future was made under a wrong clock; nobody knows how old it is.
    return age < 0 ? 0 : Math.max(0, this.#maxAgeMs - age);
  }

  /**
   * Makes a new secret when the current one is too old, and keeps that one as the previous. Returns whether it
   * did. Throws {@link CookieSecretsError}; the secrets then stay as they were.
   */
  rotateWhenDue(): boolean {
    if (this.msUntilRotation > 0) return false;
    this.#kept = this.#replace(this.#kept.current);
    return true;
  }

  /** Stores and publishes a new secret beside the `previous` one. */
  #replace(previous: Uint8Array | undefined): Kept {
    const current = this.#effects.randomOctets(COOKIE_SECRET_LENGTH);
    // Without a previous secret a random one stands in, which matches nobody's cookie.
    const kept: Kept = {
      madeMs: this.#effects.nowMs(),
      current,
      previous: previous ?? this.#effects.randomOctets(COOKIE_SECRET_LENGTH),
    };
    try {
      writeWhole(this.#path, show(kept));
    } catch (cause) {
      throw new CookieSecretsError(
        `cookie secrets could not be stored in ${this.#path} (${messageOf(cause)}); is the data directory writable?`,
        { cause },
      );
    }
    this.#kept = kept;
    this.#publish();
    return kept;
  }

  #publish(): void {
    writeCookieSecrets(this.memory, this.#kept.current, this.#kept.previous);
  }

  /** What the file says; `undefined` when there is none that can be trusted. */
  #read(): Kept | undefined {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch (error) {
      if (!isMissing(error)) this.#warn(messageOf(error));
      return undefined;
    }
    try {
      // Windows has no such permissions to look at.
      if (process.platform !== 'win32' && (fstatSync(file).mode & 0o077) !== 0) {
        this.#warn('others may read or write it');
        return undefined;
      }
      const kept = scan(readFileSync(file, 'utf8'));
      if (kept === undefined) this.#warn('it is damaged');
      return kept;
    } catch (error) {
      this.#warn(messageOf(error));
      return undefined;
    } finally {
      closeSync(file);
    }
  }

  #warn(reason: string): void {
    this.#effects.log.warn('store: cookie secrets are made anew, the file could not be used', {
      file: this.#path,
      reason,
    });
  }
}

// --- the file ---

interface Kept {
  /** When the current secret was made; milliseconds since 1970. */
  readonly madeMs: number;
  readonly current: Uint8Array;
  readonly previous: Uint8Array;
}

const HEADING = '# DNS cookie secrets of this server (RFC 9018); private, made and replaced by the server';
const LINE = /^(made|current|previous) (\S+)$/;

function show(kept: Kept): string {
  const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
  const made = new Date(kept.madeMs).toISOString();
  return `${HEADING}\nmade ${made}\ncurrent ${hex(kept.current)}\nprevious ${hex(kept.previous)}\n`;
}

function scan(text: string): Kept | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = LINE.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  const madeMs = Date.parse(values.get('made') ?? '');
  const current = scanSecret(values.get('current'));
  const previous = scanSecret(values.get('previous'));
  if (Number.isNaN(madeMs) || current === undefined || previous === undefined) return undefined;
  return { madeMs, current, previous };
}

function scanSecret(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || !/^[0-9a-f]{32}$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'hex'));
}
