// $GENERATE range owner [ttl] [class] type rdata, as in BIND.
import { scanRdata } from '../rdata/table.ts';
import { Words } from '../rdata/words.ts';
import { PresentationError } from '../wire/errors.ts';
import { foldName, scanName } from '../wire/name.ts';
import { located, takeWords } from './entry-words.ts';
import type { ZoneFilePlace } from './errors.ts';
import { countOf, type GenerateRange, GenerateTemplate, scanGenerateRange } from './generate.ts';
import { HeadScanner } from './head-scanner.ts';
import { EntryLexer } from './lexer.ts';
import type { OpenFile } from './open-file.ts';
import type { RecordScanner, ScannedRecord } from './record-scanner.ts';

/** One `$GENERATE` in the course of making its records. The file must stay at its entry meanwhile. */
export class GenerateRun {
  /** How many records it makes. */
  readonly count: number;
  readonly #file: OpenFile;
  readonly #records: RecordScanner;
  readonly #range: GenerateRange;
  readonly #type: number;
  readonly #typeAt: number;
  /** -1 when the directive does not say one. */
  readonly #ttl: number;
  readonly #owner: GenerateTemplate;
  readonly #words: readonly GenerateTemplate[];
  readonly #quoted: readonly boolean[];
  readonly #place: ZoneFilePlace;
  #number: number;

  /** Reads the directive that is the file's current entry; at most `left` records are let. Throws {@link ZoneFileError}. */
  constructor(file: OpenFile, records: RecordScanner, left: number) {
    const { lexer } = file;
    if (lexer.count < 3) {
      throw file.error(
        lexer.count,
        '$GENERATE range owner [ttl] [class] type rdata expected, but the line ends here',
      );
    }
    this.#file = file;
    this.#records = records;
    this.#place = file.place(0);
    this.#range = attempt(file, 1, () => scanGenerateRange(lexer.text(1)));
    this.count = countOf(this.#range);
    if (this.count > left) {
      throw file.error(1, `${this.count} records would be generated; ${left} more are let in this zone file`);
    }
    this.#number = this.#range.start;
    this.#owner = attempt(file, 2, () => new GenerateTemplate(lexer.text(2)));
    const head = new HeadScanner();
    this.#type = head.scan(file, 3);
    this.#typeAt = head.typeAt;
    this.#ttl = head.ttl;
    const { words, places } = takeWords(file, this.#type, this.#typeAt + 1);
    if (places.length === 0) throw file.error(lexer.count, 'record data expected, but the line ends here');
    this.#words = words.texts.map((text, i) =>
      attempt(file, places[i] ?? 0, () => new GenerateTemplate(text)),
    );
    this.#quoted = words.quoted;
  }

  /** The next record; `undefined` when all are made. Throws {@link ZoneFileError}. */
  next(): ScannedRecord | undefined {
    const number = this.#number;
    if (number > this.#range.stop) return undefined;
    this.#number += this.#range.step;
    const file = this.#file;
    const type = this.#type;
    const typeAt = this.#typeAt;
    const owner = this.#attempt(2, number, () => foldName(scanName(this.#owner.fill(number), file.origin)));
    const rdata = this.#attempt(typeAt + 1, number, () =>
      scanRdata(type, this.#fillWords(number), file.origin),
    );
    const ttl = this.#records.ttlOf(file, type, typeAt, this.#ttl, rdata);
    return { owner, type, ttl, rdata, path: file.path, line: this.#place.line };
  }

  /** As in BIND, data that is one quoted word is the text of all the data. */
  #fillWords(number: number): Words {
    const texts = this.#words.map((word) => word.fill(number));
    const [line] = texts;
    if (texts.length !== 1 || line === undefined || this.#quoted[0] !== true)
      return new Words(texts, this.#quoted);
    const lexer = new EntryLexer(Uint8Array.from(line, (c) => c.charCodeAt(0)));
    lexer.next();
    if (lexer.problem !== undefined) throw new PresentationError(lexer.problem.what);
    const indexes = Array.from({ length: lexer.count }, (_, i) => i);
    return new Words(
      indexes.map((i) => lexer.text(i)),
      indexes.map((i) => lexer.quoted[i] === 1),
    );
  }

  #attempt<T>(i: number, number: number, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof PresentationError)) throw error;
      throw this.#file.error(i, `${error.message} (with ${number} for $)`, error);
    }
  }
}

function attempt<T>(file: OpenFile, i: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw located(file, i, error);
  }
}
