/** A log record's fields: short, flat, never a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where sentences for the operator go. One line each: `area: sentence`, then the fields. */
export interface Log {
  error(sentence: string, fields?: LogFields): void;
  warn(sentence: string, fields?: LogFields): void;
  info(sentence: string, fields?: LogFields): void;
  debug(sentence: string, fields?: LogFields): void;
}

/** Time, chance and the log: everything that is not a function of its arguments comes in through here. */
export interface Effects {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
  /** `length` unpredictable octets. */
  randomOctets(length: number): Uint8Array;
  readonly log: Log;
}

/** A log that forgets everything; for tests and for tools that print by themselves. */
export const SILENT_LOG: Log = { error() {}, warn() {}, info() {}, debug() {} };
