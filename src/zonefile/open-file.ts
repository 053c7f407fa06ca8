import { type DomainName, foldName, isSubdomain, MAX_NAME_LENGTH, type WireName } from '../wire/name.ts';
import { ZoneFileError, type ZoneFilePlace } from './errors.ts';
import { EntryLexer, type LexerPlace } from './lexer.ts';

/** One master file: what was read, under which path. */
export interface ZoneFileSource {
  readonly path: string;
  readonly octets: Uint8Array;
}

/** A file in the course of being scanned, with what RFC 1035 §5.1 remembers from one entry to the next. */
export class OpenFile {
  readonly path: string;
  readonly lexer: EntryLexer;
  /** The owner of the record before; a file that is included begins with its includer's. */
  owner: DomainName | undefined;
  #origin: WireName;
  #lowerOrigin: DomainName;
  #doubledOrigin: Uint8Array | undefined;

  constructor(source: ZoneFileSource, origin: WireName, owner: DomainName | undefined) {
    this.path = source.path;
    this.lexer = new EntryLexer(source.octets);
    this.owner = owner;
    this.#origin = origin;
    this.#lowerOrigin = foldName(origin);
    this.#doubledOrigin = doubled(origin);
  }

  /** What relative names are completed with, in the case of the file. */
  get origin(): WireName {
    return this.#origin;
  }

  get lowerOrigin(): DomainName {
    return this.#lowerOrigin;
  }

  setOrigin(origin: WireName): void {
    this.#origin = origin;
    this.#lowerOrigin = foldName(origin);
    this.#doubledOrigin = doubled(origin);
  }

  /** Whether a name ends with the origin twice: its final dot was probably forgotten. */
  endsWithOriginTwice(name: Uint8Array): boolean {
    return this.#doubledOrigin !== undefined && isSubdomain(name, this.#doubledOrigin);
  }

  /** Names shorter than this do not end with the origin twice. */
  get doubledLength(): number {
    return this.#doubledOrigin?.length ?? Number.POSITIVE_INFINITY;
  }

  /** The place of word i of the current entry, or of the entry's end when there is no word i. */
  place(i: number): ZoneFilePlace {
    return this.placeOf(this.lexer.place(i));
  }

  placeOf({ offset, line }: LexerPlace): ZoneFilePlace {
    return { path: this.path, line, column: this.lexer.column(offset) };
  }

  /** An error about word i of the current entry. */
  error(i: number, what: string, cause?: unknown): ZoneFileError {
    return new ZoneFileError(this.place(i), what, cause);
  }
}

function doubled(origin: WireName): Uint8Array | undefined {
  const length = 2 * origin.length - 1;
  if (origin.length === 1 || length > MAX_NAME_LENGTH) return undefined;
  const twice = new Uint8Array(length);
  twice.set(origin);
  twice.set(origin, origin.length - 1);
  return twice;
}
