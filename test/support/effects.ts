import type { Effects, LogFields } from '../../src/base/effects.ts';

/** Effects that a test turns by hand: a clock that stands, octets that count, a log that is kept. */
export class FakeEffects implements Effects {
  /** Milliseconds since 1970; 2026-11-22T10:00:00Z to begin with. */
  now = Date.UTC(2026, 10, 22, 10);
  /** Every line logged: `warn area: sentence`. */
  readonly lines: string[] = [];
  /** The fields of each line. */
  readonly fields: LogFields[] = [];
  #nextOctet = 1;

  readonly log = {
    error: (sentence: string, fields?: LogFields) => this.#keep('error', sentence, fields),
    warn: (sentence: string, fields?: LogFields) => this.#keep('warn', sentence, fields),
    info: (sentence: string, fields?: LogFields) => this.#keep('info', sentence, fields),
    debug: (sentence: string, fields?: LogFields) => this.#keep('debug', sentence, fields),
  };

  nowMs(): number {
    return this.now;
  }

  randomOctets(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#nextOctet++);
  }

  #keep(level: string, sentence: string, fields: LogFields = {}): void {
    this.lines.push(`${level} ${sentence}`);
    this.fields.push(fields);
  }
}
