import { WaypostError } from '../base/errors.ts';

/** A place in a master file. Lines and columns count from 1; columns count octets. */
export interface ZoneFilePlace {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** What is wrong at one place of a master file; the message begins with the place. */
export class ZoneFileError extends WaypostError implements ZoneFilePlace {
  readonly code = 'WP_ZONE_FILE';
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The message without the place. */
  readonly what: string;
  constructor(place: ZoneFilePlace, what: string, cause?: unknown) {
    const shown = printable(what);
    super(showFinding(place, shown), cause === undefined ? undefined : { cause });
    this.path = place.path;
    this.line = place.line;
    this.column = place.column;
    this.what = shown;
  }
}

/** What is legal in a master file but probably not meant. */
export interface ZoneFileWarning extends ZoneFilePlace {
  /** Begins with the place, as the message of a {@link ZoneFileError}. */
  readonly message: string;
  readonly what: string;
}

/** What a scan found, up to a bound; a last entry says that there is more. */
export class Findings {
  readonly errors: ZoneFileError[] = [];
  readonly warnings: ZoneFileWarning[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  /** Whether an error was left out: going on would find nothing that is reported. */
  get isFull(): boolean {
    return this.errors.length > this.#limit;
  }

  error(error: ZoneFileError): void {
    if (this.errors.length < this.#limit) this.errors.push(error);
    else if (!this.isFull) this.errors.push(new ZoneFileError(error, '… and more errors from here on'));
  }

  warn(place: ZoneFilePlace, what: string): void {
    if (this.warnings.length > this.#limit) return;
    const shown = this.warnings.length < this.#limit ? printable(what) : '… and more warnings from here on';
    const { path, line, column } = place;
    this.warnings.push({ path, line, column, what: shown, message: showFinding(place, shown) });
  }
}

function showFinding({ path, line, column }: ZoneFilePlace, what: string): string {
  return `${path}:${line}:${column}: ${what}`;
}

/** Words of a file that is anything but a zone may be long, and dangerous for a terminal. */
function printable(what: string): string {
  const shown = what.length > MAX_LENGTH ? `${what.slice(0, MAX_LENGTH)}…` : what;
  return shown.replace(/\p{Cc}/gu, (c) => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`);
}

/** Characters. Two names of the greatest length fit. */
const MAX_LENGTH = 600;
