// Master files as octets: entries and their words. RFC 1035 §5.1.

/** A place in the octets of one file. */
export interface LexerPlace {
  readonly offset: number;
  readonly line: number;
}

/**
 * Cuts a master file into entries, one at a time, without making objects for words: the words of the current
 * entry are ranges of octets. An entry ends with its line, or with the line on which its parentheses close.
 * Nothing is thrown; what cannot be an entry has a {@link problem}.
 */
export class EntryLexer {
  readonly octets: Uint8Array;
  /** How many words the current entry has. */
  count = 0;
  /** Where word i begins and ends, quotes not included. */
  starts = new Int32Array(32);
  ends = new Int32Array(32);
  /** The line word i is on. */
  lines = new Int32Array(32);
  /** 1 where word i stood in quotes. */
  quoted = new Uint8Array(32);
  /** Whether the current entry's line begins with white space: its owner is the last one. */
  isIndented = false;
  /** What is wrong with the current entry, which is then to be skipped. */
  problem: (LexerPlace & { readonly what: string }) | undefined;
  #at = 0;
  #line = 1;
  readonly #begin: number;

  constructor(octets: Uint8Array) {
    this.octets = octets;
    this.#begin = octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf ? 3 : 0; // a UTF-8 mark
    this.#at = this.#begin;
  }

  /** Goes to the next entry; blank lines and comments are entries without words. `false` at the end of the file. */
  next(): boolean {
    const { octets } = this;
    let at = this.#at;
    if (at >= octets.length) return false;
    this.count = 0;
    this.problem = undefined;
    if (at === 0 && isUtf16(octets)) {
      this.#fail(at, 'the file is in UTF-16; it must be plain octets, such as ASCII or UTF-8');
      this.#at = octets.length;
      return true;
    }
    const first = octets[at] ?? 0;
    this.isIndented = first === SPACE || first === TAB;
    let depth = 0;
    let opened = at;
    let openedLine = this.#line;
    for (;;) {
      if (at >= octets.length) {
        if (depth > 0) at = this.#resume(opened, openedLine);
        break;
      }
      const kind = KIND[octets[at] ?? 0];
      if (kind === BLANK) {
        at++;
      } else if (kind === WORD || kind === ESCAPE) {
        at = this.#word(at);
      } else if (kind === NEWLINE) {
        at++;
        this.#line++;
        if (depth === 0) break;
      } else if (kind === COMMENT) {
        at = octets.indexOf(LF, at);
        if (at === -1) at = octets.length;
      } else if (kind === QUOTE) {
        at = this.#quotedWord(at);
      } else if (kind === OPEN) {
        if (depth++ === 0) {
          opened = at;
          openedLine = this.#line;
        }
        at++;
      } else if (kind === CLOSE) {
        if (depth === 0) this.#fail(at, "')' without a '(' before it");
        else depth--;
        at++;
      } else {
        this.#fail(at, 'a NUL octet; the file must be plain text, such as ASCII or UTF-8');
        at++;
      }
    }
    this.#at = at;
    return true;
  }

  /** The text of word i, one character for each octet, escapes not resolved. */
  text(i: number): string {
    const { octets } = this;
    const start = this.starts[i] ?? 0;
    const end = this.ends[i] ?? 0;
    if (end - start > SHORT)
      return Buffer.from(octets.buffer, octets.byteOffset + start, end - start).toString('latin1');
    let text = '';
    for (let at = start; at < end; at++) {
      text += String.fromCharCode(octets[at] ?? 0);
    }
    return text;
  }

  /** Whether word i is in quotes that follow the word before without a space, as in `alpn="h2"`. */
  isAttached(i: number): boolean {
    return (
      i > 0 &&
      this.quoted[i] === 1 &&
      this.quoted[i - 1] === 0 &&
      this.ends[i - 1] === (this.starts[i] ?? 0) - 1
    );
  }

