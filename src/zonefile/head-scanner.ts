// What stands between a record's owner and its data: TTL and class in either order, and the type.
import { editDistance } from '../base/suggest.ts';
import { scanType } from '../rdata/table.ts';
import { isMetaType, RRType } from '../wire/iana.ts';
import { LOWER } from '../wire/name.ts';
import { sameOctets, scanTtlWord } from './entry-words.ts';
import type { OpenFile } from './open-file.ts';

/** Reads TTL, class and type. What it found stays readable until the next entry, so that nothing is allocated. */
export class HeadScanner {
  /** Seconds; -1 when the entry does not say a TTL. */
  ttl = -1;
  /** Index of the type's word. */
  typeAt = 0;
  readonly #types = new Map<string, number>();
  // the type read last, by place: most entries repeat it
  #octets: Uint8Array | undefined;
  #typeStart = 0;
  #typeEnd = 0;
  #type = 0;

  /** Reads from word `from` of the current entry on; returns the type. Throws {@link ZoneFileError}. */
  scan(file: OpenFile, from: number): number {
    const { lexer } = file;
    if (lexer.octets !== this.#octets) this.#forgetType(lexer.octets);
    const { octets, starts, ends, quoted } = lexer;
    let hasClass = false;
    this.ttl = -1;
    for (let i = from; i < lexer.count; i++) {
      const start = starts[i] ?? 0;
      const end = ends[i] ?? 0;
      const c = octets[start] ?? 0;
      if (quoted[i] === 1) throw file.error(i, `TTL, class or type expected, found a quoted string`);
      if (c >= 48 && c <= 57) {
        if (this.ttl >= 0) throw file.error(i, `type expected, found a second TTL '${lexer.text(i)}'`);
        this.ttl = scanTtlWord(file, i, hasClass ? 'TTL or type' : 'TTL, class or type');
      } else if (end - start === 2 && LOWER[c] === 105 && LOWER[octets[start + 1] ?? 0] === 110) {
        if (hasClass) throw file.error(i, `type expected, found a second class '${lexer.text(i)}'`);
        hasClass = true;
      } else {
        const type = this.#scanTypeWord(file, i);
        if (type >= 0) {
          this.typeAt = i;
          return type;
        }
        if (!isClassIn(lexer.text(i))) this.#failAtType(file, i, hasClass);
        hasClass = true;
      }
    }
    throw file.error(lexer.count, 'RR type expected, but the entry ends here');
  }

  /** The type of word i, or -1. */
  #scanTypeWord(file: OpenFile, i: number): number {
    const { lexer } = file;
    const start = lexer.starts[i] ?? 0;
    const end = lexer.ends[i] ?? 0;
    if (sameOctets(lexer.octets, start, end, this.#typeStart, this.#typeEnd)) return this.#type;
    if (end - start > MAX_TYPE_LENGTH) return -1;
    const text = lexer.text(i);
    let type = this.#types.get(text);
    if (type === undefined) {
      type = scanType(text);
      if (type === undefined) return -1;
      if (isMetaType(type)) throw file.error(i, `'${text}' is not a type that a zone can have data of`);
      this.#types.set(text, type);
    }
    this.#typeStart = start;
    this.#typeEnd = end;
    this.#type = type;
    return type;
  }

  #failAtType(file: OpenFile, i: number, hasClass: boolean): never {
    const { lexer } = file;
    const text = lexer.text(i);
    if (/^(?:CH|CHAOS|HS|HESIOD|CS|CSNET|NONE|CLASS[0-9]{1,5})$/i.test(text)) {
      throw file.error(i, `class IN expected, found class '${text}'; no other class is served`);
    }
    if (text.startsWith('$') && lexer.isIndented) {
      throw file.error(
        i,
        `type expected, found '${text}'; a directive must stand at the beginning of its line`,
      );
    }
    const owner = lexer.text(0);
    if (i === 1 && !lexer.isIndented && scanType(owner) !== undefined) {
      throw file.error(
        0,
        `'${owner}' stands where the owner is expected and '${text}' is no type; ` +
          'a record with the owner of the one before must begin with white space',
      );
    }
    const expected = this.ttl >= 0 || hasClass ? 'RR type' : 'TTL, class or RR type';
    throw file.error(i, `${expected} expected, found '${text}'${didYouMean(text)}`);
  }

  #forgetType(octets: Uint8Array): void {
    this.#octets = octets;
    this.#typeStart = 0;
    this.#typeEnd = 0;
  }
}

// --- helpers ---

/** `NSEC3PARAM` and `OPENPGPKEY` are the longest that are known. */
const MAX_TYPE_LENGTH = 16;

function isClassIn(text: string): boolean {
  return text.toUpperCase() === 'CLASS1';
}

function didYouMean(text: string): string {
  if (text.length > MAX_TYPE_LENGTH) return '';
  const word = text.toUpperCase();
  let near: string[] = [];
  let bound = word.length >= 6 ? 2 : 1;
  for (const [mnemonic, type] of Object.entries(RRType)) {
    if (isMetaType(type)) continue;
    const distance = editDistance(word, mnemonic);
    if (distance > bound) continue;
    if (distance < bound) near = [];
    bound = distance;
    near.push(mnemonic);
  }
  return near.length === 0 ? '' : `; did you mean ${near.slice(0, 3).join(' or ')}?`;
}
