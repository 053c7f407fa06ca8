import type { Log } from '../base/effects.ts';
import { messageOf } from '../base/errors.ts';
import type { Received } from '../store/zone-receiver.ts';
import { type DomainName, showName } from '../wire/name.ts';

/** What the log says of one secondary zone. `from` is a primary as `ADDR:PORT`. */
export class SecondaryLog {
  readonly #log: Log;
  readonly #zone: string;

  constructor(log: Log, apex: DomainName) {
    this.#log = log;
    this.#zone = showName(apex);
  }

  receiving(from: string, records: number): void {
    this.#log.info('secondary: receiving', { zone: this.#zone, from, records });
  }

  fallback(from: string, reason: string): void {
    const sentence = 'secondary: no differences, fetching the whole zone';
    this.#log.info(sentence, { zone: this.#zone, from, reason });
  }

  taken(from: string, serial: number, { outcome, records, added, removed, warnings }: Received): void {
    const zone = this.#zone;
    if (outcome !== 'unchanged') {
      this.#log.info(`secondary: ${outcome}`, { zone, serial, from, records, added, removed });
    }
    for (const { owner, message } of warnings.slice(0, MAX_WARNINGS)) {
      const sentence = 'secondary: the primary should mend its zone';
      this.#log.warn(sentence, { zone, owner: showName(owner), message });
    }
  }

  behind(from: string, serial: number, primarySerial: number): void {
    const sentence =
      'secondary: the primary is behind; waypost zone refresh --full takes its zone all the same';
    this.#log.warn(sentence, { zone: this.#zone, serial, from, primarySerial });
  }

  servedAgain(serial: number): void {
    this.#log.info('secondary: served again', { zone: this.#zone, serial });
  }

  /** `isRepeated`: the same trouble again, which is of interest to who looks for it. */
  failed(error: string, failures: number, isRepeated: boolean): void {
    const fields = { zone: this.#zone, error, failures };
    if (isRepeated) this.#log.debug('secondary: cannot refresh', fields);
    else this.#log.warn('secondary: cannot refresh', fields);
  }

  /** `confirmedMs`: since 1970. `error`: of the last check. */
  expired(confirmedMs: number, error: string | undefined): void {
    const sentence =
      'secondary: the zone has expired: it is answered with SERVFAIL until its primary is heard';
    this.#log.error(sentence, { zone: this.#zone, confirmed: new Date(confirmedMs).toISOString(), error });
  }

  notWithheld(error: unknown): void {
    const fields = { zone: this.#zone, error: messageOf(error) };
    this.#log.error('secondary: cannot withhold an expired zone', fields);
  }
}

/** Of one transfer. */
const MAX_WARNINGS = 20;