  /** Where word i begins, or where the last word ends when there is no word i. */
  place(i: number): LexerPlace {
    if (i < this.count) {
      return { offset: (this.starts[i] ?? 0) - (this.quoted[i] ?? 0), line: this.lines[i] ?? 1 };
    }
    const last = this.count - 1;
    return {
      offset: (this.ends[last] ?? 0) + (this.quoted[last] ?? 0),
      line: this.lines[last] ?? this.#line,
    };
  }

  /** The column of an offset, from 1. */
  column(offset: number): number {
    const before = offset === 0 ? -1 : this.octets.lastIndexOf(LF, offset - 1);
    return offset - Math.max(before, this.#begin - 1);
  }

  #word(start: number): number {
    const { octets } = this;
    let at = start;
    for (;;) {
      const kind = KIND[octets[at] ?? LF];
      if (kind === WORD) {
        at++;
      } else if (kind === ESCAPE) {
        const next = octets[at + 1] ?? LF;
        at += next === LF || next === CR ? 1 : 2;
      } else {
        break;
      }
    }
    this.#add(start, at, 0);
    return at;
  }

  /** A quoted string ends on its line; only an escaped line end may be inside, as in BIND. */
  #quotedWord(open: number): number {
    const { octets } = this;
    const line = this.#line;
    let at = open + 1;
    while (at < octets.length) {
      const c = octets[at] ?? 0;
      if (c === 34) {
        this.#add(open + 1, at, 1, line);
        return at + 1;
      }
      if (c === LF) break;
      if (c === 0) this.#fail(at, 'a NUL octet in a quoted string; write it as \\000');
      if (c === 92) {
        at++;
        if (octets[at] === LF) this.#line++;
      }
      at++;
    }
    at = Math.min(at, octets.length);
    this.#fail(open, 'this quoted string is not closed on its line', line);
    this.#add(open + 1, at, 1, line);
    return at;
  }

  /** An unclosed parenthesis swallowed the file. Goes on where a line looks like the next record. */
  #resume(opened: number, openedLine: number): number {
    const { octets } = this;
    this.#fail(opened, "this '(' is never closed", openedLine);
    this.#line = openedLine;
    for (let lf = octets.indexOf(LF, opened); lf !== -1; lf = octets.indexOf(LF, lf + 1)) {
      this.#line++;
      const kind = KIND[octets[lf + 1] ?? SPACE];
      if (kind === WORD || kind === ESCAPE) return lf + 1;
    }
    return octets.length;
  }

  #fail(offset: number, what: string, line = this.#line): void {
    this.problem ??= { offset, line, what };
  }

  #add(start: number, end: number, quoted: number, line = this.#line): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.quoted[this.count] = quoted;
    this.lines[this.count++] = line;
  }

  #grow(): void {
    const { starts, ends, lines, quoted } = this;
    this.starts = new Int32Array(2 * starts.length);
    this.starts.set(starts);
    this.ends = new Int32Array(2 * ends.length);
    this.ends.set(ends);
    this.lines = new Int32Array(2 * lines.length);
    this.lines.set(lines);
    this.quoted = new Uint8Array(2 * quoted.length);
    this.quoted.set(quoted);
  }
}

/** Up to here a text is put together faster than it is asked for. */
const SHORT = 24;

// --- kinds of octets ---

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;

const WORD = 0;
const BLANK = 1;
const NEWLINE = 2;
const COMMENT = 3;
const OPEN = 4;
const CLOSE = 5;
const QUOTE = 6;
const ESCAPE = 7;
const NUL = 8;

/** CR is white space, so that CRLF ends a line and a stray CR harms nobody. */
const KIND = Uint8Array.from({ length: 256 }, (_, c) => {
  if (c === SPACE || c === TAB || c === CR) return BLANK;
  if (c === LF) return NEWLINE;
  if (c === 0) return NUL;
  const special = [';', '(', ')', '"', '\\'].indexOf(String.fromCharCode(c));
  return special === -1 ? WORD : special + COMMENT;
});

function isUtf16(octets: Uint8Array): boolean {
  const mark = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
  return mark === 0xfffe || mark === 0xfeff;
}
