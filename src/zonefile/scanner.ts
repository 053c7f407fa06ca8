// Master files: RFC 1035 §5, RFC 2308 §4 ($TTL), and BIND's $GENERATE.
import { messageOf } from '../base/errors.ts';
import { editDistance } from '../base/suggest.ts';
import { scanName, type WireName } from '../wire/name.ts';
import { located, scanTtlWord } from './entry-words.ts';
import { Findings, ZoneFileError, type ZoneFileWarning } from './errors.ts';
import { GenerateRun } from './generate-run.ts';
import { OpenFile, type ZoneFileSource } from './open-file.ts';
import { RecordScanner, type ScannedRecord } from './record-scanner.ts';

/** What a scan needs, and whom it tells. */
export interface ZoneFileOptions {
  /** What relative names are completed with until a `$ORIGIN`: the zone's apex. */
  readonly origin: WireName;
  /**
   * Reads the file that `$INCLUDE path` names in the file `fromPath`. Circles are found by the path it returns, so
   * that is to be the same each time. What it throws is reported at the directive.
   */
  include(path: string, fromPath: string): ZoneFileSource;
  /** After so many errors the scan ends; default {@link MAX_ERRORS}. Warnings have the same bound. */
  readonly maxErrors?: number;
  /** What it throws goes through to the caller of {@link ZoneFileScanner.step}. */
  onRecord(record: ScannedRecord): void;
  /** Called for the file itself and for every one included, in the order they are opened. */
  onFile?(source: ZoneFileSource): void;
}

export const MAX_ERRORS = 100;
/** Files open at once. */
export const MAX_INCLUDE_DEPTH = 16;
/** Files that a zone may include in all, so that files that include each other twice end. */
export const MAX_INCLUDES = 10_000;
/** Records that the `$GENERATE` directives of a zone may make in all. */
export const MAX_GENERATED = 1 << 20;

/**
 * Scans a master file and what it includes, a slice at a time. Goes on after an error with the next entry.
 * Records are told as they are read, so they count only when {@link errors} is empty at the end. Whether the
 * records make a zone is not asked here.
 */
export class ZoneFileScanner {
  readonly #options: ZoneFileOptions;
  readonly #findings: Findings;
  readonly #records: RecordScanner;
  readonly #open: OpenFile[] = [];
  #file: OpenFile | undefined;
  #run: GenerateRun | undefined;
  #generatedLeft = MAX_GENERATED;
  #includesLeft = MAX_INCLUDES;

  constructor(source: ZoneFileSource, options: ZoneFileOptions) {
    this.#options = options;
    this.#findings = new Findings(options.maxErrors ?? MAX_ERRORS);
    this.#records = new RecordScanner(this.#findings);
    this.#enter(new OpenFile(source, options.origin, undefined), source);
  }

  /** In the order they were found; when there were more than `maxErrors`, a last one says so. */
  get errors(): readonly ZoneFileError[] {
    return this.#findings.errors;
  }

  /** In the order they were found. */
  get warnings(): readonly ZoneFileWarning[] {
    return this.#findings.warnings;
  }

  /** Scans at most `maxRecords` entries (a blank line is one too). Returns whether there is more to do. */
  step(maxRecords: number): boolean {
    for (let left = maxRecords; left > 0 && this.#file !== undefined; left--) this.#advance(this.#file);
    return this.#file !== undefined;
  }

  #advance(file: OpenFile): void {
    try {
      if (this.#run !== undefined) {
        this.#generate(this.#run);
      } else if (!file.lexer.next()) {
        this.#leave();
      } else if (file.lexer.problem !== undefined) {
        const { problem } = file.lexer;
        this.#findings.error(new ZoneFileError(file.placeOf(problem), problem.what));
      } else if (file.lexer.count > 0) {
        if (isDirective(file)) this.#obey(file);
        else this.#options.onRecord(this.#records.scan(file));
      }
    } catch (error) {
      if (!(error instanceof ZoneFileError)) throw error;
      this.#run = undefined;
      this.#findings.error(error);
    }
    if (this.#findings.isFull) this.#file = undefined;
  }

  #enter(file: OpenFile, source: ZoneFileSource): void {
    this.#open.push(file);
    this.#file = file;
    this.#options.onFile?.(source);
  }

  #leave(): void {
    this.#open.pop();
    this.#file = this.#open.at(-1);
  }

  #generate(run: GenerateRun): void {
    const record = run.next();
    if (record === undefined) this.#run = undefined;
    else this.#options.onRecord(record);
  }

  // --- directives ---

  #obey(file: OpenFile): void {
    const text = file.lexer.text(0);
    switch (text.toUpperCase()) {
      case '$ORIGIN':
        expectWords(file, '$ORIGIN', 1, 1, 'a domain name');
        file.setOrigin(this.#scanOrigin(file, 1));
        return;
      case '$TTL':
        expectWords(file, '$TTL', 1, 1, 'a TTL');
        this.#records.setDefaultTtl(scanTtlWord(file, 1, 'TTL such as 3600 or 1h30m'));
        return;
      case '$INCLUDE':
        expectWords(file, '$INCLUDE', 1, 2, 'a file name');
        this.#include(file);
        return;
      case '$GENERATE':
        this.#run = new GenerateRun(file, this.#records, this.#generatedLeft);
        this.#generatedLeft -= this.#run.count;
        return;
      default:
        throw file.error(
          0,
          `unknown directive '${text}'${didYouMean(text)}; an owner that begins so is '\\${text}'`,
        );
    }
  }

  #scanOrigin(file: OpenFile, i: number): WireName {
    const text = file.lexer.text(i);
    try {
      const origin = scanName(text, file.origin);
      if (!text.endsWith('.') && file.endsWithOriginTwice(origin)) {
        const what = `'${text}' ends with the origin but has no final dot; was '${text}.' meant?`;
        this.#findings.warn(file.place(i), what);
      }
      return origin;
    } catch (error) {
      throw located(file, i, error);
    }
  }

  /** RFC 1035 §5.1: the includer's origin and owner are untouched by what the included file does. */
  #include(file: OpenFile): void {
    const { lexer } = file;
    const path = unescapePath(lexer.text(1));
    const origin = lexer.count > 2 ? this.#scanOrigin(file, 2) : file.origin;
    if (this.#open.length >= MAX_INCLUDE_DEPTH) {
      throw file.error(
        1,
        `'${path}' would be file ${MAX_INCLUDE_DEPTH + 1} in a chain of $INCLUDE; ${MAX_INCLUDE_DEPTH} is the most`,
      );
    }
    if (this.#includesLeft-- === 0) {
      throw file.error(
        1,
        `'${path}' would be $INCLUDE number ${MAX_INCLUDES + 1}; ${MAX_INCLUDES} are the most`,
      );
    }
    let source: ZoneFileSource;
    try {
      source = this.#options.include(path, file.path);
    } catch (error) {
      throw file.error(1, `cannot include '${path}': ${messageOf(error)}`, error);
    }
    const chain = this.#open.map((open) => open.path);
    if (chain.includes(source.path)) {
      throw file.error(1, `$INCLUDE goes in a circle: ${[...chain, source.path].join(' → ')}`);
    }
    this.#enter(new OpenFile(source, origin, file.owner), source);
  }
}

// --- helpers ---

const DIRECTIVES = ['$ORIGIN', '$TTL', '$INCLUDE', '$GENERATE'];

function isDirective({ lexer }: OpenFile): boolean {
  return lexer.octets[lexer.starts[0] ?? 0] === 36 && !lexer.isIndented && lexer.quoted[0] === 0;
}

function expectWords(file: OpenFile, directive: string, least: number, most: number, what: string): void {
  const { lexer } = file;
  if (lexer.count <= least)
    throw file.error(lexer.count, `${what} expected after ${directive}, but the line ends here`);
  if (lexer.count > most + 1) {
    throw file.error(most + 1, `end of line expected after ${directive}, found '${lexer.text(most + 1)}'`);
  }
}

function didYouMean(text: string): string {
  if (text.length > 16) return '';
  const near = DIRECTIVES.find((directive) => editDistance(text.toUpperCase(), directive) <= 2);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** File names are UTF-8; `\X` stands for X. */
function unescapePath(text: string): string {
  const octets = Uint8Array.from(text.replace(/\\(.)/gs, '$1'), (c) => c.charCodeAt(0));
  return new TextDecoder().decode(octets);
}
